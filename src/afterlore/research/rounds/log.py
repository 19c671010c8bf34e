"""A run in rounds, on record: one log of the journal holds all rounds, their branches and what was merged.

A branch's loop writes to a ``Part``: to it, a run of its own; in fact a slice of the one log. What comes next depends
on the log alone (``Progress``), so a run that was killed goes on where it was.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from afterlore.core import Budget, Outcome, Record, Step, Trajectory, Usage
from afterlore.journal import Event, Head, Run
from afterlore.journal import fold as read_trajectory
from afterlore.journal.trajectory import read_outcome
from afterlore.research.findings import Findings
from afterlore.research.rounds.harvest import pages_read
from afterlore.research.rounds.state import State, merge
from afterlore.research.state import Attempt, Resumed

__all__ = ["Log", "Merged", "Meter", "Part", "PartEvent", "Progress", "Round", "RoundBegan", "part_id"]


class RoundBegan(Record):
    """Event ``round``: a round is about to begin, one branch for each lead."""

    round: int
    """From 1."""
    leads: tuple[str, ...]
    """Empty texts where a branch follows no lead of its own."""
    prompts: tuple[str, ...]
    """What each branch is asked: the question, with what it is told of the rounds before."""


class PartEvent(Record):
    """Event ``part``: of a branch's loop; event ``compress``: of what compresses it."""

    round: int
    branch: int
    kind: str
    body: str
    """JSON."""


class Merged(Record):
    """Event ``merged``: what a branch adds to the state."""

    round: int
    branch: int
    added: State
    by: Literal["model", "code", "both"]
    """Who made it: the model's update, code alone because the model gave none that can be used, or both where the model
    was asked in chunks and failed at some."""
    complaints: tuple[str, ...] = ()
    """About what the model wrote and code left out."""
    notes: str = ""
    """The text that was written anew, where the method carries one."""


class Meter:
    """What requests consumed, as the log has it: what is known of each, else what was reserved for it."""

    def __init__(self) -> None:
        self.usage = Usage()
        self._calls = self._tokens = 0
        self._cost = Decimal(0)
        self._open: list[Attempt] = []

    def see(self, kind: str, body: str) -> None:
        """Take in one event of a loop or of a compression."""
        if kind == "attempt":
            self._open.append(Attempt.from_json(body))
        elif kind == "step":
            step = Step.from_json(body)
            if self._open or step.usage != Usage():
                self._settle(step.usage)
        elif kind in ("asked", "resumed", "ended"):
            self._settle(None)

    @property
    def calls(self) -> int:
        """Requests sent, or about to be."""
        return self._calls + sum(one.calls for one in self._open)

    @property
    def tokens(self) -> int:
        """Sent and received."""
        return self._tokens + sum(one.tokens for one in self._open)

    @property
    def settled(self) -> int:
        """Tokens of the requests that are over."""
        return self._tokens

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        return self._cost + sum((one.cost for one in self._open), Decimal(0))

    def _settle(self, usage: Usage | None) -> None:
        held, self._open = self._open, []
        calls = sum(one.calls for one in held)
        tokens = None if usage is None else usage.tokens
        cost = None if usage is None else usage.cost
        self._calls += calls
        self._tokens += sum(one.tokens for one in held) if tokens is None else tokens
        self._cost += sum((one.cost for one in held), Decimal(0)) if cost is None else cost
        if usage is not None:
            self.usage += usage
        elif held:
            self.usage += Usage(attempts=calls, input_tokens=None, output_tokens=None, cached_tokens=None, cost=None)


@dataclass
class Round:
    """One round as far as it went."""

    number: int
    leads: tuple[str, ...]
    prompts: tuple[str, ...]
    parts: list[list[Event]]
    """Events of each branch's loop."""
    compressing: list[list[Event]]
    meters: list[Meter]
    """Of each branch, compression included."""
    merged: list[Merged | None]
    outcomes: list[Outcome | None]

    @property
    def done(self) -> bool:
        """Whether every branch's finds are merged."""
        return None not in self.merged


@dataclass
class Progress:
    """All that a run's next step depends on: a fold over its events."""

    head: Head
    rounds: list[Round] = field(default_factory=list)
    outcome: Outcome | None = None
    budget: Budget = field(default_factory=Budget)
    seconds: float = 0.0
    """Worked on, over all sessions."""
    since: int = 0
    """How many rounds there were when the run was opened again: their failures are past."""
    _at: datetime | None = None

    def __post_init__(self) -> None:
        self.budget = self.head.budget

    def apply(self, event: Event) -> None:
        """Take one event in."""
        if self._at is not None and event.kind != "resumed":
            self.seconds += max(0.0, (event.at - self._at).total_seconds())
        self._at = event.at
        match event.kind:
            case "round":
                self._begin(RoundBegan.from_json(event.body))
            case "part" | "compress":
                self._part(event, PartEvent.from_json(event.body))
            case "merged":
                merged = Merged.from_json(event.body)
                self.rounds[merged.round - 1].merged[merged.branch] = merged
            case "resumed":
                resumed = Resumed.from_json(event.body)
                self.budget = resumed.budget
                if resumed.reopened:
                    self.outcome = None
                    self.since = len(self.rounds)
            case "ended":
                self.outcome = read_outcome(event.body)
            case _:
                raise ValueError(f"a run in rounds has no event of kind {event.kind!r}")

    def _begin(self, began: RoundBegan) -> None:
        branches = range(len(began.leads))
        self.rounds.append(
            Round(
                number=began.round,
                leads=began.leads,
                prompts=began.prompts,
                parts=[[] for _ in branches],
                compressing=[[] for _ in branches],
                meters=[Meter() for _ in branches],
                merged=[None for _ in branches],
                outcomes=[None for _ in branches],
            )
        )

    def _part(self, event: Event, part: PartEvent) -> None:
        now = self.rounds[part.round - 1]
        events = (now.parts if event.kind == "part" else now.compressing)[part.branch]
        events.append(Event(len(events), event.at, part.kind, part.body))
        now.meters[part.branch].see(part.kind, part.body)
        if event.kind == "part" and part.kind == "resumed":
            now.outcomes[part.branch] = None
        if event.kind == "part" and part.kind == "ended":
            now.outcomes[part.branch] = read_outcome(part.body)

    @property
    def merged(self) -> list[Merged]:
        """In order of round and branch."""
        return [one for now in self.rounds for one in now.merged if one is not None]

    def known(self, *, before: int | None = None) -> State:
        """Of all rounds, or of those before one: the same whichever branch ended first."""
        return merge(*(one.added for one in self.merged if before is None or one.round < before))

    def pages(self, round: int, branch: int) -> Findings:
        """Pages that were read before a branch ended: by it, and in earlier rounds. Those of its siblings are not among
        them, so that what is made of it does not depend on who was first.
        """
        events = [*(one for now in self.rounds[: round - 1] for one in now.parts), self.rounds[round - 1].parts[branch]]
        return Findings(pages=tuple(page for one in events for page in pages_read(one)))

    def trajectories(self, run: str) -> tuple[Trajectory, ...]:
        """One for each branch of each round, in order."""
        return tuple(
            read_trajectory(part_id(run, now.number, branch), self.part_head(now, branch), events)
            for now in self.rounds
            for branch, events in enumerate(now.parts)
        )

    def part_head(self, now: Round, branch: int, *, turns: int | None = None) -> Head:
        """Of one branch; ``turns`` limits its replies."""
        return Head(
            task=self.head.task.model_copy(update={"prompt": now.prompts[branch]}),
            agent=self.head.agent,
            agent_version=self.head.agent_version,
            budget=Budget(depth=turns),
        )

    @property
    def meters(self) -> list[Meter]:
        """Of all branches of all rounds."""
        return [meter for now in self.rounds for meter in now.meters]

    @property
    def usage(self) -> Usage:
        """Of all requests; unknown where one is."""
        total = Usage()
        for meter in self.meters:
            total += meter.usage
        return total


def part_id(run: str, round: int, branch: int) -> str:
    """Of one branch of one round."""
    return f"{run}-{round}-{branch}"


class Log:
    """The log of a run that this process holds, and what follows from it."""

    def __init__(self, run: Run, watch: Callable[[Progress, Event], None]) -> None:
        self.run = run
        self.progress = Progress(Head.from_json(run.head))
        self._watch = watch
        for event in run.events():
            self.progress.apply(event)

    def put(self, kind: str, body: Record | Outcome, *, blobs: Iterable[str] = ()) -> Event:
        """On record first, then known, then told."""
        event = self.run.append(kind, body.to_json(), blobs=blobs)
        self.progress.apply(event)
        self._watch(self.progress, event)
        return event


class Part(Run):
    """One branch of one round, as its loop sees it: a run with events of its own, blobs and end shared."""

    def __init__(self, log: Log, round: int, branch: int, head: Head) -> None:
        self._log = log
        self._round = round
        self._branch = branch
        self.id = part_id(log.run.id, round, branch)
        self.began = log.run.began
        self.head = head.to_json()

    def close(self) -> None:
        """The run it is part of stays held."""

    def append(self, kind: str, body: str, *, blobs: Iterable[str] = ()) -> Event:
        """Put down one event with the long texts that it refers to, all or nothing."""
        wrapped = PartEvent(round=self._round, branch=self._branch, kind=kind, body=body)
        at = self._log.put("part", wrapped, blobs=blobs).at
        return Event(len(self.events()) - 1, at, kind, body)

    def events(self) -> list[Event]:
        """All of this branch so far, in order."""
        return list(self._own)

    @property
    def _own(self) -> Sequence[Event]:
        return self._log.progress.rounds[self._round - 1].parts[self._branch]

    def blob(self, sha256: str) -> str:
        """A text by its SHA-256. Raises NotFoundError."""
        return self._log.run.blob(sha256)

    def is_cancelled(self) -> bool:
        """Whether somebody asked for the end of the whole run."""
        return self._log.run.is_cancelled()
