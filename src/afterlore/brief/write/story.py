"""What a writer hands on: statements, each with its place in a source."""

from collections.abc import Sequence

from pydantic import Field, model_validator

from afterlore.brief.article import Article
from afterlore.core import InputError, Record

__all__ = ["Bullet", "Draft", "Sourced", "check_draft"]


class Sourced(Record):
    """A statement and the place in an article's text that it rests on.

    An extractive writer gives ``text == article.text[start:end]``; another writer may say it in its own words.
    """

    text: str = Field(min_length=1)
    article_id: str
    start: int = Field(ge=0)
    """First character, in Unicode code points of ``Article.text``."""
    end: int
    """One past the last character."""

    @model_validator(mode="after")
    def _span(self) -> "Sourced":
        if self.end <= self.start:
            raise ValueError(f"span {self.start}:{self.end} is empty")
        return self


class Bullet(Record):
    """One fact, with a short label in front of it."""

    label: str = Field(min_length=1)
    statement: Sourced


class Draft(Record):
    """A story as a writer proposes it; nothing in it is verified yet."""

    title: str = Field(min_length=1)
    title_from: str
    """Id of the article that the title is taken from."""
    title_span: tuple[int, int] | None = None
    """Where in that article's text the title stands; None when it is (part of) the article's own title."""
    insight: tuple[Sourced, ...] = Field(min_length=1)
    bullets: tuple[Bullet, ...]


def check_draft(draft: Draft, articles: Sequence[Article]) -> None:
    """Raise InputError unless every statement and the title of an extractive draft stand verbatim where it says."""
    by_id = {article.id: article for article in articles}
    for said in (*draft.insight, *(bullet.statement for bullet in draft.bullets)):
        source = by_id.get(said.article_id)
        if source is None:
            raise InputError(f"a statement points at article {said.article_id!r}, which the story does not have")
        if source.text[said.start : said.end] != said.text:
            raise InputError(f"article {said.article_id!r} does not say {said.text!r} at {said.start}:{said.end}")
    titled = by_id.get(draft.title_from)
    if titled is None:
        raise InputError(f"the title points at article {draft.title_from!r}, which the story does not have")
    place = draft.title_span
    holds = draft.title in titled.title if place is None else titled.text[place[0] : place[1]] == draft.title
    if not holds:
        raise InputError(f"article {draft.title_from!r} does not carry the title {draft.title!r}")
