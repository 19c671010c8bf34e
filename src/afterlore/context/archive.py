"""A tree in one file and back: zip with ``manifest.jsonl`` first, then each content once, named by its hash.

The same tree gives the same bytes. What comes back is what went out: addresses, kinds, titles, types, tags, positions,
times, sources, levels and contents. Ids and etags are the store's own and are not kept, and neither are vectors, jobs,
traces and tombstones: they are made again.
"""

import json
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from afterlore.context.context import Context
from afterlore.context.records import Draft, Levels, Node
from afterlore.context.store.sqlite import LARGEST
from afterlore.context.uri import ROOT, Uri
from afterlore.core import InputError, digest

__all__ = ["FORMAT", "export_tree", "import_tree"]

FORMAT = "afterlore-context-1"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MANIFEST = "manifest.jsonl"
_LARGEST_MANIFEST = 1 << 30
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
)
"""What reading an archive, and lines that are JSON of another form, can raise."""


def export_tree(context: Context, path: Path, *, target: str | Uri = ROOT) -> int:
    """Write the tree below ``target`` to ``path``, which is replaced whole; how many nodes. Raises InputError."""
    top = context.uri(target)
    part = path.with_name(path.name + ".part")
    try:
        with context.store.snapshot(), zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            nodes = list(context.store.walk(context.store.get(top)))
            levels = context.store.levels(node.id for node in nodes)
            lines = [json.dumps({"format": FORMAT, "target": str(top), "nodes": len(nodes)})]
            lines += [json.dumps(_line(node, levels.get(node.id)), ensure_ascii=False) for node in nodes]
            archive.writestr(_entry(_MANIFEST), "\n".join(lines) + "\n")
            written = set()
            for node in nodes:
                if not node.is_directory and node.hash not in written:
                    written.add(node.hash)
                    archive.writestr(_entry(f"contents/{node.hash}"), context.store.body(node))
        part.replace(path)
    except OSError as error:
        raise InputError(
            f"{str(path)!r} could not be written ({error.strerror}); free space or name another"
        ) from error
    finally:
        part.unlink(missing_ok=True)
    return len(nodes)


def import_tree(context: Context, path: Path) -> int:
    """Write what an export holds, all or nothing, over what is there; how many nodes. Raises InputError."""
    try:
        with zipfile.ZipFile(path) as archive:
            lines = _lines(archive)
            with context.batch():
                count = 0
                for line in lines:
                    uri = Uri.parse(line["uri"])
                    if not count and uri.parts:
                        context.touch(uri.parent)
                    there = context.store.find_node(uri)
                    if there is not None and there.is_directory and context.store.count_children(there):
                        # It holds what the export does not know of.
                        context.touch(uri)
                    _restore(context, archive, uri, line)
                    count += 1
        return count
    except _BROKEN as error:
        raise InputError(f"{str(path)!r} is not an export that can be read ({error}); export again") from error
    except OSError as error:
        raise InputError(f"{str(path)!r} cannot be read ({error.strerror}); name an export") from error


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _line(node: Node, levels: Levels | None) -> dict[str, Any]:
    line: dict[str, Any] = {
        "uri": str(node.uri),
        "kind": node.kind,
        "title": node.title,
        "type": node.type,
        # The top of a tree is as old as its store.
        "created": node.created if len(node.uri.parts) > 1 else "",
        "modified": node.modified if len(node.uri.parts) > 1 else "",
        "source": node.source,
        "origin": node.origin,
        "hash": node.hash,
        "size": node.size,
        "tags": list(node.tags),
        "position": node.position,
    }
    if levels is not None:
        line["levels"] = [levels.abstract, levels.overview, levels.generator, levels.basis]
    return line


def _lines(archive: zipfile.ZipFile) -> Iterator[dict[str, Any]]:
    if archive.getinfo(_MANIFEST).file_size > _LARGEST_MANIFEST:
        raise ValueError("its manifest is too large")
    with archive.open(_MANIFEST) as stream:
        head = json.loads(stream.readline())
        if head.get("format") != FORMAT:
            raise ValueError(f"its format is {head.get('format')!r}, not {FORMAT!r}")
        yield from (json.loads(line) for line in stream)


def _restore(context: Context, archive: zipfile.ZipFile, uri: Uri, line: dict[str, Any]) -> None:
    if len(uri.parts) < 2 and not (uri.parts and line.get("levels")):
        return
    content = None
    if line["kind"] == "file":
        if line["size"] > LARGEST:
            raise ValueError(f"the content of {line['uri']!r} is larger than any that is kept")
        # The size that the manifest promises bounds what is unpacked.
        with archive.open(f"contents/{line['hash']}") as stream:
            content = stream.read(line["size"] + 1)
        if len(content) != line["size"] or digest(content) != line["hash"]:
            raise ValueError(f"the content of {line['uri']!r} is not what was exported")
    levels = Levels(*line["levels"]) if line.get("levels") else None
    if len(uri.parts) == 1 and levels is not None:
        context.store.set_levels(context.store.get(uri).id, levels)
        return
    context.store.put(
        uri,
        Draft(
            content,
            title=line["title"],
            type=line["type"],
            source=line["source"],
            origin=line["origin"],
            tags=tuple(line["tags"]),
            position=line["position"],
            levels=levels,
            created=line["created"],
            modified=line["modified"],
        ),
    )
