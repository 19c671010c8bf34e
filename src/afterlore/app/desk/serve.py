"""One desk, served until it is stopped."""

import socket
import webbrowser
from collections.abc import Callable

import uvicorn

from afterlore.app.desk.site import site
from afterlore.brief.desk.session import Desk
from afterlore.core import InputError

__all__ = ["serve"]


def serve(desk: Desk, port: int, *, browse: bool, say: Callable[[str], None]) -> None:
    """Serve the desk on 127.0.0.1 until Ctrl-C or a termination signal; ``port`` 0 takes a free one.

    ``say`` gets the address once the desk answers there. Raises InputError when the port is taken.
    """
    with _listening(port) as listener:
        own = listener.getsockname()[1]
        config = uvicorn.Config(
            site(desk, own),
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=2,
        )
        address = f"http://127.0.0.1:{own}/"

        def ready() -> None:
            say(address)
            if browse:
                _open(address)

        try:
            _Server(config, ready).run(sockets=[listener])
        except KeyboardInterrupt:
            # How a desk is closed; uvicorn has answered what was under way and hands the signal on.
            return


class _Server(uvicorn.Server):
    """Says that it is there once signals reach it: who stops it as soon as it speaks gets an orderly end."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn starts, then ``ready``."""
        await super().startup(sockets=sockets)
        self._ready()


def _listening(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        raise InputError(
            f"cannot listen on 127.0.0.1:{port} ({error.strerror}); name another port with --port, or 0 for a free one"
        ) from error
    return listener


def _open(address: str) -> None:
    """In the editor's browser, but never in one that would take over the terminal."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return
    if type(browser) is not webbrowser.GenericBrowser:
        browser.open(address)
