"""``afterlore research eval``: what the searcher finds and what the quote gate accepts, on labelled data."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["app"]

app = typer.Typer(
    help="Measure the parts of research on labelled data, beside trivial baselines.", no_args_is_help=True
)

Data = Annotated[
    Path,
    typer.Option(
        help="A JSON file of MuSiQue or HotpotQA questions or of passages, or a folder of them.", metavar="PATH"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]


@app.command()
def retrieval(data: Data, as_json: Json = False) -> int:
    """Recall@10 of supporting passages, names as people type them, and times. Exit code 1 when a name is not found."""
    from afterlore.research.evaluate.retrieval import measure

    result = _shown(measure, data, as_json)
    return int(not all(row["found"] for row in result["names"].values()))


@app.command()
def quotes(data: Data, as_json: Json = False) -> int:
    """Quotes in other spellings and with a change. Exit code 1 when one is refused or accepted that should not be."""
    from afterlore.research.evaluate.quotes import measure

    return int(not _shown(measure, data, as_json)["holds"])


def _shown(measure: "Callable[[Path], dict[str, Any]]", data: Path, as_json: bool) -> dict[str, Any]:
    from afterlore.app.terminal import figures

    result = measure(data)
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False, indent=1))
    else:
        figures(result)
    return result
