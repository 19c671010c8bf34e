"""The trajectory: what an agent did, step by step, exactly as it was sent and received.

Scores of a trajectory live beside it, never inside it.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, JsonValue

from afterlore.core.budget import Budget, Limit
from afterlore.core.record import Record
from afterlore.core.usage import Usage

__all__ = [
    "Failed",
    "Failure",
    "Message",
    "Outcome",
    "Role",
    "Step",
    "StepKind",
    "Task",
    "Terminated",
    "ToolCall",
    "ToolResult",
    "ToolStatus",
    "Trajectory",
    "Truncated",
]


class Task(Record):
    """What an agent is asked to do."""

    prompt: str
    split: str = ""
    """Of a data set: ``train``, ``test``; empty for a person's question."""
    seed: int = 0
    verifier: str = ""
    """Reference of what can check the answer; empty when nothing can."""


class ToolCall(Record):
    """A call that a model asked for: its text as it came, and what it was read as."""

    id: str
    """Unique within its trajectory."""
    name: str
    arguments: str
    """The raw text."""
    parsed: dict[str, JsonValue] | None = None
    """None where the text is no JSON object, or does not fit the tool."""
    signature: str = ""
    """What the endpoint wants back with the call, as it came: Gemini's thought signature."""


class ToolStatus(StrEnum):
    """How a call went."""

    OK = "ok"
    RETRIED = "retried"
    """Done, after a first try that failed or arguments that were mended."""
    FAILED = "failed"
    DENIED = "denied"
    """Not done: unknown tool, arguments that do not fit, or a call that is not allowed."""
    TIMED_OUT = "timed_out"


class ToolResult(Record):
    """What a call gave."""

    call: str
    """Id of the call."""
    name: str
    status: ToolStatus
    content: str
    """What the model is shown; of long content the beginning, with ``blob`` holding all of it."""
    blob: str = ""
    """SHA-256 of the whole content where it is stored; empty when ``content`` is whole."""
    seconds: float = 0.0


class Role(StrEnum):
    """Who speaks."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class Message(Record):
    """One message of a conversation with a model, in no endpoint's own form."""

    role: Role
    content: str = ""
    reasoning: str = ""
    """What a model wrote before its reply, where the endpoint tells it apart. Never sent to another model."""
    calls: tuple[ToolCall, ...] = ()
    """Of an assistant's message."""
    call: str = ""
    """Of a tool's message: id of the call that it answers."""
    name: str = ""
    """Of a tool's message: the tool."""


class Failure(Record):
    """What went wrong: the raw material of learning."""

    kind: str
    """One word or two, joined by ``_``: ``rate_limited``, ``context_overflow``."""
    recoverable: bool
    """Whether the same thing may go well another time."""
    cause: str
    """For a person; no secrets."""
    seq: int | None = None
    """The step that failed."""


class StepKind(StrEnum):
    """What a step is."""

    THINK = "think"
    """A model's reply."""
    ACT = "act"
    """Calls, put down before they are made."""
    OBSERVE = "observe"
    """What they gave."""
    COMPRESS = "compress"
    """What was done so far, made shorter."""
    FINAL = "final"
    """The answer."""


class Step(Record):
    """One step."""

    seq: int
    """From 0, without gaps."""
    kind: StepKind
    message: Message | None = None
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    usage: Usage = Usage()
    at: AwareDatetime
    """When it began; with an offset."""
    seconds: float = 0.0
    failure: Failure | None = None
    context: str = ""
    """SHA-256 of the canonical JSON of the exact messages that were sent; empty where none were."""


class Terminated(Record):
    """The agent finished."""

    kind: Literal["terminated"] = "terminated"
    answer: str

    @property
    def stop_reason(self) -> str:
        """``answered``."""
        return "answered"


class Truncated(Record):
    """The agent ran out, or was stopped; what it had by then is kept."""

    kind: Literal["truncated"] = "truncated"
    limit: Limit | Literal["context", "rounds", "cancelled"]
    answer: str | None = None
    """The best there was, if there was any."""

    @property
    def stop_reason(self) -> str:
        """``limit:calls`` and the like."""
        return f"limit:{self.limit}"


class Failed(Record):
    """The agent could not go on."""

    kind: Literal["failed"] = "failed"
    failure: Failure
    answer: str | None = None
    """The best there was, if there was any."""

    @property
    def stop_reason(self) -> str:
        """``failed:rate_limited`` and the like."""
        return f"failed:{self.failure.kind}"


Outcome = Annotated[Terminated | Truncated | Failed, Field(discriminator="kind")]
"""Finished, ran out, or failed: three different things everywhere. Each has an ``answer`` and a ``stop_reason``."""


class Trajectory(Record):
    """What an agent did on one task."""

    schema_version: Literal[1] = 1
    id: str
    task: Task
    agent: str
    agent_version: str
    parent: str | None = None
    """The trajectory that this one was forked from,"""
    fork: int | None = None
    """and the step after which."""
    steps: tuple[Step, ...] = ()
    outcome: Outcome | None = None
    """None while it runs, or when it was interrupted."""
    usage: Usage = Usage()
    budget: Budget = Budget()
