"""What model calls consumed. Unknown is a state of its own: ``None``, never 0."""

from decimal import Decimal

from pydantic import NonNegativeInt

from afterlore.core.record import Record

__all__ = ["Usage"]


class Usage(Record):
    """A sum over calls. One call of unknown size makes the sum unknown: ``a + b`` is None wherever either is."""

    requests: NonNegativeInt = 0
    """Calls that were answered."""
    attempts: NonNegativeInt = 0
    """Requests that were sent, those that failed or were sent again included: what the other side counts."""
    input_tokens: int | None = 0
    """Sent, those read from the endpoint's cache included."""
    output_tokens: int | None = 0
    """Received, reasoning included."""
    cached_tokens: int | None = 0
    """Of those sent, read from the endpoint's cache."""
    cost: Decimal | None = Decimal(0)
    """US dollars; None where the price or the tokens are not known."""

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            requests=self.requests + other.requests,
            attempts=self.attempts + other.attempts,
            input_tokens=_sum(self.input_tokens, other.input_tokens),
            output_tokens=_sum(self.output_tokens, other.output_tokens),
            cached_tokens=_sum(self.cached_tokens, other.cached_tokens),
            cost=None if self.cost is None or other.cost is None else self.cost + other.cost,
        )

    @property
    def tokens(self) -> int | None:
        """Sent and received."""
        return _sum(self.input_tokens, self.output_tokens)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
