"""What publishing one more day costs in an archive of 1, 30 and 241 days. Run: python benchmarks/pages.py

The days are the samples' two, told again under other dates, each continuing the day before.
"""

import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from afterlore.brief.pipeline import Request, build
from afterlore.brief.publish.edition import Edition, Followed, encode
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.site import publish
from afterlore.brief.publish.verify import verify
from afterlore.brief.vertical import load_vertical
from afterlore.core import Silent

ROOT = Path(__file__).parents[1]
SIZES = (1, 30, 241)


def sample(folder: Folder, day: str) -> tuple[Edition, dict[str, str]]:
    """A day of the samples and its sources."""
    request = Request.of(
        [str(ROOT / "samples" / day)], out=folder.path, vertical=load_vertical("ai"), date=day, offline=True
    )
    edition = build(request, Silent()).edition
    sha256 = {article.id: article.sha256 for article in edition.articles}
    cited = {sha256[article] for story in edition.stories for article in story.articles}
    return edition, {text: folder.source(text).read_text(encoding="utf-8") for text in cited}


def moved(edition: Edition, to: date, before: Edition | None) -> Edition:
    """The day under another date; its first story continues the first one of the day before."""
    first = before.stories[0] if before else None
    follows = Followed(date=before.date, story=first.id, title=first.title) if before and first else None
    stories = (edition.stories[0].model_copy(update={"follows": follows}), *edition.stories[1:])
    return edition.model_copy(update={"date": to, "stories": stories})


def main() -> None:
    """Print one row for each size."""
    with tempfile.TemporaryDirectory() as name:
        samples = Folder(Path(name) / "samples")
        days = [sample(samples, day) for day in ("2026-03-10", "2026-03-11")]
        sys.stdout.write("days  publish one more (s)  verify all (s)  index.html (KB)  brief.html (KB)\n")
        for size in SIZES:
            folder = Folder(Path(name) / str(size))
            folder.claim()
            before: Edition | None = None
            spent = 0.0
            for n in range(size):
                edition, texts = days[n % 2]
                before = moved(edition, date(2026, 1, 1) + timedelta(days=n), before)
                started = time.perf_counter()
                publish(before, encode(before), texts, folder)
                spent = time.perf_counter() - started
            started = time.perf_counter()
            problems = verify(folder).problems
            checked = time.perf_counter() - started
            assert before is not None
            assert problems == (), problems[:3]
            index, page = folder.archive.stat().st_size / 1000, folder.page(before.date).stat().st_size / 1000
            sys.stdout.write(f"{size:4}  {spent:20.2f}  {checked:14.2f}  {index:15.0f}  {page:15.0f}\n")


if __name__ == "__main__":
    main()
