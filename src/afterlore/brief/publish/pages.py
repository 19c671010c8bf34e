"""The day's page and the archive as HTML. Each is a function of ledgers and stored sources, and of nothing else."""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files

from markupsafe import Markup

from afterlore import __version__
from afterlore.brief.publish.almanac import Almanac, Place
from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.view import view
from afterlore.brief.publish.words import counted, full_date, month_name, short_date, weekdays, words_of
from afterlore.core import digest
from afterlore.report import Page, asset, environment, one_line, stylesheet
from afterlore.text.language import language
from afterlore.text.phrases import phrases

__all__ = ["archive_page", "day_page", "form", "stamp", "stamp_of", "templates"]

_PACKAGE = "afterlore.brief.publish"
_TOP = 3
"""Titles of a day that stand open in the archive."""
_MONTHS = 3
"""Months whose calendars do."""


@cache
def templates() -> Page:
    """The day's page; its environment serves the feeds and the mail too."""
    made = environment(_PACKAGE)
    made.globals.update(counted=counted, language=language)
    made.filters["headline"] = _headline
    return Page(made, "brief.html", css=asset(_PACKAGE, "brief.css"), js=asset(_PACKAGE, "brief.js"))


def _headline(title: str) -> Markup:
    """A title as one line of text in which a browser may break between words only (see ``word-break`` in base.css)."""
    return Markup("<wbr>").join(phrases(one_line(title)))


@cache
def _archive() -> Page:
    css = asset(_PACKAGE, "brief.css") + asset(_PACKAGE, "index.css")
    return Page(templates().environment, "index.html", css=css, js=asset(_PACKAGE, "index.js"))


@cache
def form() -> str:
    """Names how pages look: it changes with the versions, the templates, the styles and the scripts."""
    parts = [__version__, version("rjieba"), stylesheet()]
    for package in (_PACKAGE, "afterlore.report"):
        for folder in ("assets", "templates"):
            found = sorted((files(package) / folder).iterdir(), key=lambda item: item.name)
            parts += [item.read_text(encoding="utf-8") for item in found if item.is_file()]
    return digest("\0".join(parts))[:12]


def stamp(sha256: str, place: Place) -> str:
    """What a day's page is made of: its form, the ledger's file, its place among the days. It stands in the page."""
    return f"{form()} {digest(f'{sha256} {place.digest}')[:32]}"


def stamp_of(page: str) -> str | None:
    """The stamp that stands in a page (its beginning is enough)."""
    _, found, rest = page.partition('<meta name="afterlore" content="')
    return rest.partition('"')[0] if found else None


def day_page(
    edition: Edition, ledger_digest: str, marked: str, place: Place, text_of: Callable[[str], str | None]
) -> str:
    """``brief.html``. ``marked`` is its stamp; ``text_of`` gives the stored source of that digest."""
    day = view(edition, place, text_of)
    words, zone = words_of(edition.language), edition.window_end.tzinfo
    return templates().render(
        lang=edition.language,
        title=f"{edition.title} {edition.date}",
        words=words,
        day=day,
        edition=edition,
        place=place,
        stamp=marked,
        ledger_digest=ledger_digest,
        cited=len({article for story in edition.stories for article in story.articles}),
        full=lambda date: full_date(date, edition.language),
        short=lambda date: short_date(date, edition.language),
        offset=_offset,
        local=lambda moment: moment.astimezone(zone),
    )


def _offset(moment: datetime) -> str:
    return moment.isoformat()[-6:] if moment.utcoffset() else "+00:00"


@dataclass(frozen=True, slots=True)
class _Month:
    name: str
    weeks: list[list[tuple[date | None, bool]]]


def archive_page(almanac: Almanac) -> str:
    """``index.html``: the calendar, every day's titles, the stories that went on."""
    newest = almanac.days[-1]
    there = {day.date for day in almanac.days}
    months = sorted({date.replace(day=1) for date in there}, reverse=True)
    return _archive().render(
        lang=newest.language,
        title=f"{newest.title} · {words_of(newest.language)['archive_title']}",
        heading=newest.title,
        words=words_of(newest.language),
        stamp=form(),
        days=almanac.days[::-1],
        months=[_month(first, there, newest.language) for first in months],
        weekdays=weekdays(newest.language),
        threads=almanac.threads(),
        total=sum(len(day.stories) for day in almanac.days),
        top=_TOP,
        open_months=_MONTHS,
        full=lambda date: full_date(date, newest.language),
        short=lambda date: short_date(date, newest.language),
    )


def _month(first: date, there: set[date], language: str) -> _Month:
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    return _Month(
        name=month_name(first, language),
        weeks=[[(day if day.month == first.month else None, day in there) for day in week] for week in weeks],
    )
