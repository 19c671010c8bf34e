"""The four search services on loopback, each speaking its protocol as documented; for contract tests.

Protocols as of November 2026: SearXNG's search API, serper.dev, Brave Web Search v1, Tavily Search. A request that the
real service would not accept is answered as it would answer it.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

__all__ = ["KEY", "RESULTS", "Asked", "Services", "services"]

KEY = "dummy-key-Zx81-do-not-print"
RESULTS = [
    ("https://example.org/ferry", "Ferry <b>times</b>", "The ferry &amp; the tram: <strong>10:30</strong>."),
    ("https://example.org/tram?a=1&b=2", "Tram", "Runs hourly."),
]


class Asked(NamedTuple):
    """A request as it arrived."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: dict[str, Any]


class Services:
    """What is answered (``status``, ``headers``, ``body`` replace the protocol's own), and what was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.body: bytes | None = None
        self.results = RESULTS
        self.silent: list[list[str]] = []
        self.released = threading.Event()
        self.hangs = False

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """Status and JSON by the protocol that the path belongs to."""
        if asked.path == "/search" and asked.method == "GET":
            return self._searxng(asked)
        if asked.path == "/search" and "x-api-key" in asked.headers:
            return self._serper(asked)
        if asked.path == "/search" and asked.method == "POST":
            return self._tavily(asked)
        if asked.path == "/res/v1/web/search" and asked.method == "GET":
            return self._brave(asked)
        return 404, {"message": "Not Found"}

    def _searxng(self, asked: Asked) -> tuple[int, Any]:
        if asked.query.get("format") != ["json"]:
            return 403, {}
        rows = [
            {"url": url, "title": title, "content": text, "engine": "one", "engines": ["one"], "positions": [at],
             "score": 1 / at, "category": "general", "publishedDate": "2024-05-01T00:00:00"}
            for at, (url, title, text) in enumerate(self.results, start=1)
        ]  # fmt: skip
        return 200, {
            "query": asked.query["q"][0],
            "number_of_results": 0,
            "results": rows,
            "answers": [],
            "corrections": [],
            "infoboxes": [],
            "suggestions": [],
            "unresponsive_engines": self.silent,
        }

    def _serper(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers["x-api-key"] != KEY:
            return 403, {"message": "Unauthorized.", "statusCode": 403}
        rows = [
            {"title": title, "link": url, "snippet": text, "date": "2 days ago", "position": at}
            for at, (url, title, text) in enumerate(self.results[: asked.body["num"]], start=1)
        ]
        return 200, {"searchParameters": {"q": asked.body["q"], "type": "search"}, "organic": rows, "credits": 1}

    def _brave(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("x-subscription-token") != KEY:
            return 401, {"type": "ErrorResponse", "error": {"code": "SUBSCRIPTION_TOKEN_INVALID", "status": 401}}
        count = int(asked.query["count"][0])
        if not 1 <= count <= 20 or len(asked.query["q"][0]) > 400:
            return 422, {"type": "ErrorResponse", "error": {"code": "VALIDATION", "status": 422}}
        rows = [
            {"type": "search_result", "title": title, "url": url, "description": text, "age": "May 1, 2024",
             "page_age": "2024-05-01T08:00:00", "is_source_local": False}
            for url, title, text in self.results[:count]
        ]  # fmt: skip
        found: dict[str, Any] = {"type": "search", "query": {"original": asked.query["q"][0]}}
        return 200, found | ({"web": {"type": "search", "results": rows}} if rows else {})

    def _tavily(self, asked: Asked) -> tuple[int, Any]:
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, {"detail": {"error": "Unauthorized: missing or invalid API key."}}
        if not 0 <= asked.body["max_results"] <= 20:
            return 400, {"detail": {"error": "Max results must be between 0 and 20."}}
        rows = [
            {"title": title, "url": url, "content": text, "score": 0.9 / at, "raw_content": None,
             "published_date": "Wed, 01 May 2024 08:00:00 GMT"}
            for at, (url, title, text) in enumerate(self.results[: asked.body["max_results"]], start=1)
        ]  # fmt: skip
        return 200, {"query": asked.body["query"], "answer": None, "images": [], "results": rows, "response_time": 0.5}


@contextmanager
def services() -> Iterator[Services]:
    """The services, running; stopped afterwards."""
    state = Services()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with suppress(ConnectionError):
                super().handle()

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            sent = self.rfile.read(int(headers.get("content-length", 0)))
            asked = Asked(self.command, parts.path, parse_qs(parts.query), headers, json.loads(sent or b"{}"))
            state.asked.append(asked)
            if state.hangs:
                state.released.wait(30)
                self.close_connection = True
                return
            status, value = state.answer(asked)
            status = state.status if state.status != 200 else status
            body = state.body if state.body is not None else json.dumps(value).encode()
            with suppress(ConnectionError):
                self.send_response(status)
                for name, text in {"Content-Type": "application/json", **state.headers}.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.released.set()
        server.shutdown()
        thread.join()
        server.server_close()
