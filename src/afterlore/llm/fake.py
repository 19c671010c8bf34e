"""A model that says what a script says: a ChatModel without an endpoint, for tests, demos and simulations.

It goes through the same attempts as a real one, so that ledger, retries and errors are the same; only nothing is sent
and nobody waits. Token counts are this package's own estimate.
"""

import re
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

from afterlore.core import Delta, InputError, Ledger, Message, ModelError, Reply, Request, Role, Usage
from afterlore.llm.attempts import Attempt, Attempts, Timing
from afterlore.llm.endpoint import Endpoint, Prices
from afterlore.llm.faults import Trouble
from afterlore.llm.outgoing import Outgoing
from afterlore.llm.prices import cost, prices_of
from afterlore.text.tokens import count_tokens

__all__ = ["Said", "ScriptedModel"]

Said = str | Message | ModelError
"""One attempt's end: the text of a reply, a whole message, or the error that the attempt ends with."""

_AGAIN = frozenset({"rate_limited", "unavailable", "timed_out", "cut_off"})
_UNBILLED = frozenset({"rate_limited", "unavailable", "refused", "context_overflow"})


async def _at_once(seconds: float) -> None:
    del seconds


class ScriptedModel:
    """Says one entry of ``script`` an attempt, or what ``script`` gives for a request.

    ``context`` is how many tokens fit; ``counts=False`` leaves the usage unknown. Raises InputError when the script is
    over.
    """

    def __init__(
        self,
        script: Iterable[Said] | Callable[[Request], Said],
        *,
        name: str = "scripted",
        prices: Prices | None = None,
        retries: int = 4,
        context: int | None = None,
        counts: bool = True,
    ) -> None:
        self.endpoint = Endpoint(
            name=name, base_url="http://scripted.invalid", model=name, prices=prices, retries=retries, context=context
        )
        self.requests: list[Request] = []
        """What was asked, attempt by attempt."""
        self._say = script if callable(script) else self._next
        self._script = iter(()) if callable(script) else iter(script)
        self._counts = counts
        self._attempts = Attempts(self.endpoint, Timing(sleep=_at_once))

    @property
    def name(self) -> str:
        """See ChatModel."""
        return self.endpoint.name

    async def complete(self, request: Request, *, ledger: Ledger | None = None) -> Reply:
        """See ChatModel."""
        async with aclosing(self.stream(request, ledger=ledger)) as items:
            async for item in items:
                if isinstance(item, Reply):
                    return item
        raise AssertionError("an attempt ends with a reply or an error")

    def stream(self, request: Request, *, ledger: Ledger | None = None) -> AsyncGenerator[Delta | Reply, None]:
        """See ChatModel. Word by word."""
        outgoing = Outgoing.of(request, self.endpoint)
        prices = prices_of(self.endpoint)

        async def once(attempt: Attempt) -> AsyncGenerator[Delta | Reply, None]:
            said = self._answer(request, outgoing.tokens)
            written = count_tokens(said.content + said.reasoning)
            written += sum(count_tokens(call.name + call.arguments) for call in said.calls)
            attempt.tokens = outgoing.tokens + written
            attempt.cost = cost(prices, outgoing.tokens, written)
            if said.reasoning:
                yield Delta(reasoning=said.reasoning)
            for word in re.findall(r"\s*\S+|\s+\Z", said.content):
                yield Delta(content=word)
            counted = (outgoing.tokens, written) if self._counts else (None, None)
            usage = Usage(
                requests=1,
                attempts=attempt.number,
                input_tokens=counted[0],
                output_tokens=counted[1],
                cached_tokens=None,
                cost=cost(prices, *counted),
            )
            finish = "tool_calls" if said.calls else "stop"
            yield Reply(message=said, usage=usage, finish=finish, model=self.name, sent=outgoing.sent)

        tokens = outgoing.tokens + (request.max_tokens or 0)
        estimate = cost(prices, outgoing.tokens, request.max_tokens or 0)
        return self._attempts.run(once, ledger=ledger, tokens=tokens, cost=estimate)

    def _answer(self, request: Request, tokens: int) -> Message:
        self.requests.append(request)
        if self.endpoint.context is not None and tokens > self.endpoint.context:
            detail = f"maximum context length is {self.endpoint.context} tokens, you sent {tokens}"
            raise Trouble("context_overflow", detail, status=400, billed=False)
        said = self._say(request)
        if isinstance(said, ModelError):
            billed = said.kind not in _UNBILLED
            raise Trouble(said.kind, said.detail, status=said.status, retry=said.kind in _AGAIN, billed=billed)
        return Message(role=Role.ASSISTANT, content=said) if isinstance(said, str) else said

    def _next(self, request: Request) -> Said:
        del request
        try:
            return next(self._script)
        except StopIteration:
            asked = len(self.requests)
            raise InputError(f"model {self.name!r}: the script is over; it was asked {asked} times") from None
