"""The relations that the searcher by rules knows, in English and Chinese, and how it writes down what a page states."""

import re
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["KNOWN", "NOTE", "READ", "RELATIONS", "Kind", "Relation", "asked_in", "claim"]

Kind = Literal["person", "firm", "place", "thing", "year", "number"]


@dataclass(frozen=True)
class Relation:
    asked: re.Pattern[str]
    """As a question names it."""
    told: re.Pattern[str]
    """As a page states it."""
    kinds: tuple[Kind, ...]
    """What it leads to."""
    query: str

    @property
    def name(self) -> str:
        """In English."""
        return re.sub(r"[\u3400-\u9fff]+", "", self.query).strip()


def _relation(asked: str, told: str, kinds: str, query: str) -> Relation:
    kinds_: tuple[Any, ...] = tuple(kinds.split())
    return Relation(re.compile(asked, re.I), re.compile(told, re.I), kinds_, query)


RELATIONS = (
    _relation(r"founde[dr]|创始人|创办|创立", r"founded|founder|创始人|创办|创立", "person", "founder 创始人"),
    _relation(r"\bborn\b|birthplace|出生", r"\bborn\b|出生", "place year", "born 出生"),
    _relation(r"\bmakes?\b|maker|produce|生产|制造", r"\bma[dk]es?\b|\bsold\b|生产|产品", "firm", "made by 生产"),
    _relation(r"design|architect|设计", r"designed|设计", "person", "designed 设计"),
    _relation(r"captain|船长", r"captain|船长", "person thing", "captain 船长"),
    _relation(r"vessel built|built the vessel|建造", r"\bbuil[td]|建造", "thing firm", "built vessel 建造"),
    _relation(r"supervis|导师", r"supervis|导师", "person", "supervised 导师"),
    _relation(r"acquire|bought|收购", r"acquired|收购", "firm", "acquired 收购"),
    _relation(r"\bworks\b|\bsails\b|航行", r"\bworks on\b|航行", "place", "works on"),
    _relation(r"author|\bwrote\b|作者", r"author|\bwrote\b|作者", "person", "author 作者"),
    _relation(r"marr(?:y|ied)|wife|husband|妻子|丈夫", r"married|wife|husband|妻子|丈夫", "person", "married 妻子"),
    _relation(r"\bdeep\b|depth|多深|深度", r"\bdeep\b|深\d", "number", "deep 深"),
    _relation(r"海拔|elevation|how high", r"海拔|above the sea", "number", "altitude 海拔"),
    _relation(r"lighthouse|灯塔", r"lighthouse|灯塔", "year", "lighthouse 灯塔"),
)

NOTE = re.compile(r"^Noted: “(?P<text>[^\n]+)” \((?P<title>[^\n]*) \| (?P<address>[^\n]*)\)$", re.M)
"""What it tells itself within a run."""
KNOWN = re.compile(
    r"^- e\w+: (?P<title>[^\n]+?) tells of “[^”\n]*” — “(?P<text>[^\n]+?)” \((?P<address>[^\n()]*)\)$", re.M
)
"""The same in the state that a later round is shown, where ``claim`` wrote it."""
READ = re.compile(r"^## Pages read\n(?:- \S+(?: \(failed\))?\n?)+", re.M)
"""The pages that the state says were read."""


def claim(title: str, relation: Relation) -> str:
    """What a sentence of a page bears out."""
    return f"{title} tells of “{relation.name}”"


def asked_in(question: str) -> list[Relation]:
    """The relations of a question, in the order of the list."""
    return [relation for relation in RELATIONS if relation.asked.search(question)]
