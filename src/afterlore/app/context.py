"""``afterlore context``: add, look, find, change, check. Each command is a few lines over ``afterlore.context``."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.app import config, logs
from afterlore.core import InputError

if TYPE_CHECKING:
    from afterlore.context.context import Context
    from afterlore.context.records import Node
    from afterlore.context.search.embedding import Embedder

__all__ = ["In", "Json", "app", "opened"]

_MARKS = re.compile(r"^[#>\s-]+|\*\*")
"""Of Markdown, which an excerpt is told without."""

app = typer.Typer(help="A tree of contexts with three levels of detail, searched with scores that can be recomputed.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]
In = Annotated[
    Path | None,
    typer.Option("--in", help="The database, or the folder that holds it.", metavar="DIR|FILE", show_default=False),
]
Address = Annotated[str, typer.Argument(metavar="URI", help="ctx://resources/…, user/… or agent/…; ~ is your own.")]
Below = Annotated[str, typer.Option("--below", help="Only what stands below this address.", metavar="URI")]
Recursive = Annotated[bool, typer.Option("--recursive", "-r", help="With all below.")]
IfMatch = Annotated[str | None, typer.Option(help="The etag that must still hold.", metavar="ETAG")]


@contextmanager
def opened(place: Path | None, *, new: bool = False, embedder: "Embedder | None" = None) -> Iterator["Context"]:
    """The database, which only ``new`` may make: looking into one that is not there must leave nothing behind. A folder
    of briefs has its own.
    """
    import platformdirs

    from afterlore.brief.publish.folder import Folder
    from afterlore.context.context import Context

    logs.configure(config.load())
    place = place or Path(platformdirs.user_data_dir("afterlore", appauthor=False))
    briefs = Folder(place)
    if not (place / "context.sqlite").is_file() and (briefs.days() or briefs.context.is_file()):
        if not briefs.context.is_file():
            raise InputError(f"no context database in {str(place)!r}; make it with: afterlore brief index {place}")
        place = briefs.context
    if not new and not (place.is_file() or (place / "context.sqlite").is_file()):
        raise InputError(
            f"no context database in {str(place)!r}; make one with: afterlore context add SOURCE --in {place}"
        )
    with Context.open(place, embedder=embedder) as context:
        yield context


def _say(text: str) -> None:
    from afterlore.report import clean

    typer.echo(clean(text))


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))


def _row(node: "Node") -> dict[str, Any]:
    return {
        "name": node.name,
        "uri": str(node.uri),
        "isDir": node.is_directory,
        "size": node.size,
        "modTime": node.modified,
        "created": node.created,
        "title": node.title,
        "type": node.type,
        "tags": list(node.tags),
        "source": node.source,
        "etag": node.etag,
        "hash": node.hash,
    }


@app.command()
def add(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file, folder, zip archive or web address.")],
    to: Annotated[str, typer.Option(help="The folder that it goes below.", metavar="URI")] = "ctx://resources",
    tag: Annotated[list[str] | None, typer.Option(help="Give it this tag; repeatable.", metavar="TAG")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the place of what came from elsewhere or was written by hand.")
    ] = False,
    offline: Annotated[bool | None, typer.Option("--offline", help="Fetch nothing.")] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Fetch from this host though its address is private; repeatable.", metavar="HOST"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no report, only errors.")] = False,
    place: In = None,
    as_json: Json = False,
) -> int:
    """Import; what has not changed since the last import is left as it is, and what is gone goes."""
    from afterlore.app.terminal import Bar
    from afterlore.context.add import add as add_source
    from afterlore.web.fetch import Fetcher
    from afterlore.web.urls import is_web

    settings = config.load(offline=offline, allow_hosts=tuple(allow_host) if allow_host else None)
    with opened(place, new=True) as context, Bar(quiet=quiet or as_json) as progress, ExitStack() as stack:
        fetcher = None
        if is_web(source) and not settings.offline:
            fetcher = stack.enter_context(Fetcher(allow_hosts=settings.allow_hosts))
        done = add_source(
            context, source, to=to, tags=tuple(tag or ()), replace=replace, fetcher=fetcher, progress=progress
        )
    if as_json:
        _print(
            {
                "documents": done.documents,
                "nodes": done.nodes,
                "unchanged": done.unchanged,
                "removed": done.removed,
                "uris": [str(uri) for uri in done.tops],
                "dropped": [drop.model_dump(mode="json") for drop in done.drops],
            }
        )
    elif not quiet:
        for drop in done.drops:
            _say(f"{drop.item}: {drop.reason}: {drop.detail}" + (f"; {drop.fix}" if drop.fix else ""))
        _say(
            f"{done.documents} documents in {done.nodes} nodes, {done.unchanged} unchanged, {done.removed} removed, "
            f"{len(done.drops)} remarks"
        )
    return int(not done.tops and any(not drop.kept for drop in done.drops))


@app.command()
def ls(uri: Address = "ctx://", place: In = None, as_json: Json = False) -> None:
    """What a folder holds."""
    with opened(place) as context:
        nodes = context.ls(uri)
    if as_json:
        _print({"nodes": [_row(node) for node in nodes]})
    for node in nodes if not as_json else ():
        _say(f"{node.size:>10,}  {node.modified[:16]}  {node.name}{'/' * node.is_directory}")


@app.command()
def tree(
    uri: Address = "ctx://",
    depth: Annotated[int | None, typer.Option(min=0, help="Levels below the address.", metavar="N")] = None,
    place: In = None,
    as_json: Json = False,
) -> None:
    """An address and all below it."""
    with opened(place) as context:
        lines = list(context.tree(uri, depth=depth))
    if as_json:
        _print({"nodes": [{"depth": line.depth, **_row(line.node)} for line in lines]})
    for line in lines if not as_json else ():
        name = line.node.name + "/" * line.node.is_directory if line.depth else str(line.node.uri)
        _say(f"{'  ' * line.depth}{name}")


@app.command()
def read(
    uri: Address,
    offset: Annotated[int, typer.Option(min=0, help="Lines to leave out at the beginning.", metavar="N")] = 0,
    limit: Annotated[int | None, typer.Option(min=0, help="Lines at most.", metavar="N")] = None,
    place: In = None,
    as_json: Json = False,
) -> None:
    """The text of a file (L2)."""
    from afterlore.report import clean

    with opened(place) as context:
        text = context.read(uri, offset=offset, limit=limit)
    if as_json:
        _print({"uri": str(context.uri(uri)), "content": text})
    else:
        # A terminal would obey what a text may hold; a pipe gets it as it is.
        shown = clean(text) if sys.stdout.isatty() else text
        sys.stdout.write(shown if shown.endswith("\n") else shown + "\n")


@app.command()
def abstract(uri: Address, place: In = None, as_json: Json = False) -> None:
    """L0: what it is about, in one sentence."""
    _level(uri, place, as_json, "abstract")


@app.command()
def overview(uri: Address, place: In = None, as_json: Json = False) -> None:
    """L1: outline and main sentences, and what a folder holds."""
    _level(uri, place, as_json, "overview")


def _level(uri: str, place: Path | None, as_json: bool, level: str) -> None:
    with opened(place) as context:
        levels = context.levels(uri)
        text: str = getattr(levels, level)
    if as_json:
        _print({"uri": str(context.uri(uri)), level: text, "generator": levels.generator})
    else:
        _say(text)


@app.command()
def find(
    query: Annotated[str, typer.Argument(metavar="QUERY")],
    below: Below = "ctx://",
    tag: Annotated[list[str] | None, typer.Option(help="Only with this tag; repeatable.", metavar="TAG")] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--type", help="Only this media type, as text/*; repeatable.", metavar="TYPE")
    ] = None,
    since: Annotated[str, typer.Option(help="Modified at or after.", metavar="TIME")] = "",
    until: Annotated[str, typer.Option(help="Modified before.", metavar="TIME")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Hits at most.", metavar="N")] = 10,
    max_tokens: Annotated[
        int | None,
        typer.Option(min=1, help="Print the texts of the best hits that fit in so many tokens.", metavar="N"),
    ] = None,
    neighbours: Annotated[
        int, typer.Option(min=0, max=20, help="With so many texts before and after each hit.", metavar="N")
    ] = 0,
    model: Annotated[
        str | None,
        typer.Option(help="Also by the vectors of this configured model (afterlore context embed).", metavar="NAME"),
    ] = None,
    place: In = None,
    as_json: Json = False,
) -> None:
    """What answers a query best. How it was found: afterlore context trace."""
    with ExitStack() as stack:
        embedder = None
        if model is not None:
            from afterlore.app.models import query_embedder

            embedder = stack.enter_context(query_embedder(config.load(), model))
        context = stack.enter_context(opened(place, embedder=embedder))
        found = context.find(
            query,
            target=below,
            tags=tag or (),
            types=kind or (),
            since=since,
            until=until,
            limit=limit,
            max_tokens=max_tokens,
            neighbours=neighbours,
        )
    if as_json:
        _print(
            {
                "hits": [
                    {
                        "context_type": hit.uri.parts[0],
                        "uri": str(hit.uri),
                        "level": 2,
                        "score": hit.score,
                        "abstract": hit.abstract,
                        "excerpt": hit.excerpt,
                        "tags": list(hit.node.tags),
                        "tokens": hit.tokens,
                    }
                    for hit in found.hits
                ],
                "total": len(found.hits),
                "context": [{"uri": str(node.uri), "text": text} for node, text in found.context],
                "tokens": found.tokens,
                "trace": "" if found.unkept else found.trace.id,
                "unkept": found.unkept,
                "model": found.trace.model,
                "degraded": found.trace.degraded,
            }
        )
    if found.trace.degraded:
        typer.echo(f"degraded, by words alone: {found.trace.degraded}", err=True)
    if as_json:
        return
    for hit in found.hits:
        _say(f"{hit.score:.3f}  {hit.uri}\n       {hit.abstract}")
        shown = _MARKS.sub("", hit.excerpt)
        if shown[:40] not in hit.abstract:
            _say(f"       {shown}")
    for node, text in found.context:
        _say(f"\n--- {node.uri}\n{text}")
    if not found.hits and found.trace.candidates:
        _say(f"none of the best texts fits in {max_tokens} tokens; allow more with --max-tokens")
    elif not found.hits:
        _say("nothing was found")
    if found.unkept:
        typer.echo(f"no trace was kept: {found.unkept}", err=True)


@app.command()
def grep(
    pattern: Annotated[str, typer.Argument(metavar="REGEX")],
    below: Below = "ctx://",
    ignore_case: Annotated[bool, typer.Option("--ignore-case", "-i", help="Upper and lower case alike.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Lines at most.", metavar="N")] = 1000,
    place: In = None,
    as_json: Json = False,
) -> int:
    """Lines that a regular expression is found in. Exit code 1 when there is none."""
    with opened(place) as context:
        found = context.grep(pattern, target=below, ignore_case=ignore_case, limit=limit)
    if as_json:
        rows = [{"uri": str(one.uri), "line": one.line, "text": one.text} for one in found.matches]
        _print({"matches": rows, "files": found.files, "complete": found.complete})
    for one in found.matches if not as_json else ():
        _say(f"{one.uri}:{one.line}: {one.text}")
    if not found.complete:
        typer.echo(f"stopped at {limit} lines; raise --limit or search --below one folder", err=True)
    return int(not found.matches)


@app.command()
def glob(
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help="As in **/*.md.")],
    below: Below = "ctx://",
    place: In = None,
    as_json: Json = False,
) -> int:
    """Addresses that match. Exit code 1 when there is none."""
    with opened(place) as context:
        nodes = context.glob(pattern, target=below)
    if as_json:
        _print({"nodes": [_row(node) for node in nodes]})
    for node in nodes if not as_json else ():
        _say(str(node.uri))
    return int(not nodes)


@app.command()
def mv(source: Address, target: Address, if_match: IfMatch = None, place: In = None, as_json: Json = False) -> None:
    """Move or rename; into the target when that is a folder."""
    with opened(place) as context:
        node = context.mv(source, target, if_match=if_match)
    _print(_row(node)) if as_json else _say(str(node.uri))


@app.command()
def cp(source: Address, target: Address, place: In = None, as_json: Json = False) -> None:
    """Copy with all below; into the target when that is a folder."""
    with opened(place) as context:
        node = context.cp(source, target)
    _print(_row(node)) if as_json else _say(str(node.uri))


@app.command()
def rm(
    uri: Address, recursive: Recursive = False, if_match: IfMatch = None, place: In = None, as_json: Json = False
) -> None:
    """Remove from tree and index."""
    with opened(place) as context:
        gone = context.rm(uri, recursive=recursive, if_match=if_match)
    _print({"removed": gone}) if as_json else _say(f"{gone} removed")


@app.command()
def stat(uri: Address, place: In = None, as_json: Json = False) -> None:
    """What is known of one address."""
    with opened(place) as context:
        node = context.stat(uri)
        row = {**_row(node), "count": context.store.count_children(node) if node.is_directory else 0}
    if as_json:
        _print(row)
    for name, value in row.items() if not as_json else ():
        _say(f"{name:<9} {', '.join(value) if isinstance(value, list) else value}")


@app.command()
def trace(
    id: Annotated[str, typer.Argument(metavar="ID", help="Of a find; the latest if left out.")] = "",
    html: Annotated[
        Path | None, typer.Option(help="Also write a page that says why each hit was found.", metavar="FILE")
    ] = None,
    place: In = None,
    as_json: Json = False,
) -> int:
    """How a find went, as a tree. Exit code 1 when a score does not recompute."""
    from afterlore.context.search.shown import page, tree
    from afterlore.context.search.trace import Trace, recompute

    with opened(place) as context:
        kept = Trace.from_json(context.store.load_trace(id))
    again = recompute(kept)
    wrong = [hit.uri for hit in kept.hits if abs(again[hit.id] - hit.final) > 1e-6]
    if as_json:
        _print({**kept.model_dump(mode="json"), "recomputes": not wrong})
    else:
        _say(tree(kept))
    if html is not None:
        html.write_text(page(kept), encoding="utf-8")
    for uri in wrong:
        typer.echo(f"the score of {uri} does not recompute from the trace", err=True)
    return int(bool(wrong))


@app.command()
def check(
    collect: Annotated[bool, typer.Option("--collect", help="Delete large contents that no node has.")] = False,
    place: In = None,
    as_json: Json = False,
) -> int:
    """Whether tree, index, vectors and files agree. Exit code 1 when they do not."""
    with opened(place) as context:
        collected = context.store.collect() if collect else 0
        findings = context.store.check()
        statistics = context.store.statistics()
    bad = [one for one in findings if not one.harmless]
    if as_json:
        rows = [{"problem": f.problem, "detail": f.detail, "fix": f.fix, "harmless": f.harmless} for f in findings]
        _print({"documents": statistics.documents, "findings": rows, "collected": collected, "sound": not bad})
    else:
        for one in findings:
            _say(f"{one.problem}: {one.detail}; {one.fix}")
        deleted = f", {collected} files deleted" if collect else ""
        _say(f"{statistics.documents} documents, {len(bad)} problems{deleted}")
    return int(bool(bad))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip")],
    below: Below = "ctx://",
    place: In = None,
    as_json: Json = False,
) -> None:
    """Write the tree to one file."""
    from afterlore.context.archive import export_tree

    with opened(place) as context:
        nodes = export_tree(context, file, target=below)
    _print({"nodes": nodes, "file": str(file)}) if as_json else _say(f"{nodes} nodes in {file}")


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="What export wrote.")],
    place: In = None,
    as_json: Json = False,
) -> None:
    """Write what an export holds over what is there, all or nothing."""
    from afterlore.context.archive import import_tree

    with opened(place, new=True) as context:
        nodes = import_tree(context, file)
    _print({"nodes": nodes}) if as_json else _say(f"{nodes} nodes")


class Evaluation(StrEnum):
    """What ``context eval`` can measure."""

    LOCOMO = "locomo"
    HEADINGS = "headings"


@app.command(name="eval")
def evaluate(
    what: Annotated[Evaluation, typer.Argument(help="What to measure.", metavar="WHAT")],
    data: Annotated[
        list[Path],
        typer.Option(help="locomo: a JSON file of its form; headings: documents, repeatable.", metavar="PATH"),
    ],
    as_json: Json = False,
) -> None:
    """Measure what is found against labelled data, beside its baselines."""
    from afterlore.app.terminal import figures

    for path in data:
        if not path.exists():
            raise InputError(f"no such file or folder: {str(path)!r}; give --data PATH")
    if what is Evaluation.LOCOMO:
        from afterlore.context.evaluate import locomo

        if len(data) > 1:
            raise InputError("eval locomo takes one file; give --data once")
        result = locomo.measure(data[0])
    else:
        from afterlore.context.evaluate import headings

        result = headings.measure(data)
    _print(result) if as_json else figures(result)
