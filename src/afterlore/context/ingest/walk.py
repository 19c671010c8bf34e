"""From what was given to documents, one at a time: which files a folder holds, what an archive may unpack, one page.

Only regular files are opened, after a look at their size; hidden files, caches and installed packages are passed over;
links are never followed out of the folder, nor into another part of it, which is read where it stands. One piece that
cannot be used is one Drop, and the rest goes on.
"""

import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from afterlore.context.ingest.archive import BadArchive, Member, is_archive, members
from afterlore.context.ingest.names import safe_name, siblings
from afterlore.context.ingest.node import Document, Drop, Limits, Unchanged
from afterlore.context.ingest.parse import Unreadable, parse
from afterlore.context.uri import key_of
from afterlore.core import FetchFailed, FetchRefused, InputError, Progress, Silent, digest
from afterlore.web.charset import decode
from afterlore.web.urls import canonical, is_web, redact

if TYPE_CHECKING:
    from afterlore.web.fetch import Fetcher

__all__ = ["Ingested", "Known", "ingest", "root_name"]

Known = Callable[[str, str], bool]
"""Whether the caller has this source (``Document.source``) with these bytes (``sha256``) already."""
Ingested = Document | Unchanged | Drop

_PASSED_OVER = frozenset({"__pycache__", "node_modules", "site-packages", "__MACOSX"})
_EXTENSIONS = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "text/markdown": ".md",
    "text/plain": ".txt",
    "application/json": ".json",
    "application/pdf": ".pdf",
    "application/zip": ".zip",
}


def ingest(
    source: str | os.PathLike[str],
    *,
    known: Known = lambda _source, _sha256: False,
    fetcher: "Fetcher | None" = None,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    progress: Progress = Silent(),  # noqa: B008 - it holds nothing
) -> Iterator[Ingested]:
    """The documents of a file, folder, archive or web address, in the order of their paths.

    Each is read when it is asked for, so the caller can write one, in one transaction, before the next is read; what
    ``known`` says the caller has is not parsed, which is also how an import resumes. A source that was there before and
    is in neither a Document, an Unchanged nor a Drop is gone. ``progress`` gets one stage, ``read``, with one step for
    each file. ``fetcher`` None means that nothing is fetched.

    Raises InputError for a source that is not there, that is no file or folder, or that needs a fetcher.
    """
    text = os.fspath(source)
    run = _Run(known, limits, progress)
    if is_web(text):
        if fetcher is None:
            raise InputError(f"{redact(text)!r} is a web address, and this import may not fetch; give a file or folder")
        return run.page(text, fetcher)
    if re.match(r"(?i)[a-z][a-z0-9+.-]+://", text):
        raise InputError(f"{redact(text)!r} cannot be imported; give an http or https address, a file or a folder")
    if "\0" in text:
        raise InputError(f"{text!r} holds a NUL character and can be no path")
    path = Path(text)
    try:
        mode = path.stat().st_mode
    except OSError as error:
        raise InputError(
            f"{text!r} cannot be imported: {error.strerror}; give a file or folder that is there"
        ) from error
    root = root_name(path)
    if stat.S_ISDIR(mode):
        return run.folder(path, root)
    if stat.S_ISREG(mode):
        return run.one(path, root)
    raise InputError(f"{text!r} is neither a file nor a folder")


def root_name(path: Path) -> str:
    """What a file or folder is called in the tree; ``.`` and ``..`` as the folder that they lead to."""
    return safe_name(path.name if path.name not in ("", "..") else path.resolve().name or "root")


@dataclass(frozen=True, slots=True)
class _File:
    path: tuple[str, ...]
    source: str
    place: Path


@dataclass(frozen=True, slots=True)
class _Run:
    known: Known
    limits: Limits
    progress: Progress

    def folder(self, place: Path, root: str) -> Iterator[Ingested]:
        found = list(self._files(place, (root,), root, place.resolve()))
        self.progress.stage("read", sum(isinstance(one, _File) for one in found))
        for one in found:
            if isinstance(one, _File):
                yield from self._file(one, root)
                self.progress.advance()
            else:
                yield one

    def one(self, place: Path, root: str) -> Iterator[Ingested]:
        self.progress.stage("read", 1)
        yield from self._file(_File((root,), root, place), root)
        self.progress.advance()

    def page(self, url: str, fetcher: "Fetcher") -> Iterator[Ingested]:
        source = canonical(url)
        label = redact(source)
        self.progress.stage("read", 1)
        try:
            answer = fetcher.fetch(url, max_bytes=self.limits.file_bytes)
        except FetchRefused as error:
            yield _drop(label, label, error.reason, error.detail, "see the reasons in docs/context.md")
        except FetchFailed as error:
            yield _drop(label, label, "unreachable", error.detail, "open the address in a browser, or try again later")
        else:
            path = _page_path(source, answer.media_type)
            # What the server says of its encoding is a hint that the bytes alone do not give.
            text = decode(answer.body, answer.charset) if answer.charset else None
            yield from self._document(label, path, source, answer.body, answer.retrieved, url=answer.url, text=text)
        self.progress.advance()

    def _files(self, folder: Path, path: tuple[str, ...], label: str, inside: Path) -> Iterator[_File | Drop]:
        source = "/".join(path)
        if len(path) > self.limits.path_depth:
            detail = f"it lies more than {self.limits.path_depth} folders deep"
            yield _drop(label, source, "depth", detail, "import the inner folder by itself")
            return
        try:
            with os.scandir(folder) as scan:
                entries = {entry.name: entry for entry in scan if not _hidden(entry.name)}
        except OSError as error:
            yield _unreadable(label, source, error)
            return
        names = siblings(entries)
        yield from _remarks(names, label, path[0] if len(path) == 1 else source)
        for raw in sorted(entries):
            entry, name = entries[raw], names[raw]
            where = f"{source}/{_shown(raw)}"
            if entry.is_symlink():
                yield _link(folder / raw, inside, label, where)
            elif entry.is_dir(follow_symlinks=False):
                yield from self._files(folder / raw, (*path, name), label, inside)
            elif entry.is_file(follow_symlinks=False):
                yield _File((*path, name), where, folder / raw)
            else:
                fix = "give regular files only"
                yield _drop(label, where, "special", "it is a pipe, socket or device, not a file", fix)

    def _file(self, one: _File, label: str) -> Iterator[Ingested]:
        archive = is_archive(one.path[-1])
        limit = self.limits.archive_bytes if archive else self.limits.file_bytes
        try:
            with open(one.place, "rb", opener=_opened) as file:
                state = os.fstat(file.fileno())
                if state.st_size > limit:
                    yield _too_large(label, one.source, state.st_size, limit)
                    return
                modified = datetime.fromtimestamp(state.st_mtime, UTC)
                if archive:
                    for member in members(file, one.path, one.source, self.limits):
                        yield from self._member(member, label)
                    return
                body = file.read(limit + 1)
        except BadArchive as error:
            yield _drop(label, one.source, "damaged", str(error), "make the archive again")
            return
        except OSError as error:
            yield _unreadable(label, one.source, error)
            return
        if len(body) > limit:
            yield _too_large(label, one.source, len(body), limit)
            return
        yield from self._document(label, one.path, one.source, body, modified)

    def _member(self, member: Member, label: str) -> Iterator[Ingested]:
        if member.problem is not None:
            yield _drop(label, member.source, *member.problem)
        else:
            yield from self._document(label, member.path, member.source, member.body, member.modified)

    def _document(
        self,
        label: str,
        path: tuple[str, ...],
        source: str,
        body: bytes,
        modified: datetime | None,
        *,
        url: str | None = None,
        text: str | None = None,
    ) -> Iterator[Ingested]:
        sha256 = digest(body)
        if self.known(source, sha256):
            yield Unchanged(path, source, sha256)
            return
        try:
            parsed = parse(body if text is None else text, path[-1], url=url, limits=self.limits)
        except Unreadable as error:
            yield _drop(label, source, error.reason, error.detail, error.fix)
            return
        head = parsed.head
        for reason, detail, fix in parsed.remarks:
            yield _drop(label, source, reason, detail, fix, kept=True)
        yield Document(
            path=path,
            node=parsed.node,
            source=source,
            sha256=sha256,
            size=len(body),
            modified=head.modified or modified,
            tags=head.tags,
            front_matter=head.raw,
            url=head.url or url,
        )


def _opened(path: str, flags: int) -> int:
    # A pipe put in the file's place since it was listed would wait for a writer.
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _hidden(name: str) -> bool:
    return name.startswith(".") or name in _PASSED_OVER or name.startswith("~$")


def _shown(raw: str) -> str:
    """A name as it can be written down: bytes that are no UTF-8 become U+FFFD, controls are spelt out."""
    text = os.fsencode(raw).decode("utf-8", "replace")
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)


def _remarks(names: dict[str, str], label: str, source: str) -> Iterator[Drop]:
    """What a person should know of the names of one folder."""
    looks: dict[str, str] = {}
    for raw, name in sorted(names.items(), key=lambda pair: pair[1] != pair[0]):
        where = f"{source}/{_shown(raw)}"
        other = looks.setdefault(key_of(safe_name(raw)), name)
        if other != name:
            detail = (
                f"its name looks like that of {other!r} beside it, or differs in case alone; it is kept as {name!r}"
            )
            yield _drop(label, where, "look-alike", detail, "rename one of them if they are meant to be one", kept=True)
        elif name != raw:
            yield _drop(label, where, "name", f"it is kept under the name {name!r}", "nothing to do", kept=True)


def _link(place: Path, inside: Path, label: str, where: str) -> Drop:
    try:
        target = place.resolve(strict=True)
    except (OSError, RuntimeError):
        return _drop(label, where, "link", "it is a link that leads nowhere, or in a circle", "remove the link")
    if target.is_relative_to(inside):
        detail = "it is a link within the folder; what it leads to is read where it stands"
        return _drop(label, where, "link", detail, "nothing to do")
    return _drop(
        label, where, "link", "it is a link to a place outside the folder", "import that place by its own path"
    )


def _page_path(url: str, media_type: str) -> tuple[str, ...]:
    """``("example.com", "guide-install.html")`` for https://example.com/guide/install; a query adds its hash."""
    extension = _EXTENSIONS.get(media_type, "")
    parts = urlsplit(url)
    words = [unquote(word) for word in parts.path.split("/") if word]
    stem, dot, ending = (words[-1] if words else "index").rpartition(".")
    if dot and ending.isalnum() and len(ending) <= 5:
        # Servers call any text plain; the address knows better.
        extension = f".{ending}" if extension in ("", ".txt") else extension
    else:
        stem = words[-1] if words else "index"
    name = "-".join([*words[:-1], stem]) + (f"-{digest(parts.query)[:6]}" if parts.query else "")
    return (safe_name(parts.netloc), safe_name(name + (extension or ".html")))


def _too_large(label: str, item: str, size: int, limit: int) -> Drop:
    detail = f"it has {size / 2**20:,.0f} MiB, and the limit is {limit / 2**20:,.0f} MiB"
    return _drop(label, item, "size", detail, "split the file, or raise the limit")


def _unreadable(label: str, item: str, error: OSError) -> Drop:
    # `strerror` and not the whole message, which holds the path on this machine.
    return _drop(label, item, "unreadable", f"it cannot be read: {error.strerror}", "check who may read it")


def _drop(label: str, item: str, reason: str, detail: str, fix: str, *, kept: bool = False) -> Drop:
    return Drop(source=label, item=item, reason=reason, detail=detail, fix=fix, kept=kept)
