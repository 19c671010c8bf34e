"""``afterlore brief verify``: does what is published still stand on its sources?

For each day: the ledger is as it was written; page, Markdown, mail, archive and feeds say exactly what the ledgers say;
each stored source has the digest by which it is named, each quote stands at its place in its source, each title stands
in its article, and the verifier of numbers, quotes and names finds each claim supported by its quotes (a disputed one
must be its quotes side by side). What it does not cover: whether an outlet's article is true, or still online.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from afterlore.brief.check import check
from afterlore.brief.claims import side_by_side
from afterlore.brief.publish.almanac import read_almanac
from afterlore.brief.publish.edition import Edition
from afterlore.brief.publish.folder import Folder
from afterlore.brief.publish.pages import form, stamp_of
from afterlore.brief.publish.site import FEED_DAYS, day_files, root_files
from afterlore.core import Claim, InputError, Record, Rung, digest

__all__ = ["Trouble", "Verification", "verify"]


class Trouble(Record):
    """One thing that does not hold."""

    file: str
    """Relative to the publication folder."""
    claim: str | None
    problem: str


class Verification(Record):
    """What was checked and what does not hold."""

    days: int
    unreadable_days: int
    """Days whose ledger could not be believed; their claims are in none of the counts."""
    claims: int
    supported: int
    problems: tuple[Trouble, ...]


def verify(folder: Folder) -> Verification:
    """Check every day in the folder. Raises InputError when there is none."""
    days = folder.days()
    if not days:
        raise InputError(f"no brief in {str(folder.path)!r}; build one with: afterlore brief build SOURCE... --out DIR")
    troubles: list[Trouble] = []
    claims = supported = unreadable = 0
    almanac = read_almanac(folder, lenient=True)
    newest: list[Edition] = []
    for day in days:
        where = f"{day}/brief.json"
        try:
            edition = folder.edition(day)
        except InputError as error:
            troubles.append(Trouble(file=where, claim=None, problem=str(error)))
            unreadable += 1
            continue
        if day in days[-FEED_DAYS:]:
            newest.insert(0, edition)
        known = len(troubles)
        text_of = _sources(folder, edition, troubles)
        whole = len(troubles) == known
        for path, due in day_files(folder, almanac, edition, text_of):
            # Without its sources a page cannot be made again to compare; the source is the trouble that is named.
            if whole or path != folder.page(day):
                troubles.extend(_made(folder, path, due))
        outlet_of = {article.id: article.outlet for article in edition.articles}
        troubles.extend(_titles(edition, where, text_of))
        for claim in edition.claims:
            wrong = _claim(claim, text_of, outlet_of)
            claims += 1
            supported += not wrong
            troubles.extend(Trouble(file=where, claim=claim.id, problem=problem) for problem in wrong)
    # Likewise archive and feeds, without one of their ledgers.
    if len(almanac.days) == len(days) and len(newest) == len(days[-FEED_DAYS:]):
        for path, due in root_files(folder, almanac, newest):
            troubles.extend(_made(folder, path, due))
    return Verification(
        days=len(days), unreadable_days=unreadable, claims=claims, supported=supported, problems=tuple(troubles)
    )


def _made(folder: Folder, path: Path, due: str) -> list[Trouble]:
    """What is wrong with a file that is made of ledgers and should be ``due``."""
    where = path.relative_to(folder.path).as_posix()
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        problem = (
            "is missing: it was removed, or this folder was made before afterlore wrote it; build its newest day again"
        )
        return [Trouble(file=where, claim=None, problem=problem)]
    except (OSError, UnicodeDecodeError) as error:
        return [Trouble(file=where, claim=None, problem=f"cannot be read: {error}")]
    if text == due:
        return []
    if stamp_of(text) and str(stamp_of(text)).partition(" ")[0] != form():
        problem = "looks as another version of afterlore made it; build the newest day again to renew it"
        return [Trouble(file=where, claim=None, problem=problem)]
    pairs = zip(text.split("\n"), due.split("\n"), strict=False)
    line, at = next(
        ((n, _difference(is_, should)) for n, (is_, should) in enumerate(pairs, 1) if is_ != should),
        (min(text.count("\n"), due.count("\n")) + 1, 0),
    )
    shown = "".join(text.split("\n")[line - 1 : line])[max(at - 20, 0) :][:80]
    return [Trouble(file=where, claim=None, problem=f"line {line} is not what the ledger says: {shown!r}")]


def _difference(a: str, b: str) -> int:
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _sources(folder: Folder, edition: Edition, troubles: list[Trouble]) -> Callable[[str], str | None]:
    """Reads the stored texts of the cited articles; one that was changed is trouble, and is not believed."""
    texts: dict[str, str] = {}
    digests = {article.id: article.sha256 for article in edition.articles}
    for sha256 in sorted({digests[article] for story in edition.stories for article in story.articles}):
        where = f"sources/{sha256}.txt"
        try:
            data = folder.source(sha256).read_bytes()
        except OSError as error:
            troubles.append(
                Trouble(file=where, claim=None, problem=f"the stored source cannot be read: {error.strerror}")
            )
            continue
        if digest(data) != sha256:
            troubles.append(Trouble(file=where, claim=None, problem="the stored source was changed"))
            continue
        texts[sha256] = data.decode()
    return texts.get


def _titles(edition: Edition, where: str, text_of: Callable[[str], str | None]) -> Iterator[Trouble]:
    """An extractive title is a piece of its article's title or text."""
    articles = {article.id: article for article in edition.articles}
    for story in edition.stories if edition.writer == "extractive" else ():
        article = articles[story.title_from]
        if story.title not in article.title and story.title not in (text_of(article.sha256) or ""):
            yield Trouble(file=where, claim=None, problem=f"the title {story.title!r} does not stand in its article")


def _claim(claim: Claim, text_of: Callable[[str], str | None], outlet_of: Mapping[str, str]) -> list[str]:
    problems = []
    for evidence in claim.evidence:
        text = text_of(evidence.sha256)
        if text is None:
            problems.append(f"its source {evidence.sha256[:12]}… is missing or was changed")
        elif text[evidence.start : evidence.end] != evidence.quote:
            problems.append(f"its quote does not stand at {evidence.start}:{evidence.end} of {evidence.sha256[:12]}…")
    if problems:
        return problems
    if claim.rung is Rung.DISPUTED:
        due = side_by_side([(outlet_of[e.article], e.quote) for e in claim.evidence])
        return [] if claim.text == due else ["it is not what its quotes say side by side"]
    if len(set(claim.outlets_for)) < len({outlet_of[e.article] for e in claim.evidence}):
        return ["its outlets are not those of its quotes"]
    # Each quote must bear the claim out by itself, so that none is believed for another's sake.
    return [
        f"{p.kind}: the claim says {p.claim_says!r}, {outlet_of[evidence.article]} {p.source_says!r}"
        for evidence in claim.evidence
        for p in check(claim.text, [evidence.quote]).problems
        if not p.minor
    ]
