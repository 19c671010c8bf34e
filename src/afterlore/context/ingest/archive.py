"""Zip archives, unpacked in memory one entry at a time and never beyond a bound. Nothing is written to disk.

Each entry's declared size, ratio and place are judged before it is unpacked, and unpacking stops at the declared size
whatever the data say. Not covered: formats other than zip.
"""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import IO

from afterlore.context.ingest.names import safe_name
from afterlore.context.ingest.node import Limits
from afterlore.web.charset import decode

__all__ = ["BadArchive", "Member", "is_archive", "members"]

_RATIO_FROM = 1024 * 1024
"""Bytes from which an entry's ratio is looked at: small runs of blanks may compress any way they like."""
_ENTRY = 1024
"""Bytes that one entry may take in the list of entries, its name and extras included."""
_UTF8 = 0x800
_ENCRYPTED = 0x1
_HIDDEN = re.compile(r"(?:^|/)(?:\.(?!\.?(?:/|$))|__MACOSX/|__pycache__/|node_modules/|~\$)")
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError)
"""What the standard library raises for entries that are damaged or packed in a way it does not know."""

Problem = tuple[str, str, str]
"""(reason, detail, fix)."""


class BadArchive(Exception):
    """The archive itself cannot be read."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive: its bytes, or why there are none."""

    path: tuple[str, ...]
    source: str
    body: bytes = b""
    modified: datetime | None = None
    problem: Problem | None = None


@dataclass(slots=True)
class _Left:
    """What may still be unpacked."""

    size: int
    entries: int


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked."""
    return name.lower().endswith(".zip")


def members(file: IO[bytes], path: tuple[str, ...], source: str, limits: Limits) -> Iterator[Member]:
    """The files of an archive in the order of their names, those of archives in it included. Raises BadArchive."""
    yield from _members(file, path, source, limits, _Left(limits.archive_bytes, limits.archive_entries), 1)


def _members(
    file: IO[bytes], path: tuple[str, ...], source: str, limits: Limits, left: _Left, depth: int
) -> Iterator[Member]:
    try:
        _check_directory(file, limits)
        archive = zipfile.ZipFile(file)
    except _BROKEN as error:
        raise BadArchive(f"it is no zip archive, or a damaged one: {error}") from error
    with archive:
        entries = sorted((_name(entry), entry) for entry in archive.infolist() if not entry.is_dir())
        seen: set[tuple[str, ...]] = set()
        for name, entry in entries:
            if _HIDDEN.search(name):
                continue
            where = f"{source}!/{_shown(name)}"
            if left.entries <= 0 or left.size <= 0:
                yield Member(path, where, problem=_spent(limits))
                return
            left.entries -= 1
            place = (*path, *(safe_name(part) for part in name.split("/") if part))
            problem = _judged(name, entry, limits, left)
            if problem is None and place in seen:
                problem = ("twice", "the archive holds two files of this name", "make the archive again")
            if problem is not None:
                yield Member(place, where, problem=problem)
                continue
            seen.add(place)
            yield from _unpacked(archive, entry, place, where, limits, left, depth)


def _check_directory(file: IO[bytes], limits: Limits) -> None:
    """The archive's list of entries is read whole by the library, so its size is looked at first."""
    end = file.seek(0, io.SEEK_END)
    file.seek(max(0, end - 66_000))
    tail = file.read()
    file.seek(0)
    at, large = tail.rfind(b"PK\x05\x06"), tail.rfind(b"PK\x06\x06")
    if at < 0:
        raise BadArchive("it is no zip archive, or its end is missing")
    size = int.from_bytes(tail[at + 12 : at + 16], "little")
    if size == 0xFFFFFFFF and large >= 0:
        size = int.from_bytes(tail[large + 40 : large + 48], "little")
    if size > _ENTRY * limits.archive_entries:
        raise BadArchive(f"it lists far more than {limits.archive_entries:,} files")


def _unpacked(
    archive: zipfile.ZipFile,
    entry: zipfile.ZipInfo,
    place: tuple[str, ...],
    where: str,
    limits: Limits,
    left: _Left,
    depth: int,
) -> Iterator[Member]:
    try:
        with archive.open(entry) as stream:
            body = stream.read(entry.file_size + 1)
    except _BROKEN as error:
        fix = "make the archive again"
        yield Member(place, where, problem=("damaged", f"it cannot be unpacked: {error}", fix))
        return
    left.size -= len(body)
    if not is_archive(place[-1]):
        yield Member(place, where, body, _moment(entry))
    elif depth >= limits.archive_depth:
        detail = f"it is an archive within {depth} others"
        yield Member(place, where, problem=("depth", detail, "unpack it and import the folder"))
    else:
        try:
            yield from _members(io.BytesIO(body), place, where, limits, left, depth + 1)
        except BadArchive as error:
            yield Member(place, where, problem=("damaged", str(error), "make the archive again"))


def _judged(name: str, entry: zipfile.ZipInfo, limits: Limits, left: _Left) -> Problem | None:
    parts = name.split("/")
    if name.startswith("/") or ".." in parts or "\0" in entry.orig_filename or re.match(r"[A-Za-z]:", name):
        return ("path", "its path leads out of the archive", "make the archive again with relative paths")
    if len(parts) > limits.path_depth:
        return ("depth", f"it lies more than {limits.path_depth} folders deep", "unpack and import the inner folder")
    if stat.S_ISLNK(entry.external_attr >> 16):
        return ("link", "it is a link, and links in archives are not followed", "put the file itself in the archive")
    if entry.flag_bits & _ENCRYPTED:
        return ("encrypted", "it is protected by a password", "unpack it yourself and import the folder")
    if entry.file_size > limits.file_bytes:
        detail = f"it unpacks to {entry.file_size / 2**20:,.0f} MiB, and the limit is {limits.file_bytes / 2**20:,.0f}"
        return ("size", detail, "split the file, or raise the limit")
    if entry.file_size > _RATIO_FROM and entry.file_size > limits.archive_ratio * max(1, entry.compress_size):
        ratio = entry.file_size / max(1, entry.compress_size)
        return ("bomb", f"it unpacks to {ratio:,.0f} times its size; no document does", "leave it out of the archive")
    if entry.file_size > left.size:
        return _spent(limits)
    return None


def _spent(limits: Limits) -> Problem:
    detail = (
        f"the archive holds more than {limits.archive_entries:,} files or {limits.archive_bytes / 2**20:,.0f} MiB; "
        "what follows was not read"
    )
    return ("limit", detail, "unpack it and import the folder")


def _name(entry: zipfile.ZipInfo) -> str:
    """The entry's path. Archives made by Chinese Windows hold GBK without saying so, and zipfile reads it as CP437."""
    name = entry.orig_filename
    if not entry.flag_bits & _UTF8 and not name.isascii():
        try:
            name = _spelt(name.encode("cp437"))
        except UnicodeEncodeError:
            name = entry.filename
    return name.replace("\\", "/")


def _spelt(name: bytes) -> str:
    # A name is too short for a guess by its letters. In GB2312 every character is two bytes above those of accented
    # letters in CP437, so that the one is hardly taken for the other.
    for encoding in ("utf-8", "gb2312"):
        try:
            return name.decode(encoding)
        except UnicodeDecodeError:
            continue
    return decode(name)


def _shown(name: str) -> str:
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in name)


def _moment(entry: zipfile.ZipInfo) -> datetime | None:
    # The format keeps no offset; UTC is right to within a day.
    try:
        return datetime(*entry.date_time, tzinfo=UTC)
    except ValueError:
        return None
