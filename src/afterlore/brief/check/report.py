"""How a problem with a figure is shown: the figure with the words beside it, on both sides."""

from afterlore.brief.check.reading import Reading
from afterlore.brief.check.verdict import Kind, Problem
from afterlore.text.quantities import Quantity

__all__ = ["around", "problem"]


def problem(
    kind: Kind,
    says: str,
    source_says: str,
    claim: Reading,
    q: Quantity,
    source: Reading,
    f: Quantity,
    minor: bool = False,
) -> Problem:
    return Problem(
        kind=kind,
        claim_says=around(claim.text, q.start, q.end) or says,
        source_says=around(source.text, f.start, f.end) or source_says,
        minor=minor,
    )


def around(text: str, start: int, end: int) -> str:
    """The figure with a few characters to either side, for a reader."""
    return text[max(0, start - 12) : end + 8].strip()
