"""What a person sees of an agent's run: its steps as they go, then the answer with its evidence.

Everything that a model or a page wrote is cleaned of what cannot be seen, and escaped before any markup.
"""

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from afterlore.app.terminal import open_console
from afterlore.core import Step, StepKind, ToolCall, ToolStatus
from afterlore.report import clean, one_line

if TYPE_CHECKING:
    from afterlore.research.state import Result, State

__all__ = ["Watch", "plural", "print_result", "said", "short"]

_WIDTH = 110
"""Characters of a line that is not wrapped."""
_SHOWN = 8


class Watch:
    """Steps as lines on standard error, with what was used of the budget below them where a person is watching."""

    def __init__(self, *, quiet: bool, to_stdout: bool = False) -> None:
        self._quiet = quiet
        stream = sys.stdout if to_stdout else sys.stderr
        self._console = open_console(stream)
        self._status: Status | None = None
        if not quiet and not to_stdout and stream.isatty():
            self._status = Status("", console=self._console)

    def __enter__(self) -> Self:
        if self._status:
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status:
            self._status.stop()

    def note(self, text: str) -> None:
        """A line of our own."""
        if not self._quiet:
            self._console.print(escape(clean(text)), soft_wrap=True)

    def __call__(self, state: "State", news: BaseModel) -> None:
        """One event of a run."""
        self.news(news)
        self.status(used(state))

    def news(self, news: BaseModel) -> None:
        """What an event says."""
        from afterlore.research.state import Asked, Done

        if isinstance(news, Done):
            self._tool(news.result.status, news.result.content)
        elif isinstance(news, Step):
            self._step(news)
        elif isinstance(news, Asked) and news.closing:
            self._line("…", f"asking for the answer ({news.closing})")

    def status(self, text: str) -> None:
        """The line below, while the run works."""
        if self._status:
            self._status.update(escape(text))

    def replay(self, step: Step) -> None:
        """One step of a run that is over."""
        self._step(step)
        for result in step.results:
            if result.status is not ToolStatus.DENIED:
                self._tool(result.status, result.content)

    def _step(self, step: Step) -> None:
        if step.failure is not None:
            self._line("!", f"{step.failure.kind}: {step.failure.cause}")
        elif step.kind is StepKind.THINK and step.message is not None:
            thought = step.message.reasoning or (step.message.content if step.message.calls else "")
            if thought:
                self._line("·", thought)
        elif step.kind is StepKind.ACT:
            for call in step.calls:
                self._line("→", said(call))
        for result in step.results:
            if result.status is ToolStatus.DENIED:
                self._tool(result.status, result.content)

    def _tool(self, status: ToolStatus, content: str) -> None:
        mark = {"ok": " ", "retried": "~"}.get(status.value, "!")
        for line in content.partition("<data ")[0].strip().splitlines()[:_SHOWN]:
            self._line(f"  {mark}", line)

    def _line(self, mark: str, text: str) -> None:
        if not self._quiet:
            width = min(_WIDTH, self._console.width - len(mark) - 1)
            self._console.print(f"{mark} {escape(short(text, width))}")


def used(state: "State") -> str:
    """What was used of the budget, in one line."""
    parts = [plural(state.calls, "request") + ("" if state.budget.calls is None else f" of {state.budget.calls}")]
    parts.append(f"{state.tokens:,} tokens" + ("" if state.budget.tokens is None else f" of {state.budget.tokens:,}"))
    if state.cost or state.budget.cost is not None:
        parts.append(f"${state.cost}" + ("" if state.budget.cost is None else f" of {state.budget.cost}"))
    parts.append(f"{state.seconds:.0f} s" + ("" if state.budget.seconds is None else f" of {state.budget.seconds:g}"))
    return f"{state.turns} turns, {', '.join(parts)}, {len(state.findings.pages)} pages read"


def plural(number: int, word: str) -> str:
    """So many of them."""
    return f"{number:,} {word}" + "s" * (number != 1)


def said(call: ToolCall) -> str:
    """A call in one line."""
    if call.parsed is None:
        return f"{call.name} {call.arguments}"
    values = [
        ", ".join(f"“{one}”" for one in value) if isinstance(value, list) else str(value)
        for value in call.parsed.values()
        if value not in ("", [], None)
    ]
    return f"{call.name} {' — '.join(values)}"


def print_result(result: "Result") -> None:
    """The answer with its evidence; without one, why, and what was found."""
    console = open_console(sys.stdout)
    if result.answer is not None:
        console.print(f"\n{escape(clean(result.answer))}", style="bold", soft_wrap=True)
        if result.stop_reason != "answered":
            console.print(f"(not finished: {result.stop_reason}; this is the best there was)")
    else:
        why = f": {clean(result.failure)}" if result.failure else ""
        console.print(f"\nNo answer ({result.stop_reason}{escape(why)}).")
    if result.evidence:
        console.print("\nevidence")
    for quote in result.evidence:
        mark, reason = ("✓", "") if quote.status == "quote-verified" else ("?", f": {quote.reason}")
        console.print(f"  {mark} {quote.status}{escape(reason)}  “{escape(clean(quote.quote))}”", soft_wrap=True)
        console.print(f"    {escape(clean(quote.address))}", soft_wrap=True)
    if result.answer is not None and not result.evidence:
        console.print("\nno quotes were given for it: nothing of it is checked")
    if result.answer is None or not result.evidence:
        _print_found(console, result)


def _print_found(console: Console, result: "Result") -> None:
    found = result.findings
    if found.pages:
        console.print(f"\npages that were read ({len(found.pages)})")
    for page in found.pages[:_SHOWN]:
        console.print(f"  {escape(short(page.title))}  {escape(clean(page.address))}", soft_wrap=True)
    read = {page.address for page in found.pages}
    hits = [hit for hit in found.hits if hit.address not in read]
    if hits:
        console.print(f"\nhits that were not read ({len(hits)})")
    for hit in hits[:_SHOWN]:
        console.print(f"  {escape(short(hit.title))}  {escape(clean(hit.address))}", soft_wrap=True)


def short(text: str, width: int = _WIDTH) -> str:
    """On one line of at most so many characters."""
    line = one_line(text)
    return line if len(line) <= width else f"{line[: max(0, width - 1)]}…"
