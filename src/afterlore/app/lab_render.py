"""``afterlore lab render``: pictures of instruments and labware, to look at."""

from pathlib import Path
from typing import Annotated

import typer

from afterlore.core import InputError

__all__ = ["render"]


def render(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Instruments and labware; without one, all instruments."),
    ] = None,
    out: Annotated[Path, typer.Option(help="A PNG.", metavar="FILE")] = Path("build/instruments.png"),
    width: Annotated[int, typer.Option(min=64, max=4096, help="Of one picture, in pixels.")] = 480,
    closed: Annotated[bool, typer.Option("--closed", help="Lids shut; else they stand open.")] = False,
    menagerie: Annotated[
        Path | None, typer.Option(help="A checkout of the MuJoCo Menagerie: arms have its meshes.", metavar="FOLDER")
    ] = None,
) -> None:
    """Draw instruments and labware side by side: what each looks like."""
    try:
        from afterlore.lab.sheet import sheet
    except ImportError as error:
        raise InputError(f"the laboratory needs more: pip install 'afterlore[lab]' ({error})") from error
    if out.suffix.lower() != ".png":
        raise InputError(f"{str(out)!r}: a picture is written as .png")
    out.parent.mkdir(parents=True, exist_ok=True)
    sheet(names or [], width, lids=0.0 if closed else 0.75, meshes=menagerie).save(out, optimize=True)
    typer.echo(f"The picture: {out}")
