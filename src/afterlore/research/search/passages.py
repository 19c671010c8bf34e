"""Passages of JSON lines, or of a JSON list, into a context database: one passage, one file, with exactly its text.

The name of a file is made of what it holds. So an import that was stopped goes on where it was, and after an edit only
the passages that are new are written and those that are gone are removed. All stand in one folder: which lines were
neighbours tells nothing of what they say.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from afterlore.context.add import Added
from afterlore.context.context import Context
from afterlore.context.ingest import Drop
from afterlore.context.ingest.names import one_line, section_name
from afterlore.context.records import Draft, Levels
from afterlore.context.uri import Uri
from afterlore.core import InputError, Progress, digest

__all__ = ["FOLDER", "Passage", "add_passages", "is_list", "read_passages", "write_passages"]

FOLDER = Uri(("resources", "passages"))
_LOT = 500
"""Passages of one transaction."""
_ABSTRACT = 256
_TITLE = 120
_FIX = 'write each line as {"title": "…", "text": "…"}'
_BAD_SHOWN = 3


class Passage(NamedTuple):
    """One passage. Two with the same title and text are one."""

    title: str
    text: str
    source: str = ""
    """Where it comes from, when the line says so (``url``)."""

    @property
    def uri(self) -> Uri:
        """Where it stands in the database."""
        mark = digest("\0".join((self.title, self.text)))[:12]
        return FOLDER / f"{section_name(self.title)}-{mark}.txt"


def add_passages(context: Context, file: Path, progress: Progress) -> Added:
    """Have the passages of a JSON lines file in ``context``, and no others. Raises InputError when it holds none."""
    with file.open("rb") as opened:
        origin = hashlib.file_digest(opened, "sha256").hexdigest()
    before = context.store.find_node(FOLDER)
    done = Added()
    if before is not None and before.origin == origin:
        done.unchanged = context.store.count_children(before)
        return done
    bad: list[str] = []
    write_passages(context, read_passages(file, bad), done, progress)
    if bad:
        shown = "; ".join(bad[:_BAD_SHOWN]) + (f"; and {len(bad) - _BAD_SHOWN:,} more" * (len(bad) > _BAD_SHOWN))
        if not done.documents + done.unchanged:
            raise InputError(f"{file.name!r} holds no passage: {shown}; {_FIX}")
        done.drops.append(Drop(source=file.name, item=file.name, reason="lines", detail=shown, fix=_FIX))
    if not done.documents + done.unchanged:
        raise InputError(f"{file.name!r} holds no passage; {_FIX}")
    # Said last, so that an import that was stopped is gone through again.
    context.store.put(FOLDER, Draft(None, title=file.name, source=file.name, origin=origin))
    return done


def read_passages(file: Path, bad: list[str]) -> Iterator[Passage]:
    """The passages in order; what is wrong with the other lines is added to ``bad``."""
    if is_list(file):
        yield from _listed(json.loads(file.read_bytes()))
        return
    with file.open("rb") as opened:
        for number, line in enumerate(opened, start=1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except (ValueError, RecursionError):
                bad.append(f"line {number:,} is not JSON in UTF-8")
                continue
            text = value.get("text") if isinstance(value, dict) else None
            if not isinstance(text, str) or not text.strip():
                bad.append(f"line {number:,} has no 'text'")
            elif "\0" in text or not _encodes(text):
                bad.append(f"line {number:,} holds characters that are no text")
            else:
                title, source = value.get("title"), value.get("url")
                title = one_line(title, _TITLE) if isinstance(title, str) else ""
                yield Passage(title or one_line(text, _TITLE), text, source if isinstance(source, str) else "")


def is_list(file: Path) -> bool:
    """Whether it is a JSON list of passages, or of questions with passages in the forms of MuSiQue and HotpotQA."""
    if file.suffix.lower() != ".json":
        return False
    try:
        rows = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(rows, list) and bool(rows) and next(_listed(rows[:1]), None) is not None


def _listed(rows: Sequence[Any]) -> Iterator[Passage]:
    """What rows of a known form hold; of the others nothing."""
    for row in rows:
        if not isinstance(row, dict):
            continue
        found = [(row.get("title"), row.get("text"))]
        if isinstance(row.get("paragraphs"), list):
            found = [
                (one.get("title"), one.get("paragraph_text")) for one in row["paragraphs"] if isinstance(one, dict)
            ]
        elif isinstance(row.get("context"), list):
            pairs = [one for one in row["context"] if isinstance(one, list) and len(one) == 2]
            found = [(title, "".join(map(str, parts))) for title, parts in pairs if isinstance(parts, list)]
        for title, text in found:
            if (
                isinstance(title, str)
                and isinstance(text, str)
                and text.strip()
                and "\0" not in text
                and _encodes(text)
            ):
                yield Passage(one_line(title, _TITLE) or one_line(text, _TITLE), text)


def write_passages(context: Context, passages: Iterable[Passage], done: Added, progress: Progress) -> None:
    """Write those that are not there and remove those that are no longer given; ``done`` counts along."""
    folder = context.mkdir(FOLDER)
    there = {node.name for node in context.store.children(folder)}
    kept: set[str] = set()
    given = iter(passages)
    progress.stage("read", 0)
    while lot := list(islice(given, _LOT)):
        with context.batch():
            for passage in lot:
                uri = passage.uri
                if uri.name in kept:
                    continue
                kept.add(uri.name)
                if uri.name in there:
                    done.unchanged += 1
                    continue
                context.store.put(uri, _draft(passage))
                done.documents += 1
            context.touch(FOLDER)
        progress.advance(len(lot))
    gone = sorted(there - kept)
    for at in range(0, len(gone), _LOT):
        with context.batch():
            for name in gone[at : at + _LOT]:
                done.removed += context.rm(FOLDER / name)
    done.nodes = done.documents


def _draft(passage: Passage) -> Draft:
    # A passage is short: its beginning says as much as a summary would, at no cost.
    levels = Levels(one_line(passage.text, _ABSTRACT), passage.text[:4000])
    source = one_line(passage.source)
    return Draft(passage.text.encode(), title=passage.title, source=source, levels=levels)


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
