"""The loop: think, act, observe, until there is an answer, the budget is used up, or it cannot go on.

Think-act-observe after ReAct (Yao et al., arXiv 2210.03629), as one round of Re-TRAC (arXiv 2602.02486); unlike there
everything is put down in the journal before it is done, each request is counted, and the request for the answer is set
aside from the start, so that a run that runs out is still asked what it knows.

What is decided next depends only on the events on record (``State``): a run that was killed goes on exactly where it
was. Whatever a tool does wrong is an observation. Tools are called by the model's tool calls, never by a page.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, cast

from pydantic import BaseModel

from afterlore.core import (
    AfterloreError,
    Budget,
    BudgetExhausted,
    ChatModel,
    Failed,
    Failure,
    InputError,
    Ledger,
    Limit,
    Message,
    ModelError,
    Outcome,
    Record,
    Reply,
    Request,
    Reservation,
    Role,
    Step,
    StepKind,
    Task,
    Terminated,
    ToolCall,
    ToolResult,
    ToolStatus,
    Truncated,
    Usage,
    digest,
)
from afterlore.journal import Head, Run, Runs
from afterlore.research import words
from afterlore.research.answer import ANSWER, AnswerArguments, says_nothing
from afterlore.research.conversation import nudge_of
from afterlore.research.findings import Findings, PageRef, check_quotes
from afterlore.research.mend import sound
from afterlore.research.shown import denied, repeated, shown_to_model, sound_message
from afterlore.research.state import Asked, Attempt, Checked, Done, Result, Resumed, State
from afterlore.research.tools import Checked as CheckedCall
from afterlore.research.tools import Output, Tool, Tools

__all__ = ["LONGEST_QUESTION", "Counted", "Limits", "Loop", "begin", "check_question", "usage_of"]

_log = logging.getLogger(__name__)

LONGEST_QUESTION = 20_000
"""Characters."""
_PATIENCE = {"nudges": 3, "failures": 2, "overflows": 6, "idle": 3}
"""How often in a row a reply may be no use, a request fail, a context be too large, a turn bring nothing new."""
_CLOSINGS = 2
"""How often only the answer is asked for, contexts that were too large apart."""
_LIMITS = ("calls", "tokens", "cost", "seconds", "depth")


@dataclass(frozen=True)
class Limits:
    """What one run may show and do, apart from its budget."""

    context: int = 100_000
    """Tokens sent at most, as estimated; what an endpoint refuses as too large lowers it."""
    shown: int = 12_000
    """Characters of one tool result that the model is shown."""
    calls: int = 8
    """Tool calls of one reply; more are denied."""
    reply: int | None = None
    """Tokens that one reply may have; None leaves it to the endpoint."""


def check_question(question: str) -> str:
    """The question as it is put. Raises InputError for one of no or too many characters."""
    text = sound(question).strip()
    if not text:
        raise InputError(f"the question is empty; write one of 1 to {LONGEST_QUESTION:,} characters")
    if len(text) > LONGEST_QUESTION:
        raise InputError(
            f"the question has {len(text):,} characters, at most {LONGEST_QUESTION:,} are taken; put long material "
            "into a corpus (--corpus) and ask about it"
        )
    return text


def begin(runs: Runs, question: str, *, budget: Budget, agent_version: str, settings: dict[str, Any]) -> Run:
    """A new run on record. Raises InputError for a question of no or too many characters."""
    task = Task(prompt=check_question(question))
    head = Head(task=task, agent="research", agent_version=agent_version, budget=budget, settings=settings)
    return runs.begin(head.to_json())


@dataclass
class Loop:
    """One agent: a model and its tools. ``run`` may be awaited many times at once, for different runs."""

    model: ChatModel
    tools: Sequence[Tool]
    limits: Limits = field(default_factory=Limits)
    watch: Callable[[State, BaseModel], None] = lambda _state, _news: None
    """Told of each event once it is on record."""
    registry: Tools = field(init=False)
    """The tools, and how to answer."""

    def __post_init__(self) -> None:
        self.registry = Tools((*self.tools, ANSWER))

    async def run(self, run: Run, *, ledger: Ledger | None = None, budget: Budget | None = None) -> Result:
        """Work on a run, new or resumed, until it ends. ``ledger`` is one shared with others; without it the run's own.
        ``budget`` is a new one for a resumed run; a run that ended is opened again where that can help.

        Cancelling the task leaves the run as it is on record, to be resumed. Whatever the model or a tool does wrong is
        not raised: it is the outcome.
        """
        events = run.events()
        state = State.of(run, events, room=self.limits.context - self.registry.size, model=self.model.name)
        work = _Work(self, run, state)
        if events:
            if state.outcome is not None and not state.can_reopen(budget):
                return state.result()
            work.put("resumed", Resumed(budget=budget or state.budget, reopened=state.outcome is not None))
        work.shared = ledger or Ledger(
            state.budget, calls=state.calls, tokens=state.tokens, cost=state.cost, seconds=state.seconds
        )
        await work.go()
        return state.result()


class Counted(Ledger):
    """A shared ledger as one run sees it: what is reserved through it is put down before it is sent."""

    def __init__(self, shared: Ledger, note: Callable[[Attempt], None]) -> None:
        super().__init__(shared.budget)
        self._shared = shared
        self._note = note

    @property
    def seconds(self) -> float:
        return self._shared.seconds

    def left(self) -> Budget:
        return self._shared.left()

    def carve(self, *, calls: int = 0, tokens: int = 0, cost: Decimal = Decimal(0)) -> Ledger:
        return self._shared.carve(calls=calls, tokens=tokens, cost=cost)

    def reserve(self, *, calls: int = 0, tokens: int = 0, cost: Decimal = Decimal(0)) -> Reservation:
        held = self._shared.reserve(calls=calls, tokens=tokens, cost=cost)
        try:
            self._note(Attempt(calls=calls, tokens=tokens, cost=cost))
        except BaseException:
            held.release()
            raise
        return held


class _Work:
    """One run being worked on."""

    def __init__(self, loop: Loop, run: Run, state: State) -> None:
        self.loop = loop
        self.record = run
        self.state = state
        self.shared = Ledger()
        self.tools = loop.registry
        self.last: Ledger | None = None
        """Set aside for the answer."""

    def put(self, kind: str, body: Record | Outcome, *, blobs: Sequence[str] = ()) -> None:
        """On record first, then known, then told."""
        event = self.record.append(kind, sound(body.to_json()), blobs=map(sound, blobs))
        self.loop.watch(self.state, self.state.apply(event))

    # ---- what comes next

    async def go(self) -> None:
        """Until there is an outcome."""
        try:
            self._set_aside()
            while self.state.outcome is None:
                await self._next()
        finally:
            if self.last is not None:
                self.last.close()

    async def _next(self) -> None:
        if self.record.is_cancelled():
            self._end(Truncated(limit="cancelled"))
            return
        last = self.state.last
        if last is None or last.failure is not None or last.kind is StepKind.OBSERVE:
            await self._think()
        elif last.kind is StepKind.ACT:
            await self._observe(last)
        elif last.kind is StepKind.FINAL:
            await self._finish(last)
        else:
            self._act(last)

    def _set_aside(self) -> None:
        """Calls, tokens and cost for the answer, as far as there are any."""
        left = self.shared.left()
        calls = 0 if left.calls is None else min(left.calls, 2 if left.calls >= 10 else 1)
        tokens = 0 if left.tokens is None else left.tokens // 5
        cost = Decimal(0) if left.cost is None else left.cost / 5
        try:
            self.last = self.shared.carve(calls=calls, tokens=tokens, cost=cost)
        except BudgetExhausted as error:
            self._end(Truncated(limit=cast(Limit, error.limit)))

    def _why_close(self) -> str:
        """Why nothing but the answer is asked for now; empty when there is more to do."""
        state = self.state
        if state.closing:
            return state.closing
        left = self.shared.left()
        if state.budget.depth is not None and state.turns >= state.budget.depth:
            return "depth"
        for name in ("calls", "tokens", "cost"):
            amount = getattr(left, name)
            if amount is not None and amount <= 0:
                return name
        if left.seconds is not None and left.seconds <= self._seconds_for_answer():
            return "seconds"
        if state.nudges >= _PATIENCE["nudges"]:
            return "no_answer"
        return "no_progress" if state.idle >= _PATIENCE["idle"] else ""

    def _seconds_for_answer(self) -> float:
        return min(60.0, (self.shared.budget.seconds or 0.0) / 5)

    # ---- think

    async def _think(self) -> None:
        state = self.state
        why = self._why_close()
        if why and state.closings >= _CLOSINGS:
            self._close(why, None)
            return
        extra = words.CLOSING.format(why=words.WHY[why]) if why else ""
        messages, tokens = state.messages(self._room(why), extra)
        if messages is None:
            if not why:
                why = "context"
                extra = words.CLOSING.format(why=words.WHY[why])
            messages, tokens = state.barest(extra)
        specs = self.tools.specs[-1:] if why else self.tools.specs
        request = Request(messages=messages, tools=specs, max_tokens=self.loop.limits.reply)
        self.put("asked", Asked(seq=len(state.steps), model=self.loop.model.name, tokens=tokens, closing=why))
        ledger = Counted(self.last if why and self.last else self.shared, lambda attempt: self.put("attempt", attempt))
        began, at = time.monotonic(), datetime.now(UTC)
        step = Step(seq=len(state.steps), kind=StepKind.THINK, at=at)
        try:
            async with asyncio.timeout(self._patience(why)):
                reply = await self.loop.model.complete(request, ledger=ledger)
        except BudgetExhausted as error:
            self._run_out(error.limit, why)
        except TimeoutError:
            self._run_out("seconds", why)
        except ModelError as error:
            failure = Failure(kind=error.kind, recoverable=error.recoverable, cause=str(error), seq=step.seq)
            changes = {"failure": failure, "usage": usage_of(error), "seconds": _since(began)}
            self.put("step", step.model_copy(update=changes))
            self._after_failure(failure, why)
        else:
            self._take(step, reply, _since(began), why)

    def _room(self, why: str) -> int:
        """Tokens that may be sent: as many as the context holds and, for the answer, as were set aside."""
        left = self.last.left().tokens if why and self.last else None
        return self.state.room if left is None else min(self.state.room, max(0, int(left * 0.7) - 500))

    def _patience(self, why: str) -> float | None:
        left = self.shared.left().seconds
        return None if left is None else max(0.01, left if why else left - self._seconds_for_answer())

    def _run_out(self, limit: str, why: str) -> None:
        """Of a request that the budget did not allow: ask for the answer next, or end."""
        if why:
            self._close(why, None)
        else:
            self.state.closing = limit

    def _take(self, step: Step, reply: Reply, seconds: float, why: str) -> None:
        """Put down a reply, its calls' ids made unique, with what is wrong with it."""
        message = sound_message(reply.message)
        known = {call.id for one in self.state.steps if one.message for call in one.message.calls}
        calls = []
        for number, call in enumerate(message.calls):
            id = call.id if call.id and call.id not in known else f"call_{step.seq}_{number}"
            known.add(id)
            calls.append(self.tools.check(call.model_copy(update={"id": id, "parsed": None})).call)
        wrong = "" if calls else nudge_of(message, reply.finish)
        if why:
            # Nothing is left to do but to answer: an answer that was cut off is better than none.
            wrong = "" if wrong == "cut_off" and message.content.strip() else wrong
            wrong = wrong or ("no_answer" if calls and _answer_in(calls) is None else "")
        failure = None
        if wrong:
            failure = Failure(kind=wrong, recoverable=True, cause=words.NUDGES[wrong], seq=step.seq)
        changes = {
            "message": message.model_copy(update={"calls": tuple(calls)}),
            "usage": reply.usage,
            "seconds": seconds,
            "failure": failure,
            "context": reply.sent,
        }
        self.put("step", step.model_copy(update=changes))

    def _after_failure(self, failure: Failure, why: str) -> None:
        """A context too large is made smaller, an answer that could not be read is asked for again; else it ends."""
        state = self.state
        if failure.kind == "context_overflow":
            if state.overflows >= _PATIENCE["overflows"]:
                self._end(Truncated(limit="context"))
        elif why in _LIMITS or why == "context":
            if not failure.recoverable or state.closings >= _CLOSINGS:
                self._close(why, None)
        elif failure.kind not in ("malformed", "cut_off") or state.failures >= _PATIENCE["failures"]:
            self._end(Failed(failure=failure))

    # ---- act and observe

    def _act(self, thought: Step) -> None:
        assert thought.message is not None
        calls = thought.message.calls
        answer = _answer_in(calls)
        now = datetime.now(UTC)
        if answer is not None or not calls:
            content = thought.message.content.strip()
            text = content if answer is None else AnswerArguments.model_validate(answer.parsed).answer
            said = Message(role=Role.ASSISTANT, content=text)
            kept = () if answer is None else (answer,)
            self.put("step", Step(seq=len(self.state.steps), kind=StepKind.FINAL, message=said, calls=kept, at=now))
        else:
            self.put("step", Step(seq=len(self.state.steps), kind=StepKind.ACT, calls=calls, at=now))

    async def _observe(self, act: Step) -> None:
        """Make the calls that are not done yet, all at once; the same call is made once."""
        began, at = time.monotonic(), datetime.now(UTC)
        state = self.state
        results = {id: done.result for id, done in state.done.items()}
        keys = {done.key for done in state.done.values()}
        first: list[CheckedCall] = []
        again: list[CheckedCall] = []
        for number, call in enumerate(act.calls):
            if call.id in results:
                continue
            checked = self.tools.check(call)
            if number >= self.loop.limits.calls:
                results[call.id] = denied(call, f"at most {self.loop.limits.calls} calls in one reply; make it again")
            elif checked.problem:
                results[call.id] = denied(call, checked.problem)
            elif checked.key in keys or checked.key in state.known:
                again.append(checked)
            else:
                keys.add(checked.key)
                first.append(checked)
        before = state.findings
        try:
            async with asyncio.TaskGroup() as group:
                for checked in first:
                    group.create_task(self._call(checked, before))
        except ExceptionGroup as group_of_errors:
            # Only the journal can fail here, for all of them alike.
            raise group_of_errors.exceptions[0] from group_of_errors
        made = {done.key: done.result for done in state.done.values()}
        results |= {id: done.result for id, done in state.done.items()}
        for checked in again:
            results[checked.call.id] = repeated(checked.call, made.get(checked.key) or state.known[checked.key])
        ordered = tuple(results[call.id] for call in act.calls)
        step = Step(seq=len(state.steps), kind=StepKind.OBSERVE, results=ordered, at=at, seconds=_since(began))
        self.put("step", step)

    async def _call(self, checked: CheckedCall, before: Findings) -> None:
        """Make one call and put down what it gave."""
        tool, call = checked.tool, checked.call
        assert tool is not None
        left = self.shared.left().seconds
        began = time.monotonic()
        status = ToolStatus.RETRIED if checked.mended else ToolStatus.OK
        output = Output("")
        try:
            async with asyncio.timeout(tool.seconds if left is None else min(tool.seconds, max(0.01, left))):
                output = await tool.run(checked.arguments, before)
        except TimeoutError:
            status, output = ToolStatus.TIMED_OUT, Output(f"{tool.name} took too long and was stopped", failed=True)
        except AfterloreError as error:
            status, output = ToolStatus.FAILED, Output(f"{tool.name} failed: {error}", failed=True)
        # A tool is other people's code: whatever it raises must not end the run.
        except Exception as error:  # noqa: BLE001
            _log.warning("tool %s raised %s", tool.name, type(error).__name__, exc_info=error)
            output = Output(f"{tool.name} broke ({type(error).__name__}); try another way", failed=True)
            status = ToolStatus.FAILED
        if output.failed and status is not ToolStatus.TIMED_OUT:
            status = ToolStatus.FAILED
        content, whole = shown_to_model(output, self.state.nonce, self.loop.limits.shown)
        result = ToolResult(
            call=call.id,
            name=tool.name,
            status=status,
            content=content,
            blob=digest(whole) if whole else "",
            seconds=_since(began),
        )
        done = Done(
            key=checked.key,
            result=result,
            stale=output.stale or (output.failed and checked.key in self.state.tried),
            queries=output.queries,
            hits=output.hits,
            pages=tuple(PageRef.of(page, asked) for asked, page in output.pages),
        )
        self.put("done", done, blobs=[page.text for _, page in output.pages] + ([whole] if whole else []))

    # ---- the end

    async def _finish(self, final: Step) -> None:
        """Check the answer's quotes, then end."""
        assert final.message is not None
        state = self.state
        if final.calls and not state.findings.quotes:
            cited = AnswerArguments.model_validate(final.calls[0].parsed).evidence
            quoted = [(one.address, one.quote) for one in cited]
            # Of a long page that takes a while.
            quotes = await asyncio.to_thread(check_quotes, quoted, state.findings, self.record.blob)
            if quotes:
                self.put("checked", Checked(quotes=quotes))
        text = final.message.content
        parsed = final.calls[0].parsed if final.calls else {"answer": text}
        if not says_nothing(AnswerArguments.model_validate(parsed)):
            self._close(state.closing, text)
        elif state.closing:
            self._close(state.closing, None)
        else:
            self._end(Failed(failure=Failure(kind="not_found", recoverable=True, cause=text, seq=final.seq)))

    def _close(self, why: str, answer: str | None) -> None:
        if not why and answer is not None:
            self._end(Terminated(answer=answer))
        elif why in _LIMITS or why == "context":
            self._end(Truncated(limit=cast(Limit, why), answer=answer))
        else:
            self._end(Failed(failure=Failure(kind=why, recoverable=True, cause=words.WHY[why]), answer=answer))

    def _end(self, outcome: Outcome) -> None:
        self.put("ended", outcome)


def _answer_in(calls: Sequence[ToolCall]) -> ToolCall | None:
    return next((call for call in calls if call.name == ANSWER.name and call.parsed is not None), None)


def usage_of(error: ModelError) -> Usage:
    """Of a request that failed: an endpoint that refused consumed nothing, of one that broke off it is not known."""
    if not error.attempts or (error.status is not None and error.status >= 400):
        return Usage(attempts=error.attempts)
    return Usage(attempts=error.attempts, input_tokens=None, output_tokens=None, cached_tokens=None, cost=None)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 6)
