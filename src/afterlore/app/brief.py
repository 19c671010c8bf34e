"""``afterlore brief``: from build to bench. Each command is a few lines over ``afterlore.brief``."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from afterlore.app import config, logs
from afterlore.core import InputError

__all__ = ["app"]

app = typer.Typer(help="A daily brief of a field's news in which every claim points to its source sentence.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]


@app.command()
def build(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE...",
            help="Feed address or file (RSS, Atom, JSON Feed, OPML), sitemap, page address, or a folder or file "
            "of HTML, Markdown or text.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="Folder of the briefs; made when it is not there.", metavar="DIR")],
    date: Annotated[
        str | None,
        typer.Option(help="Day of the brief; today where the vertical lives if left out.", metavar="YYYY-MM-DD"),
    ] = None,
    window: Annotated[
        str, typer.Option(help="How far back from the end of the day articles count: 48h, 3d.", metavar="48h|3d")
    ] = "48h",
    top: Annotated[
        int | None, typer.Option(min=1, max=100, help="Stories told in full; 10 unless the vertical says.", metavar="N")
    ] = None,
    vertical: Annotated[str, typer.Option(help="A shipped vertical, or a TOML file.", metavar="NAME|FILE.toml")] = "ai",
    offline: Annotated[bool | None, typer.Option("--offline", help="Fetch nothing; use what is stored.")] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="Fetch from this host though its address is private; repeatable.", metavar="HOST"),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no report, only errors.")] = False,
    as_json: Json = False,
) -> None:
    """Read the sources and publish the day in DIR: page, Markdown, mail and ledger, with archive and feeds."""
    from afterlore.app.terminal import Bar, report
    from afterlore.brief.pipeline import Request
    from afterlore.brief.pipeline import build as build_brief
    from afterlore.brief.vertical import load_vertical

    settings = config.load(offline=offline, allow_hosts=tuple(allow_host) if allow_host else None)
    logs.configure(settings)
    request = Request.of(
        sources,
        out=out,
        vertical=load_vertical(vertical),
        date=date,
        window=window,
        top=top,
        offline=settings.offline,
        allow_hosts=settings.allow_hosts,
    )
    with Bar(quiet=quiet or as_json) as progress:
        built = build_brief(request, progress)
    if as_json:
        _print(built.summary())
    elif not quiet:
        report(built)


@app.command()
def index(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has made.")],
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no report, only errors.")] = False,
    as_json: Json = False,
) -> int:
    """Make the folder's context database anew from what is published: for 'afterlore context find QUERY --in DIR'."""
    from afterlore.app.terminal import Bar
    from afterlore.brief.library import index as index_folder
    from afterlore.brief.publish.folder import Folder

    with Bar(quiet=quiet or as_json) as progress:
        done = index_folder(Folder(folder), progress)
    if as_json:
        unreadable = {str(day): problem for day, problem in done.unreadable.items()}
        _print({"days": [str(day) for day in done.days], "stories": done.stories, "unreadable": unreadable})
    else:
        for day, problem in done.unreadable.items():
            typer.echo(f"{day}/brief.json: {problem}", err=True)
        if not quiet:
            typer.echo(f"{len(done.days)} days, {done.stories} stories")
    return int(bool(done.unreadable))


@app.command()
def lint(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="brief.md files.")],
    roundtrip: Annotated[
        bool, typer.Option("--roundtrip", help="Also require parse → render to be byte-identical.")
    ] = False,
    as_json: Json = False,
) -> int:
    """Check the form of briefs and count what is in them."""
    from afterlore.brief.publish.document import label_of, render
    from afterlore.brief.publish.document import lint as lint_text

    rows: list[dict[str, Any]] = []
    for file in files:
        try:
            text = file.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as error:
            raise InputError(f"cannot read {str(file)!r}: {error}; name a brief.md in UTF-8") from error
        document, found = lint_text(text)
        said = [f"line {line}: {problem}" if line else problem for line, problem in found]
        same = document is not None and render(document) == text
        if roundtrip and not same:
            said.append("not byte-identical when written back")
        stories = document.stories if document else ()
        bullets = [bullet for story in stories for bullet in story.bullets]
        rows.append(
            {
                "path": str(file),
                "stories": len(stories),
                "source_links": sum(len(story.sources) for story in stories),
                "bullets": len(bullets),
                "labelled_bullets": sum(label_of(bullet)[0] is not None for bullet in bullets),
                "others": len((document and document.others) or ()),
                "problems": len(said),
                "roundtrip": same,
                "findings": said,
            }
        )
    if as_json:
        _print({"documents": rows})
    for row in rows if not as_json else ():
        typer.echo(
            f"{row['path']}: {row['stories']} stories, {row['source_links']} source links, {row['bullets']} bullets, "
            f"{row['others']} others, {row['problems']} problems" + (", byte-identical" if row["roundtrip"] else "")
        )
        for finding in row["findings"]:
            typer.echo(f"  {finding}")
    return int(any(row["problems"] for row in rows))


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has made.")],
    as_json: Json = False,
) -> int:
    """Check that every published claim still stands on its source, and that nothing was changed since."""
    from afterlore.brief.publish.folder import Folder
    from afterlore.brief.publish.verify import verify as verify_folder

    result = verify_folder(Folder(folder))
    if as_json:
        _print(result.model_dump(mode="json"))
    else:
        for trouble in result.problems:
            typer.echo(f"{trouble.file}{f' {trouble.claim}' if trouble.claim else ''}: {trouble.problem}")
        typer.echo(
            f"{result.days} days, {result.claims} claims, {result.supported} supported, {len(result.problems)} problems"
        )
    return int(bool(result.problems))


@app.command()
def review(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that build has made.")],
    date: Annotated[
        str | None, typer.Option(help="Day to edit; the last one if left out.", metavar="YYYY-MM-DD")
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port on 127.0.0.1; 0 takes a free one.")] = 8765,
    browse: Annotated[bool, typer.Option("--open/--no-open", help="Open the desk in the browser.")] = True,
) -> None:
    """Serve the editor's desk on this machine: merge, split, pin, drop, reword, see why, publish. Ctrl-C stops it."""
    from afterlore.app.desk.serve import serve
    from afterlore.brief.desk.session import Desk
    from afterlore.brief.pipeline import day_of

    logs.configure(config.load())
    with Desk.open(folder, day_of(date) if date else None) as desk:
        kept = f"edits are kept in {desk.folder.edits(desk.day)}"
        serve(
            desk,
            port,
            browse=browse,
            say=lambda address: typer.echo(f"the desk of {desk.day}: {address} ({kept}; Ctrl-C stops it)"),
        )


class Evaluation(StrEnum):
    """What ``brief eval`` can measure."""

    EXTRACT = "extract"
    DEDUPE = "dedupe"
    CLUSTER = "cluster"
    CLASSIFY = "classify"
    MUTATE = "mutate"
    CLAIMS = "claims"
    SELECT = "select"


@app.command(name="eval")
def evaluate(
    what: Annotated[Evaluation, typer.Argument(help="The stage to measure.", metavar="STAGE")],
    data: Annotated[
        Path | None,
        typer.Option(help="Labelled data, of the form described in docs/brief.md; dedupe needs none.", metavar="PATH"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure one stage against labelled data, beside its baselines."""
    from afterlore.app.terminal import figures
    from afterlore.brief.evaluate import run

    if data is None and what is not Evaluation.DEDUPE:
        raise InputError(f"'eval {what}' needs labelled data: give --data PATH")
    if data is not None and not data.exists():
        raise InputError(f"no such file or folder: {str(data)!r}; give --data PATH")
    result = run(what.value, data)
    if as_json:
        _print(result)
    else:
        figures(result)


@app.command()
def bench(
    n: Annotated[str, typer.Option(help="Numbers of articles, separated by commas.", metavar="N,N")] = "1000,10000",
    as_json: Json = False,
) -> None:
    """Time the stages after extraction on generated days, and say how the time grows."""
    from afterlore.app.terminal import figures
    from afterlore.brief.evaluate.bench import measure

    try:
        sizes = [int(part) for part in n.split(",")]
    except ValueError as error:
        raise InputError(f"--n takes whole numbers separated by commas, not {n!r}") from error
    if min(sizes) < 10:
        raise InputError("--n: a day of fewer than 10 articles shows nothing")
    result = measure(sizes)
    if as_json:
        _print(result)
    else:
        figures(result)


def _print(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1))
