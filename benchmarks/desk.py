"""What a deed at the desk costs on a large day: milliseconds until the page that shows it could be sent.

Run: ``python benchmarks/desk.py 1000``. The articles are generated (``afterlore.brief.evaluate.generate``), about 1,500
characters each.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from afterlore.app.desk.view import Viewer
from afterlore.brief.desk.session import Desk
from afterlore.brief.desk.state import key_of
from afterlore.brief.evaluate.generate import day
from afterlore.brief.library import Library
from afterlore.brief.pipeline import Report, Request, edit
from afterlore.brief.publish.folder import Folder
from afterlore.brief.vertical import load_vertical
from afterlore.brief.write.extractive import ExtractiveWriter
from afterlore.core import Silent
from afterlore.journal import Journal

_LENGTH = 1500


def built(size: int, out: Path) -> Request:
    """A published day of so many articles, remembered as a build remembers it."""
    articles = day(size, 0, length=_LENGTH).articles
    first = max(article.published for article in articles if article.published)
    request = Request.of((), out=out, vertical=load_vertical("ai"), date=first.date().isoformat(), window="999d")
    folder = Folder(out)
    folder.claim()
    with Journal(folder.journal) as journal, Library(folder, journal) as library:
        edit(articles, request, Report(), journal, library, Silent(), ExtractiveWriter())
    return request


def main() -> None:
    """Print a line for each deed."""
    size = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "out"
        request = built(size, out)
        begun = time.perf_counter()
        with Desk.open(out, request.day) as desk:
            print(f"{size} articles, {len(desk.state().drafted.telling.candidates)} events")
            print(f"open: {1000 * (time.perf_counter() - begun):.0f} ms")
            viewer = Viewer(desk, "zh")

            def timed(name: str, deed: Callable[[], object]) -> None:
                started = time.perf_counter()
                deed()
                viewer.day(desk.state(), key_of(desk.state().told[0]))
                print(f"{name}: {1000 * (time.perf_counter() - started):.0f} ms")

            told = [key_of(one) for one in desk.state().told]
            waiting = [key_of(one) for one in desk.state().waiting]
            timed("look", lambda: None)
            timed("pin", lambda: desk.pin(told[4]))
            timed("move", lambda: desk.move(told[6], "up"))
            timed("drop", lambda: desk.drop(told[5]))
            timed("take in", lambda: desk.promote(waiting[10]))
            timed("merge", lambda: desk.merge(told[:2]))
            timed("undo", lambda: desk.undo(5))


if __name__ == "__main__":
    main()
