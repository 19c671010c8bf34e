"""A run's events told round by round: what was known before and after each, and what had been used by when.

A run without rounds is told as one round with one branch, whose finds are what code can say of it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from afterlore.journal import Event, Head
from afterlore.research.findings import Findings
from afterlore.research.rounds.harvest import harvest, pages_read
from afterlore.research.rounds.log import Merged, PartEvent, Progress, Round, RoundBegan
from afterlore.research.rounds.methods import method
from afterlore.research.rounds.rounds import Plan, RoundsResult, result_of
from afterlore.research.rounds.state import State, StateDiff, diff

__all__ = ["Chapter", "Sample", "Story", "tell"]


@dataclass(frozen=True)
class Sample:
    """What had been used at some time."""

    seconds: float
    """Worked on."""
    calls: int
    tokens: int
    """Of requests that are over."""


@dataclass(frozen=True)
class Chapter:
    """One round."""

    round: Round
    before: State
    after: State
    change: StateDiff


@dataclass
class Story:
    """One run."""

    plan: Plan | None
    """None for a run without rounds."""
    result: RoundsResult
    chapters: list[Chapter]
    samples: list[Sample]
    began: list[float] = field(default_factory=list)
    """When each round began, in seconds of work."""


def tell(id: str, head: Head, events: Sequence[Event], text_of: Callable[[str], str]) -> Story:
    """``text_of`` gives a stored text by its SHA-256."""
    plan = None if head.settings.get("plan") is None else _plan(head)
    told = events if plan is not None else list(_as_round(head, events, text_of))
    progress = Progress(head)
    samples = [Sample(0.0, 0, 0)]
    began: list[float] = []
    for event in told:
        progress.apply(event)
        if event.kind == "round":
            began.append(progress.seconds)
        meters = progress.meters
        now = Sample(progress.seconds, sum(one.calls for one in meters), sum(one.settled for one in meters))
        if (now.calls, now.tokens) != (samples[-1].calls, samples[-1].tokens):
            samples.append(now)
    # What was never answered is counted in the end, as it was reserved.
    samples.append(Sample(progress.seconds, samples[-1].calls, sum(one.tokens for one in progress.meters)))
    chapters = []
    before = State()
    for now_round in progress.rounds:
        after = progress.known(before=now_round.number + 1)
        chapters.append(Chapter(now_round, before, after, diff(before, after)))
        before = after
    how = method("single") if plan is None else plan.method
    return Story(plan, result_of(id, progress, how), chapters, samples, began)


def _plan(head: Head) -> Plan:
    settings = head.settings["plan"]
    return Plan.from_settings(settings if isinstance(settings, dict) else {})


def _as_round(head: Head, events: Sequence[Event], text_of: Callable[[str], str]) -> Iterator[Event]:
    if not events:
        return
    began = RoundBegan(round=1, leads=("",), prompts=(head.task.prompt,))
    yield Event(0, events[0].at, "round", began.to_json())
    for event in events:
        if event.kind == "resumed":
            yield event
        part = PartEvent(round=1, branch=0, kind=event.kind, body=event.body)
        yield Event(event.seq, event.at, "part", part.to_json())
        if event.kind == "ended":
            yield event
    found = harvest(events, 1, 0, Findings(pages=tuple(pages_read(events))), text_of)
    merged = Merged(round=1, branch=0, added=found, by="code")
    yield Event(events[-1].seq + 1, events[-1].at, "merged", merged.to_json())
