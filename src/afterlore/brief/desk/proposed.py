"""A story as it is proposed to the editor, and as it is learned from: the same in the ranker and in the desk's log."""

from collections.abc import Iterable, Sequence

from afterlore.brief.article import Article
from afterlore.brief.classify import classify_story
from afterlore.brief.desk.experience import Candidate
from afterlore.brief.vertical import Vertical
from afterlore.brief.write.titles import short_title

__all__ = ["TASTE", "proposed"]

TASTE = "taste"
"""Name of the reason by which taste stands in a story's score; never a feature that taste learns from."""


def proposed(articles: Sequence[Article], vertical: Vertical, reasons: Iterable[tuple[str, float]]) -> Candidate:
    """The candidate of an event's articles. ``reasons`` are the ranker's, each with what it added to the score."""
    title, _ = short_title(articles, vertical)
    return Candidate(
        title=title,
        category=classify_story(articles, vertical, title=title).name,
        features={name: value for name, value in reasons if name != TASTE},
        articles=tuple(article.id for article in articles),
    )
