"""Arguments are mended where only one reading is possible, and refused otherwise."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from afterlore.core import InputError, ToolCall
from afterlore.research.answer import ANSWER
from afterlore.research.browse import SearchArguments, VisitArguments
from afterlore.research.mend import Unfit, read_arguments
from afterlore.research.tools import Arguments, Tool, Tools, key_of


class Anything(Arguments):
    """Any list of texts, and a few more."""

    words: list[str]
    goal: str = ""
    size: int | None = Field(default=None, ge=0)


WHOLE = {"words": ['a "quoted" one', "b, with {brackets]", "长 \\ '单' "], "goal": "x\ny"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(WHOLE)[:-1],
        json.dumps(WHOLE) + "}",
        json.dumps(WHOLE) + json.dumps(WHOLE),
        json.dumps(WHOLE)[:-1] + ",}",
        json.dumps(WHOLE)[:-1] + ",",
        json.dumps(WHOLE).replace("], ", ",], "),
        json.dumps(json.dumps(WHOLE)),
        json.dumps(json.dumps(json.dumps(WHOLE))),
        f"```json\n{json.dumps(WHOLE, indent=2)}\n```",
        repr(WHOLE),
        json.dumps(WHOLE).replace("\\n", "\n"),
        json.dumps(WHOLE | {"words": json.dumps(WHOLE["words"])}),
        json.dumps(WHOLE | {"colour": "blue", "shade": None}),
    ],
)
def test_what_can_be_read_in_one_way_is_mended(text: str) -> None:
    arguments, mended = read_arguments(text, Anything)
    assert arguments == Anything.model_validate(WHOLE)
    assert mended


def test_one_text_where_a_list_is_wanted() -> None:
    assert read_arguments('{"words": "one"}', Anything) == (Anything(words=["one"]), True)
    assert read_arguments('{"urls": "http://a.example/"}', VisitArguments)[0].urls == ["http://a.example/"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"words": ["a", "b', "no JSON object"),
        ('{"words": ["a"], "size": 12', "no JSON object"),
        ('{"words": ["a"], "size"', "no JSON object"),
        ('{"words": ["a"], "size": nul', "no JSON object"),
        ('{"words": ["a"]} and {"words": ["b"]}', "no JSON object"),
        ('{"words": ["a"]}{"words": ["b"]}', "no JSON object"),
        ("[1, 2]", "no JSON object"),
        ("search for a", "no JSON object"),
        ("__import__('os').getpid()", "no JSON object"),
        ('{"words": NaN}', "no JSON object"),
        ("", "words: Field required"),
        ("{}", "words: Field required"),
        ('{"words": ["a"], "size": "many"}', "size: Input should be a valid integer"),
        ('{"words": ["a"], "size": -1}', "size: Input should be greater than or equal to 0"),
        ('{"words": {"a": 1}}', "words: Input should be a valid list"),
        ('{"words": ["a"], "size": 1e999}', "a number that is too large"),
        ("{" * 5000, "no JSON object"),
        ("[" * 100_000, "no JSON object"),
    ],
)
def test_what_is_not_certain_is_refused_with_the_field(text: str, said: str) -> None:
    with pytest.raises(Unfit, match=said):
        read_arguments(text, Anything)


values = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(words=st.lists(st.text(), max_size=4), goal=st.text())
def test_what_is_well_formed_is_read_as_it_stands(words: list[str], goal: str) -> None:
    value = {"words": words, "goal": goal}
    assert read_arguments(json.dumps(value), Anything) == (Anything.model_validate(value), False)


@given(words=st.lists(st.text(), max_size=4), goal=st.text(), at=st.integers(min_value=0))
def test_a_cut_text_is_never_read_as_something_else(words: list[str], goal: str, at: int) -> None:
    value = {"words": words, "goal": goal}
    text = json.dumps(value)
    try:
        arguments, _ = read_arguments(text[: at % len(text)], Anything)
    except Unfit:
        return
    read = arguments.model_dump()
    assert read["words"] == words[: len(read["words"])]
    assert read["goal"] in (goal, "")


@given(value=st.dictionaries(st.text(), values, max_size=5))
def test_the_key_of_a_call_does_not_depend_on_order(value: dict[str, Any]) -> None:
    assert key_of("x", value) == key_of("x", dict(reversed(list(value.items()))))
    assert key_of("x", value) != key_of("y", value)


def test_a_tool_is_declared_by_a_function() -> None:
    async def count(words: list[str], at_least: int = 1) -> str:
        """Count words."""
        return str(len(words) >= at_least)

    tools = Tools((Tool.of(count), ANSWER))
    spec, answer = tools.specs
    assert (spec.name, spec.description) == ("count", "Count words.")
    assert spec.parameters == {
        "additionalProperties": False,
        "properties": {
            "words": {"items": {"type": "string"}, "type": "array"},
            "at_least": {"default": 1, "type": "integer"},
        },
        "required": ["words"],
        "type": "object",
    }
    assert "$ref" not in answer.to_json()
    checked = tools.check(ToolCall(id="1", name="count", arguments='{"words": "one"}'))
    assert checked.mended
    assert checked.call.parsed == {"words": ["one"], "at_least": 1}
    assert checked.key == key_of("count", {"at_least": 1, "words": ["one"]})
    with pytest.raises(InputError, match="two tools have one name: count, count"):
        Tools((Tool.of(count), Tool.of(count)))

    async def bare(x) -> str:  # type: ignore[no-untyped-def]
        """No annotation."""
        return str(x)

    with pytest.raises(InputError, match="annotate its parameter 'x'"):
        Tool.of(bare)


def test_too_many_queries_name_the_limit() -> None:
    with pytest.raises(Unfit, match="queries: List should have at most 5 items"):
        read_arguments(json.dumps({"queries": [str(n) for n in range(6)]}), SearchArguments)
