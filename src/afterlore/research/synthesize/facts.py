"""What a sentence says of two entities, in its own words.

A fact is a predicate of the page's entity with another entity in it: ``before`` + the other's name + ``after``. Nothing
is inferred: where it is not plain that the page's entity is the subject of these words, there is no fact.
"""

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Fact", "Kind", "Shape"]


class Shape(StrEnum):
    """How the words of a fact hang together."""

    VERB = "verb"
    """A predicate that begins with its verb: *was born in* O."""
    NOMINAL = "nominal"
    """A noun with what belongs to it: *1990 film directed by* O."""
    ATTRIBUTE = "attribute"
    """What something of the subject is: its *captain* is O; ``before`` is the noun alone."""


@dataclass(frozen=True)
class Fact:
    """One fact: of ``subject`` it is said that ``before`` ``object`` ``after``."""

    subject: int
    object: int
    shape: Shape
    before: str
    after: str
    quote: str
    """The sentence, as the page has it,"""
    start: int
    end: int
    """and where: ``text[start:end]``."""
    words: frozenset[str]
    """Content words of the predicate, stemmed: what another sentence must share to say the like."""
    verb: str = ""
    """Of an attribute: *is* or *was*."""
    page: int = -1
    """The page that says it; one of the subject's."""
    lead: str = ""
    """What stands before the object's name and belongs to it: *the research vessel*."""


@dataclass(frozen=True)
class Kind:
    """What a page says its entity is."""

    noun: str = ""
    """*island town*; empty where no plain noun is given."""
    person: bool = False

    @property
    def head(self) -> str:
        """The last word, or the last two Chinese characters."""
        return self.noun.split()[-1].lower() if self.noun.isascii() and self.noun else self.noun[-2:]
