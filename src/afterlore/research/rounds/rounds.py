"""Deep search in rounds, after Re-TRAC: REcursive TRAjectory Compression for Deep Search Agents (arXiv 2602.02486).

A round is one run of the loop for each branch; what each did is compressed into what it adds to the state, and the next
round starts from the question and the state. Unlike the paper: the state is typed and merged by code, so that every
round survives in it; it ends early when verified evidence covers one candidate in every constraint; the answer is that
of the best candidate of all rounds, with its evidence; one ledger is shared by all branches, with what compressing
needs set aside before a round begins.

What comes next depends on the log alone. Whatever fails in a round is an outcome of that round; the answer of an
earlier one is never lost to it.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from afterlore.core import (
    AfterloreError,
    Budget,
    BudgetExhausted,
    ChatModel,
    Failed,
    InputError,
    Ledger,
    Outcome,
    Record,
    Terminated,
    Truncated,
    Usage,
    digest,
)
from afterlore.journal import Event, Run
from afterlore.research.findings import Findings
from afterlore.research.loop import Limits, Loop
from afterlore.research.rounds import words
from afterlore.research.rounds.compress import Compressed, Compressor
from afterlore.research.rounds.harvest import harvest, steps_of
from afterlore.research.rounds.log import Log, Merged, Part, PartEvent, Progress, Round, RoundBegan, part_id
from afterlore.research.rounds.methods import METHODS, Method, choose, method
from afterlore.research.rounds.state import (
    BranchStatus,
    Evidence,
    Origin,
    Standing,
    State,
    matrix,
    merge,
    render,
    settled,
    support,
)
from afterlore.research.state import Resumed
from afterlore.research.tools import Tool

__all__ = ["Plan", "Rounds", "RoundsResult", "result_of"]

_USEFUL = {"calls": 8, "tokens": 20_000}
"""What a branch is given in a round at least, while there is so much: enough to search, read and answer."""
_FAILED_ROUNDS = 2
"""How many rounds in a row may fail in every branch, before the run ends."""


@dataclass(frozen=True)
class Plan:
    """How a budget is spent. The defaults are the reference settings of Re-TRAC, where it has one."""

    method: Method = METHODS[0]
    rounds: int = 8
    """At most."""
    branches: int = 1
    """Side by side in a round."""
    turns: int = 40
    """Of one branch in one round at most."""
    known: int = 8_000
    """Tokens of the state that the next round is shown at most."""
    gate: bool = True
    """Whether the quotes of a record are looked for in their pages. Off only to measure what the gate is worth."""

    def __post_init__(self) -> None:
        for name in ("rounds", "branches", "turns"):
            if getattr(self, name) < 1:
                raise InputError(f"{name} must be 1 or more, not {getattr(self, name)}")
        if self.known < 64:
            raise InputError(f"known must be 64 tokens or more, not {self.known}")

    @property
    def settings(self) -> dict[str, str | int]:
        """For a run's head, so that it is resumed as it was begun; see ``from_settings``."""
        return {
            "method": self.method.name,
            "rounds": self.rounds,
            "branches": self.branches,
            "turns": self.turns,
            "known": self.known,
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> Self:
        """Raises InputError for a plan that is none of ours."""
        try:
            return cls(
                method=method(settings["method"]),
                rounds=int(settings["rounds"]),
                branches=int(settings["branches"]),
                turns=int(settings["turns"]),
                known=int(settings["known"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InputError(f"the run's settings hold no plan of rounds: {error}") from error

    @property
    def attempts(self) -> int:
        """Rounds that there may be."""
        return 1 if self.method.once else self.rounds


class RoundsResult(Record):
    """What came of a run."""

    run: str
    question: str
    answer: str | None
    stop_reason: str
    """``answered``: verified evidence covers it. ``limit:rounds`` and the like, ``failed:…``; ``interrupted``."""
    failure: str = ""
    """What failed, for a person."""
    standing: Standing = Standing.UNKNOWN
    """Of the answer."""
    evidence: tuple[Evidence, ...] = ()
    """For the answer, the verified first."""
    state: State = State()
    rounds: int = 0
    """That were begun."""
    usage: Usage = Usage()
    budget: Budget = Budget()
    seconds: float = 0.0


@dataclass
class Rounds:
    """One agent: a model and its tools, and a plan. ``run`` may be awaited many times at once, for different runs."""

    model: ChatModel
    tools: Sequence[Tool]
    plan: Plan = field(default_factory=Plan)
    limits: Limits = field(default_factory=Limits)
    watch: Callable[[Progress, Event], None] = lambda _progress, _event: None
    """Told of each event once it is on record."""

    async def run(self, run: Run, *, budget: Budget | None = None) -> RoundsResult:
        """Work on a run, new or resumed, until it ends. ``budget`` is a new one for a resumed run.

        Cancelling the task leaves the run as it is on record, to be resumed. Whatever the model or a tool does wrong is
        not raised: it is the outcome.
        """
        log = Log(run, self.watch)
        progress = log.progress
        if progress.rounds or progress.outcome is not None:
            if progress.outcome is not None and not (self._has_more(progress) or _can_reopen(progress.outcome, budget)):
                return result_of(run.id, progress, self.plan.method)
            log.put("resumed", Resumed(budget=budget or progress.budget, reopened=progress.outcome is not None))
        ledger = Ledger(
            progress.budget,
            calls=sum(meter.calls for meter in progress.meters),
            tokens=sum(meter.tokens for meter in progress.meters),
            cost=sum((meter.cost for meter in progress.meters), Decimal(0)),
            seconds=progress.seconds,
        )
        while progress.outcome is None:
            now = progress.rounds[-1] if progress.rounds and not progress.rounds[-1].done else None
            if now is None:
                outcome = self._end(log, ledger)
                if outcome is not None:
                    log.put("ended", outcome)
                    break
                log.put("round", self._next(run.id, progress))
                now = progress.rounds[-1]
            await self._round(log, now, ledger)
        return result_of(run.id, progress, self.plan.method)

    # ---- whether to go on

    def _has_more(self, progress: Progress) -> bool:
        """Whether a run that used all its rounds was given more of them."""
        outcome = progress.outcome
        return (
            isinstance(outcome, Truncated) and outcome.limit == "rounds" and self.plan.attempts > len(progress.rounds)
        )

    def _end(self, log: Log, ledger: Ledger) -> Outcome | None:
        """The outcome, when there is to be no further round."""
        progress, plan = log.progress, self.plan
        answer = _answer(progress, plan.method)
        if plan.method.stops_early and (row := settled(_known(progress, plan.method))) is not None:
            return Terminated(answer=row.candidate.answer)
        if log.run.is_cancelled():
            return Truncated(limit="cancelled", answer=answer)
        fresh = progress.rounds[progress.since :]
        last = fresh[-1].outcomes if fresh else []
        if plan.method.once and last and last[0] is not None:
            return last[0]
        # To have looked and found nothing is what further rounds are for.
        failed = [outcome for outcome in last if isinstance(outcome, Failed) and not _nothing(outcome)]
        if (
            last
            and len(failed) == len(last)
            and (not failed[0].failure.recoverable or len(progress.rounds) >= plan.attempts or _failing(fresh))
        ):
            return Failed(failure=failed[0].failure, answer=answer)
        if len(progress.rounds) >= plan.attempts:
            if answer is None and last and isinstance(last[-1], Failed):
                return last[-1]
            return Truncated(limit="rounds", answer=answer)
        left = ledger.left()
        for limit in ("calls", "tokens", "cost", "seconds"):
            amount = getattr(left, limit)
            if amount is not None and amount <= 0:
                return Truncated(limit=limit, answer=answer)
        return None

    def _next(self, run: str, progress: Progress) -> RoundBegan:
        """The next round: whom to ask what."""
        number = len(progress.rounds) + 1
        leads = self._leads(progress)
        prompts = (
            self._prompt(progress, digest(part_id(run, number, branch))[:12], branch, lead)
            for branch, lead in enumerate(leads)
        )
        return RoundBegan(round=number, leads=leads, prompts=tuple(prompts))

    def _leads(self, progress: Progress) -> tuple[str, ...]:
        """Of the next round: its first branch is free; the others follow open branches, the latest word first."""
        if self.plan.method.once or self.plan.method.carry != "state":
            return ("",) * (1 if self.plan.method.once else self.plan.branches)
        known = _known(progress, self.plan.method)
        leads = [one.lead for one in reversed(known.branches) if one.status is BranchStatus.OPEN]
        return ("", *leads, *("" for _ in range(self.plan.branches)))[: self.plan.branches]

    # ---- one round

    async def _round(self, log: Log, now: Round, ledger: Ledger) -> None:
        known = _known(log.progress, self.plan.method, before=now.number)
        share, aside = self._shares(now, ledger)
        try:
            async with asyncio.TaskGroup() as group:
                for branch, merged in enumerate(now.merged):
                    if merged is None:
                        group.create_task(self._branch(log, now, branch, known, share, aside))
        except BaseExceptionGroup as errors:
            # What a branch cannot turn into an outcome, such as a full disk, is one clear error.
            ours = errors.subgroup(AfterloreError)
            if ours is None:
                raise
            raise _first(ours) from errors
        finally:
            share.close()
            aside.close()

    def _shares(self, now: Round, ledger: Ledger) -> tuple[Ledger, Ledger]:
        """What the branches of a round may consume together, and what is set aside for compressing it."""
        # Who is to spend the whole budget anyway may take all that is left.
        rest = 1 if self.plan.method.carry == "answers" else self.plan.attempts - now.number + 1
        branches = len(now.leads)
        left = ledger.left()
        compresses = self.plan.method.compresses(final=now.number >= self.plan.attempts)

        def share(amount: int | None, useful: int) -> int:
            return 0 if amount is None else min(amount, max(-(-amount // rest), useful * branches))

        calls, tokens = share(left.calls, _USEFUL["calls"]), share(left.tokens, _USEFUL["tokens"])
        cost = Decimal(0) if left.cost is None else left.cost / rest
        held = min(2 * branches, calls // 3), tokens // 4, cost / 4
        if not compresses:
            held = 0, 0, Decimal(0)
        try:
            aside = ledger.carve(calls=held[0], tokens=held[1], cost=held[2])
            return ledger.carve(calls=calls - held[0], tokens=tokens - held[1], cost=cost - held[2]), aside
        except BudgetExhausted:
            # The time has run out since it was looked at: the loops end at once with what there is.
            return Ledger(Budget(calls=0)), Ledger(Budget(calls=0))

    async def _branch(self, log: Log, now: Round, branch: int, known: State, share: Ledger, aside: Ledger) -> None:
        turns = None if self.plan.method.once else self.plan.turns
        part = Part(log, now.number, branch, log.progress.part_head(now, branch, turns=turns))
        if now.outcomes[branch] is None:
            loop = Loop(self.model, self.tools, limits=self.limits)
            await loop.run(part, ledger=share)
        found = log.progress.pages(now.number, branch)
        # Looking for quotes in long pages takes a while.
        added = await asyncio.to_thread(harvest, part.events(), now.number, branch, found, part.blob)
        made = Compressed(State(), "code")
        outcome = now.outcomes[branch]
        # An endpoint that does not take what is asked will not take more.
        hopeless = isinstance(outcome, Failed) and not outcome.failure.recoverable
        compresses = self.plan.method.compresses(final=now.number >= self.plan.attempts)
        if compresses and not hopeless and not part.is_cancelled():
            made = await self._compress(log, now, branch, merge(known, added), found, aside)
        log.put(
            "merged",
            Merged(
                round=now.number,
                branch=branch,
                added=merge(added, made.added),
                by=made.by,
                complaints=made.complaints,
                notes=made.notes,
            ),
        )

    def _prompt(self, progress: Progress, nonce: str, branch: int, lead: str) -> str:
        question = progress.head.task.prompt
        number = len(progress.rounds) + 1
        match self.plan.method.carry:
            case "state" if number > 1:
                known = _told(_known(progress, self.plan.method), self.plan.method)
                return words.following(question, render(known, self.plan.known), lead, nonce)
            case "notes" if notes := _notes(progress, before=number):
                return words.following(question, notes, "", nonce)
            case "answers" if answers := _answers(progress):
                return words.again(question, answers, nonce)
        return words.opening(question, branch)

    async def _compress(
        self, log: Log, now: Round, branch: int, known: State, found: Findings, ledger: Ledger
    ) -> Compressed:
        def put(kind: str, body: Record) -> None:
            log.put("compress", PartEvent(round=now.number, branch=branch, kind=kind, body=body.to_json()))

        compressor = Compressor(
            self.model,
            log.progress.head.task.prompt,
            digest(part_id(log.run.id, now.number, branch))[:12],
            self.limits.context,
            ledger,
            put,
            done=steps_of(now.compressing[branch]),
            gate=self.plan.gate,
        )
        steps = steps_of(now.parts[branch])
        origin = Origin(now.number, branch, len(steps))
        if self.plan.method.carry == "notes":
            return await compressor.text(steps, _notes(log.progress, before=now.number), origin)
        return await compressor.typed(steps, known, found, log.run.blob, origin)


def _first(group: BaseExceptionGroup[AfterloreError]) -> AfterloreError:
    error: BaseException = group
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, AfterloreError)
    return error


def result_of(run: str, progress: Progress, how: Method) -> RoundsResult:
    """What a person is told, also of a run that has not ended."""
    outcome = progress.outcome
    state = _known(progress, how)
    candidate = choose(how, state, _answers(progress))
    answer = _answer(progress, how) if outcome is None else outcome.answer
    rows = {row.candidate.id: row for row in matrix(state)}
    row = None if candidate is None else rows.get(candidate.id)
    return RoundsResult(
        run=run,
        question=progress.head.task.prompt,
        answer=answer,
        stop_reason="interrupted" if outcome is None else outcome.stop_reason,
        failure=outcome.failure.cause if isinstance(outcome, Failed) else "",
        standing=Standing.UNKNOWN if row is None else row.standing,
        evidence=() if candidate is None else support(state, candidate),
        state=state,
        rounds=len(progress.rounds),
        usage=progress.usage,
        budget=progress.budget,
        seconds=round(progress.seconds, 3),
    )


def _answers(progress: Progress, *, before: int | None = None) -> list[str]:
    return [
        outcome.answer
        for now in progress.rounds
        if before is None or now.number < before
        for outcome in now.outcomes
        if outcome is not None and outcome.answer
    ]


def _answer(progress: Progress, how: Method) -> str | None:
    candidate = choose(how, _known(progress, how), _answers(progress))
    return None if candidate is None else candidate.answer


def _known(progress: Progress, how: Method, *, before: int | None = None) -> State:
    """Of all rounds, or of those before one; by a method that does not merge, of the last of them."""
    if how.merges:
        return progress.known(before=before)
    added = [one for one in progress.merged if before is None or one.round < before]
    return merge(*(one.added for one in added if one.round == added[-1].round))


def _told(state: State, how: Method) -> State:
    """What the next round is shown of it."""
    if how.visited:
        return state
    open_ = tuple(branch for branch in state.branches if branch.status is BranchStatus.OPEN)
    return state.model_copy(update={"queries": (), "visits": (), "branches": open_})


def _notes(progress: Progress, *, before: int) -> str:
    """Of the rounds before; side by side written ones follow each other."""
    earlier = [one for one in progress.merged if one.round < before and one.notes]
    latest = max((one.round for one in earlier), default=0)
    return "\n\n".join(one.notes for one in earlier if one.round == latest)


def _failing(rounds: Sequence[Round]) -> bool:
    """Whether the last ones failed in every branch."""
    last = rounds[-_FAILED_ROUNDS:]
    outcomes = [one for now in last for one in now.outcomes]
    return len(last) == _FAILED_ROUNDS and all(isinstance(one, Failed) and not _nothing(one) for one in outcomes)


def _nothing(outcome: Failed) -> bool:
    return outcome.failure.kind == "not_found"


def _can_reopen(outcome: Outcome, budget: Budget | None) -> bool:
    if isinstance(outcome, Truncated):
        return outcome.limit == "cancelled" or (budget is not None and outcome.limit != "rounds")
    return isinstance(outcome, Failed) and outcome.failure.recoverable
