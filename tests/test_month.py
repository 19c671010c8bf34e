"""A generated month, day by day through the real pipeline: nothing is told twice without something new."""

from datetime import date as Date
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from afterlore.brief.article import Article
from afterlore.brief.evaluate.generate import month
from afterlore.brief.group.followup import new_sentences
from afterlore.brief.library import Library
from afterlore.brief.pipeline import Report, Request, edit
from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.pages import day_page
from afterlore.brief.publish.verify import verify
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.core import Silent
from afterlore.journal import Journal

DAYS = 30


def test_a_month_never_repeats_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered: list[Date] = []

    def counted(edition: Edition, *rest: Any) -> str:
        rendered.append(edition.date)
        return day_page(edition, *rest)

    monkeypatch.setattr("afterlore.brief.publish.site.day_page", counted)
    folder = Folder(tmp_path / "out")
    folder.claim()
    vertical = load_vertical("ai")
    editions: list[Edition] = []
    pool: list[Article] = []
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        for day in month(DAYS, seed=5).days:
            pool += day.articles
            last = max(article.published for article in day.articles if article.published)
            request = Request.of((), out=folder.path, vertical=vertical, date=last.date().isoformat())
            recent = [a for a in pool if a.published and a.published > request.start - timedelta(days=1)]
            editions.append(edit(recent, request, Report(), journal, library, Silent(), ExtractiveWriter()).edition)
    assert len({edition.date for edition in editions}) == DAYS
    told: set[str] = set()
    cited: set[str] = set()
    sentences: dict[str, tuple[str, ...]] = {}
    continued = 0
    for edition in editions:
        texts = {claim.id: claim.text for claim in edition.claims}
        assert not told & set(texts.values())
        assert not cited & {article.url for article in edition.articles}
        for story in edition.stories:
            own = tuple(texts[claim] for claim in (*story.insight, *(bullet.claim for bullet in story.bullets)))
            if story.follows:
                continued += 1
                assert new_sentences(own, sentences[story.follows.story])
            sentences[story.id] = own
        told |= set(texts.values())
        cited |= {article.url for article in edition.articles}
    assert continued
    # Each day once for itself, once for the day after it, and once for each story that continues one of its own.
    assert len(rendered) <= 2 * DAYS - 1 + continued
    assert verify(folder).problems == ()
