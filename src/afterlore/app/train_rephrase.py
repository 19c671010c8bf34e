"""``afterlore train rephrase``: the same questions in other words, by any configured model."""

import json
import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.core import BudgetExhausted, Interrupted, ServiceError

if TYPE_CHECKING:
    from afterlore.core import Ledger
    from afterlore.train.rephrase import Rewording

__all__ = ["rephrase"]


def rephrase(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions: Parquet or JSON lines.")],
    out: Annotated[
        Path, typer.Option(help="Where rewordings go; what stands there is not asked again.", metavar="FILE")
    ] = Path("rewordings.jsonl"),
    model: Annotated[
        str | None,
        typer.Option(
            help="A configured endpoint; the setting 'model' if left out.", metavar="NAME", show_default=False
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, help="The first so many questions; 0 for all.", metavar="N")] = 0,
    solve: Annotated[
        bool, typer.Option("--solve/--no-solve", help="Have each rewording solved, and its answer compared.")
    ] = True,
    max_tokens: Annotated[
        int | None, typer.Option(min=1, help="Stop before more tokens are consumed.", metavar="N", show_default=False)
    ] = None,
    check: Annotated[
        Path | None,
        typer.Option(help="Only say how many rewordings of this file would be kept.", metavar="FILE"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")] = False,
) -> None:
    """Reword questions, so that a method can compare a question with its rewording; each is checked."""
    from afterlore.core import Budget, Ledger
    from afterlore.train.data import read_questions
    from afterlore.train.rephrase import survives

    questions = read_questions(file, check, limit=limit)
    if check is not None:
        _tell([survives(question, question.rewording) for question in questions], {}, as_json=as_json)
        return
    ledger = Ledger(Budget(tokens=max_tokens))
    try:
        made = _made(questions, model, out, solve, ledger, quiet=as_json)
    except KeyboardInterrupt:
        raise Interrupted(f"interrupted; what was reworded is kept in {str(out)!r}, run the same again") from None
    except (ServiceError, BudgetExhausted) as error:
        why = "--max-tokens is used up" if isinstance(error, BudgetExhausted) else str(error)
        raise ServiceError(f"{why}; what was reworded is kept in {str(out)!r}, run the same again") from error
    spent = {"calls": ledger.calls, "tokens": ledger.tokens}
    _tell([one.refused for one in made], {**spent, "file": str(out)}, as_json=as_json)


def _made(
    questions: Any, name: str | None, out: Path, solve: bool, ledger: "Ledger", *, quiet: bool
) -> "list[Rewording]":
    import asyncio

    from afterlore.app import config, logs
    from afterlore.app.models import chat, endpoint
    from afterlore.app.terminal import Bar
    from afterlore.train.rephrase import rephrase

    settings = config.load()
    logs.configure(settings)
    workers = endpoint(settings, name).max_concurrency
    with Bar(quiet=quiet) as bar:

        async def work() -> "list[Rewording]":
            async with chat(settings, name) as model:
                return await rephrase(questions, model, out, solve=solve, workers=workers, ledger=ledger, progress=bar)

        return asyncio.run(work())


def _tell(refused: list[str], more: dict[str, Any], *, as_json: bool) -> None:
    from afterlore.app.terminal import figures

    # Without its figure a reason is a kind of reason.
    kinds = Counter(re.sub(r"(number|own,) \S+", r"\1 …", reason) for reason in refused if reason)
    result = {"questions": len(refused), "kept": refused.count(""), "refused": dict(kinds.most_common()), **more}
    if as_json:
        typer.echo(json.dumps(result, ensure_ascii=False))
    else:
        figures(result)
