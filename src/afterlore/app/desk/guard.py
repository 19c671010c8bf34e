"""What a request must show before the desk looks at it.

The desk listens on this machine alone, but every page in the editor's browser can send requests here. So a request
must name this host (a foreign name that resolves to 127.0.0.1 is refused), and one that writes must come from the
desk's own page: by its ``Origin`` (or ``Sec-Fetch-Site``) and by a token that only that page holds. What it does not
cover: other users and programs of the same machine, which can read the page as the editor can.
"""

import hmac
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["FORM", "LIMIT", "Guard"]

LIMIT = 64 * 1024
"""Bytes of a request's body."""
FORM = "afterlore.form"
"""Where the fields of a form that passed stand in the scope: name → values."""
_FIELDS = 500

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not "no-referrer": a browser then sends "Origin: null" with the desk's own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Guard:
    """ASGI middleware around the desk's pages."""

    def __init__(self, app: ASGIApp, *, port: int, token: str, policy: str) -> None:
        self._app = app
        self._hosts = {f"{host}:{port}" for host in ("127.0.0.1", "localhost")}
        if port == 80:
            self._hosts |= {host.removesuffix(":80") for host in self._hosts}
        self._token = token
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse, or pass on with the form's fields in the scope."""
        if scope["type"] != "http":
            raise RuntimeError(f"the desk speaks http only, not {scope['type']}")

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                headers["Content-Security-Policy"] = self._policy
            await send(message)

        refusal = self._refuse(scope)
        if refusal is None and scope["method"] == "POST":
            body = await _body(receive)
            refusal = self._read(scope, body)

            async def replayed() -> Message:
                return {"type": "http.request", "body": body or b"", "more_body": False}

            receive = replayed
        await (refusal or self._app)(scope, receive, guarded)

    def _refuse(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _said(421, "this desk answers to 127.0.0.1 and localhost only")
        if scope["method"] not in {"GET", "HEAD", "POST"}:
            return _said(405, "GET, HEAD or POST")
        if scope["method"] != "POST":
            return None
        origin, site = headers.get("origin"), headers.get("sec-fetch-site")
        own = {f"http://{host}" for host in self._hosts}
        if (origin is not None and origin.lower() not in own) or (site or "same-origin") != "same-origin":
            return _said(403, "this form was not sent by the desk's own page")
        if origin is None and site is None:
            return _said(403, "a form must say where it comes from (Origin or Sec-Fetch-Site)")
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/x-www-form-urlencoded":
            return _said(415, "the desk takes forms only (application/x-www-form-urlencoded)")
        if int(headers.get("content-length") or 0) > LIMIT:
            return _said(413, f"a form holds at most {LIMIT} bytes")
        return None

    def _read(self, scope: Scope, body: bytes | None) -> PlainTextResponse | None:
        if body is None:
            return _said(413, f"a form holds at most {LIMIT} bytes")
        try:
            form = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict")
        except ValueError:
            return _said(400, "the form cannot be read")
        token = form.pop("token", [""])
        if not hmac.compare_digest(token[0].encode(), self._token.encode()):
            return _said(403, "the page is from another run of the desk; load it again")
        scope[FORM] = form
        return None


def _said(status: int, text: str) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status_code=status)


async def _body(receive: Receive) -> bytes | None:
    """The whole body, or None when it is larger than the limit or the other side went away."""
    data = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        data += message.get("body", b"")
        if len(data) > LIMIT:
            return None
        if not message.get("more_body"):
            return bytes(data)
