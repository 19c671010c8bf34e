"""A web site on loopback, for tests of whatever reads the web."""

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

__all__ = ["HTML", "Headers", "Reply", "Site", "serve"]

HTML = {"Content-Type": "text/html; charset=utf-8"}

Headers = dict[str, str]
Reply = tuple[int, Headers, bytes]
Route = Callable[["Site", Headers], Reply]


@dataclass
class Site:
    """A web site on loopback: routes by path, and what was asked of it."""

    port: int = 0
    routes: dict[str, Route | Reply] = field(default_factory=dict)
    seen: list[tuple[str, Headers]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def asked(self, path: str) -> int:
        with self.lock:
            return sum(seen == path for seen, _ in self.seen)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: Site

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_GET(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.site.lock:
            self.site.seen.append((self.path, headers))
        route = self.site.routes.get(self.path, (404, {}, b"nothing here"))
        status, extra, body = route(self.site, headers) if callable(route) else route
        with suppress(ConnectionError):
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            if status != 304 and not {"Content-Length", "Transfer-Encoding"} & set(extra):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status != 304:
                self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def serve() -> Iterator[Site]:
    """Yields the running site, and stops it afterwards."""
    site = Site()
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield site
    server.shutdown()
    thread.join()
    server.server_close()
