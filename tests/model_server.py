"""A model's endpoint on loopback that answers with the bodies that a test wrote, and keeps what it was asked."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["Answer", "Server", "chunk", "completion", "events", "serve", "vectors"]


@dataclass(frozen=True)
class Answer:
    """One answer. ``cut`` ends the connection before the body that was promised is there; ``gate`` is waited for
    between the pieces.
    """

    body: bytes | Sequence[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    gate: threading.Event | None = None


@dataclass
class Server:
    """Answers in order, the last one again and again; or what a function gives for a request."""

    answers: Sequence[Answer] | Callable[[dict[str, Any]], Answer]
    port: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    most: int = 0
    under_way: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        request = json.loads(body)
        with self.lock:
            number = len(self.asked)
            self.asked.append(request)
            self.headers.append(headers)
            self.paths.append(path)
        if callable(self.answers):
            return self.answers(request)
        return self.answers[min(number, len(self.answers) - 1)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_: Server

    def handle(self) -> None:
        with suppress(ConnectionError):
            super().handle()

    def do_POST(self) -> None:
        server = self.server_
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        with server.lock:
            server.under_way += 1
            server.most = max(server.most, server.under_way)
        try:
            answer = server.answer(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
            self._send(answer)
        finally:
            with server.lock:
                server.under_way -= 1

    def _send(self, answer: Answer) -> None:
        pieces = [answer.body] if isinstance(answer.body, bytes) else answer.body
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in pieces:
            if piece:
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece))
                self.wfile.flush()
            if answer.gate is not None:
                answer.gate.wait(10)
        if answer.cut:
            self.close_connection = True
        else:
            self.wfile.write(b"0\r\n\r\n")

    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


@contextmanager
def serve(answers: Sequence[Answer] | Callable[[dict[str, Any]], Answer]) -> Iterator[Server]:
    """Yields the running endpoint, and stops it afterwards."""
    server = Server(answers)
    http = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"server_": server}))
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        thread.join()
        http.server_close()


USAGE = {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17}


def completion(
    content: str | None = "ready", *, usage: Any = USAGE, finish: str | None = "stop", **message: Any
) -> bytes:
    """A whole reply, as OpenAI spells it."""
    said = {"role": "assistant", "content": content, **message}
    value: dict[str, Any] = {"model": "m-1", "choices": [{"index": 0, "message": said, "finish_reason": finish}]}
    return json.dumps(value | ({} if usage is None else {"usage": usage})).encode()


def chunk(finish: str | None = None, *, usage: Any = None, **delta: Any) -> dict[str, Any]:
    """A piece of a stream."""
    value: dict[str, Any] = {"model": "m-1", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}
    return value | ({} if usage is None else {"usage": usage})


def events(*chunks: Any, done: bool = True) -> list[bytes]:
    """The pieces as server-sent events."""
    return [b"data: " + json.dumps(one).encode() + b"\n\n" for one in chunks] + ([b"data: [DONE]\n\n"] if done else [])


def vectors(*rows: Sequence[float], usage: Any = USAGE) -> bytes:
    """Embeddings, in an order of their own."""
    data = [{"object": "embedding", "index": at, "embedding": list(row)} for at, row in enumerate(rows)]
    return json.dumps({"object": "list", "data": data[::-1], "model": "e-1", "usage": usage}).encode()
