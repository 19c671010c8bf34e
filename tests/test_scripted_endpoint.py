"""The scripted endpoint, over real sockets: the protocol, what a strict one refuses, faults and when they come."""

import asyncio
import base64
import json
import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from afterlore.core import InputError, ToolCall
from afterlore.llm.scripted import (
    FAULTS,
    Broken,
    Raw,
    Rule,
    ScriptedEndpoint,
    Turn,
    When,
    call,
    faulty,
    in_turn,
    rate_limited,
    say,
)

KEY = "sk-dummy-0123456789"
USER = {"role": "user", "content": "How deep is the quarry?"}
TOOL = {"type": "function", "function": {"name": "search", "description": "", "parameters": {"type": "object"}}}
SEARCH = call("search", queries=["quarry 采石场"])


def asks(*messages: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"model": "scripted", "messages": list(messages or (USER,)), **fields}


@pytest.fixture
def endpoint() -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint(say("Forty metres. 四十米。"), key=KEY) as running:
        yield running


def post(endpoint: ScriptedEndpoint, body: Any, path: str = "/chat/completions", key: str = KEY) -> httpx2.Response:
    headers = {"authorization": f"Bearer {key}"} if key else {}
    content = body if isinstance(body, str) else json.dumps(body)
    return httpx2.post(
        endpoint.base_url + path, content=content, headers=headers, timeout=10, trust_env=False, verify=False
    )


def events(text: str) -> list[Any]:
    assert text.endswith("\n\n")
    return [line.removeprefix("data: ") for line in text.split("\n\n") if line]


def joined(text: str) -> dict[str, Any]:
    """A reply put together from its stream, as a client does."""
    *pieces, done = events(text)
    assert done == "[DONE]"
    whole: dict[str, Any] = {"content": "", "reasoning_content": "", "calls": {}, "finish": None, "usage": None}
    for piece in map(json.loads, pieces):
        whole["usage"] = piece.get("usage") or whole["usage"]
        for choice in piece["choices"]:
            delta = choice["delta"]
            for field in ("content", "reasoning_content"):
                whole[field] += delta.get(field) or ""
            for part in delta.get("tool_calls", ()):
                own = whole["calls"].setdefault(part["index"], {"id": part.get("id"), "name": "", "arguments": ""})
                own["name"] += part["function"].get("name", "")
                own["arguments"] += part["function"]["arguments"]
            whole["finish"] = choice["finish_reason"] or whole["finish"]
    return whole


def test_a_stream_says_what_the_whole_reply_says(endpoint: ScriptedEndpoint) -> None:
    turn = Turn("Forty metres. 四十米。" * 20, "It must be deep. " * 5, (SEARCH, call("visit", urls=["a", "b"])))
    endpoint.play(lambda _: turn)
    whole = post(endpoint, asks()).json()
    message = whole["choices"][0]["message"]
    reply = post(endpoint, asks(stream=True, stream_options={"include_usage": True}))
    assert reply.headers["content-type"].startswith("text/event-stream")
    stream = joined(reply.text)
    assert message["content"] == stream["content"] == turn.text
    assert message["reasoning_content"] == stream["reasoning_content"] == turn.reasoning
    said = [(one["function"]["name"], one["function"]["arguments"]) for one in message["tool_calls"]]
    assert said == [(one["name"], one["arguments"]) for one in stream["calls"].values()]
    assert said == [(one.name, one.arguments) for one in turn.calls]
    assert whole["choices"][0]["finish_reason"] == stream["finish"] == "tool_calls"
    assert whole["usage"] == stream["usage"]
    ids = [one["id"] for one in message["tool_calls"]] + [one["id"] for one in stream["calls"].values()]
    assert len(set(ids)) == 4


def test_usage_is_reported_only_where_it_is_said_to_be(endpoint: ScriptedEndpoint) -> None:
    assert post(endpoint, asks()).json()["usage"]["total_tokens"] > 0
    assert joined(post(endpoint, asks(stream=True)).text)["usage"] is None
    endpoint.play(lambda _: Turn("nothing to see", usage=False))
    assert "usage" not in post(endpoint, asks()).json()
    with ScriptedEndpoint(say("so"), usage=False) as silent:
        assert "usage" not in post(silent, asks()).json()
        body = asks(stream=True, stream_options={"include_usage": True})
        assert joined(post(silent, body).text)["usage"] is None
        assert "usage" not in post(silent, {"model": "scripted", "input": "so"}, "/embeddings").json()


def test_vectors_are_the_same_every_time_and_near_for_text_that_shares_words(endpoint: ScriptedEndpoint) -> None:
    texts = ["the quarry in Vell 采石场很深", "the quarry at Vell 采石场", "an unrelated sentence 无关的话"]
    body = {"model": "scripted", "input": texts}
    data = post(endpoint, body, "/embeddings").json()["data"]
    assert data == post(endpoint, body, "/embeddings").json()["data"]
    assert [one["index"] for one in data] == [0, 1, 2]
    first, near, far = (one["embedding"] for one in data)
    assert sum(value * value for value in first) == pytest.approx(1)
    dot = lambda a, b: sum(x * y for x, y in zip(a, b, strict=True))  # noqa: E731
    assert dot(first, near) > 0.5 > dot(first, far)
    packed = post(endpoint, {**body, "encoding_format": "base64", "dimensions": 8}, "/embeddings").json()["data"][0]
    assert len(struct.unpack("<8f", base64.b64decode(packed["embedding"]))) == 8
    assert post(endpoint, {"model": "scripted", "input": []}, "/embeddings").status_code == 400


def test_models_are_listed(endpoint: ScriptedEndpoint) -> None:
    reply = httpx2.get(endpoint.base_url + "/models", headers={"authorization": f"Bearer {KEY}"}, trust_env=False)
    assert [one["id"] for one in reply.json()["data"]] == ["scripted"]


@pytest.mark.parametrize("mode", ["strict", "lenient"])
@pytest.mark.parametrize("key", ["", "wrong"])
def test_a_wrong_key_is_not_let_in(mode: Any, key: str) -> None:
    with ScriptedEndpoint(say("so"), key=KEY, mode=mode) as endpoint:
        for path in ("/chat/completions", "/embeddings"):
            reply = post(endpoint, asks(), path, key=key)
            assert reply.status_code == 401
            assert "API key" in reply.json()["error"]["message"]


def answered(own: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": own, "content": "nothing found"}


def calling(*ids: str, arguments: str = "{}") -> dict[str, Any]:
    calls = [{"id": own, "type": "function", "function": {"name": "search", "arguments": arguments}} for own in ids]
    return {"role": "assistant", "content": None, "tool_calls": calls}


SYSTEM = {"role": "system", "content": "Search."}
SAID = {"role": "assistant", "content": "Forty."}
WRONG = {
    "unknown field": (asks(colour="blue"), "colour"),
    "no messages": ({"model": "scripted"}, "messages"),
    "no model": ({"messages": [USER]}, "model"),
    "another model": ({**asks(), "model": "unheard-of"}, "does not exist"),
    "unknown role": (asks({"role": "robot", "content": "so"}), "Supported values"),
    "unknown field of a message": (asks({**USER, "reasoning_content": "so"}), "reasoning_content"),
    "no content": (asks({"role": "user", "content": None}), "null"),
    "orphan call": (asks(USER, calling("a")), "did not have response messages: a"),
    "one of two calls answered": (asks(USER, calling("a", "b"), answered("a")), "response messages: b"),
    "call answered too late": (asks(USER, calling("a"), USER, answered("a")), "did not have response messages: a"),
    "answer to no call": (asks(USER, answered("a")), "must be a response to a preceeding message"),
    "answer to another call": (asks(USER, calling("a"), answered("b")), "must be a response"),
    "a call answered twice": (asks(USER, calling("a"), answered("a"), answered("a")), "Duplicate"),
    "two calls of one id": (asks(USER, calling("a", "a"), answered("a"), answered("a")), "Duplicate"),
    "arguments cut": (asks(USER, calling("a", arguments='{"queries": ["s'), answered("a")), "arguments"),
    "no calls": (asks(USER, {**SAID, "tool_calls": []}, USER), "empty array"),
    "two users": (asks(USER, USER), "alternate"),
    "two assistants": (asks(USER, SAID, SAID, USER), "alternate"),
    "assistant first": (asks(SAID, USER), "alternate"),
    "assistant last": (asks(USER, SAID), "assistant"),
    "system further down": (asks(USER, SAID, SYSTEM, USER), "beginning"),
    "no user": (asks(SYSTEM), "'user' is required"),
    "no tools": (asks(tools=[]), "tools"),
    "choice without tools": (asks(tool_choice="auto"), "tool_choice"),
    "tool without a name": (asks(tools=[{"type": "function", "function": {"name": "a b"}}]), "pattern"),
    "tool without an object": (
        asks(tools=[{"type": "function", "function": {"name": "a", "parameters": {"type": "string"}}}]),
        "schema",
    ),
    "options without a stream": (asks(stream_options={"include_usage": True}), "stream_options"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_strict_endpoint_refuses_what_hosted_ones_refuse(endpoint: ScriptedEndpoint, name: str) -> None:
    body, wording = WRONG[name]
    reply = post(endpoint, body)
    assert reply.status_code == (404 if name == "another model" else 400)
    assert wording in reply.json()["error"]["message"]
    assert endpoint.count() == 1
    with ScriptedEndpoint(say("so"), mode="lenient") as lenient:
        assert post(lenient, body).status_code == (400 if name == "no messages" else 200)


def test_a_strict_endpoint_takes_what_is_in_order(endpoint: ScriptedEndpoint) -> None:
    long = asks(SYSTEM, USER, calling("a", "b"), answered("b"), answered("a"), SAID, USER, calling("c"), answered("c"))
    assert post(endpoint, {**long, "tools": [TOOL], "tool_choice": "auto", "max_tokens": 5}).status_code == 200
    assert post(endpoint, asks(USER, calling("a"), answered("a"), USER)).status_code == 200


def test_a_body_that_is_no_json_is_refused(endpoint: ScriptedEndpoint) -> None:
    assert post(endpoint, '{"model": ').status_code == 400
    assert post(endpoint, "[]").status_code == 400


def test_there_are_two_modes() -> None:
    with pytest.raises(InputError, match="strict, lenient"):
        ScriptedEndpoint(say("so"), mode="loose")  # type: ignore[arg-type]


def test_requests_are_kept_as_they_came(endpoint: ScriptedEndpoint) -> None:
    body = asks({**USER, "content": f"the key is {KEY}"})
    post(endpoint, body)
    assert endpoint.bodies == (body,)
    assert endpoint.seen[0].headers["authorization"] == f"Bearer {KEY}"
    endpoint.play(say("anew"))
    assert (endpoint.seen, endpoint.count()) == ((), 0)


def test_two_hundred_clients_at_once_are_all_counted() -> None:
    """All of them wait in the policy at one time before any is answered."""
    clients, waiting = 200, []
    together = asyncio.Event()

    async def policy(_: Any) -> Turn:
        waiting.append(None)
        if len(waiting) == clients:
            together.set()
        await together.wait()
        return Turn("together")

    async def ask(endpoint: ScriptedEndpoint) -> list[str]:
        limits = httpx2.Limits(max_connections=clients)
        async with httpx2.AsyncClient(limits=limits, timeout=60, trust_env=False) as client:
            url = endpoint.base_url + "/chat/completions"
            replies = await asyncio.gather(*(client.post(url, json=asks()) for _ in range(clients)))
            return [reply.json()["choices"][0]["message"]["content"] for reply in replies]

    with ScriptedEndpoint(policy, keep=False) as endpoint:
        assert asyncio.run(ask(endpoint)) == ["together"] * clients
        assert endpoint.count() == clients
        assert endpoint.seen == ()


def test_a_client_that_leaves_within_its_request_is_counted(endpoint: ScriptedEndpoint) -> None:
    head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"
    address = urlsplit(endpoint.base_url)
    with socket.create_connection((str(address.hostname), address.port or 0)) as connection:
        connection.sendall(head)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1_000) == b""
    assert (endpoint.count(), endpoint.seen) == (1, ())
    assert post(endpoint, asks()).status_code == 200


def test_it_ends_while_clients_wait() -> None:
    before = threading.active_count()
    ended: list[str] = []

    def ask(endpoint: ScriptedEndpoint) -> None:
        try:
            post(endpoint, asks())
        except httpx2.TransportError as error:
            ended.append(type(error).__name__)

    arrived = threading.Event()

    def policy(_: Any) -> Broken:
        arrived.set()
        return Broken("hang")

    with ScriptedEndpoint(policy) as endpoint:
        client = threading.Thread(target=ask, args=(endpoint,))
        client.start()
        assert arrived.wait(10)
    client.join(10)
    assert len(ended) == 1
    assert threading.active_count() == before


@pytest.mark.parametrize("stream", [False, True])
def test_connections_go_wrong_in_the_way_that_was_asked_for(endpoint: ScriptedEndpoint, stream: bool) -> None:
    body = asks(stream=stream)
    expected: dict[str, type[Exception]] = {
        "hang": httpx2.ReadTimeout,
        "reset": httpx2.ReadError,
        "cut": httpx2.RemoteProtocolError,
    }
    headers = {"authorization": f"Bearer {KEY}"}
    with httpx2.Client(headers=headers, timeout=0.3, trust_env=False) as client:
        for kind, error in expected.items():
            endpoint.play(lambda _, kind=kind: Broken(kind))
            with pytest.raises(error):
                client.post(endpoint.base_url + "/chat/completions", json=body)
            assert endpoint.count() == 1


def test_streams_end_in_the_wrong_way(endpoint: ScriptedEndpoint) -> None:
    endpoint.play(lambda _: Broken("unfinished"))
    pieces = events(post(endpoint, asks(stream=True)).text)
    assert all(json.loads(piece)["choices"][0]["finish_reason"] is None for piece in pieces)
    endpoint.play(lambda _: Broken("bad_event"))
    with pytest.raises(ValueError):
        json.loads(events(post(endpoint, asks(stream=True)).text)[-1])
    endpoint.play(lambda _: Broken("error_event"))
    assert "error" in json.loads(events(post(endpoint, asks(stream=True)).text)[-1])


@pytest.mark.parametrize("stream", [False, True])
def test_an_endless_reply_goes_on_until_the_client_leaves(endpoint: ScriptedEndpoint, stream: bool) -> None:
    endpoint.play(lambda _: Broken("endless"))
    headers = {"authorization": f"Bearer {KEY}"}
    url, body, read = endpoint.base_url + "/chat/completions", asks(stream=stream), 0
    with httpx2.stream("POST", url, json=body, headers=headers, timeout=10, trust_env=False) as reply:
        for piece in reply.iter_raw():
            read += len(piece)
            if read > 200:
                break
    endpoint.play(say("well again"))
    assert post(endpoint, asks()).status_code == 200


def test_every_fault_reaches_the_client(endpoint: ScriptedEndpoint) -> None:
    """No fault leaves the reply as it was: what the client is given differs from the policy's own words."""
    policy = say("Forty metres.", SEARCH, call("visit", urls=["a"]))
    endpoint.play(policy)
    sound = post(endpoint, asks()).json()
    timeout = httpx2.Timeout(10, read=0.3)
    for name, fault in FAULTS.items():
        endpoint.play(faulty(policy, Rule(fault)))
        headers = {"authorization": f"Bearer {KEY}"}
        try:
            with httpx2.stream(
                "POST",
                endpoint.base_url + "/chat/completions",
                json=asks(),
                headers=headers,
                timeout=timeout,
                trust_env=False,
                verify=False,
            ) as reply:
                given = b""
                for piece in reply.iter_raw():
                    given += piece
                    if given.isspace() and len(given) > 20:
                        break
        except httpx2.TransportError:
            continue
        if reply.status_code == 200 and reply.headers["content-type"] == "application/json":
            try:
                whole = json.loads(given)
            except ValueError:
                continue
            same = whole.get("choices") == sound["choices"] and whole.get("usage") == sound["usage"]
            assert not same, f"{name} changes nothing"


@pytest.mark.parametrize("name", [name for name in FAULTS if name.startswith("overflow")])
def test_an_overflow_comes_only_to_what_is_long(endpoint: ScriptedEndpoint, name: str) -> None:
    endpoint.play(faulty(say("so"), Rule(FAULTS[name], When(longer_than=100))))
    assert post(endpoint, asks()).status_code == 200
    assert post(endpoint, asks({**USER, "content": "long " * 40})).status_code in (400, 413, 422)


def statuses(policy: Any, endpoint: ScriptedEndpoint, n: int = 6, **fields: Any) -> list[int]:
    endpoint.play(policy)
    return [post(endpoint, asks(**fields)).status_code for _ in range(n)]


def test_schedules(endpoint: ScriptedEndpoint) -> None:
    down = FAULTS["unavailable"]
    assert statuses(faulty(say("so"), Rule(down, When(last=2))), endpoint) == [503, 503, 200, 200, 200, 200]
    assert statuses(faulty(say("so"), Rule(down, When(first=3, last=3))), endpoint) == [200, 200, 503, 200, 200, 200]
    assert statuses(faulty(say("so"), Rule(down, When(first=5))), endpoint) == [200] * 4 + [503] * 2
    assert statuses(faulty(say("so"), Rule(down, When(tools="none"))), endpoint, 1) == [503]
    assert statuses(faulty(say("so"), Rule(down, When(tools="none"))), endpoint, 1, tools=[TOOL]) == [200]
    both = faulty(say("so"), Rule(down, When(last=1)), Rule(FAULTS["rate_limited"], When(last=2)))
    assert statuses(both, endpoint, 3) == [503, 429, 200]


def test_chance_is_the_same_on_every_run_with_one_seed(endpoint: ScriptedEndpoint) -> None:
    def run(seed: int) -> list[int]:
        return statuses(faulty(say("so"), Rule(FAULTS["unavailable"], When(p=0.5, seed=seed))), endpoint, 20)

    first = run(1)
    assert first == run(1) != run(2)
    assert set(first) == {200, 503}


def test_retry_after_is_sent_where_it_is_given(endpoint: ScriptedEndpoint) -> None:
    endpoint.play(in_turn([rate_limited("3"), rate_limited()]))
    assert post(endpoint, asks()).headers["retry-after"] == "3"
    assert "retry-after" not in post(endpoint, asks()).headers


@pytest.mark.parametrize("name", ["key_echo", "key_echo_500"])
def test_a_key_is_echoed_where_a_provider_does_so(endpoint: ScriptedEndpoint, name: str) -> None:
    endpoint.play(faulty(say("so"), Rule(FAULTS[name])))
    assert KEY in post(endpoint, asks()).text


def test_a_raw_answer_is_sent_as_it_stands(endpoint: ScriptedEndpoint) -> None:
    endpoint.play(lambda _: Raw(418, "short and stout", "text/plain"))
    reply = post(endpoint, asks())
    assert (reply.status_code, reply.text) == (418, "short and stout")


def test_a_script_is_played_in_order_and_its_last_answer_stays(endpoint: ScriptedEndpoint) -> None:
    endpoint.play(in_turn([Turn("one"), Turn("two")]))
    said = [post(endpoint, asks()).json()["choices"][0]["message"]["content"] for _ in range(3)]
    assert said == ["one", "two", "two"]
    with pytest.raises(ValueError, match="at least one"):
        in_turn([])


def test_ids_that_a_script_gives_are_kept(endpoint: ScriptedEndpoint) -> None:
    endpoint.play(say("", ToolCall(id="own", name="search", arguments="{}")))
    assert post(endpoint, asks()).json()["choices"][0]["message"]["tool_calls"][0]["id"] == "own"
