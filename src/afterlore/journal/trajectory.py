"""A run's trajectory, read from its events.

An agent that keeps its run here writes these events: ``asked`` before a model is asked, ``attempt`` before each request
is sent, ``step`` when a step is known, ``resumed`` when a run goes on, ``ended`` with its outcome.
Others that it writes (``done``, ``checked``) are its own business.
"""

import json
from collections.abc import Iterable

from pydantic import Field, JsonValue, TypeAdapter

from afterlore.core import Budget, Outcome, Record, Step, StepKind, Task, Trajectory, Usage
from afterlore.journal.runs import Event

__all__ = ["Head", "fold", "read_outcome"]

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)


class Head(Record):
    """What is known of a run when it begins. No secrets: it is stored and shown."""

    task: Task
    agent: str
    agent_version: str
    budget: Budget = Budget()
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """What is needed to go on: where it searches, the model's name."""


def read_outcome(body: str) -> Outcome:
    """Of an ``ended`` event's body."""
    return _OUTCOME.validate_json(body)


def fold(id: str, head: Head, events: Iterable[Event]) -> Trajectory:
    """The trajectory so far. Attempts whose reply was never put down count, with unknown tokens."""
    steps: list[Step] = []
    outcome: Outcome | None = None
    usage = Usage()
    budget = head.budget
    unanswered = 0
    for event in events:
        match event.kind:
            case "asked":
                usage += _lost(unanswered)
                unanswered = 0
            case "attempt":
                unanswered += 1
            case "step":
                step = Step.from_json(event.body)
                steps.append(step)
                usage += step.usage
                unanswered = 0 if step.kind is StepKind.THINK else unanswered
            case "resumed":
                budget = Budget.model_validate(json.loads(event.body)["budget"])
                outcome = None
                usage += _lost(unanswered)
                unanswered = 0
            case "ended":
                outcome = read_outcome(event.body)
    usage += _lost(unanswered)
    return Trajectory(
        id=id,
        task=head.task,
        agent=head.agent,
        agent_version=head.agent_version,
        steps=tuple(steps),
        outcome=outcome,
        usage=usage,
        budget=budget,
    )


def _lost(attempts: int) -> Usage:
    if not attempts:
        return Usage()
    return Usage(attempts=attempts, input_tokens=None, output_tokens=None, cached_tokens=None, cost=None)
