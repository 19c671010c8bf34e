"""Which articles a day may use: those that are news and were published in its window."""

from datetime import date, datetime, time, timedelta, tzinfo
from typing import NamedTuple, Self

from afterlore.brief.article import Article

__all__ = ["Refusal", "Window"]


class Refusal(NamedTuple):
    """Why an article is not of the day, as the run's report says it."""

    reason: str
    detail: str
    fix: str = ""


class Window(NamedTuple):
    """The time that a day's articles come from, its end left out."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, day: date, span: timedelta, zone: tzinfo) -> Self:
        """So much time before the midnight after ``day``, where the vertical lives."""
        end = datetime.combine(day + timedelta(days=1), time(), zone)
        return cls(end - span, end)

    def refuses(self, article: Article) -> Refusal | None:
        """Why the day may not use the article; None when it may. An article without a date counts as of the day."""
        when = article.published
        if when and when >= self.end:
            detail = f"its date {when:%Y-%m-%d %H:%M} lies after the brief's day"
            return Refusal("future", detail, "check its date")
        if when and when < self.start:
            return Refusal("old", f"its date {when:%Y-%m-%d %H:%M} lies before the window", "widen --window")
        if article.kind == "roundup":
            return Refusal("roundup", "it tells of many events; each is told from its own reports")
        if article.kind == "notice":
            return Refusal("notice", "it advertises, recruits or invites")
        return None
