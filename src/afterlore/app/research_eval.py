"""``afterlore research eval``: the agent on questions with known answers, and its parts on labelled data."""

import asyncio
import json
import random
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from afterlore import __version__
from afterlore.app import config, logs
from afterlore.app.agent import NOTICE, SCRIPTED, DataDir, Json, able, data_folder, open_model, place
from afterlore.core import Budget, InputError, Interrupted, canonical_json, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from afterlore.app.config import Settings
    from afterlore.research.evaluate.answers import Answered
    from afterlore.research.evaluate.questions import Labelled
    from afterlore.research.rounds.rounds import Plan
    from afterlore.research.search.corpus import Corpus

__all__ = ["app"]

app = typer.Typer(
    help="Measure the agent, and its parts, on labelled data, beside trivial baselines.",
    no_args_is_help=True,
    invoke_without_command=True,
)
_SERVICE_FAILED = 3

Data = Annotated[
    Path,
    typer.Option(
        help="A JSON file of MuSiQue or HotpotQA questions or of passages, or a folder of them.", metavar="PATH"
    ),
]


@app.callback()
def answers(
    ctx: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Questions with answers: MuSiQue's or HotpotQA's form, or what research synth writes.",
            metavar="FILE",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help=f"A configured model; {SCRIPTED!r} is rules that need none.", metavar="NAME", show_default=False
        ),
    ] = None,
    method: Annotated[
        str, typer.Option(help="rounds, notes, single, forced, majority or best-of-n.", metavar="METHOD")
    ] = "rounds",
    rounds: Annotated[int, typer.Option(min=1, help="Rounds, or attempts, at most.", metavar="N")] = 4,
    branches: Annotated[int, typer.Option(min=1, help="Side by side in each.", metavar="K")] = 1,
    budget: Annotated[str, typer.Option(help="What one question may use.", metavar="LIMITS")] = "calls=40",
    corpus: Annotated[
        Path | None,
        typer.Option(
            help="Where to search. Without it: the passages of the file itself.", metavar="PATH", show_default=False
        ),
    ] = None,
    n: Annotated[
        int | None, typer.Option("--n", min=1, help="So many of the questions, by lot.", show_default=False)
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the lot.")] = 0,
    jobs: Annotated[int, typer.Option(min=1, help="Questions at a time.")] = 4,
    data_dir: DataDir = None,
    as_json: Json = False,
) -> int:
    """Answer questions whose answers are known, with any model and method; what is answered is not asked again.

    Exit code 3 when the endpoint failed for some.
    """
    if ctx.invoked_subcommand is not None:
        return 0
    if data is None:
        raise InputError("give questions with --data FILE, or name a part: retrieval, quotes")
    from afterlore.research.evaluate.answers import figures
    from afterlore.research.evaluate.questions import read_labelled
    from afterlore.research.rounds.methods import method as named
    from afterlore.research.rounds.rounds import Plan

    settings = config.load()
    logs.configure(settings)
    limits = Budget.parse(budget)
    plan = Plan(method=named(method), rounds=rounds, branches=branches, turns=limits.depth or Plan.turns)
    questions = read_labelled(data)
    if n is not None:
        questions = random.Random(seed).sample(questions, min(n, len(questions)))
    asked = able(settings, model, limits)
    searched = corpus or data
    # Whoever asks for the same again goes on with it.
    about = {"model": asked, "plan": plan.settings, "corpus": str(searched.resolve()), "budget": limits.to_json()}
    folder = data_folder(data_dir) / "evals" / digest(canonical_json([digest(data.read_text("utf-8")), about]))[:12]
    done, first = _answered(settings, questions, plan, limits, about, folder, jobs, quiet=as_json)
    result = {
        "questions": len(done),
        "model": asked,
        "method": method,
        **figures(done, {"title of the first hit": first}),
        "runs": str(folder),
    }
    _tell(result, done, scripted=asked == SCRIPTED, as_json=as_json)
    return _SERVICE_FAILED if any(one.unasked for one in done) else 0


def _answered(
    settings: "Settings",
    questions: "Sequence[Labelled]",
    plan: "Plan",
    budget: Budget,
    about: dict[str, Any],
    folder: Path,
    jobs: int,
    *,
    quiet: bool,
) -> "tuple[list[Answered], list[str | None]]":
    """What the agent says to each question, and the title of the first page that the question itself finds."""
    from afterlore.app.terminal import Bar
    from afterlore.research.search.corpus import open_corpus

    with Bar(quiet=quiet) as bar, open_corpus(Path(about["corpus"]), data=folder.parents[1], progress=bar) as corpus:

        async def work() -> "list[Answered]":
            from afterlore.journal import Runs
            from afterlore.research.browse import browsing
            from afterlore.research.evaluate.answers import work
            from afterlore.research.loop import Limits
            from afterlore.research.rounds.rounds import Rounds

            async with open_model(settings, about["model"]) as (model, context):
                limits = Limits() if context is None else Limits(context=context * 3 // 4)
                agent = Rounds(model, browsing(corpus, corpus), plan, limits)
                with Runs(folder / "runs.sqlite") as runs:
                    return await work(
                        runs,
                        questions,
                        agent,
                        budget=budget,
                        settings=about,
                        version=__version__,
                        jobs=jobs,
                        progress=bar,
                    )

        try:
            done = asyncio.run(work())
        except KeyboardInterrupt:
            raise Interrupted("interrupted; what was answered is kept, run the same command again to go on") from None
        return done, [_first_title(corpus, one.text) for one in questions]


def _first_title(corpus: "Corpus", question: str) -> str | None:
    try:
        return next((hit.title for hit in corpus.find(question, 1)), None)
    except InputError:
        # A question without a word.
        return None


def _tell(result: dict[str, Any], done: "Sequence[Answered]", *, scripted: bool, as_json: bool) -> None:
    from afterlore.app.terminal import figures

    if as_json:
        each = ("answer", "stop_reason", "read", "quoted", "calls")
        rows = [
            {"id": one.question.id, "right": one.question.answers, **{name: getattr(one, name) for name in each}}
            for one in done
        ]
        more = {"notice": NOTICE} if scripted else {}
        typer.echo(json.dumps({**result, "each": rows, **more}, ensure_ascii=False, indent=1))
        return
    figures(result)
    typer.echo(f"each run: afterlore runs ls{place(Path(result['runs']))}")
    if scripted:
        typer.echo(NOTICE)


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
