"""A synthesised question as it is kept: one line of JSON, with all that it rests on."""

from afterlore.core import Record

__all__ = ["Constraint", "Difficulty", "Made", "Support"]


class Support(Record):
    """A sentence that the answer rests on."""

    title: str
    address: str
    sha256: str
    """Of the page's text."""
    quote: str
    span: tuple[int, int]
    """Code points of the page's text."""


class Constraint(Record):
    """One fact that the question uses, with the names that it hides."""

    subject: str
    predicate: str
    """The sentence's own words, ``…`` where the object's name stands."""
    object: str


class Difficulty(Record):
    """How far one search with the question as it is asked leads. A rank is None beyond the first 20."""

    answer_rank: int | None
    needed_ranks: tuple[int | None, ...]
    """Of the pages of ``supporting``, in that order."""
    shortcut: bool
    """Whether the answer's own page is the first hit."""


class Made(Record):
    """One question, as ``research eval`` reads it."""

    id: str
    question: str
    answer: str
    answer_aliases: tuple[str, ...]
    hops: int
    """Facts that the question uses,"""
    depth: int
    """and how many of them have to be found one after another."""
    vagueness: int
    language: str
    supporting: tuple[Support, ...]
    constraints: tuple[Constraint, ...]
    unique_by: str
    """``links`` or ``words``: see ``check``."""
    difficulty: Difficulty
    wording: str = "template"
    """Or the model that reworded it."""
    seed: int
