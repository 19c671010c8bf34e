"""Where endpoints depart from the protocol: each departure with a body of that kind, written by us."""

import asyncio
import itertools
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import Delta, Message, ModelError, Reply, Request, Role, ToolCall, ToolSpec
from afterlore.llm.chat import Chat
from afterlore.llm.dialects import DIALECTS
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.faults import Trouble, refusal, retry_after
from afterlore.llm.incoming import Counts, Draft, counts, load, message, whole
from afterlore.llm.outgoing import wire_messages
from afterlore.llm.written import ThinkStream, split_calls, split_thinking
from model_server import Answer, chunk, completion, events, serve

TOOLS = (
    ToolSpec(
        name="search",
        description="Finds pages.",
        parameters={
            "type": "object",
            "properties": {"queries": {"type": "array"}, "note": {"type": "string"}, "limit": {"type": "integer"}},
        },
    ),
)
ASKED = Request(messages=(Message(role=Role.USER, content="hello"),), tools=TOOLS)


def asking(body: bytes | list[bytes], request: Request = ASKED, **changes: Any) -> tuple[Reply, dict[str, Any]]:
    """The reply, and the body that was asked; a list is a stream."""

    async def run(url: str) -> Reply:
        values = {"name": "x", "base_url": url, "model": "m", "retries": 0, "stream": isinstance(body, list)}
        async with Chat(Endpoint(**values | changes)) as chat:
            return await chat.complete(request)

    with serve([Answer(body)]) as server:
        return asyncio.run(run(server.url)), server.asked[0]


# -- reasoning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "message",
    [
        {"content": "42", "reasoning_content": "6 times 7"},
        {"content": "42", "reasoning": "6 times 7"},
        {"content": "42", "reasoning": "6 times 7", "reasoning_content": "6 times 7"},
        {"content": "<think>\n6 times 7\n</think>\n\n42"},
        {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "6 times 7"}]}, {"text": "42"}]},
    ],
)
def test_reasoning_is_told_apart(message: dict[str, Any]) -> None:
    reply, _ = asking(completion(**message))
    assert (reply.message.reasoning, reply.message.content) == ("6 times 7", "42")


def test_a_closing_tag_alone_counts_where_the_template_opens_it() -> None:
    body = completion("6 times 7</think>42")
    assert asking(body, dialect="qwen")[0].message.reasoning == "6 times 7"
    assert asking(body)[0].message.content == "6 times 7</think>42"
    assert asking(completion("<think>42"), dialect="openai")[0].message.content == "<think>42"


def test_reasoning_that_never_ends_is_no_content() -> None:
    reply, _ = asking(completion("<think>and so on", finish="length"))
    assert (reply.message.content, reply.message.reasoning, reply.finish) == ("", "and so on", "length")


@given(cuts=st.sets(st.integers(1, 40)))
def test_thinking_is_told_apart_wherever_the_text_is_cut(cuts: set[int]) -> None:
    text = "\n<think>a < b </th</think>it is </think> so"
    marks = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream = ThinkStream()
    pieces = [stream.feed(text[a:b]) for a, b in itertools.pairwise(marks)]
    reasoning, content = split_thinking(text, lone_close=False)
    assert "".join(thought for thought, _ in pieces).strip() == reasoning == "a < b </th"
    assert "".join(said for _, said in pieces).strip() == content == "it is </think> so"


def test_a_streamed_think_block_is_shown_as_reasoning() -> None:
    async def run(url: str) -> list[Delta | Reply]:
        async with Chat(Endpoint(name="x", base_url=url, model="m")) as chat:
            return [item async for item in chat.stream(ASKED)]

    pieces = events(*(chunk(content=part) for part in ("<th", "ink>6 ti", "mes 7</thi", "nk>4", "2")), chunk("stop"))
    with serve([Answer(pieces)]) as server:
        *deltas, reply = asyncio.run(run(server.url))
    shown = [(item.reasoning, item.content) for item in deltas if isinstance(item, Delta)]
    assert shown == [("6 ti", ""), ("mes 7", ""), ("", "4"), ("", "2")]
    assert isinstance(reply, Reply)
    assert (reply.message.reasoning, reply.message.content) == ("6 times 7", "42")


HISTORY = (
    Message(role=Role.USER, content="q"),
    Message(role=Role.ASSISTANT, reasoning="why", calls=(ToolCall(id="1", name="search", arguments="{}", parsed={}),)),
    Message(role=Role.TOOL, call="1", name="search", content="r"),
    Message(role=Role.ASSISTANT, calls=(ToolCall(id="2", name="search", arguments="{}", parsed={}),)),
    Message(role=Role.TOOL, call="2", name="search", content="r"),
    Message(role=Role.ASSISTANT, content="a", reasoning="because"),
    Message(role=Role.USER, content="q2"),
)


def test_reasoning_goes_back_with_calls_alone_and_only_where_it_is_wanted() -> None:
    request = Request(messages=HISTORY, tools=TOOLS)
    sent = {
        name: [message.get("reasoning_content") for message in asking(completion(), request, **changes)[1]["messages"]]
        for name, changes in {
            "compatible": {},
            "deepseek": {"dialect": "deepseek"},
            "wanted": {"reasoning_back": True},
            "unwanted": {"dialect": "deepseek", "reasoning_back": False},
        }.items()
    }
    back = [None, "why", None, "", None, None, None]
    assert sent == {"compatible": [None] * 7, "deepseek": back, "wanted": back, "unwanted": [None] * 7}


def test_a_model_that_never_reasoned_is_sent_no_reasoning() -> None:
    plain = tuple(message.model_copy(update={"reasoning": ""}) for message in HISTORY)
    assert "reasoning_content" not in json.dumps(wire_messages(plain, DIALECTS["deepseek"], reasoning_back=True))


# -- calls that are written into the text ------------------------------------------------------------------------------

QUERIES = '{"queries": ["a",  "北京"]}'
WRITTEN = {
    "hermes": f'<tool_call>\n{{"name": "search", "arguments": {QUERIES}}}\n</tool_call>',
    "hermes, spelled twice": f'<tool_call>{{"name": "search", "arguments": {json.dumps(QUERIES)}}}</tool_call>',
    "hermes, not closed": f'<tool_call>\n{{"name": "search", "arguments": {QUERIES}}}',
    "deepseek r1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>search\n"
    f"```json\n{QUERIES}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
    "deepseek v3.1": "<｜tool▁calls▁begin｜><｜tool▁call▁begin｜>search<｜tool▁sep｜>"
    f"{QUERIES}<｜tool▁call▁end｜><｜tool▁calls▁end｜>",
}


@pytest.mark.parametrize("text", WRITTEN.values(), ids=WRITTEN.keys())
@pytest.mark.parametrize("stream", [False, True])
def test_a_written_call_is_a_call_with_its_raw_arguments(text: str, stream: bool) -> None:
    content = f"I look it up.\n{text}"
    reply, _ = asking(events(chunk(content=content), chunk("stop")) if stream else completion(content))
    (call,) = reply.message.calls
    assert (call.name, call.arguments, call.parsed) == ("search", QUERIES, json.loads(QUERIES))
    assert (reply.message.content, reply.finish) == ("I look it up.", "tool_calls")


@pytest.mark.parametrize(
    "text",
    [
        "<tool_call>search\n<arg_key>queries</arg_key>\n<arg_value>[1]</arg_value>\n<arg_key>note</arg_key>\n"
        "<arg_value>12</arg_value><arg_key>limit</arg_key><arg_value>3</arg_value></tool_call>",
        "<tool_call>\n<function=search>\n<parameter=queries>\n[1]\n</parameter>\n<parameter=note>\n12\n</parameter>\n"
        "<parameter=limit>\n3\n</parameter>\n</function>\n</tool_call>",
    ],
)
def test_values_of_written_calls_have_the_types_that_the_tool_wants(text: str) -> None:
    reply, _ = asking(completion(text), dialect="glm")
    (call,) = reply.message.calls
    assert call.parsed == {"queries": [1], "note": "12", "limit": 3}
    assert json.loads(call.arguments) == call.parsed
    assert reply.message.content == ""


def test_several_written_calls_and_one_that_does_not_parse() -> None:
    text = (
        '<tool_call>{"name": "search", "arguments": {"queries": ["a",]}}</tool_call>\n'
        '<tool_call>{"name": "other"}</tool_call>'
    )
    content, calls = split_calls(f"So:\n{text}\n", TOOLS)
    assert (content, calls) == ("So:", [("search", '{"queries": ["a",]}'), ("other", "")])


@pytest.mark.parametrize(
    "text",
    [
        'Write <tool_call>{"name": "search"}</tool_call> to search.',
        "<tool_call>what is this?</tool_call>",
        '```json\n{"name": "search", "arguments": {}}\n```',
        "<tool_call></tool_call>",
        "<｜tool▁calls▁begin｜>nothing",
    ],
)
def test_what_only_looks_like_a_call_stays_text(text: str) -> None:
    assert split_calls(text, TOOLS) == (text, [])


def test_without_tools_or_in_reasoning_nothing_is_a_call() -> None:
    text = WRITTEN["hermes"]
    assert split_calls(text, ()) == (text, [])
    reply, _ = asking(completion(f"<think>{text}</think>no"))
    assert (reply.message.calls, reply.message.content) == ((), "no")
    assert asking(completion(text), dialect="openai")[0].message.calls == ()


@given(st.text(alphabet=st.sampled_from(list('<>/{}":,tool_call arg_keyfunction=search｜▁begin\n')), max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    content, calls = split_calls(text + "<tool_call>" + text, TOOLS)
    assert all(isinstance(name, str) and isinstance(arguments, str) for name, arguments in calls)
    assert calls or content == text + "<tool_call>" + text


# -- calls in the proper place, and ids --------------------------------------------------------------------------------


def wire_call(
    at: int | None = None, id: str | None = None, name: str | None = None, text: Any = None
) -> dict[str, Any]:
    call: dict[str, Any] = {"type": "function", "function": {"name": name, "arguments": text}}
    return call | ({} if at is None else {"index": at}) | ({} if id is None else {"id": id})


@pytest.mark.parametrize(
    "pieces",
    [
        # OpenAI: an index, then only pieces of the arguments.
        [wire_call(0, "a", "search", ""), wire_call(0, None, None, '{"x"'), wire_call(0, None, None, ":1}")],
        # DashScope: an empty id in the pieces that follow.
        [wire_call(0, "a", "search", '{"x"'), wire_call(0, "", "", ":1}")],
        # Gemini's layer: no index.
        [wire_call(None, "a", "search", '{"x":1}')],
        # No index, in pieces.
        [wire_call(None, "a", "search", '{"x"'), wire_call(None, None, None, ":1}")],
        # The name in every piece.
        [wire_call(0, "a", "search", '{"x"'), wire_call(0, "a", "search", ":1}")],
    ],
)
def test_a_call_is_put_together_from_the_pieces_of_a_stream(pieces: list[dict[str, Any]]) -> None:
    reply, _ = asking(events(*(chunk(tool_calls=[piece]) for piece in pieces), chunk("tool_calls")))
    assert reply.message.calls == (ToolCall(id="a", name="search", arguments='{"x":1}', parsed={"x": 1}),)


@pytest.mark.parametrize(
    "pieces",
    [
        [wire_call(0, "a", "search", "{}"), wire_call(1, "b", "search", "{}")],
        [wire_call(0, "a", "search", "{}"), wire_call(0, "b", "search", "{}")],
        [wire_call(None, "a", "search", "{}"), wire_call(None, "b", "search", "{}")],
    ],
)
def test_parallel_calls_are_told_apart(pieces: list[dict[str, Any]]) -> None:
    reply, _ = asking(events(chunk(tool_calls=pieces), chunk("tool_calls")))
    assert [call.id for call in reply.message.calls] == ["a", "b"]
    assert asking(completion(None, tool_calls=pieces))[0].message.calls == reply.message.calls


@pytest.mark.parametrize("id", [None, "", "call_0", "1"])
def test_every_call_has_an_id_of_its_own(id: str | None) -> None:
    calls = [wire_call(None, id, "search", "{}"), wire_call(None, id, "search", "{}")]
    request = Request(messages=HISTORY, tools=TOOLS)
    got = [call.id for call in asking(completion(None, tool_calls=calls), request)[0].message.calls]
    assert len({*got, "1", "2"}) == 4
    assert got == [call.id for call in asking(completion(None, tool_calls=calls), request)[0].message.calls]


def test_a_thought_signature_goes_back_as_it_came() -> None:
    call = wire_call(None, None, "search", "{}") | {"extra_content": {"google": {"thought_signature": "c2ln"}}}
    for body in (completion(None, tool_calls=[call]), events(chunk(tool_calls=[call]), chunk("stop"))):
        message = asking(body, dialect="gemini")[0].message
        assert message.calls[0].signature == "c2ln"
        assert Message.from_json(message.to_json()) == message
        (spelled,) = wire_messages((message,), DIALECTS["gemini"])
        assert spelled["tool_calls"][0]["extra_content"] == {"google": {"thought_signature": "c2ln"}}
        assert "extra_content" not in wire_messages((message,), DIALECTS["compatible"])[0]["tool_calls"][0]


# -- parameters and counts ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dialect", "name"),
    [(name, "max_completion_tokens" if name == "openai" else "max_tokens") for name in DIALECTS],
)
def test_the_limit_has_the_dialects_name(dialect: str, name: str) -> None:
    request = ASKED.model_copy(update={"max_tokens": 9})
    sent = asking(completion(), request, dialect=dialect)[1]
    assert {key: value for key, value in sent.items() if key.startswith("max")} == {name: 9}


@pytest.mark.parametrize(
    ("usage", "wanted"),
    [
        (None, Counts()),
        ({}, Counts()),
        ({"prompt_tokens": 0, "completion_tokens": 0}, Counts()),
        ({"prompt_tokens": 9, "completion_tokens": 4}, Counts(9, 4, None)),
        ({"prompt_tokens": 9, "completion_tokens": -4}, Counts(9, None, None)),
        ({"prompt_tokens": "9"}, Counts()),
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}}, Counts(9, 4, 6)),
        # DeepSeek.
        ({"prompt_tokens": 9, "completion_tokens": 4, "prompt_cache_hit_tokens": 6}, Counts(9, 4, 6)),
        # Gemini's layer counts reasoning in the total alone.
        ({"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 20}, Counts(9, 11, None)),
    ],
)
def test_counts(usage: dict[str, Any] | None, wanted: Counts) -> None:
    assert counts(usage) == wanted


# -- refusals ----------------------------------------------------------------------------------------------------------

OVERFLOWS = {
    "OpenAI": (400, {"error": {"message": "Your input is too big.", "code": "context_length_exceeded"}}),
    "OpenAI's wording": (400, {"error": {"message": "This model's maximum context length is 8192 tokens."}}),
    "Anthropic": (
        400,
        {"error": {"type": "invalid_request_error", "message": "prompt is too long: 213 > 200 maximum"}},
    ),
    "Anthropic, with the limit": (
        400,
        {"error": {"message": "input length and `max_tokens` exceed context limit: 199759 + 8192 > 200000"}},
    ),
    "Gemini": (
        400,
        [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum number of tokens allowed"}}],
    ),
    "DeepSeek": (400, {"error": {"message": "This model's maximum context length is 65536 tokens. However, you"}}),
    "DashScope": (
        400,
        {"error": {"message": "Range of input length should be [1, 30720]", "code": "invalid_parameter"}},
    ),
    "vLLM": (400, {"object": "error", "message": "The decoder prompt is longer than the maximum model length of 9"}),
    "vLLM, older": (400, {"object": "error", "message": "Please reduce the length of the messages or completion."}),
    "GLM": (400, {"error": {"code": "1261", "message": "Prompt 超长"}}),
    "GLM, without a code": (400, {"error": {"message": "输入内容过长"}}),
    "Moonshot": (400, {"error": {"message": "Your request exceeded model token limit: 8192"}}),
    "llama.cpp": (
        400,
        {"error": {"type": "exceed_context_size_error", "message": "exceeds the available context size"}},
    ),
    "TGI": (422, {"error": "`inputs` tokens + `max_new_tokens` must be <= 8192. Given: 9216"}),
    "Volcano Engine": (400, {"error": {"message": "Input length 203743 exceeds the maximum length 202752"}}),
    "with status 413": (413, {"error": {"message": "Request exceeds the maximum size"}}),
    "with status 500": (500, {"error": {"message": "This model's maximum context length is 65536 tokens"}}),
}


@pytest.mark.parametrize(("status", "body"), OVERFLOWS.values(), ids=OVERFLOWS.keys())
def test_a_context_that_does_not_fit_is_known_by_its_wording(status: int, body: Any) -> None:
    answer = Answer(json.dumps(body, ensure_ascii=False).encode(), status)

    async def run(url: str) -> None:
        async with Chat(Endpoint(name="x", base_url=url, model="m")) as chat:
            await chat.complete(ASKED)

    with serve([answer]) as server:
        with pytest.raises(ModelError) as caught:
            asyncio.run(run(server.url))
        assert (caught.value.kind, caught.value.recoverable) == ("context_overflow", False)
        assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "retry"),
    [
        (
            429,
            {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}},
            "refused",
            False,
        ),
        (402, {"error": {"message": "Insufficient Balance"}}, "refused", False),
        (400, {"code": "Arrearage", "message": "Access denied"}, "refused", False),
        (429, {"error": {"code": "1113", "message": "您的账户已欠费"}}, "refused", False),
        (429, {"error": {"code": "1113", "message": "no"}}, "refused", False),
        (429, {"error": {"code": "1302", "message": "并发数过高"}}, "rate_limited", True),
        (529, {"error": {"type": "overloaded_error", "message": "Overloaded"}}, "unavailable", True),
        (504, "<html>gateway</html>", "timed_out", True),
        (400, {"error": {"message": "max_tokens is too large: 9. This model supports at most 8"}}, "refused", False),
        (400, {"error": {"code": "1301", "message": "系统检测到不安全内容"}}, "refused", False),
        (404, {"detail": "Not Found"}, "refused", False),
    ],
)
def test_other_refusals(status: int, body: Any, kind: str, retry: bool) -> None:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    trouble = refusal(status, {}, text.encode())
    assert (trouble.kind, trouble.retry) == (kind, retry)


def test_what_an_endpoint_says_is_one_plain_line() -> None:
    body = json.dumps({"error": {"message": "no\n\x1b[31mred\x1b[0m " + "x" * 900}}).encode()
    detail = refusal(400, {}, body).detail
    assert detail.startswith("no [31mred [0m xxx")
    assert len(detail) == 300
    assert "script" not in refusal(502, {}, b"<html><script>script</script><p>bad gateway</p></html>").detail


NOW = datetime(2026, 3, 10, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after": "Tue, 10 Mar 2026 12:00:09 GMT"}, 9.0),
        ({"retry-after": "Tue, 10 Mar 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-3"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, now=NOW) == seconds


def test_gemini_names_its_delay_in_the_body() -> None:
    body = b'[{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "details": [{"retryDelay": "34.5s"}]}}]'
    assert refusal(429, {}, body).wait == 34.5


# -- whatever comes ----------------------------------------------------------------------------------------------------

KINDS = {"malformed", "unavailable", "rate_limited", "refused", "context_overflow", "timed_out"}
KEYS = "message content reasoning tool_calls function name arguments id index usage code extra_content google text type"
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(KEYS.split()), inner, max_size=2),
    max_leaves=4,
)


def objects(**fields: Any) -> Any:
    """Objects with all of these fields, with some, or something else altogether."""
    some = st.fixed_dictionaries({}, optional=fields)
    return st.one_of(st.fixed_dictionaries(fields), st.fixed_dictionaries(fields), some, ANYTHING)


TEXTS = st.text(max_size=20) | st.sampled_from(["<think>a</think>b", "</think>", '{"a": 1}', "x\ud800"]) | ANYTHING
FUNCTIONS = objects(name=TEXTS, arguments=TEXTS)
CALLS = st.lists(objects(id=ANYTHING, index=st.integers(0, 2) | ANYTHING, function=FUNCTIONS), max_size=3)
MESSAGES = objects(content=TEXTS, reasoning=TEXTS, tool_calls=CALLS | ANYTHING)
CHOICES = st.lists(
    st.fixed_dictionaries({"message": MESSAGES, "delta": MESSAGES, "finish_reason": ANYTHING}), min_size=1, max_size=2
)
BODIES = objects(choices=CHOICES, usage=ANYTHING, model=ANYTHING)


def read_whole(text: bytes) -> Draft | Trouble:
    try:
        return whole(text)
    except Trouble as trouble:
        return trouble


def read_stream(text: bytes) -> Draft | Trouble:
    draft = Draft(think=True)
    try:
        for _ in range(2):
            draft.feed(load(text))
    except Trouble as trouble:
        return trouble
    return draft


@given(body=BODIES)
def test_whatever_comes_is_a_reply_or_a_trouble(body: Any) -> None:
    for read in (read_whole, read_stream):
        found = read(json.dumps(body).encode())
        if isinstance(found, Trouble):
            assert found.kind in KINDS
            assert found.detail
        else:
            said, finish = message(found.closed(), ASKED, DIALECTS["qwen"], "0" * 64)
            assert Message.from_json(said.to_json()) == said
            assert finish
            assert counts(found.usage).sent != 0


@pytest.mark.parametrize("levels", [10, 63, 64, 250, 900])
def test_arguments_without_end_are_kept_as_text_alone(levels: int) -> None:
    text = '{"a":' + "[" * levels + "]" * levels + "}"
    call = {"id": "1", "function": {"name": "search", "arguments": text}}
    said = asking(completion(None, tool_calls=[call]))[0].message
    assert said.calls[0].arguments == text
    assert (said.calls[0].parsed is not None) == (levels < 64)
    assert Message.from_json(said.to_json()) == said


def test_an_object_without_end_is_malformed() -> None:
    text = "[" * 5000 + "]" * 5000
    found = read_whole(f'{{"choices": [{{"message": {{"content": {text}}}}}]}}'.encode())
    assert isinstance(found, Trouble)
    assert found.kind == "malformed"
