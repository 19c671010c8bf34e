"""``afterlore research synth``: questions of several hops from a corpus. ``afterlore runs export``: runs as samples."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore.app import config, logs
from afterlore.app.agent import DataDir, Json
from afterlore.core import Budget, InputError, Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from afterlore.core import Progress
    from afterlore.research.synthesize.made import Made
    from afterlore.research.synthesize.synthesize import Synthesis

__all__ = ["export_runs", "synth"]


def synth(
    corpus: Annotated[
        Path, typer.Option(help="A folder, a document or a file of passages (JSON, JSON lines).", metavar="PATH")
    ],
    n: Annotated[int, typer.Option("--n", min=1, help="Questions to make.", metavar="N")],
    hops: Annotated[str, typer.Option(help="Facts of a question: a number, or a range.", metavar="2-5")] = "2-5",
    vagueness: Annotated[
        str,
        typer.Option(
            help="0 all named; 1 what lies between is hidden; 2 figures blurred; 3 nothing named.", metavar="0-3"
        ),
    ] = "0-3",
    seed: Annotated[int, typer.Option(help="The same seed gives the same questions.")] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Write JSON lines; replaced when all are made.", metavar="FILE", show_default=False),
    ] = None,
    against: Annotated[
        list[Path] | None,
        typer.Option(help="Leave out what this file asks; may be given again.", metavar="FILE", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A configured model words them anew, held to the same checks.", metavar="NAME"),
    ] = None,
    budget: Annotated[
        str | None, typer.Option(help="What the model may use: calls=40,tokens=200000,cost=0.50.", metavar="LIMITS")
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> int:
    """Make questions of several hops whose answers a corpus holds, without a model.

    Exit code 1 when the corpus gives fewer than were asked for; those are kept.
    """
    from afterlore.app.agent import data_folder
    from afterlore.app.terminal import Bar, figures
    from afterlore.report import one_line
    from afterlore.research.search.corpus import open_corpus
    from afterlore.research.synthesize.decontaminate import read_known
    from afterlore.research.synthesize.synthesize import HOPS, VAGUENESS, Recipe, Synthesis

    recipe = Recipe(n, _range(hops, "--hops", HOPS), _range(vagueness, "--vagueness", VAGUENESS), seed)
    settings = config.load()
    logs.configure(settings)
    if budget is not None and model is None:
        raise InputError("--budget is for --model NAME; without a model nothing is consumed")
    limits = Budget() if budget is None else Budget.parse(budget)
    if model is not None:
        _check_model(settings, model, limits)
    known = read_known(against or ())
    data = data_folder(data_dir)
    with Bar(quiet=as_json) as progress, open_corpus(corpus, data=data, progress=progress) as opened:
        work = Synthesis(opened, recipe, known, progress)
        made = list(work.make())
        if not made:
            raise InputError(_none(work))
        row = work.figures(made)
        if model is not None:
            made, row["reworded"] = _reworded(settings, model, limits, work, made, data, progress)
    if out is not None:
        _write(out, [one.to_json() for one in made])
    if as_json:
        shown = {"out": str(out)} if out is not None else {"questions": [json.loads(one.to_json()) for one in made]}
        typer.echo(json.dumps({**row, **shown}, ensure_ascii=False, indent=1))
    else:
        for one in () if out is not None else made:
            typer.echo(f"{one_line(one.question)}  →  {one_line(one.answer)}")
        figures(row)
    if len(made) < n:
        typer.echo(f"afterlore: {len(made)} of {n} questions: the corpus gives no more at these settings; widen --hops "
                   "or --vagueness, or give a larger corpus", err=True)  # fmt: skip
    return int(len(made) < n)


def export_runs(
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="RUN", help="Runs, by id or its beginning.", show_default=False)
    ] = None,
    all_answered: Annotated[bool, typer.Option("--all-answered", help="All runs that ended answered.")] = False,
    out: Annotated[
        Path | None, typer.Option(help="JSON lines, replaced when all are written.", metavar="FILE", show_default=False)
    ] = None,
    gold: Annotated[
        Path | None,
        typer.Option(
            help="JSON lines of questions with answers: only runs that have the right one.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> int:
    """Runs as training samples: chat messages with tool calls, a line for each round.

    Exit code 1 when no run gives any.
    """
    from collections import Counter

    from afterlore.app.agent import open_runs
    from afterlore.app.terminal import figures
    from afterlore.research.export import read_gold, samples

    if bool(ids) == all_answered:
        raise InputError("name runs (afterlore runs ls), or give --all-answered; not both")
    if out is None:
        raise InputError("give --out FILE.jsonl; what agents read stands in it, and may be long")
    known = None if gold is None else read_gold(gold)
    strike = _secrets(config.load())
    left: Counter[str] = Counter()
    lines: list[str] = []
    exact = 0
    with open_runs(data_dir) as runs:
        rows = runs.ls() if all_answered else [runs.find(id) for id in dict.fromkeys(ids or ())]
        for row in rows:
            found, why = samples(row, runs.events(row.id), known)
            left.update([why] if why else [])
            exact += sum(sample["as_sent"] for sample in found)
            lines += [json.dumps(strike(sample), ensure_ascii=False) for sample in found]
    if lines:
        _write(out, lines)
    result = {"runs": len(rows), "samples": len(lines), "as sent": exact, "left out": dict(left)}
    if as_json:
        typer.echo(json.dumps({**result, "out": str(out) if lines else None}, ensure_ascii=False, indent=1))
    else:
        figures(result)
    return int(not lines)


def _secrets(settings: config.Settings) -> "Callable[[Any], Any]":
    """Strikes out every key of the configuration, wherever it stands."""
    from afterlore.llm.secrets import Scrubber

    keys = [one.api_key for one in settings.models.values()]
    keys += [settings.serper_key, settings.brave_key, settings.tavily_key]
    scrubbers = [Scrubber(key.get_secret_value()) for key in keys if key is not None]

    def strike(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: strike(one) for name, one in value.items()}
        if isinstance(value, list):
            return [strike(one) for one in value]
        for scrubber in scrubbers if isinstance(value, str) else ():
            value = scrubber.text(value)
        return value

    return strike


def _range(text: str, option: str, bounds: tuple[int, int]) -> tuple[int, int]:
    match = re.fullmatch(r"(\d)(?:-(\d))?", text.strip())
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, -1)
    if not bounds[0] <= low <= high <= bounds[1]:
        raise InputError(f"{option} {text!r}: write a number from {bounds[0]} to {bounds[1]}, or a range as 2-3")
    return low, high


def _none(work: "Synthesis") -> str:
    most = ", ".join(f"{why}: {count:,}" for why, count in work.dropped.most_common(3))
    return (
        f"no question of these hops and vagueness can be made: {work.graph.facts:,} facts link pages, and every draft "
        f"was left out ({most}); widen --hops or --vagueness, or give a corpus whose pages name each other more"
    )


def _check_model(settings: config.Settings, name: str, limits: Budget) -> None:
    from afterlore.app.models import endpoint
    from afterlore.llm.prices import require_prices

    chosen = endpoint(settings, name)
    chosen.key()
    require_prices(chosen, limits)


def _reworded(
    settings: config.Settings,
    name: str,
    limits: Budget,
    work: "Synthesis",
    made: "list[Made]",
    data: Path,
    progress: "Progress",
) -> "tuple[list[Made], dict[str, Any]]":
    """The questions in the model's words where those stand up to the checks, and what became of them."""
    import asyncio
    from collections import Counter

    from afterlore.app.models import chat
    from afterlore.journal import Journal
    from afterlore.research.synthesize.reword import Reworder

    ledger = Ledger(limits)

    async def ask() -> dict[str, str]:
        with Journal(data / "reworded.sqlite") as journal:
            async with chat(settings, name) as asked:
                return await Reworder(asked, ledger, journal, progress).replies(made)

    replies = asyncio.run(ask())
    counts: Counter[str] = Counter()
    out: list[Made] = []
    for one in made:
        new = work.reworded(one, replies[one.id], name) if one.id in replies else "not asked"
        counts[new if isinstance(new, str) else "taken"] += 1
        out.append(one if isinstance(new, str) else new)
    return out, {**counts, "calls": ledger.calls, "tokens": ledger.tokens}


def _write(out: Path, lines: "Sequence[str]") -> None:
    """All or nothing: a run that is stopped leaves what was there."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(f".{out.name}.part")
    part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    part.replace(out)
