"""Model endpoints over real HTTP: attempts, ledger, retries, streams, secrets, recordings."""

import asyncio
import contextlib
import itertools
import json
import logging
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from afterlore.core import (
    Budget,
    BudgetExhausted,
    ConfigError,
    Delta,
    InputError,
    Ledger,
    Message,
    ModelError,
    Reply,
    Request,
    Role,
    ToolCall,
    ToolSpec,
)
from afterlore.llm.attempts import LONGEST_PAUSE, Timing
from afterlore.llm.chat import Chat
from afterlore.llm.embeddings import Embeddings
from afterlore.llm.endpoint import Endpoint, Prices
from afterlore.llm.fake import ScriptedModel
from afterlore.llm.gate import Gate
from afterlore.llm.prices import PRICES, cost, prices_of, require_prices
from model_server import USAGE, Answer, Server, chunk, completion, events, serve, vectors

KEY = "sk-dummy-0123456789/abcdef"
ASKED = Request(messages=(Message(role=Role.USER, content="hello"),))
TOOL = ToolSpec(name="search", description="Finds pages.", parameters={"type": "object", "properties": {}})


class Waits:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        await asyncio.sleep(0)

    def timing(self) -> Timing:
        return Timing(clock=lambda: self.now, sleep=self.sleep, chance=lambda: 1.0)


def endpoint(server: Server | None = None, **changes: Any) -> Endpoint:
    values: dict[str, Any] = {
        "name": "local",
        "base_url": server.url if server else "http://127.0.0.1:9/v1",
        "model": "m",
    }
    return Endpoint(**values | {"api_key": KEY} | changes)


def asking(
    where: Endpoint, request: Request = ASKED, *, ledger: Ledger | None = None, waits: Waits | None = None
) -> Reply:
    async def run() -> Reply:
        async with Chat(where, timing=(waits or Waits()).timing()) as chat:
            return await chat.complete(request, ledger=ledger)

    return asyncio.run(run())


def streaming(
    where: Endpoint, request: Request = ASKED, *, ledger: Ledger | None = None, waits: Waits | None = None
) -> list[Delta | Reply]:
    async def run() -> list[Delta | Reply]:
        async with Chat(where, timing=(waits or Waits()).timing()) as chat:
            return [item async for item in chat.stream(request, ledger=ledger)]

    return asyncio.run(run())


def error(status: int, message: str = "no", code: str = "", headers: dict[str, str] | None = None) -> Answer:
    return Answer(json.dumps({"error": {"message": message, "code": code}}).encode(), status, headers or {})


OK = Answer(completion())


# -- what is sent and what comes back --------------------------------------------------------------------------------


def test_a_reply_with_its_usage() -> None:
    with serve([OK]) as server:
        reply = asking(endpoint(server))
    assert reply.message == Message(role=Role.ASSISTANT, content="ready")
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cached_tokens) == (12, 5, None)
    assert (reply.usage.requests, reply.usage.attempts, reply.usage.cost) == (1, 1, None)
    assert (reply.finish, reply.model) == ("stop", "m-1")
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["authorization"] == f"Bearer {KEY}"
    assert server.asked == [{"model": "m", "messages": [{"role": "user", "content": "hello"}]}]


def test_a_history_goes_out_in_the_protocols_form() -> None:
    calls = (
        ToolCall(id="a", name="search", arguments='{"q": "x"}', parsed={"q": "x"}),
        ToolCall(id="b", name="search", arguments='{"q": ', parsed=None),
        ToolCall(id="c", name="search", arguments="{'q': 1}", parsed={"q": 1}),
    )
    request = Request(
        messages=(
            Message(role=Role.SYSTEM, content="be brief"),
            Message(role=Role.USER, content="北京?"),
            Message(role=Role.ASSISTANT, reasoning="hm", calls=calls),
            *(Message(role=Role.TOOL, content=f"r{at}", call=call.id, name="search") for at, call in enumerate(calls)),
        ),
        tools=(TOOL,),
        max_tokens=50,
        temperature=0.5,
        seed=7,
    )
    with serve([OK]) as server:
        asking(endpoint(server, extra={"enable_thinking": False}, omit=("temperature",)), request)
    sent = server.asked[0]
    assert sent["messages"][2] == {
        "role": "assistant",
        "content": None,
        "tool_calls": [
            {"id": id, "type": "function", "function": {"name": "search", "arguments": text}}
            # What is no JSON would make some servers fail: it goes out as it was mended, or empty.
            for id, text in (("a", '{"q": "x"}'), ("b", "{}"), ("c", '{"q":1}'))
        ],
    }
    assert sent["messages"][3] == {"role": "tool", "tool_call_id": "a", "content": "r0"}
    assert sent["tools"][0] == {
        "type": "function",
        "function": {
            "name": "search",
            "description": "Finds pages.",
            "parameters": {"type": "object", "properties": {}},
        },
    }
    assert {key: sent.get(key) for key in ("max_tokens", "seed", "enable_thinking", "temperature")} == {
        "max_tokens": 50,
        "seed": 7,
        "enable_thinking": False,
        "temperature": None,
    }


def test_what_was_sent_is_named_by_its_digest() -> None:
    with serve([OK]) as server:
        here = asking(endpoint(server))
        there = asking(endpoint(server, retries=0, stream=True))
        other = asking(endpoint(server), Request(messages=(Message(role=Role.USER, content="hello!"),)))
    fake = asyncio.run(ScriptedModel(["ready"]).complete(ASKED))
    assert here.sent == there.sent == fake.sent != other.sent


def test_arguments_keep_their_raw_text() -> None:
    calls = [
        {"id": "1", "type": "function", "function": {"name": "search", "arguments": '{"q":  "x"}'}},
        {"id": "2", "type": "function", "function": {"name": "search", "arguments": '{"q": NaN}'}},
        {"id": "3", "type": "function", "function": {"name": "search", "arguments": "[1]"}},
        {"id": "4", "type": "function", "function": {"name": "search", "arguments": ""}},
        {"id": "5", "type": "function", "function": {"name": "search", "arguments": '{"q": "\\ud800"}'}},
        {"id": "6", "type": "function", "function": {"name": "search", "arguments": {"q": 1}}},
    ]
    with serve([Answer(completion(None, tool_calls=calls, finish="tool_calls"))]) as server:
        got = asking(endpoint(server), ASKED.model_copy(update={"tools": (TOOL,)})).message.calls
    assert [call.arguments for call in got] == [
        '{"q":  "x"}',
        '{"q": NaN}',
        "[1]",
        "",
        '{"q": "\\ud800"}',
        '{"q":1}',
    ]
    assert [call.parsed for call in got] == [{"q": "x"}, None, None, {}, None, {"q": 1}]


def test_a_stream_shows_its_pieces_and_ends_with_the_whole_reply() -> None:
    pieces = events(
        chunk(role="assistant", content=""),
        chunk(reasoning_content="let me "),
        chunk(reasoning_content="see"),
        chunk(content="re"),
        chunk(content="ady"),
        chunk("stop"),
        {"model": "m-1", "choices": [], "usage": USAGE},
    )
    with serve([Answer(pieces)]) as server:
        *deltas, reply = streaming(endpoint(server))
        assert isinstance(reply, Reply)
        assert reply == asking(endpoint(server, stream=True))
    assert [(d.content, d.reasoning) for d in deltas if isinstance(d, Delta)] == [
        ("", "let me "),
        ("", "see"),
        ("re", ""),
        ("ady", ""),
    ]
    assert (reply.message.content, reply.message.reasoning, reply.usage.tokens) == ("ready", "let me see", 17)
    assert server.asked[0]["stream_options"] == {"include_usage": True}


@given(cuts=st.lists(st.integers(0, 400), max_size=8))
def test_a_stream_is_the_same_wherever_its_bytes_are_cut(cuts: list[int]) -> None:
    whole = b"".join(events(chunk(content="北京 "), chunk(content="大学"), chunk("stop"), chunk(usage=USAGE)))
    marks = sorted({0, len(whole), *(cut % len(whole) for cut in cuts)})
    pieces = [whole[a:b] for a, b in itertools.pairwise(marks)]
    from afterlore.llm.incoming import Lines

    lines = Lines()
    assert [data for piece in pieces for data in lines.feed(piece)] == [
        line[6:] for line in whole.split(b"\n") if line.startswith(b"data:")
    ]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_an_endpoint_that_does_not_stream_is_read_all_the_same(size: int, tmp_path: Path) -> None:
    body = b"\n" + completion()
    with serve([Answer([body[at : at + size] for at in range(0, len(body), size)])]) as server:
        delta, reply = streaming(endpoint(server, record=tmp_path))
    assert streaming(endpoint(replay=tmp_path)) == [delta, reply]
    assert isinstance(delta, Delta)
    assert isinstance(reply, Reply)
    assert delta.content == reply.message.content == "ready"


def test_a_stream_serves_the_next_request_on_the_same_connection() -> None:
    ports: set[str] = set()

    with serve([Answer(events(chunk(content="a"), chunk("stop")))]) as server:

        async def run() -> None:
            async with Chat(endpoint(server)) as chat:
                for _ in range(3):
                    async for _item in chat.stream(ASKED):
                        pass
                (client,) = chat._wire._clients
                ports.update(str(connection) for connection in client._transport._pool.connections)  # type: ignore[attr-defined]

        asyncio.run(run())
    assert len(ports) == 1


def test_half_a_surrogate_pair_is_no_text() -> None:
    body = json.dumps({"choices": [{"message": {"content": "x\ud800y"}}]}).encode()
    with serve([Answer(body)]) as server:
        assert asking(endpoint(server)).message.content == "x?y"


# -- attempts and the ledger -----------------------------------------------------------------------------------------


def test_every_attempt_is_counted_and_paid_for() -> None:
    ledger = Ledger(Budget(calls=10))
    waits = Waits()
    with serve([error(500), error(503), Answer(b"", 429), OK]) as server:
        reply = asking(endpoint(server), ledger=ledger, waits=waits)
    assert reply.usage.attempts == 4 == len(server.asked) == ledger.calls
    assert reply.usage.requests == 1
    # Refused attempts were worked on by nobody.
    assert ledger.tokens == 17
    assert waits.slept == [0.5, 1.0, 2.0]


def test_retries_end() -> None:
    ledger = Ledger(Budget(calls=10))
    with (
        serve([error(500, "down")]) as server,
        pytest.raises(ModelError, match=r"model 'local': down \(3 attempts\)") as caught,
    ):
        asking(endpoint(server, retries=2), ledger=ledger)
    assert (caught.value.kind, caught.value.status, caught.value.attempts) == ("unavailable", 500, 3)
    assert caught.value.recoverable
    assert len(server.asked) == ledger.calls == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 422])
def test_what_is_refused_is_not_asked_again(status: int) -> None:
    ledger = Ledger()
    with serve([error(status, "no such thing")]) as server, pytest.raises(ModelError, match="no such thing") as caught:
        asking(endpoint(server), ledger=ledger)
    assert (caught.value.kind, caught.value.status, caught.value.recoverable) == ("refused", status, False)
    assert len(server.asked) == 1 == ledger.calls
    assert ledger.tokens == 0


def test_a_budget_of_calls_is_never_passed_by_workers_in_parallel() -> None:
    ledger = Ledger(Budget(calls=7))

    async def run(server: Server) -> list[object]:
        async with Chat(endpoint(server), timing=Waits().timing()) as chat:
            tasks = [chat.complete(ASKED, ledger=ledger) for _ in range(8)]
            return await asyncio.gather(*tasks, return_exceptions=True)

    turns = iter([error(500), OK, error(429), OK, OK, error(502), OK, OK, OK, OK, OK, OK])
    lock = threading.Lock()

    def next_answer(_: dict[str, Any]) -> Answer:
        with lock:
            return next(turns)

    with serve(next_answer) as server:
        ends = asyncio.run(run(server))
    assert len(server.asked) == 7 == ledger.calls
    assert any(isinstance(end, BudgetExhausted) and end.limit == "calls" for end in ends)


def test_retry_after_is_honoured_and_holds_the_others() -> None:
    waits = Waits()
    with serve([error(429, headers={"Retry-After": "7"}), OK]) as server:
        asking(endpoint(server), waits=waits)
    assert waits.slept == [7.0]


def test_nobody_asks_while_the_endpoint_wants_a_pause() -> None:
    now, slept, asked_at = 0.0, list[float](), list[float]()

    async def sleep(seconds: float) -> None:
        nonlocal now
        due = now + seconds
        slept.append(seconds)
        # The one that was refused sleeps until the other sleeps too, or asks after all.
        while len(slept) < 2 and len(asked_at) < 2:
            await asyncio.sleep(0.005)
        now = max(now, due)

    async def run(server: Server) -> None:
        timing = Timing(clock=lambda: now, sleep=sleep)
        async with Chat(endpoint(server, max_concurrency=1), timing=timing) as chat:
            await asyncio.gather(chat.complete(ASKED), chat.complete(ASKED))

    def answer(_: dict[str, Any]) -> Answer:
        asked_at.append(now)
        return error(429, headers={"Retry-After": "7"}) if len(asked_at) == 1 else OK

    with serve(answer) as server:
        asyncio.run(run(server))
    assert asked_at == [0, 7, 7]


def test_an_endpoint_that_asks_for_an_hour_is_not_waited_for() -> None:
    waits = Waits()
    with (
        serve([error(429, headers={"Retry-After": "3600"}), OK]) as server,
        pytest.raises(ModelError, match="3600 s") as caught,
    ):
        asking(endpoint(server), waits=waits)
    assert (caught.value.kind, waits.slept) == ("rate_limited", [])
    assert LONGEST_PAUSE < 3600


def test_wall_time_that_a_pause_would_use_up_is_a_truncation() -> None:
    waits = Waits()
    ledger = Ledger(Budget(seconds=5), clock=lambda: waits.now)
    with serve([error(429, headers={"Retry-After": "9"})]) as server, pytest.raises(BudgetExhausted) as caught:
        asking(endpoint(server), ledger=ledger, waits=waits)
    assert (caught.value.limit, waits.slept, ledger.calls) == ("seconds", [], 1)


def test_nothing_is_put_down_for_what_was_not_sent() -> None:
    ledger = Ledger(Budget(calls=3))
    with pytest.raises(ModelError, match=r"nothing answers at 'http://127\.0\.0\.1:9/v1'") as caught:
        asking(endpoint(retries=1), ledger=ledger)
    assert (caught.value.kind, caught.value.attempts, ledger.calls, ledger.left().calls) == ("unavailable", 0, 0, 3)


def test_a_time_out_is_paid_for_as_it_was_reserved() -> None:
    gate = threading.Event()
    ledger = Ledger()
    request = ASKED.model_copy(update={"max_tokens": 100})
    with serve([Answer([b"{", b"}"], gate=gate), OK]) as server:
        reply = asking(endpoint(server, timeout=0.2), request, ledger=ledger)
        gate.set()
    assert reply.usage.attempts == 2 == ledger.calls
    assert ledger.tokens > 17 + 100


def test_cancelling_puts_down_what_was_sent() -> None:
    gate, ledger = threading.Event(), Ledger(Budget(calls=3))

    async def run(server: Server) -> None:
        async with Chat(endpoint(server)) as chat:
            task = asyncio.create_task(chat.complete(ASKED, ledger=ledger))
            while not server.asked:
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with serve([Answer([b"{", b"}"], gate=gate)]) as server:
        asyncio.run(run(server))
        gate.set()
    left = ledger.left()
    assert (ledger.calls, left.calls) == (1, 2)
    assert ledger.tokens > 0


def test_a_stream_that_is_left_is_put_down() -> None:
    gate, ledger = threading.Event(), Ledger(Budget(calls=3))

    async def run(server: Server) -> None:
        async with Chat(endpoint(server)) as chat, contextlib.aclosing(chat.stream(ASKED, ledger=ledger)) as items:
            async for _ in items:
                break

    with serve([Answer(events(chunk(content="a"), chunk(content="b")), gate=gate)]) as server:
        asyncio.run(run(server))
        gate.set()
    assert (ledger.calls, ledger.left().calls) == (1, 2)
    assert ledger.tokens > 0


def test_unknown_usage_is_none_and_estimated_for_the_ledger_alone() -> None:
    ledger = Ledger()
    with serve([Answer(completion("word " * 40, usage=None))]) as server:
        usage = asking(endpoint(server, prices=Prices(input=1, output=1)), ledger=ledger).usage
    assert (usage.input_tokens, usage.output_tokens, usage.cached_tokens, usage.cost) == (None, None, None, None)
    assert (usage.requests, usage.attempts) == (1, 1)
    assert 40 <= ledger.tokens <= 100
    assert ledger.cost == Decimal(ledger.tokens) / 1_000_000


def test_a_large_reservation_is_refused_before_it_is_sent() -> None:
    request = ASKED.model_copy(update={"max_tokens": 1000})
    with serve([OK]) as server, pytest.raises(BudgetExhausted) as caught:
        asking(endpoint(server), request, ledger=Ledger(Budget(tokens=900)))
    assert (caught.value.limit, server.asked) == ("tokens", [])


# -- streams that go wrong -------------------------------------------------------------------------------------------


def test_a_stream_that_is_cut_off_begins_anew() -> None:
    ledger = Ledger()
    cut = Answer(events(chunk(content="half a th"), done=False), cut=True)
    early = Answer(events(chunk(content="half"), done=False))
    whole = Answer(events(chunk(content="all"), chunk("stop"), chunk(usage=USAGE)))
    with serve([cut, early, whole]) as server:
        items = streaming(endpoint(server), ledger=ledger)
        restarts = [item.restart for item in items if isinstance(item, Delta)]
    assert restarts == [False, True, False, True, False]
    reply = items[-1]
    assert isinstance(reply, Reply)
    assert (reply.message.content, reply.usage.attempts, ledger.calls) == ("all", 3, 3)
    assert ledger.tokens > 17


def test_a_stream_cut_off_for_good_says_so() -> None:
    with serve([Answer(events(chunk(content="half"), done=False))]) as server, pytest.raises(ModelError) as caught:
        streaming(endpoint(server, retries=1))
    assert (caught.value.kind, caught.value.attempts, caught.value.recoverable) == ("cut_off", 2, True)


def test_a_stream_that_breaks_after_the_reply_was_whole_is_a_reply() -> None:
    with serve([Answer(events(chunk(content="all"), chunk("stop"), done=False), cut=True)]) as server:
        reply = streaming(endpoint(server, retries=0))[-1]
    assert isinstance(reply, Reply)
    assert (reply.message.content, reply.usage.input_tokens) == ("all", None)


def test_an_answer_without_end_is_ended() -> None:
    pieces = events(*(chunk(content="more ") for _ in range(400)))
    with serve([Answer(pieces)]) as server, pytest.raises(ModelError, match="max_bytes") as caught:
        streaming(endpoint(server, max_bytes=5_000))
    assert (caught.value.kind, len(server.asked)) == ("malformed", 1)


def test_a_stream_without_end_is_ended_in_time() -> None:
    waits = Waits()

    async def run(server: Server) -> None:
        async with Chat(endpoint(server, longest=10), timing=waits.timing()) as chat:
            async for _ in chat.stream(ASKED):
                waits.now += 4

    endless = Answer(events(*(chunk(content="more ") for _ in range(400))))
    with serve([endless]) as server, pytest.raises(ModelError, match="longest") as caught:
        asyncio.run(run(server))
    assert (caught.value.kind, len(server.asked)) == ("timed_out", 1)


@pytest.mark.parametrize("stream", [True, False])
def test_an_error_whose_body_never_ends_is_ended_in_time(stream: bool) -> None:
    gate = threading.Event()
    said = b'{"error": {"message": "no such model"}}'
    never = Answer([said, b" ", b" "], status=404, gate=gate)
    with serve([never]) as server:
        with pytest.raises(ModelError, match="no such model") as caught:
            asking(endpoint(server, stream=stream, timeout=0.3))
        gate.set()
    assert (caught.value.kind, len(server.asked)) == ("refused", 1)


def test_an_error_within_a_stream_is_read() -> None:
    broken = Answer(events(chunk(content="a" * 4000), {"error": {"message": "overloaded", "code": 503}}))
    ledger = Ledger()
    with serve([broken, Answer(events(chunk(content="b"), chunk("stop"), chunk(usage=USAGE)))]) as server:
        reply = streaming(endpoint(server, prices=Prices(input=1, output=1)), ledger=ledger)[-1]
    assert isinstance(reply, Reply)
    # What it had written by then was written.
    assert ledger.tokens > 1000 + 17
    assert ledger.cost == Decimal(ledger.tokens) / 1_000_000
    assert (reply.message.content, reply.usage.attempts) == ("b", 2)


# -- answers that cannot be used -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"<html><body>Welcome</body></html>", "no JSON"),
        (b"", "empty"),
        (b'{"choices": []}', "no choices"),
        (b'{"choices": [{"message": null}]}', "no message"),
        (b'{"choices": [{"mess', "no JSON"),
        (b"[1, 2]", "no object"),
        (b"[" * 100_000, "no JSON"),
    ],
)
def test_a_malformed_answer(body: bytes, says: str) -> None:
    with serve([Answer(body)]) as server, pytest.raises(ModelError, match=says) as caught:
        asking(endpoint(server))
    assert (caught.value.kind, caught.value.recoverable, len(server.asked)) == ("malformed", True, 1)


def test_an_error_with_status_200_is_an_error() -> None:
    with serve([Answer(b'{"error": {"message": "Provider returned error", "code": 502}}'), OK]) as server:
        assert asking(endpoint(server)).usage.attempts == 2


def test_redirects_are_not_followed() -> None:
    elsewhere = Answer(b"", 307, {"Location": "http://127.0.0.1:1/v1?key=x"})
    with serve([elsewhere]) as server, pytest.raises(ModelError, match="redirects are not followed") as caught:
        asking(endpoint(server))
    assert (caught.value.kind, "key=x" in str(caught.value)) == ("refused", False)


@pytest.mark.parametrize("name", ["seed", "stream_options", "max_tokens"])
def test_a_parameter_that_is_refused_is_left_out_from_then_on(name: str) -> None:
    def picky(request: dict[str, Any]) -> Answer:
        if name in request:
            return error(
                400, f"Unsupported parameter: '{name}' is not supported with this model.", "unsupported_parameter"
            )
        return Answer(events(chunk(content="a"), chunk("stop")))

    request = ASKED.model_copy(update={"seed": 1, "max_tokens": 5})

    async def run(server: Server) -> list[int]:
        attempts = []
        async with Chat(endpoint(server, stream=True)) as chat:
            for _ in range(2):
                attempts.append((await chat.complete(request)).usage.attempts)
        return attempts

    with serve(picky) as server:
        assert asyncio.run(run(server)) == [2, 1]
    assert ("max_completion_tokens" in server.asked[-1]) == (name == "max_tokens")


# -- how much is asked -----------------------------------------------------------------------------------------------


def test_so_many_at_a_time() -> None:
    gate = threading.Event()

    async def run(server: Server) -> None:
        async with Chat(endpoint(server, max_concurrency=3)) as chat:
            tasks = [asyncio.create_task(chat.complete(ASKED)) for _ in range(9)]
            while len(server.asked) < 3:
                await asyncio.sleep(0.005)
            gate.set()
            await asyncio.gather(*tasks)

    with serve([Answer([completion()], gate=gate)]) as server:
        asyncio.run(run(server))
    assert server.most == 3
    assert len(server.asked) == 9


def test_many_at_a_time_share_several_pools() -> None:
    gate = threading.Event()

    async def run(server: Server) -> int:
        async with Chat(endpoint(server, max_concurrency=40)) as chat:
            tasks = [asyncio.create_task(chat.complete(ASKED)) for _ in range(60)]
            while len(server.asked) < 40:
                await asyncio.sleep(0.005)
            gate.set()
            await asyncio.gather(*tasks)
            return len(chat._wire._clients)

    with serve([Answer([completion()], gate=gate)]) as server:
        assert asyncio.run(run(server)) == 3
    assert server.most == 40


@given(per_minute=st.floats(1, 6000), asked=st.integers(1, 60))
def test_the_rate_is_kept_in_every_span(per_minute: float, asked: int) -> None:
    waits, starts = Waits(), []

    async def run() -> None:
        gate = Gate(1000, per_minute, clock=lambda: waits.now, sleep=waits.sleep)
        for _ in range(asked):
            async with gate.turn():
                starts.append(waits.now)

    asyncio.run(run())
    for at, start in enumerate(starts):
        for more, end in enumerate(starts[at:], 1):
            assert more <= 1 + per_minute / 60 * (end - start + 1) + 1e-6


# -- prices ----------------------------------------------------------------------------------------------------------


@given(sent=st.integers(0, 10**7), written=st.integers(0, 10**6), cached=st.integers(0, 10**7))
def test_cost_is_exact_and_cached_tokens_never_cost_more(sent: int, written: int, cached: int) -> None:
    prices = Prices(input=Decimal("0.25"), output=2, cached=Decimal("0.025"))
    full, less = cost(prices, sent, written), cost(prices, sent, written, cached)
    assert full == (sent * Decimal("0.25") + written * 2) / 1_000_000
    assert less is not None
    assert full is not None
    assert 0 <= less <= full


def test_a_price_belongs_to_the_host_that_asks_for_it() -> None:
    known = Endpoint(name="a", base_url="https://api.openai.com/v1", model="gpt-4o-mini")
    assert prices_of(known) == PRICES["api.openai.com"]["gpt-4o-mini"]
    assert prices_of(known.model_copy(update={"base_url": "http://127.0.0.1/v1"})) is None
    assert prices_of(known.model_copy(update={"prices": Prices(input=3)})) == Prices(input=3)


def test_a_cost_limit_without_a_price_is_refused_before_anything_is_sent() -> None:
    with serve([OK]) as server:
        where = endpoint(server)
        require_prices(where, Budget(calls=3))
        with pytest.raises(ConfigError, match="price of 'm' is not known"):
            require_prices(where, Budget(cost=Decimal(1)))
        with pytest.raises(ConfigError, match="price of 'm' is not known"):
            asking(where, ledger=Ledger(Budget(cost=Decimal(1))))
        assert server.asked == []
        ledger = Ledger(Budget(cost=Decimal("0.001")))
        reply = asking(endpoint(server, prices=Prices(input=1, output=2)), ledger=ledger)
    assert reply.usage.cost == ledger.cost == Decimal("0.000022")


# -- secrets ---------------------------------------------------------------------------------------------------------


def test_the_key_is_nowhere(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    echo = json.dumps({"error": {"message": f"Incorrect API key provided: {KEY}."}}).encode()
    page = f"Traceback: headers {{'authorization': 'Bearer {KEY}'}}".encode()
    said: list[str] = []
    with serve([Answer(page, 500), Answer(echo, 401), Answer(completion(f"it is {KEY}"))]) as server:
        where = endpoint(server, record=tmp_path / "tape")
        with pytest.raises(ModelError) as caught:
            asking(where)
        said += [str(caught.value), repr(caught.value), repr(where), where.to_json()]
        said.append(asking(where, Request(messages=(Message(role=Role.USER, content=f"my key is {KEY}"),))).to_json())
    said += [path.read_text() for path in (tmp_path / "tape").iterdir()]
    said += [record.getMessage() for record in caplog.records if record.name.startswith("afterlore")]
    assert len(said) > 6
    assert [text for text in said if KEY in text or "sk-dummy" in text] == []


def test_the_key_is_struck_out_of_a_stream() -> None:
    pieces = events(chunk(content=f"it is {KEY}"), chunk(content=KEY[:9]), chunk(content=KEY[9:]), chunk("stop"))
    with serve([Answer(pieces)]) as server:
        reply = streaming(endpoint(server))[-1]
    assert isinstance(reply, Reply)
    assert reply.message.content == "it is ******"


@pytest.mark.parametrize("spelled", [KEY, quote(KEY, safe=""), json.dumps(KEY)[1:-1]])
@pytest.mark.parametrize("before", [0, 290])
def test_the_key_is_struck_out_before_an_error_is_cut(spelled: str, before: int) -> None:
    page = f"{'x' * before} key={spelled}".encode()
    with serve([Answer(page, 400)]) as server, pytest.raises(ModelError) as caught:
        asking(endpoint(server))
    assert "sk-d" not in str(caught.value)


def test_a_missing_key_is_said_before_anything_is_sent() -> None:
    with pytest.raises(ConfigError, match="'LOCAL_KEY' holds no key; set it"):
        Chat(Endpoint(name="local", base_url="http://127.0.0.1:9", model="m", api_key_env="LOCAL_KEY"))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"base_url": "ftp://x/v1"}, "no web address"),
        ({"base_url": "http://user:word@x/v1"}, "a password"),
        ({"base_url": "http://x:y/v1"}, "no web address"),
        ({"api_key": "two\nlines12"}, "no header may hold"),
        ({"extra": {"messages": []}}, "extra sets messages"),
        ({"record": "a", "replay": "b"}, "exclude each other"),
    ],
)
def test_settings_that_cannot_be(changes: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=says) as caught:
        endpoint(**changes)
    assert "two" not in str(caught.value)


# -- recordings ------------------------------------------------------------------------------------------------------


def test_what_was_recorded_is_played_back_without_a_network(tmp_path: Path) -> None:
    other = Request(messages=(Message(role=Role.USER, content="too long"),))
    answers = [
        error(500),
        Answer(completion("one")),
        Answer(completion("two")),
        error(400, "prompt is too long: 9 > 8"),
    ]
    with serve(answers) as server:
        recorded = endpoint(server, record=tmp_path)
        first, second = asking(recorded), asking(recorded)
        with pytest.raises(ModelError) as refused:
            asking(recorded, other)
    replayed = endpoint(replay=tmp_path, api_key=None, api_key_env="NOT_SET")

    async def run() -> list[str]:
        async with Chat(replayed) as chat:
            replies = [await chat.complete(ASKED) for _ in range(3)]
            assert replies[0] == first.model_copy(update={"usage": first.usage.model_copy(update={"attempts": 1})})
            with pytest.raises(ModelError) as again:
                await chat.complete(other)
            assert (again.value.kind, str(again.value)) == ("context_overflow", str(refused.value))
            return [reply.message.content for reply in replies]

    assert second.message.content == "two"
    assert asyncio.run(run()) == ["one", "two", "two"]
    with pytest.raises(InputError, match="was not recorded"):
        asking(replayed, Request(messages=(Message(role=Role.USER, content="new"),)))


def test_a_stream_is_played_back(tmp_path: Path) -> None:
    with serve([Answer(events(chunk(content="a"), chunk(content="b"), chunk("stop"), chunk(usage=USAGE)))]) as server:
        live = streaming(endpoint(server, record=tmp_path))
    assert streaming(endpoint(replay=tmp_path)) == live


def test_a_damaged_recording_is_named(tmp_path: Path) -> None:
    with serve([OK]) as server:
        asking(endpoint(server, record=tmp_path))
    (file,) = tmp_path.iterdir()
    file.write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match="is no recording; record it anew"):
        asking(endpoint(replay=tmp_path))


# -- embeddings ------------------------------------------------------------------------------------------------------


def test_vectors_come_in_the_order_asked_and_in_batches() -> None:
    def answer(request: dict[str, Any]) -> Answer:
        return Answer(vectors(*([float(len(text)), 1.0] for text in request["input"]), usage={"prompt_tokens": 3}))

    ledger = Ledger(Budget(calls=9))
    with serve(answer) as server, Embeddings(endpoint(server, batch=2, prices=Prices(input=2)), ledger=ledger) as made:
        assert made.embed(["a", "bb", "ccc", "dddd", "eeeee"]) == [[1, 1], [2, 1], [3, 1], [4, 1], [5, 1]]
        assert made.embed([]) == []
        assert made.model == "m"
        usage = made.usage
    assert server.paths == ["/v1/embeddings"] * 3
    assert (usage.attempts, usage.input_tokens, usage.output_tokens, usage.cost) == (3, 9, 0, Decimal("0.000018"))
    assert (ledger.calls, ledger.tokens, ledger.cost) == (3, 9, Decimal("0.000018"))


def test_vectors_are_asked_for_again_and_from_within_a_loop() -> None:
    with serve([error(503), Answer(vectors([1.0], usage=None))]) as server:

        async def run() -> list[list[float]]:
            with Embeddings(endpoint(server), timing=Waits().timing()) as made:
                return made.embed(["a"])

        assert asyncio.run(run()) == [[1.0]]
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "body",
    [
        vectors([1.0]),
        b'{"data": [{"embedding": [1.0]}, {"embedding": ["x"]}]}',
        b'{"data": [{"embedding": [1.0]}, {"embedding": [NaN]}]}',
        b'{"data": [{"embedding": [1.0]}, {"embedding": [1' + b"0" * 400 + b"]}]}",
        b'{"data": [{"embedding": [1.0]}, {"embedding": [1.0, 2.0]}]}',
        b'{"data": {}}',
        completion(),
    ],
)
def test_vectors_that_cannot_be_used(body: bytes) -> None:
    with (
        serve([Answer(body)]) as server,
        Embeddings(endpoint(server)) as made,
        pytest.raises(ModelError, match="vector") as caught,
    ):
        made.embed(["a", "b"])
    assert caught.value.kind == "malformed"


def test_embeddings_serve_the_context_database() -> None:
    from afterlore.context.search.embedding import Embedder

    with serve([Answer(vectors([1.0, 0.0]))]) as server, Embeddings(endpoint(server)) as made:
        embedder: Embedder = made
        assert embedder.embed(["x"]) == [[1.0, 0.0]]


# -- the scripted model ----------------------------------------------------------------------------------------------


def test_the_scripted_model_behaves_as_a_real_one() -> None:
    call = ToolCall(id="c1", name="search", arguments="{}", parsed={})
    script = [
        ModelError("x", "unavailable", "down"),
        Message(role=Role.ASSISTANT, content="I look", reasoning="hm", calls=(call,)),
        ModelError("x", "context_overflow", "too long"),
        "the end",
    ]
    ledger = Ledger(Budget(calls=5))
    model = ScriptedModel(script, prices=Prices(input=1, output=1))

    async def run() -> tuple[Reply, list[Delta | Reply]]:
        reply = await model.complete(ASKED, ledger=ledger)
        with pytest.raises(ModelError) as caught:
            await model.complete(ASKED, ledger=ledger)
        assert (caught.value.kind, caught.value.model, caught.value.attempts) == ("context_overflow", "scripted", 1)
        items = [item async for item in model.stream(ASKED, ledger=ledger)]
        with pytest.raises(InputError, match="the script is over"):
            await model.complete(ASKED)
        return reply, items

    reply, items = asyncio.run(run())
    assert (reply.usage.attempts, reply.finish, reply.message.calls) == (2, "tool_calls", (call,))
    assert [item.content for item in items if isinstance(item, Delta)] == ["the", " end"]
    assert ledger.calls == 4 == len(model.requests) - 1
    assert isinstance(items[-1], Reply)
    assert items[-1].usage.cost is not None
    assert reply.usage.cost is not None
    assert ledger.cost == reply.usage.cost + items[-1].usage.cost


def test_the_scripted_model_overflows_and_may_not_count() -> None:
    model = ScriptedModel(lambda request: request.messages[-1].content.upper(), context=50, counts=False)
    long = Request(messages=(Message(role=Role.USER, content="word " * 100),))
    reply = asyncio.run(model.complete(ASKED))
    assert (reply.message.content, reply.usage.tokens, reply.usage.cost) == ("HELLO", None, None)
    with pytest.raises(ModelError, match="maximum context length is 50") as caught:
        asyncio.run(model.complete(long))
    assert caught.value.kind == "context_overflow"
