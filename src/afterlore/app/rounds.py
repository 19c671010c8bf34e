"""``ask --rounds`` for people and machines: how a run in rounds is begun, followed while it works, and told.

Which runs these are stands in the settings of the run's head, under ``plan``.
"""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape

from afterlore.app.watch import Watch, short
from afterlore.core import Budget, InputError, Record, Step
from afterlore.report import clean

if TYPE_CHECKING:
    from afterlore.journal import Event
    from afterlore.research.rounds.log import Merged, Progress
    from afterlore.research.rounds.rounds import Plan, RoundsResult
    from afterlore.research.rounds.state import State, StateDiff

__all__ = ["RoundsWatch", "chosen_plan", "plan_of", "print_rounds", "rounds_json", "told"]


def plan_of(settings: Mapping[str, Any]) -> "Plan | None":
    """Of a run's settings; None for a run without rounds. Raises InputError for a plan that is none of ours."""
    from afterlore.research.rounds.rounds import Plan

    plan = settings.get("plan")
    return None if plan is None else Plan.from_settings(plan)


def chosen_plan(rounds: int | None, branches: int | None, budget: Budget) -> "Plan | None":
    """As the options say; None for one run. A limit of depth holds for each branch of each round."""
    from afterlore.research.rounds.rounds import Plan

    if rounds is None:
        if branches is not None:
            raise InputError("--branches are branches of a round; say how many rounds too: --rounds 8")
        return None
    turns = Plan.turns if budget.depth is None else budget.depth
    return Plan(rounds=rounds, branches=1 if branches is None else branches, turns=turns)


def rounds_json(result: "RoundsResult") -> dict[str, Any]:
    """The result with its candidates, the best first."""
    from afterlore.research.rounds.state import matrix

    candidates = [
        {
            "answer": row.candidate.answer,
            "standing": row.standing.value,
            "constraints": {cell.constraint: cell.verdict.value for cell in row.cells},
            "evidence": list(row.evidence),
        }
        for row in matrix(result.state)
    ]
    return {**result.model_dump(mode="json"), "candidates": candidates}


class RoundsWatch(Watch):
    """Rounds and their branches as lines; below them, where a person is watching, evidence and budget."""

    def __init__(self, plan: "Plan", *, quiet: bool, to_stdout: bool = False) -> None:
        super().__init__(quiet=quiet, to_stdout=to_stdout)
        self._plan = plan
        self._place = ""
        """What a line begins with: the round and branch that it tells of."""
        self._known: State | None = None

    def event(self, progress: "Progress", event: "Event") -> None:
        """One event of the run."""
        from afterlore.research.rounds.log import Merged, PartEvent, RoundBegan

        self._place = ""
        match event.kind:
            case "round":
                self._began(RoundBegan.from_json(event.body))
            case "part" | "compress":
                part = PartEvent.from_json(event.body)
                self._place = self._at(part.round, part.branch)
                self._part(event.kind, part.kind, part.body)
            case "merged":
                self._merged(progress, Merged.from_json(event.body))
        self.status(_used(progress, self._plan))

    def _at(self, round: int, branch: int) -> str:
        return f"{round}.{branch + 1} " if self._plan.branches > 1 else ""

    def _began(self, began: Any) -> None:
        attempts = self._plan.attempts
        self.note(f"\nround {began.round}" + (f" of {attempts}" if attempts >= began.round else ""))
        for branch, lead in enumerate(began.leads):
            if lead:
                self._place = self._at(began.round, branch)
                self._line("↳", f"follows: {lead}")

    def _part(self, whose: str, kind: str, body: str) -> None:
        from afterlore.research.state import Asked, Done

        if whose == "compress":
            if kind == "step" and (failure := Step.from_json(body).failure) is not None:
                self._line("!", f"compressing: {failure.kind}: {failure.cause}")
            return
        news: dict[str, type[Record]] = {"done": Done, "step": Step, "asked": Asked}
        if kind in news:
            self.news(news[kind].from_json(body))

    def _merged(self, progress: "Progress", merged: "Merged") -> None:
        from afterlore.research.rounds.state import State, diff, matrix

        before = State() if self._known is None else self._known
        self._known = progress.known()
        self._place = self._at(merged.round, merged.branch)
        self._line("+", f"{told(diff(before, self._known))} ({_BY[merged.by]})")
        for complaint in merged.complaints:
            self._line("~", f"left out: {complaint}")
        for row in matrix(self._known)[:1]:
            held = sum(cell.verdict == "supports" for cell in row.cells)
            self._line("=", f"{row.candidate.answer}: {row.standing.value}, {held} of {len(row.cells)} constraints")

    def _line(self, mark: str, text: str) -> None:
        super()._line(self._place + mark, text)


_BY = {"model": "by the model", "code": "by code alone", "both": "by the model, in part by code alone"}


def told(change: "StateDiff") -> str:
    """What a round adds, in a few words."""
    verified = sum(piece.verified for piece in change.evidence) + len(change.verified)
    parts = [
        _count(len(change.evidence), "piece of evidence", "pieces of evidence") + f", {verified} quote-verified"
        if change.evidence or change.verified
        else "",
        _count(len(change.candidates), "candidate"),
        _count(len(change.constraints), "constraint"),
        _count(len(change.cells), "cell changed", "cells changed"),
        _count(len(change.retractions), "retraction"),
        _count(len(change.queries), "search", "searches"),
        _count(len(change.visits), "page"),
    ]
    return ", ".join(part for part in parts if part) or "nothing new"


def _count(number: int, one: str, many: str = "") -> str:
    return "" if not number else f"{number} {one if number == 1 else many or one + 's'}"


def _used(progress: "Progress", plan: "Plan") -> str:
    known, budget = progress.known(), progress.budget
    calls = sum(meter.calls for meter in progress.meters)
    tokens = sum(meter.tokens for meter in progress.meters)
    verified = sum(piece.verified for piece in known.evidence)
    parts = [
        f"round {len(progress.rounds)} of {plan.attempts}",
        f"{len(known.evidence)} pieces of evidence, {verified} quote-verified",
        f"{calls} requests" + ("" if budget.calls is None else f" of {budget.calls}"),
        f"{tokens:,} tokens" + ("" if budget.tokens is None else f" of {budget.tokens:,}"),
        f"{progress.seconds:.0f} s" + ("" if budget.seconds is None else f" of {budget.seconds:g}"),
    ]
    return ", ".join(parts)


def print_rounds(result: "RoundsResult") -> None:
    """The answer with its evidence and what is known of it and of the others."""
    from afterlore.research.rounds.state import matrix

    console = Console(highlight=False, width=None if sys.stdout.isatty() else 160)
    if result.answer is not None:
        console.print(f"\n[bold]{escape(clean(result.answer))}[/bold]")
        if result.stop_reason != "answered":
            console.print(f"(not settled: {result.stop_reason}; this is the best there was)")
    else:
        why = f": {clean(result.failure)}" if result.failure else ""
        console.print(f"\nNo answer ({escape(result.stop_reason + why)}).")
    rows = matrix(result.state)
    if rows and result.state.constraints:
        console.print("\ncandidates")
    for row in rows if result.state.constraints else ():
        held = sum(cell.verdict == "supports" for cell in row.cells)
        line = f"{short(row.candidate.answer)}: {row.standing.value}, {held} of {len(row.cells)} constraints"
        console.print(f"  {escape(line)}", soft_wrap=True)
    if result.evidence:
        console.print("\nevidence")
    for piece in result.evidence:
        mark, status = ("✓", "quote-verified") if piece.verified else ("?", "unverified")
        console.print(f"  {mark} {status}  “{escape(clean(piece.quote))}”", soft_wrap=True)
        console.print(f"    {escape(clean(piece.address))}", soft_wrap=True)
    if result.answer is not None and not result.evidence:
        console.print("\nno quotes were given for it: nothing of it is checked")
