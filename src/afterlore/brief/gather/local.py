"""Documents on the local disk: which files a folder holds, and what one of them says.

Only regular files are opened, at most so many bytes of each; hidden files are passed over, links are followed only to
places within the folder that was given. No absolute path leaves this module but in the message about a missing one.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path

from afterlore.brief.article import Drop
from afterlore.brief.gather.item import Item
from afterlore.brief.gather.markdown_files import read_markdown, read_plain
from afterlore.core import InputError
from afterlore.web.charset import decode
from afterlore.web.inflate import BadCompression, TooLarge, gunzip

__all__ = [
    "EXTENSIONS",
    "FEED_EXTENSIONS",
    "LARGEST_FILE",
    "Found",
    "extension",
    "find",
    "read_item",
    "read_text",
    "shown",
]

LARGEST_FILE = 5 * 1024 * 1024
"""Bytes of one file, after decompression; a page of text that is longer is not an article."""
EXTENSIONS = {
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".md": "markdown",
    ".markdown": "markdown",
    ".txt": "text",
}
"""What the files of a folder are read as; each may be gzipped (``.html.gz``)."""
FEED_EXTENSIONS = frozenset({".xml", ".rss", ".atom", ".rdf", ".opml"})
"""Files of a folder that are sources of their own; so is ``.json`` when it is a JSON Feed."""


@dataclass
class Found:
    """The files of one folder, in the order of their paths."""

    documents: list[Path] = field(default_factory=list)
    feeds: list[Path] = field(default_factory=list)
    drops: list[Drop] = field(default_factory=list)
    passed_over: Counter[str] = field(default_factory=Counter)
    """Files of other kinds, counted by extension."""


def extension(path: Path) -> str:
    """The extension in lower case, that of the inner file when it is gzipped."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def shown(path: Path, root: Path) -> str:
    """The path relative to the folder, with ``/``; bytes of the name that are not UTF-8 become U+FFFD."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "replace")


def find(root: Path, label: str) -> Found:
    """All files below the folder."""
    found = Found()
    inside = root.resolve()
    for path in _files(root, root, label, found):
        if not path.resolve().is_relative_to(inside):
            found.drops.append(
                Drop(
                    source=label,
                    item=shown(path, root),
                    reason="link",
                    detail="it is a link to a place outside the folder",
                    fix="copy the file into the folder, or give its own path as a source",
                )
            )
        elif not path.is_file():
            found.passed_over["(not a file)"] += 1
        elif extension(path) in EXTENSIONS:
            found.documents.append(path)
        elif extension(path) in FEED_EXTENSIONS or (extension(path) == ".json" and _json_feed(path)):
            found.feeds.append(path)
        else:
            found.passed_over[extension(path) or "(no extension)"] += 1
    return found


def read_text(path: Path, label: str, name: str) -> str | Drop:
    """The decoded text of a file, or why there is none."""
    body = _bytes(path, label, name)
    if isinstance(body, Drop):
        return body
    if b"\0" in body[:1024] and not body.startswith((b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")):
        return _drop(label, name, "binary", "it is not text", "save the page as HTML, Markdown or text")
    text = decode(body)
    if not text.strip():
        return _drop(label, name, "empty", "there is nothing in it", "save the page again")
    return text


def read_item(path: Path, root: Path, label: str, zone: tzinfo) -> Item | Drop:
    """The file as an item, or why it is none."""
    name = shown(path, root)
    text = read_text(path, label, name)
    if isinstance(text, Drop):
        return text
    kind = EXTENSIONS[extension(path)]
    if kind == "html":
        return Item(source=label, address=name, kind="html", body=text, path=name)
    try:
        saved = read_markdown(text, zone) if kind == "markdown" else read_plain(text, zone)
    except InputError as error:
        return _drop(label, name, "front-matter", str(error), "put titles that hold a colon between quotation marks")
    return Item(
        source=label,
        address=saved.url or name,
        kind="markdown" if kind == "markdown" else "text",
        body=saved.body,
        url=saved.url,
        path=name,
        title=saved.title,
        outlet=saved.outlet,
        outlet_stored=saved.outlet_stored,
        published=saved.published,
        author=saved.author,
    )


def _files(folder: Path, root: Path, label: str, found: Found) -> Iterator[Path]:
    if (folder / ".afterlore").is_dir():
        # What was published from these articles is not one of them.
        found.passed_over["(a folder of briefs)"] += 1
        return
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        found.drops.append(_unreadable(label, shown(folder, root), error))
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files(folder / entry.name, root, label, found)
        elif entry.is_symlink() and entry.is_dir():
            # A linked folder inside is read where it really stands, one outside is none of ours.
            found.passed_over["(linked folder)"] += 1
        else:
            yield folder / entry.name


def _bytes(path: Path, label: str, name: str) -> bytes | Drop:
    try:
        with path.open("rb") as file:
            body = file.read(LARGEST_FILE + 1)
    except OSError as error:
        return _unreadable(label, name, error)
    try:
        if body.startswith(b"\x1f\x8b"):
            body = gunzip(body, LARGEST_FILE)
        elif len(body) > LARGEST_FILE:
            raise TooLarge(LARGEST_FILE)
    except TooLarge:
        detail = f"it is larger than {LARGEST_FILE // 1024 // 1024} MiB"
        return _drop(label, name, "size", detail, "no article is that long; take the file out of the folder")
    except BadCompression as error:
        return _drop(label, name, "damaged", str(error), "save the page again")
    return body


def _json_feed(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return b"jsonfeed.org" in file.read(4096)
    except OSError:
        return False


def _unreadable(label: str, name: str, error: OSError) -> Drop:
    # `strerror` and not the whole message, which holds the path on this machine.
    return _drop(label, name, "unreadable", f"it cannot be read: {error.strerror}", "check who may read it")


def _drop(label: str, name: str, reason: str, detail: str, fix: str) -> Drop:
    return Drop(source=label, item=name, reason=reason, detail=detail, fix=fix)
