"""Compress a branch's trajectory into what it adds to the state: ``S_t = Compress(trajectory_t, S_{t-1})`` (Re-TRAC,
section 3), with a model's update that code checks.

A trajectory that does not fit is shown in chunks; what the endpoint finds too large is cut smaller. A reply that cannot
be used is asked for once more. Where that fails too, or the budget does not allow the request, what code can say
(``harvest``) stands alone: compressing never ends a run.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from afterlore.context.tokens import count_tokens
from afterlore.core import (
    BudgetExhausted,
    ChatModel,
    Failure,
    InputError,
    Ledger,
    Message,
    ModelError,
    Page,
    Record,
    Request,
    Role,
    Step,
    StepKind,
    canonical_json,
    digest,
)
from afterlore.research.conversation import looks_like_call
from afterlore.research.findings import Findings
from afterlore.research.loop import Counted, usage_of
from afterlore.research.rounds import words
from afterlore.research.rounds.state import Locate, LoggedFailure, Origin, State, accept, merge, read_update, render
from afterlore.text.quotes import QuoteIndex

__all__ = ["Compressed", "Compressor", "transcript"]

_CLIPS = (20_000, 6_000, 2_500, 1_200, 500)
"""Characters of one tool result that are shown: the most with which the trajectory fits into the chunks there are."""
_REPLY = 8_000
_OVERFLOWS = 3
"""How often a chunk that the endpoint finds too large is cut smaller."""
_SMALLEST = 400
"""Tokens of a chunk below which it is given up."""


@dataclass(frozen=True)
class Compressed:
    """What came of it."""

    added: State
    by: Literal["model", "code", "both"]
    complaints: tuple[str, ...] = ()
    notes: str = ""


class _Unusable(Exception):
    """The model gave nothing that can be used; ``failure`` says why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.cause)
        self.failure = failure


@dataclass
class Compressor:
    """Compresses one branch. ``put`` appends to the log; ``done`` are the steps of an earlier try that was cut off:
    what was answered then is not asked again.
    """

    model: ChatModel
    question: str
    nonce: str
    context: int
    """Tokens sent at most."""
    ledger: Ledger
    """What is set aside for compressing."""
    put: Callable[[str, Record], None]
    done: list[Step] = field(default_factory=list)
    chunks: int = 4
    """At most."""
    gate: bool = True
    """Whether quotes are looked for in their pages; off only to measure what that is worth."""

    @property
    def reply(self) -> int:
        """Tokens that a record may have, a model's reasoning included."""
        return min(_REPLY, self.context // 4)

    async def typed(
        self,
        steps: Sequence[Step],
        known: State,
        found: Findings,
        text_of: Callable[[str], str],
        origin: Origin,
    ) -> Compressed:
        """What a model's updates add to ``known``, each quote looked for in the pages of ``found``."""
        added = State()
        complaints: list[str] = []
        good = bad = 0
        shown = self.context // 4
        locate = _gate() if self.gate else _anywhere
        for chunk, part in self._chunks(steps, shown):
            now = merge(known, added)
            try:
                text = await self._asked(words.COMPRESS, render(now, max(64, shown)), chunk, part, _check)
            except _Unusable as error:
                bad += 1
                added = merge(added, State(failures=(LoggedFailure(origin=origin, failure=error.failure),)))
                continue
            update, left_out = read_update(text)
            pages = [page for item in update.evidence if (page := _page(item.address, found, text_of))]
            new, unresolved = await asyncio.to_thread(accept, update, now, pages, origin, locate)
            added = merge(added, new)
            complaints += [*left_out, *unresolved]
            good += 1
        by: Literal["model", "code", "both"] = "code" if not good else "both" if bad else "model"
        return Compressed(added, by, tuple(complaints))

    async def text(self, steps: Sequence[Step], notes: str, origin: Origin) -> Compressed:
        """The notes written anew by the model, as the reference does; the old ones where that fails."""
        by: Literal["model", "code", "both"] = "code"
        failures: list[LoggedFailure] = []
        for chunk, part in self._chunks(steps, count_tokens(notes)):
            try:
                notes = await self._asked(words.REWRITE, notes, chunk, part, _check_text)
                by = "model"
            except _Unusable as error:
                failures.append(LoggedFailure(origin=origin, failure=error.failure))
        return Compressed(State(failures=tuple(failures)), by, notes=notes)

    def _chunks(self, steps: Sequence[Step], known: int) -> Iterator[tuple[str, str]]:
        """Pieces of the trajectory, each with a note which of how many it is."""
        left = self.ledger.left()
        most = max(1, self.chunks if left.calls is None else min(self.chunks, left.calls))
        sent = self.context if left.tokens is None else min(self.context, left.tokens // most)
        room = max(_SMALLEST, sent - known - self.reply - count_tokens(self.question + words.COMPRESS) - 200)
        for clip in _CLIPS:
            packed = _pack(transcript(steps, clip), room)
            if len(packed) <= most:
                break
        # What still does not fit is left out in the middle: the beginning holds the plan, the end the answer.
        if len(packed) > most:
            packed = [*packed[: most // 2], *packed[len(packed) - (most - most // 2) :]]
        for number, chunk in enumerate(packed, start=1):
            yield chunk, f" (part {number} of {len(packed)})" if len(packed) > 1 else ""

    async def _asked(self, system: str, known: str, chunk: str, part: str, check: Callable[[Message], str]) -> str:
        """The reply that passes the check, on the first or second try. Raises _Unusable."""
        fault, said = "", ""
        overflows = 0
        for _ in range(2 + _OVERFLOWS):
            shown = words.material(self.question, known, chunk, self.nonce, part)
            messages = [
                Message(role=Role.SYSTEM, content=system.format(nonce=self.nonce)),
                Message(role=Role.USER, content=shown),
            ]
            if fault:
                messages.append(Message(role=Role.ASSISTANT, content=said or "(nothing)"))
                messages.append(Message(role=Role.USER, content=words.rewriting(fault)))
            reply = await self._complete(tuple(messages))
            if isinstance(reply, Failure):
                overflows += 1
                if reply.kind != "context_overflow" or overflows > _OVERFLOWS or count_tokens(chunk) < _SMALLEST:
                    raise _Unusable(reply)
                chunk = f"{chunk[: int(len(chunk) * 0.5)]}\n[cut here]"
                known = known[: int(len(known) * 0.7)]
                continue
            wrong = check(reply)
            if not wrong:
                return reply.content
            if fault:
                raise _Unusable(Failure(kind="summary_unusable", recoverable=True, cause=wrong[:300]))
            fault, said = wrong, reply.content[:2_000]
        raise _Unusable(Failure(kind="context_overflow", recoverable=True, cause="the record was never small enough"))

    async def _complete(self, messages: tuple[Message, ...]) -> Message | Failure:
        """One reply, or why there is none."""
        context = digest(canonical_json([message.model_dump(mode="json") for message in messages]))
        before = next((step for step in self.done if step.context == context), None)
        if before is not None and before.message is not None:
            return before.message
        step = Step(seq=len(self.done), kind=StepKind.COMPRESS, at=datetime.now(UTC), context=context)
        ledger = Counted(self.ledger, lambda attempt: self.put("attempt", attempt))
        try:
            async with asyncio.timeout(self.ledger.left().seconds):
                reply = await self.model.complete(Request(messages=messages, max_tokens=self.reply), ledger=ledger)
        except TimeoutError:
            return Failure(kind="limit_seconds", recoverable=True, cause="the time is used up")
        except BudgetExhausted as error:
            return Failure(kind=f"limit_{error.limit}", recoverable=True, cause=str(error))
        except ModelError as error:
            failure = Failure(kind=error.kind, recoverable=error.recoverable, cause=str(error))
            self._note(step.model_copy(update={"failure": failure, "usage": usage_of(error)}))
            return failure
        self._note(step.model_copy(update={"message": reply.message, "usage": reply.usage}))
        return reply.message

    def _note(self, step: Step) -> None:
        self.put("step", step)
        self.done.append(step)


def _gate() -> Locate:
    """The quote gate, each page folded once."""
    indexes: dict[str, QuoteIndex] = {}

    def locate(quote: str, text: str) -> tuple[int, int] | None:
        if text not in indexes:
            indexes[text] = QuoteIndex(text)
        return indexes[text].locate(quote)

    return locate


def _anywhere(quote: str, text: str) -> tuple[int, int] | None:
    """No gate: any quote is taken to stand at the beginning."""
    return (0, min(len(quote), len(text))) if quote and text else None


def _check(message: Message) -> str:
    """What is wrong with an update; empty when nothing is."""
    if message.calls or looks_like_call(message.content):
        return "it is a tool call, and there are no tools here"
    try:
        read_update(message.content)
    except InputError as error:
        return str(error)
    return ""


def _check_text(message: Message) -> str:
    if message.calls or looks_like_call(message.content):
        return "it is a tool call, and there are no tools here"
    return "" if message.content.strip() else "it is empty"


def _page(address: str, found: Findings, text_of: Callable[[str], str]) -> Page | None:
    page = found.page(address)
    if page is None:
        return None
    return Page(
        address=address, title=page.title, text=text_of(page.sha256), sha256=page.sha256, retrieved=page.retrieved
    )


def transcript(steps: Sequence[Step], clip: int) -> list[str]:
    """What was done, an entry for each reply and each result; of a result at most ``clip`` characters."""
    out: list[str] = []
    for step in steps:
        if step.kind is StepKind.THINK and step.message is not None:
            said = [f"[{step.seq}] searcher: {step.message.content.strip()[:clip]}"]
            said += [f"  calls {call.name} {call.arguments[:clip]}" for call in step.message.calls]
            out.append("\n".join(said))
        elif step.kind is StepKind.OBSERVE:
            out.extend(f"[{step.seq}] {result.name}: {_clipped(result.content, clip)}" for result in step.results)
        if step.failure is not None and step.message is None:
            out.append(f"[{step.seq}] failed: {step.failure.kind}")
    return out


def _clipped(text: str, clip: int) -> str:
    return text if len(text) <= clip else f"{text[:clip]}\n[cut: {clip:,} of {len(text):,} characters are shown]"


def _pack(entries: Sequence[str], room: int) -> list[str]:
    """As few chunks of at most ``room`` tokens as whole entries allow; a longer entry is divided."""
    out: list[list[str]] = []
    free = 0
    for entry in entries:
        while entry:
            size = count_tokens(entry) + 1
            if size <= free:
                out[-1].append(entry)
                free -= size
                break
            if size <= room:
                out.append([entry])
                free = room - size
                break
            fits = max(1, len(entry) * room // size)
            out.append([entry[:fits]])
            entry, free = entry[fits:], 0
    return ["\n".join(chunk) for chunk in out] or [""]
