"""The scenarios of the fault bench: what goes wrong, when, and how a run must end nevertheless."""

from dataclasses import dataclass, field
from typing import Literal

from afterlore.core import Budget
from afterlore.llm.scripted import FAULTS, Rule, When, rate_limited
from afterlore.research.faults.library import Trouble

__all__ = ["LONG_ENOUGH", "SCENARIOS", "Answered", "Scenario"]

Answered = Literal["right", "other", "none"]
"""The answer that the pages hold, another, or none."""


_SHORT = 1.0
"""Seconds to wait for what never comes."""
LONG_ENOUGH = 20.0
"""For what comes."""


@dataclass(frozen=True)
class Scenario:
    """One thing that goes wrong."""

    name: str
    stop: str
    """The stop reason that must come of it."""
    answered: Answered
    rules: tuple[Rule, ...] = ()
    """What the endpoint does wrong,"""
    trouble: Trouble = ""
    """and what the pages do."""
    stream: bool = False
    budget: Budget = field(default_factory=Budget)
    timeout: float = LONG_ENOUGH
    """Seconds until the client gives up on an answer,"""
    patience: float = LONG_ENOUGH
    """and until a tool's call is stopped."""
    context: int = 100_000
    """Tokens that are sent at most."""


_ONCE = When(first=3, last=3)
_TWICE = When(first=3, last=4)
_LATE = When(first=4)
_LONG = When(longer_than=4_500)
"""Characters that a run of this question goes beyond before it can answer."""
_ALWAYS = When()
_STREAMED = ("unfinished", "bad_event", "error_event")


def _right(
    name: str, *rules: Rule, trouble: Trouble = "", stream: bool = False, timeout: float = LONG_ENOUGH
) -> Scenario:
    return Scenario(name, "answered", "right", rules, trouble, stream, timeout=timeout)


def _ends(name: str, stop: str, *rules: Rule, answered: Answered = "none", timeout: float = LONG_ENOUGH) -> Scenario:
    return Scenario(name, stop, answered, rules, timeout=timeout)


def _once(name: str) -> Scenario:
    timeout = _SHORT if name in ("hang", "endless") else LONG_ENOUGH
    return _right(f"{name}_once", Rule(FAULTS[name], _ONCE), stream=name in _STREAMED, timeout=timeout)


_OVERFLOWS = tuple(_right(name, Rule(FAULTS[name], _LONG)) for name in FAULTS if name.startswith("overflow_"))

_ENDPOINT = (
    _right("nothing_wrong"),
    _right("nothing_wrong_streamed", stream=True),
    *_OVERFLOWS,
    _ends("overflow_for_good", "limit:context", Rule(FAULTS["overflow_openai"], _ALWAYS)),
    _ends("overflow_late_for_good", "limit:context", Rule(FAULTS["overflow_openai"], _LATE)),
    _once("rate_limited"),
    _once("rate_limited_retry_after"),
    _right("rate_limited_by_chance", Rule(rate_limited(), When(p=0.4, seed=7))),
    _ends("rate_limited_for_good", "failed:rate_limited", Rule(rate_limited(), _LATE)),
    _ends("rate_limited_for_an_hour", "failed:rate_limited", Rule(rate_limited("3600"), _LATE)),
    _ends("quota_spent", "failed:refused", Rule(FAULTS["quota_spent"], _LATE)),
    _right("server_error_for_a_while", Rule(FAULTS["server_error"], _TWICE)),
    _ends("server_error_for_good", "failed:unavailable", Rule(FAULTS["server_error"], _ALWAYS)),
    _once("bad_gateway"),
    _right("unavailable_for_a_while", Rule(FAULTS["unavailable"], _TWICE)),
    _ends("unavailable_late_for_good", "failed:unavailable", Rule(FAULTS["unavailable"], _LATE)),
    _ends("key_echo", "failed:refused", Rule(FAULTS["key_echo"], _LATE)),
    _ends("key_echo_500", "failed:unavailable", Rule(FAULTS["key_echo_500"], _LATE)),
    _ends("content_refused", "failed:refused", Rule(FAULTS["content_refused"], _LATE)),
    _once("hang"),
    _ends("hang_for_good", "failed:timed_out", Rule(FAULTS["hang"], _LATE), timeout=_SHORT),
    _once("reset"),
    _ends("reset_for_good", "failed:unavailable", Rule(FAULTS["reset"], _LATE)),
    _once("cut"),
    _right("cut_stream_once", Rule(FAULTS["cut"], _ONCE), stream=True),
    _once("unfinished"),
    _once("bad_event"),
    _once("error_event"),
    _once("endless"),
    Scenario(
        "endless_stream", "failed:timed_out", "none", (Rule(FAULTS["endless"], _LATE),), stream=True, timeout=_SHORT
    ),
    _once("html_page"),
    _ends("html_page_for_good", "failed:malformed", Rule(FAULTS["html_page"], _LATE)),
    _once("invalid_json"),
    _ends("invalid_json_for_good", "failed:malformed", Rule(FAULTS["invalid_json"], _LATE)),
    _once("empty_body"),
    _once("empty_choices"),
    _ends("empty_choices_for_good", "failed:malformed", Rule(FAULTS["empty_choices"], _LATE)),
    _once("error_with_200"),
)

_MODEL = (
    *(_once(name) for name in FAULTS if name.startswith("arguments_")),
    _ends("arguments_unknown_for_good", "failed:no_progress", Rule(FAULTS["arguments_unknown"], _LATE)),
    _once("unknown_tool"),
    _ends("unknown_tool_for_good", "failed:no_progress", Rule(FAULTS["unknown_tool"], _LATE)),
    *(_once(name) for name in FAULTS if name.startswith("call_as_text")),
    _ends("call_as_text_for_good", "failed:no_answer", Rule(FAULTS["call_as_text_fenced"], _LATE)),
    Scenario(
        "answer_is_a_call",
        "limit:calls",
        "none",
        (Rule(FAULTS["answer_is_a_call"], When(first=4)),),
        budget=Budget(calls=5),
    ),
    _ends("same_search_for_good", "failed:no_progress", Rule(FAULTS["same_search"], _LATE)),
    _ends("garbage_for_an_answer", "answered", Rule(FAULTS["garbage"], _LATE), answered="other"),
    _once("empty"),
    _ends("empty_for_good", "failed:no_answer", Rule(FAULTS["empty"], _LATE)),
    _once("content_filter"),
    _once("cut_by_length"),
    _ends("huge_reply", "answered", Rule(FAULTS["huge"], _LATE), answered="other"),
    _right("no_usage", Rule(FAULTS["no_usage"], _ALWAYS)),
    _right("duplicate_ids", Rule(FAULTS["duplicate_ids"], _ALWAYS)),
    _right("obeys_page", Rule(FAULTS["obeys_page"], When(first=2, last=4))),
)

_TOOLS = (
    _right("page_404", trouble="page_missing"),
    Scenario("all_pages_404", "failed:not_found", "none", trouble="all_pages_missing"),
    _right("page_huge", trouble="page_huge"),
    Scenario("page_hangs", "answered", "right", trouble="page_hangs", patience=2 * _SHORT),
    _right("page_reader_breaks", trouble="page_breaks"),
    _right("page_hostile", trouble="page_hostile"),
    Scenario("search_without_items", "failed:not_found", "none", trouble="no_items"),
    Scenario("search_down", "failed:not_found", "none", trouble="search_down"),
    _right("search_down_once", trouble="search_down_once"),
    Scenario("search_breaks", "failed:not_found", "none", trouble="search_breaks"),
    Scenario("hits_without_text", "failed:not_found", "none", trouble="hits_without_text"),
    _right("corpus_changes", trouble="corpus_changes"),
    Scenario("corpus_vanishes", "failed:not_found", "none", trouble="corpus_vanishes"),
)

_BUDGETS = (
    Scenario("calls_used_up", "limit:calls", "none", budget=Budget(calls=3)),
    Scenario("tokens_used_up", "limit:tokens", "none", budget=Budget(tokens=4_000)),
    Scenario("turns_used_up", "limit:depth", "none", budget=Budget(depth=2)),
    Scenario("context_small", "answered", "right", context=1_400),
)

SCENARIOS = (*_ENDPOINT, *_MODEL, *_TOOLS, *_BUDGETS)
"""All of them; names are unique."""
