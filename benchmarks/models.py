"""What asking a model's endpoint costs this process: CPU and memory for each request, many under way at a time.

::

    python benchmarks/models.py --n 2000 --concurrency 200

The endpoint runs in a process of its own on loopback and answers after 20 ms, whole with a call of a tool, or as a
stream of 24 pieces. A request carries a history of ten calls with results of 3,900 characters each, about 40 kB. With
pydantic-ai-slim[openai] installed (tried: 2.68 on openai 3.57), its model layer is asked for the same whole replies.
"""

import argparse
import asyncio
import json
import multiprocessing
import resource
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from afterlore.core import Ledger, Message, Request, Role, ToolCall, ToolSpec
from afterlore.llm.chat import Chat
from afterlore.llm.endpoint import Endpoint

_TURNS = 10
_RESULT = "result text " * 325
_SCHEMA = {
    "type": "object",
    "properties": {"queries": {"type": "array", "items": {"type": "string"}}},
    "required": ["queries"],
}
_CALL = {"id": "call_1", "type": "function", "function": {"name": "search", "arguments": '{"queries": ["a", "b"]}'}}
_USAGE = {"prompt_tokens": 10_000, "completion_tokens": 50, "total_tokens": 10_050}


def _serve(listener: socket.socket) -> None:
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request as Asked
    from starlette.responses import Response, StreamingResponse
    from starlette.routing import Route

    def body(kind: str, **choice: Any) -> str:
        whole = {"index": 0, "finish_reason": None} | choice
        return json.dumps({"id": "x", "object": kind, "created": 1, "model": "m", "choices": [whole], "usage": _USAGE})

    message = {"role": "assistant", "content": "Let me look. " * 20, "tool_calls": [_CALL]}
    reply = body("chat.completion", message=message, finish_reason="tool_calls")
    piece = body("chat.completion.chunk", delta={"content": "word word "})
    last = body("chat.completion.chunk", delta={}, finish_reason="stop")

    async def pieces() -> AsyncIterator[str]:
        for text in (*[piece] * 22, last, "[DONE]"):
            yield f"data: {text}\n\n"

    async def chat(asked: Asked) -> Response:
        stream = b'"stream":true' in await asked.body()
        await asyncio.sleep(0.02)
        if stream:
            return StreamingResponse(pieces(), media_type="text/event-stream")
        return Response(reply, media_type="application/json")

    app = Starlette(routes=[Route("/v1/chat/completions", chat, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_keep_alive=600))
    server.run(sockets=[listener])


def _request() -> Request:
    messages = [Message(role=Role.SYSTEM, content="You search."), Message(role=Role.USER, content="What is it?")]
    for at in range(_TURNS):
        call = ToolCall(id=f"c{at}", name="search", arguments='{"queries":["x"]}', parsed={"queries": ["x"]})
        messages.append(Message(role=Role.ASSISTANT, content=f"Look {at}", calls=(call,)))
        messages.append(Message(role=Role.TOOL, content=_RESULT, call=call.id, name="search"))
    tool = ToolSpec(name="search", description="Finds pages.", parameters=_SCHEMA)  # type: ignore[arg-type]
    return Request(messages=tuple(messages), tools=(tool,), max_tokens=1000)


async def _timed(once: Callable[[], Awaitable[object]], n: int, concurrency: int) -> dict[str, float]:
    await once()
    slots = asyncio.Semaphore(concurrency)

    async def run() -> None:
        async with slots:
            await once()

    cpu, clock = time.process_time(), time.perf_counter()
    await asyncio.gather(*(run() for _ in range(n)))
    return {
        "cpu_ms": round((time.process_time() - cpu) / n * 1000, 2),
        "seconds": round(time.perf_counter() - clock, 2),
        "peak_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


async def _ours(url: str, n: int, concurrency: int) -> dict[str, dict[str, float]]:
    endpoint = Endpoint(name="m", base_url=url, model="m", max_concurrency=concurrency)
    async with Chat(endpoint) as chat:

        async def whole() -> None:
            await chat.complete(_request(), ledger=Ledger())

        async def stream() -> None:
            async for _ in chat.stream(_request(), ledger=Ledger()):
                pass

        return {"whole": await _timed(whole, n, concurrency), "stream": await _timed(stream, n, concurrency)}


async def _theirs(url: str, n: int, concurrency: int) -> dict[str, dict[str, float]]:
    try:
        import httpx2
        from openai import AsyncOpenAI
        from pydantic_ai import messages as said
        from pydantic_ai.models import ModelRequestParameters
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider
        from pydantic_ai.tools import ToolDefinition
    except ImportError:
        return {}
    limits = httpx2.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx2.AsyncClient(limits=limits, timeout=60) as client:
        sdk = AsyncOpenAI(base_url=url, api_key="none", max_retries=0, http_client=client)
        model = OpenAIChatModel("m", provider=OpenAIProvider(openai_client=sdk))
        tool = ToolDefinition(name="search", description="Finds pages.", parameters_json_schema=_SCHEMA)

        async def whole() -> None:
            history: list[said.ModelMessage] = [
                said.ModelRequest(
                    parts=[said.SystemPromptPart(content="You search."), said.UserPromptPart(content="What is it?")]
                )
            ]
            for at in range(_TURNS):
                call = said.ToolCallPart(tool_name="search", args='{"queries":["x"]}', tool_call_id=f"c{at}")
                back = said.ToolReturnPart(tool_name="search", content=_RESULT, tool_call_id=f"c{at}")
                history += [
                    said.ModelResponse(parts=[said.TextPart(content=f"Look {at}"), call]),
                    said.ModelRequest(parts=[back]),
                ]
            await model.request(history, None, ModelRequestParameters(function_tools=[tool]))

        return {"pydantic_ai_whole": await _timed(whole, n, concurrency)}


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--n", type=int, default=2000, help="requests of each kind")
    parser.add_argument("--concurrency", type=int, default=200, help="under way at a time")
    options = parser.parse_args()
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    server = multiprocessing.get_context("fork").Process(target=_serve, args=(listener,), daemon=True)
    server.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    try:
        found = asyncio.run(_ours(url, options.n, options.concurrency))
        found |= asyncio.run(_theirs(url, options.n, options.concurrency))
    finally:
        server.terminate()
        server.join()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
