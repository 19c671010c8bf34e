"""A vertical: everything that the brief knows of its field. It is data, read from TOML: a second field needs no code.

A *cue* is a word or phrase that speaks for something (a category, a label). Case does not matter; a cue of Latin
letters matches whole words only; ``…`` inside a cue stands for up to twelve characters of the same sentence
(``不是…而是``).
"""

import re
import tomllib
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

from afterlore.core import ConfigError, Record

__all__ = [
    "CategorySpec",
    "Cues",
    "FigureKind",
    "FormLabels",
    "LabelSpec",
    "Ranking",
    "Vertical",
    "load_vertical",
    "shipped",
]


class Cues:
    """Weighted cues, compiled once. Looking is a substring search: a thousand cues cost well below a millisecond."""

    def __init__(self, weights: dict[str, float]) -> None:
        self._plain: list[tuple[str, str, float]] = []
        self._guarded: list[tuple[str, str, re.Pattern[str], float]] = []
        for cue, weight in weights.items():
            low = cue.casefold()
            if "…" not in low and not re.search(r"^[a-z0-9]|[a-z0-9]$", low):
                self._plain.append((cue, low, weight))
                continue
            parts = [re.escape(part) for part in low.split("…")]
            # Latin cues are words: "arm" must not be found in "alarm".
            left = r"(?<![a-z0-9])" if re.match(r"[a-z0-9]", low) else ""
            right = r"(?![a-z])" if re.search(r"[a-z0-9]$", low) else ""
            pattern = re.compile(left + r"[^\n。！？]{0,12}?".join(parts) + right)
            self._guarded.append((cue, low.split("…")[0], pattern, weight))

    def found(self, text: str) -> dict[str, float]:
        """Each cue that occurs in ``text`` and its weight; how often it occurs does not count."""
        low = text.casefold()
        hits = {cue: weight for cue, needle, weight in self._plain if needle in low}
        for cue, needle, pattern, weight in self._guarded:
            if needle in low and pattern.search(low):
                hits[cue] = weight
        return hits


class CategorySpec(Record):
    """One of the vertical's categories."""

    name: str = Field(min_length=1)
    description: str = ""
    prior: float = 0.0
    """Added to the score before any cue; the category with the highest prior takes what no cue decides."""
    words: dict[str, float] = Field(default_factory=dict)

    @cached_property
    def cues(self) -> Cues:
        """``words``, compiled."""
        return Cues(self.words)


FigureKind = Literal[
    "money", "percent", "multiple", "score", "people", "machines", "number", "tokens", "time", "size", "power", "date"
]
"""What a figure is of: ``number`` is any other count, ``size`` bytes, lengths, weights and the like."""


class LabelSpec(Record):
    """A bullet's label and the cues that call for it."""

    name: str = Field(min_length=2, max_length=8)
    figures: tuple[FigureKind, ...] = ()
    """Kinds of figure that bear the label out; empty when it needs none."""
    without: float = Field(default=0.5, ge=0, le=1)
    """What a cue still counts in a sentence that has none of ``figures``."""
    words: dict[str, float]

    @cached_property
    def cues(self) -> Cues:
        """``words``, compiled."""
        return Cues(self.words)


class FormLabels(Record):
    """Labels for what a sentence is when no label fits what it is about."""

    lead: str = "核心事件"
    """It opens an article and tells a deed."""
    figures: str = "关键数据"
    speech: str = "各方观点"
    """Somebody says it."""
    earlier: str = "事件背景"
    """It tells of what was before."""
    deed: str = "相关进展"
    """Somebody named does something."""
    other: str = "要点"


class Ranking(Record):
    """What makes a story important in this field."""

    weights: dict[str, float] = Field(default_factory=dict)
    """Feature name → weight; the features and their own weights are those of ``afterlore.brief.rank``."""
    words: dict[str, float] = Field(default_factory=dict)
    """Words of a headline that raise (or, negative, lower) a story."""
    entities: dict[str, float] = Field(default_factory=dict)
    """Names that readers of this field follow."""

    @cached_property
    def word_cues(self) -> Cues:
        """``words``, compiled."""
        return Cues(self.words)

    @cached_property
    def entity_cues(self) -> Cues:
        """``entities``, compiled."""
        return Cues(self.entities)


class Vertical(Record):
    """A field of news and how its brief is made."""

    name: str = Field(min_length=1)
    """Short name, as given on the command line."""
    title: str = Field(min_length=1)
    emoji: str = ""
    timezone: str = "UTC"
    """IANA name: what a day is."""
    language: str = "zh"
    """Language of the field's brief; sentences keep the language of their article."""
    top: int = Field(default=10, ge=1, le=100)
    """Stories told in full."""
    max_others: int = Field(default=8, ge=0, le=200)
    """Titles listed below the stories."""
    categories: tuple[CategorySpec, ...] = Field(min_length=1)
    labels: tuple[LabelSpec, ...] = ()
    form_labels: FormLabels = FormLabels()
    ranking: Ranking = Ranking()
    sources: dict[str, float] = Field(default_factory=dict)
    """Outlet → weight, 1.0 being an ordinary one. An outlet that is not here has 1.0."""
    outlets: tuple[str, ...] = ()
    """Further names of outlets of this field, besides those that the collector knows."""
    common: tuple[str, ...] = ()
    """Words that this field uses in stories of all kinds, so that sharing them makes no two reports one event. General
    usage, business and technology need not be given.
    """
    chatter: tuple[str, ...] = ()
    """Colloquial or empty words of this field; a sentence with one is not chosen while there is another."""

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"no time zone {value!r}; give an IANA name such as 'Asia/Shanghai'") from error
        return value

    @model_validator(mode="after")
    def _distinct(self) -> "Vertical":
        for what, names in (
            ("categories", [category.name for category in self.categories]),
            ("labels", [label.name for label in self.labels]),
        ):
            twice = sorted({name for name in names if names.count(name) > 1})
            if twice:
                raise ValueError(f"{what}: {twice[0]!r} is given twice; names are distinct")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that a day of this brief is counted in."""
        return ZoneInfo(self.timezone)

    @cached_property
    def category_names(self) -> tuple[str, ...]:
        """In the order of the file."""
        return tuple(category.name for category in self.categories)


def shipped() -> list[str]:
    """Names of the verticals that come with the package."""
    folder = files("afterlore.brief") / "verticals"
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load_vertical(source: str | Path) -> Vertical:
    """The vertical of that name, or of that TOML file.

    Raises ConfigError when there is none, when the file is not TOML, and when a key is unknown, missing or wrong;
    the message names the key, the file, and what is valid there.
    """
    name = str(source)
    if isinstance(source, str) and not name.endswith(".toml") and "/" not in name and "\\" not in name:
        if name not in shipped():
            raise ConfigError(f"no vertical {name!r}; shipped are {', '.join(shipped())}, or give a .toml file")
        raw = (files("afterlore.brief") / "verticals" / f"{name}.toml").read_bytes()
    else:
        try:
            raw = Path(source).read_bytes()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ConfigError(
                f"cannot read the vertical file {name!r}: {reason}; give a readable .toml file"
            ) from error
    try:
        data = tomllib.loads(raw.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"vertical file {name!r} is not valid TOML in UTF-8: {error}") from error
    try:
        return Vertical.model_validate(data)
    except ValidationError as error:
        raise ConfigError(_explain(error, name)) from error


def _explain(error: ValidationError, name: str) -> str:
    # A misspelt key is at once an unknown one and a missing one; the unknown one is what its author can see.
    first = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
    where = ".".join(str(part) for part in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        valid = ", ".join(sorted(_model_at(first["loc"]).model_fields))
        return f"unknown key {where!r} in vertical {name!r}; valid keys there: {valid}"
    if first["type"] == "missing":
        return f"vertical {name!r} lacks the key {where!r}; add it"
    return f"vertical {name!r}: {where + ': ' if where else ''}{message}"


def _model_at(loc: tuple[int | str, ...]) -> type[Record]:
    """The model whose key ``loc`` points at."""
    inner: dict[int | str, type[Record]] = {
        "categories": CategorySpec,
        "labels": LabelSpec,
        "ranking": Ranking,
        "form_labels": FormLabels,
    }
    return inner.get(loc[0], Vertical) if len(loc) > 1 else Vertical
