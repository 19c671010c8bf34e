"""Where a run stands: a fold over its events, so that a run that was killed and one that was not know the same."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Self

from pydantic import BaseModel

from afterlore.core import (
    Budget,
    Failed,
    Hit,
    Message,
    Outcome,
    Record,
    Role,
    Step,
    StepKind,
    ToolResult,
    ToolStatus,
    Truncated,
    Usage,
    digest,
)
from afterlore.journal import Event, Head, Run, RunRow
from afterlore.journal.trajectory import read_outcome
from afterlore.research import words
from afterlore.research.conversation import Entry, entries, fit, plain
from afterlore.research.findings import Findings, PageRef, Quoted

__all__ = ["Asked", "Attempt", "Checked", "Done", "Result", "Resumed", "State"]

_AFTER_OVERFLOW = 0.6
"""Of the context that the endpoint found too large, what is sent next."""


class Asked(Record):
    """Event: a model is about to be asked."""

    seq: int
    """The step that its reply becomes."""
    model: str
    """As the configuration names it."""
    tokens: int
    """Of what is sent, as estimated."""
    closing: str = ""
    """Why only the answer is asked for; empty while there is more to do."""


class Attempt(Record):
    """Event: one request is about to be sent, with so much reserved."""

    calls: int
    tokens: int
    cost: Decimal


class Done(Record):
    """Event: one tool call is done."""

    key: str
    result: ToolResult
    stale: bool = False
    """Whether nothing of it is new to the run."""
    queries: tuple[str, ...] = ()
    hits: tuple[Hit, ...] = ()
    pages: tuple[PageRef, ...] = ()


class Checked(Record):
    """Event: the answer's quotes were held against the pages."""

    quotes: tuple[Quoted, ...]


class Resumed(Record):
    """Event: a run goes on."""

    budget: Budget
    reopened: bool
    """Whether it had ended."""


class Result(Record):
    """What came of a run."""

    run: str
    question: str
    answer: str | None
    stop_reason: str
    """``answered``, ``limit:…``, ``failed:…``; ``running`` or ``interrupted`` when there is no end yet."""
    failure: str = ""
    """What failed, for a person."""
    evidence: tuple[Quoted, ...] = ()
    """The quotes of the answer, each checked."""
    findings: Findings = Findings()
    steps: int = 0
    usage: Usage = Usage()
    budget: Budget = Budget()
    seconds: float = 0.0


class State:
    """All that a run's next step depends on."""

    def __init__(self, id: str, head: Head, began: datetime, *, room: int, model: str) -> None:
        """``room``: tokens that may be sent. ``model``: who is asked from now on; only it is sent its own reasoning."""
        self.id = id
        self.head = head
        self.nonce = digest(id)[:12]
        """Marks where outside text begins and ends; pages cannot know it."""
        self.room = self._whole_room = room
        """Tokens that may be sent."""
        self._model = model
        self.budget = head.budget
        self.steps: list[Step] = []
        self.findings = Findings()
        self.outcome: Outcome | None = None
        self.closing = ""
        self.closings = 0
        """How often only the answer was asked for, and not given."""
        self.known: dict[str, ToolResult] = {}
        """Results by their call's key."""
        self.tried: set[str] = set()
        """Keys of all calls that were made, those that failed too."""
        self.done: dict[str, Done] = {}
        """Of the calls under way, by id."""
        self.nudges = self.failures = self.overflows = self.idle = 0
        """In a row: replies that were no use, requests that failed, contexts too large, turns with nothing new."""
        self.usage = Usage()
        self.calls = self.tokens = 0
        self.cost = Decimal(0)
        self.seconds = 0.0
        """Worked on, over all sessions."""
        self._since: datetime | None = None
        self._from = 0
        self._asked: Asked | None = None
        self._open: list[Attempt] = []
        self._parts: list[tuple[int, Entry]] = []
        for entry in (
            plain(Role.SYSTEM, words.system(f"{began:%Y-%m-%d}", self.nonce)),
            plain(Role.USER, head.task.prompt),
        ):
            self._parts.append((-1, entry))

    @classmethod
    def of(cls, run: Run | RunRow, events: Iterable[Event], *, room: int = 0, model: str = "") -> Self:
        """Where a run stands after its events."""
        state = cls(run.id, Head.from_json(run.head), run.began, room=room, model=model)
        for event in events:
            state.apply(event)
        return state

    # ---- what follows from it

    @property
    def last(self) -> Step | None:
        """The latest step since the run was begun or opened again."""
        return self.steps[-1] if len(self.steps) > self._from else None

    @property
    def turns(self) -> int:
        """Replies so far."""
        return sum(step.kind is StepKind.THINK and step.message is not None for step in self.steps)

    def messages(self, room: int, extra: str = "") -> tuple[tuple[Message, ...] | None, int]:
        """What is sent in at most ``room`` tokens, with their estimate; None when it does not fit."""
        parts = [entry for _, entry in self._parts]
        last = self._parts[-1][0]
        recent = sum(at == last for at, _ in self._parts) if last >= 0 else 0
        if extra:
            if parts[-1].message.role is Role.USER:
                parts[-1] = plain(Role.USER, f"{parts[-1].message.content}\n\n{extra}")
            else:
                parts.append(plain(Role.USER, extra))
                recent += 1
        sent = fit(parts, room, recent=recent)
        return sent, min(room, sum(entry.tokens for entry in parts))

    def barest(self, extra: str) -> tuple[tuple[Message, ...], int]:
        """The question and what was found in a few lines, for when the conversation cannot be made to fit."""
        titles = "\n".join(f"- {page.title[:100]} {page.address[:200]}" for page in self.findings.pages[-20:])
        known = f"\n\nPages that were read:\n<data {self.nonce}>\n{titles}\n</data {self.nonce}>" if titles else ""
        parts = [self._parts[0][1], plain(Role.USER, f"{self.head.task.prompt}{known}\n\n{extra}")]
        return tuple(entry.message for entry in parts), sum(entry.tokens for entry in parts)

    def result(self, *, running: bool = False) -> Result:
        """What a person is told."""
        outcome = self.outcome
        return Result(
            run=self.id,
            question=self.head.task.prompt,
            answer=None if outcome is None else outcome.answer,
            stop_reason=outcome.stop_reason if outcome else "running" if running else "interrupted",
            failure=outcome.failure.cause if isinstance(outcome, Failed) else "",
            evidence=self.findings.quotes,
            findings=self.findings.model_copy(update={"quotes": ()}),
            steps=len(self.steps),
            usage=self.usage,
            budget=self.budget,
            seconds=round(self.seconds, 3),
        )

    def can_reopen(self, budget: Budget | None) -> bool:
        """Whether an ended run may go on: after a failure, which somebody may have mended; after it was cancelled or
        found no room; and with a new budget after it ran out.
        """
        if isinstance(self.outcome, Truncated):
            return budget is not None or self.outcome.limit in ("cancelled", "context")
        return isinstance(self.outcome, Failed)

    # ---- the fold

    def apply(self, event: Event) -> BaseModel:
        """Take one event in; gives what its body says."""
        self._tick(event)
        match event.kind:
            case "asked":
                return self._apply_asked(Asked.from_json(event.body))
            case "attempt":
                attempt = Attempt.from_json(event.body)
                self._open.append(attempt)
                return attempt
            case "step":
                step = Step.from_json(event.body)
                self._apply_step(step)
                return step
            case "done":
                done = Done.from_json(event.body)
                self.done[done.result.call] = done
                return done
            case "checked":
                checked = Checked.from_json(event.body)
                self.findings = self.findings.model_copy(update={"quotes": checked.quotes})
                return checked
            case "resumed":
                return self._apply_resumed(Resumed.from_json(event.body))
            case "ended":
                self._settle(Usage(), answered=False)
                self.outcome = read_outcome(event.body)
                return self.outcome
        raise ValueError(f"run {self.id!r}: an event of unknown kind {event.kind!r}")

    def _tick(self, event: Event) -> None:
        if self._since is not None and event.kind != "resumed":
            self.seconds += max(0.0, (event.at - self._since).total_seconds())
        self._since = event.at

    def _apply_asked(self, asked: Asked) -> Asked:
        self._settle(Usage(), answered=False)
        self._asked = asked
        if asked.closing:
            self.closing = asked.closing
        return asked

    def _apply_step(self, step: Step) -> None:
        before = self.last
        self.steps.append(step)
        match step.kind:
            case StepKind.THINK:
                self._settle(step.usage, answered=True)
                own = self._asked is not None and self._asked.model == self._model
                self._judge(step)
                self._add(entries(step, (), step.failure.kind if step.failure and step.message else "", reasoning=own))
            case StepKind.OBSERVE:
                assert before is not None
                self.idle = self.idle + 1 if all(done.stale for done in self.done.values()) else 0
                self.tried |= {done.key for done in self.done.values()}
                for done in self.done.values():
                    if done.result.status in (ToolStatus.OK, ToolStatus.RETRIED):
                        self.known[done.key] = done.result
                    self.findings += Findings(queries=done.queries, hits=done.hits, pages=done.pages)
                self.done = {}
                self._add(entries(step, before.calls, ""))

    def _add(self, new: Iterable[Entry]) -> None:
        number = self.steps[-1].seq
        for entry in new:
            if self._parts[-1][1].message.role is Role.USER is entry.message.role:
                at, before = self._parts[-1]
                entry = plain(Role.USER, f"{before.message.content}\n\n{entry.message.content}")
                self._parts[-1] = (at, entry)
            else:
                self._parts.append((number, entry))

    def _judge(self, step: Step) -> None:
        """Count what went wrong in a row, and lower the room after an overflow."""
        kind = step.failure.kind if step.failure else ""
        if kind and kind != "context_overflow" and self.closing:
            self.closings += 1
        if step.message is not None:
            self.failures = self.overflows = 0
            self.nudges = self.nudges + 1 if kind else 0
        elif kind == "context_overflow":
            self.overflows += 1
            sent = self._asked.tokens if self._asked else self.room
            self.room = int(min(self.room, sent) * _AFTER_OVERFLOW)
        else:
            self.failures += 1
        self._asked = None

    def _settle(self, usage: Usage, *, answered: bool) -> None:
        """Put down what a request consumed: what is known of it, else what was reserved for it. A call that
        was never sent, since nothing answered at the address, does not count.
        """
        held, self._open = self._open, []
        reserved = sum(one.calls for one in held)
        self.calls += min(reserved, usage.attempts) if answered else reserved
        self.tokens += usage.tokens if answered and usage.tokens is not None else sum(one.tokens for one in held)
        self.cost += usage.cost if answered and usage.cost is not None else sum((one.cost for one in held), Decimal(0))
        if answered:
            self.usage += usage
        elif held:
            self.usage += Usage(attempts=reserved, input_tokens=None, output_tokens=None, cached_tokens=None, cost=None)

    def _apply_resumed(self, resumed: Resumed) -> Resumed:
        self._settle(Usage(), answered=False)
        self._asked = None
        self.budget = resumed.budget
        if resumed.reopened:
            self.outcome = None
            self.closing = ""
            self.closings = self.nudges = self.failures = self.overflows = self.idle = 0
            self.done = {}
            self.room = self._whole_room
            self.findings = self.findings.model_copy(update={"quotes": ()})
            self._from = len(self.steps)
            # What it ended with, said or about to be called, is not part of what goes on.
            while self._parts[-1][1].message.role is Role.ASSISTANT:
                self._parts.pop()
        return resumed
