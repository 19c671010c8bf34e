"""The words of pages: every word in every language, every state and reason among them."""

import re
import typing
from datetime import date

from afterlore.brief.gather.item import SourceState
from afterlore.brief.publish.words import LANGUAGES, counted, full_date, month_name, short_date, weekdays, words_of
from conftest import ROOT


def test_every_word_is_there_in_every_language() -> None:
    tables = [words_of(language) for language in LANGUAGES]
    for key in tables[0]:
        assert key in {"space"} or all(table[key] for table in tables), key
        holes = [set(re.findall(r"\{\w+\}", table[key])) for table in tables]
        assert holes[0] == holes[1], key
    assert not [word for word in words_of("en").values() if re.search("[\u4e00-\u9fff]", word)]
    assert words_of("zh-CN") == words_of("zh")
    assert words_of("fr") == words_of("en")


def test_every_state_and_reason_has_a_word() -> None:
    docs = (ROOT / "docs" / "brief.md").read_text(encoding="utf-8")
    reasons = docs.partition("| reason | meaning |")[2].partition("\n\n")[0]
    named = {
        name
        for row in reasons.split("\n")
        for name in re.findall(r"`([\w-]+)`", row.partition("|")[2].partition("|")[0])
    }
    assert len(named) > 20
    assert {f"why_{name}" for name in named} <= set(words_of("zh"))
    assert {f"state_{name}" for name in typing.get_args(SourceState)} <= set(words_of("zh"))


def test_numbers_and_dates() -> None:
    day = date(2026, 3, 10)
    assert counted("1 story|{n} stories", 1) == "1 story"
    assert counted("1 story|{n} stories", 3) == "3 stories"
    assert counted("{n}则", 1) == "1则"
    assert (full_date(day, "zh"), short_date(day, "zh"), month_name(day, "zh")) == (
        "2026年3月10日 星期二",
        "3月10日",
        "2026年3月",
    )
    assert full_date(day, "en") == "Tuesday, 10 March 2026"
    assert [len(weekdays(language)) for language in LANGUAGES] == [7, 7]
