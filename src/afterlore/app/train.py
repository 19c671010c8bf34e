"""``afterlore train``: runs, and what can be said of one without a model."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import Annotated, Any

import typer
from pydantic import BaseModel, ConfigDict, ValidationError

from afterlore.app.train_rephrase import rephrase
from afterlore.app.train_run import run
from afterlore.app.train_sample import sample
from afterlore.app.train_toy import toy
from afterlore.core import InputError

__all__ = ["app"]

app = typer.Typer(help="Train on rewards that can be checked, or that need no labels.")
app.command()(run)
app.command()(rephrase)
app.command()(sample)
app.command()(toy)

Algebra = Annotated[bool, typer.Option("--algebra", help="x+1 and 1+x are one answer, by math-verify.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object, for machines.")]


@app.command()
def schedule(
    steps: Annotated[int, typer.Option(min=1, help="Of the whole run.", metavar="N")],
    at: Annotated[
        str, typer.Option(help="Steps to show, from 1, separated by commas. Without it: eleven.", metavar="A,B")
    ] = "",
    as_json: Json = False,
) -> None:
    """How slowly the teacher of Co-rewarding-II follows the policy, step by step."""
    from afterlore.train.schedule import alpha

    shown = _numbers(at, "--at") or sorted({1 + steps * tenth // 10 for tenth in range(11)})
    rows = [{"step": step, "alpha": alpha(step, steps)} for step in shown]
    if as_json:
        typer.echo(json.dumps({"schedule": rows}))
        return
    for row in rows:
        typer.echo(f"{row['step']:>8}  {row['alpha']:.6f}")


def _numbers(text: str, option: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")] if text.strip() else []
    except ValueError as error:
        raise InputError(f"{option} {text!r}: write whole numbers as 1,75,151") from error


class _Group(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id: str
    rollouts: tuple[str, ...]
    gold: str = ""
    truncated: tuple[bool, ...] = ()


@app.command()
def labels(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines: id, rollouts, and gold and truncated.")],
    minimum: Annotated[float, typer.Option(min=0, max=1, help="Agreement below which nobody wins.")] = 0.0,
    algebra: Algebra = False,
    as_json: Json = False,
) -> None:
    """What a file of roll-outs votes for, by canonical keys beside the authors' raw strings."""
    from afterlore.app.terminal import figures
    from afterlore.grading import Mode, key, read, representatives, same, vote

    groups = _groups(file)
    modes: tuple[Mode, ...] = ("canonical", "authors")
    table: dict[str, Any] = {}
    rows: list[dict[str, Any]] = [{"id": group.id} for group in groups]
    for mode in modes:
        answers = [[read(text, mode) for text in group.rollouts] for group in groups]
        if algebra and mode == "canonical":
            answers = [representatives(own) for own in answers]
        votes = [
            vote(own, truncated=group.truncated, minimum=minimum) for group, own in zip(groups, answers, strict=True)
        ]
        golds = [(key(group.gold), key(one.label)) for group, one in zip(groups, votes, strict=True) if group.gold]
        table[mode] = {
            "groups": len(groups),
            "labelled": sum(bool(one.label) for one in votes),
            "agreement": fmean(one.agreement for one in votes),
            "label accuracy": fmean(gold == label or (algebra and same(gold, label)) for gold, label in golds)
            if golds
            else None,
        }
        for row, one in zip(rows, votes, strict=True):
            row[mode] = {"label": one.label, "agreement": one.agreement}
    if as_json:
        typer.echo(json.dumps({**table, "each": rows}, ensure_ascii=False, indent=1))
    else:
        figures(table)


@app.command("eval")
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="JSON lines: id, rollouts and gold.")],
    ks: Annotated[str, typer.Option("--k", help="Of pass@k, separated by commas.", metavar="A,B")] = "1",
    algebra: Algebra = False,
    as_json: Json = False,
) -> None:
    """How often a file's roll-outs are right: accuracy, and pass@k, with intervals over questions."""
    from afterlore.app.terminal import figures
    from afterlore.grading import key, read, same
    from afterlore.train.evaluate import accuracy, pass_at

    groups = _groups(file)
    if without := [group.id for group in groups if not key(group.gold)]:
        raise InputError(f"{str(file)!r}: {without[0]!r} has no gold answer; without one nothing can be right")
    answers = [[read(text) for text in group.rollouts] for group in groups]
    right = [
        [one == key(group.gold) or (algebra and same(one, key(group.gold))) for one in own]
        for group, own in zip(groups, answers, strict=True)
    ]
    table = {
        "accuracy": accuracy(right)._asdict(),
        # What an answer of any kind would score: the part that is form.
        "answered": accuracy([[bool(one) for one in own] for own in answers])._asdict(),
        **{f"pass@{k}": pass_at(k, right)._asdict() for k in _numbers(ks, "--k")},
    }
    result = {"questions": len(groups), "rollouts": sum(map(len, answers)), **table}
    if as_json:
        typer.echo(json.dumps(result, indent=1))
    else:
        figures(result)


def _groups(file: Path) -> Sequence[_Group]:
    if not file.is_file():
        raise InputError(f"no such file: {str(file)!r}")
    found: dict[str, _Group] = {}
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            group = _Group.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the line"
            form = '{"id": "…", "rollouts": ["…"], "gold": "…"}'
            raise InputError(f"{str(file)!r} line {number}: {where}: {first['msg']}; a line is {form}") from error
        if group.id in found:
            raise InputError(f"{str(file)!r} line {number}: the id {group.id!r} stands there twice; give each its own")
        if group.truncated and len(group.truncated) != len(group.rollouts):
            raise InputError(
                f"{str(file)!r} line {number}: {len(group.rollouts)} rollouts, but {len(group.truncated)} of truncated"
            )
        if not group.rollouts:
            raise InputError(f"{str(file)!r} line {number}: no rollouts")
        found[group.id] = group
    if not found:
        raise InputError(f"{str(file)!r} holds no roll-outs")
    return list(found.values())
