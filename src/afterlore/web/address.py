"""Which addresses may be connected to, and the one place where a connection is opened.

A name is looked up once for each connection, every address that comes back is checked, and the connection is opened
to a checked address, not to the name: a name that gives another answer a moment later (DNS rebinding) changes
nothing. TLS still names and verifies the host, since only the TCP connection is told the number.

Not covered: the look-up itself has no time limit of ours (the system's resolver has its own), and a public address
whose owner forwards to a private one cannot be told from outside.
"""

import contextlib
import ipaddress
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from contextvars import ContextVar
from threading import Lock
from typing import Any

import httpcore2

from afterlore.core import FetchRefused

__all__ = ["AllowList", "CheckedBackend", "Resolver", "deadline", "forbidden", "system_resolver"]

Resolver = Callable[[str, int], Sequence[str]]
"""From a host name and a port to the addresses it has, as text. Raises OSError when it has none."""

deadline: ContextVar[float] = ContextVar("deadline")
"""The ``time.monotonic()`` after which the running request may wait for nothing more."""

_IPv4 = ipaddress.IPv4Address
_IPv6 = ipaddress.IPv6Address

# The IANA special-purpose registries (RFC 6890 and its updates), written out because what `ipaddress` calls private
# differs between Python's patch releases.
_NETWORKS = tuple(
    (ipaddress.ip_network(network), reason)
    for network, reason in (
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "carrier-grade NAT"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved"),
        ("192.0.2.0/24", "documentation"),
        ("192.88.99.0/24", "6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "benchmarking"),
        ("198.51.100.0/24", "documentation"),
        ("203.0.113.0/24", "documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
        ("::1/128", "loopback"),
        ("::/96", "unspecified"),
        ("64:ff9b:1::/48", "local translation"),
        ("100::/64", "discard-only"),
        ("2001::/23", "reserved"),
        ("2001:db8::/32", "documentation"),
        ("3fff::/20", "documentation"),
        ("5f00::/16", "segment routing"),
        ("fc00::/7", "unique local"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def forbidden(address: str) -> str | None:
    """Why this IP address may not be connected to, or None when it is a public one.

    An IPv4 address inside an IPv6 one (mapped, 6to4, NAT64) is judged as that IPv4 address. Text that is no IP address
    is refused as well.
    """
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "not an IP address"
    if isinstance(ip, _IPv6):
        inner = ip.ipv4_mapped or ip.sixtofour or (_IPv4(int(ip) & 0xFFFFFFFF) if ip in _NAT64 else None)
        if inner is not None:
            return forbidden(str(inner))
    for network, reason in _NETWORKS:
        if ip.version == network.version and ip in network:
            return reason
    return None if ip.is_global else "not a public address"


def system_resolver(host: str, port: int) -> Sequence[str]:
    """The addresses that the operating system knows for a name, in its order."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class AllowList:
    """Hosts that may be reached at any address: ``host`` for all its ports, or ``host:port`` (IPv6 in brackets)."""

    def __init__(self, hosts: Iterable[str] = ()) -> None:
        self._entries = frozenset(_plain(host) for host in hosts)

    def __contains__(self, place: tuple[str, int]) -> bool:
        host, port = _plain(place[0]), place[1]
        return host in self._entries or f"{host}:{port}" in self._entries or f"[{host}]:{port}" in self._entries


class CheckedBackend(httpcore2.NetworkBackend):
    """Opens connections to checked addresses only, and can end all that are open.

    ``connect_tcp`` raises FetchRefused with reason ``address`` when any address of the host is forbidden and the host
    is not on the allow list: a name with one public and one private address is an attack or an accident, never a page.
    """

    def __init__(self, allow: AllowList, resolver: Resolver = system_resolver) -> None:
        self._allow = allow
        self._resolver = resolver
        self._inner = httpcore2.SyncBackend()
        self._lock = Lock()
        self._open: set[_Stream] = set()
        self._ended = False

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.NetworkStream:
        """A connection to the first checked address that answers."""
        problem: Exception | None = None
        for address in self.checked(host, port):
            try:
                stream = self._inner.connect_tcp(address, port, _left(timeout), local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                problem = error
            else:
                return self._follow(stream)
        raise problem or httpcore2.ConnectError(f"no address is known for {host!r}")

    def checked(self, host: str, port: int) -> Sequence[str]:
        """All addresses of the host, after the check. Raises FetchRefused or ``httpcore2.ConnectError``."""
        try:
            addresses = self._resolver(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(f"the name {host!r} cannot be looked up: {error}") from error
        if (host, port) not in self._allow:
            for address in addresses:
                reason = forbidden(address)
                if reason:
                    raise FetchRefused(
                        f"{host}:{port}",
                        "address",
                        f"{host!r} is at {address} ({reason}); only public addresses are fetched unless the host is "
                        f"allowed by --allow-host {host}",
                    )
        return addresses

    def abort(self) -> None:
        """End every open connection at once and open no more; whoever waits on one wakes with a read error."""
        with self._lock:
            self._ended = True
            streams = list(self._open)
        for stream in streams:
            stream.abort()

    def _follow(self, stream: httpcore2.NetworkStream) -> "_Stream":
        followed = _Stream(stream, self)
        with self._lock:
            ended = self._ended
            if not ended:
                self._open.add(followed)
        if ended:
            # It was being opened while all others were ended, and nobody would close it.
            stream.close()
            raise httpcore2.ConnectError("the run was stopped")
        return followed

    def _forget(self, stream: "_Stream") -> None:
        with self._lock:
            self._open.discard(stream)


class _Stream(httpcore2.NetworkStream):
    """A connection whose every wait ends at the deadline of the request, however slowly the bytes drip."""

    def __init__(self, inner: httpcore2.NetworkStream, owner: CheckedBackend) -> None:
        self._inner = inner
        self._owner = owner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._owner._forget(self)
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        self._owner._forget(self)
        return self._owner._follow(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def abort(self) -> None:
        connection = self._inner.get_extra_info("socket")
        # It may be closed by the other side already.
        with contextlib.suppress(OSError):
            # The plain socket's method: the TLS one would drop state that another thread is reading from.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _left(timeout: float | None) -> float | None:
    end = deadline.get(None)
    if end is None:
        return timeout
    left = end - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("the time allowed for the whole request is over")
    return left if timeout is None else min(timeout, left)


def _plain(host: str) -> str:
    host = host.strip().lower().rstrip(".")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host
