"""What an endpoint can do, found out by asking it: a handful of short requests.

Each answer is a fact about one try. A model that did not call the tool may do so another time.
"""

from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from typing import Any

from afterlore.core import Delta, Message, ModelError, Reply, Request, Role, ToolSpec, Usage
from afterlore.llm.chat import Chat
from afterlore.llm.embeddings import Embeddings
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.prices import prices_of

__all__ = ["Finding", "Report", "check"]

_MOST = 256
"""Tokens that a reply may have; models that reason need some before they say anything."""
_ADD = ToolSpec(
    name="add",
    description="Adds two whole numbers.",
    parameters={
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
        "required": ["a", "b"],
    },
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was tried."""

    holds: bool
    detail: str = ""


@dataclass(slots=True)
class Report:
    """All of them: ``answers``, ``streams``, ``calls_tools``, ``reports_usage``, ``embeds``."""

    name: str
    model: str
    findings: dict[str, Finding] = field(default_factory=dict)
    priced: bool = False
    """Whether a limit on cost can be kept."""
    usage: Usage = field(default_factory=Usage)
    """Of what was answered here."""

    def to_dict(self) -> dict[str, Any]:
        """As ``--json`` prints it."""
        found = {name: asdict(finding) for name, finding in self.findings.items()}
        return {
            "name": self.name,
            "model": self.model,
            **found,
            "priced": self.priced,
            "usage": self.usage.model_dump(mode="json"),
        }


async def check(endpoint: Endpoint) -> Report:
    """Try everything; a failure is a finding. ``embeds`` is tried last, for few models do both.

    Raises ConfigError when the key is not at hand.
    """
    # Whether it answers now is the question; nobody waits for it to get well.
    endpoint = endpoint.model_copy(update={"retries": min(1, endpoint.retries)})
    report = Report(endpoint.name, endpoint.model, priced=prices_of(endpoint) is not None)
    async with Chat(endpoint) as chat:
        await _chat(chat, report)
    with Embeddings(endpoint) as embeddings:
        try:
            vectors = embeddings.embed(["北京", "Beijing"])
            report.findings["embeds"] = Finding(True, f"{len(vectors[0])} dimensions")
        except ModelError as error:
            report.findings["embeds"] = _failed(error)
        report.usage += embeddings.usage
    return report


async def _chat(chat: Chat, report: Report) -> None:
    def asked(text: str, *tools: ToolSpec) -> Request:
        return Request(messages=(Message(role=Role.USER, content=text),), tools=tools, max_tokens=_MOST)

    try:
        reply = await chat.complete(asked("Answer with the one word: ready"))
    except ModelError as error:
        report.findings["answers"] = _failed(error)
        return
    _count(report, reply)
    report.findings["answers"] = Finding(True, f"as {reply.model!r}, finish {reply.finish!r}")
    counted = reply.usage.tokens is not None
    report.findings["reports_usage"] = Finding(counted, "" if counted else "its answer counts no tokens")
    try:
        pieces = 0
        async with aclosing(chat.stream(asked("Count from 1 to 5."))) as items:
            async for item in items:
                if isinstance(item, Delta):
                    pieces += 1
                else:
                    _count(report, item)
        report.findings["streams"] = Finding(pieces > 1, f"{pieces} pieces")
    except ModelError as error:
        report.findings["streams"] = _failed(error)
    try:
        reply = await chat.complete(asked("What is 17 + 25? Call the tool add.", _ADD))
        _count(report, reply)
        called = [call for call in reply.message.calls if call.name == _ADD.name and call.parsed]
        report.findings["calls_tools"] = Finding(bool(called), "" if called else "it did not call the tool this time")
    except ModelError as error:
        report.findings["calls_tools"] = _failed(error)


def _failed(error: ModelError) -> Finding:
    return Finding(False, f"{error.kind}: {error.detail}")


def _count(report: Report, reply: Reply) -> None:
    report.usage += reply.usage
