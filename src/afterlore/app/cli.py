"""``afterlore``: the command line. Heavy imports happen inside the commands, so that ``--help`` is immediate.

Exit codes: 0 done, 1 the checked thing does not hold, 2 wrong usage or input, 3 an outside service failed,
130 interrupted (run the same command again to resume).
"""

import json
import sys
from typing import Annotated, Any

import typer

from afterlore import __version__
from afterlore.app import (
    ask,
    brief,
    context,
    enrich,
    faults,
    lab,
    models,
    research_eval,
    research_sim,
    research_synth,
    runs,
    train,
)
from afterlore.core import AfterloreError

__all__ = ["app", "run"]

app = typer.Typer(
    name="afterlore",
    help="Turns news into knowledge. Exit codes: 0 done, 1 a check does not hold, 2 wrong usage or input, "
    "3 an outside service failed, 130 interrupted (run again to resume).",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(brief.app, name="brief")
context.app.command()(enrich.embed)
context.app.command()(enrich.upgrade)
app.add_typer(context.app, name="context")
app.command()(ask.ask)
runs.app.command("export")(research_synth.export_runs)
app.add_typer(runs.app, name="runs")
app.add_typer(models.app, name="models")
faults.app.add_typer(research_eval.app, name="eval")
faults.app.command()(research_sim.sim)
faults.app.command()(research_synth.synth)
app.add_typer(faults.app, name="research")
app.add_typer(train.app, name="train")
app.add_typer(lab.app, name="lab")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"afterlore {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    del version


def run(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code. Errors go to standard error as one line that names the fix."""
    words = sys.argv[1:] if arguments is None else arguments
    try:
        result: Any = app(words, standalone_mode=False)
    except typer.TyperException as error:
        return _complain(
            words, error.format_message().rstrip(".").replace("Value error, ", "") + "; see 'afterlore --help'", 2
        )
    except AfterloreError as error:
        return _complain(words, str(error), error.exit_code)
    except OSError as error:
        return _complain(
            words, f"{error.strerror or error}: {error.filename or 'the disk'!r}; free it or name another", 2
        )
    except (KeyboardInterrupt, typer.Abort):
        result = 130
    if result == 130:
        return _complain(words, "interrupted; what was done is kept, run the same command again to resume", 130)
    return result if isinstance(result, int) else 0


def _complain(words: list[str], message: str, code: int) -> int:
    if "--json" in words:
        typer.echo(json.dumps({"error": message, "exit_code": code}, ensure_ascii=False))
    typer.echo(f"afterlore: {message}", err=True)
    return code
