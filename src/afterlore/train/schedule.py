"""How slowly the teacher follows the policy: Co-rewarding-II (arXiv 2508.00410).

The teacher is an exponential moving average, θ' ← α θ' + (1 - α) θ, whose α rises along a cosine. The paper's table,
equation and script disagree; these are the script's values.
"""

import math

from afterlore.core import InputError

__all__ = ["FIRST", "LAST", "alpha"]

FIRST = 0.01
"""Weight of the policy, 1 - α, at the first step,"""
LAST = 1e-5
"""and at the end."""


def alpha(step: int, steps: int, *, first: float = FIRST, last: float = LAST) -> float:
    """α of a step, the first being 1: 1 - (last + ½ (first - last) (1 + cos π t/T)), with t from 0.

    From the step after the last one on it stays. Raises InputError for steps below 1 and weights outside 0 to 1.
    """
    if step < 1 or steps < 1:
        raise InputError(f"steps are counted from 1, not {min(step, steps)}")
    if not 0 <= last <= first <= 1:
        raise InputError(f"the policy's weight falls from first to last, both from 0 to 1, not {first!r} to {last!r}")
    share = min(1.0, (step - 1) / steps)
    return 1 - (last + 0.5 * (first - last) * (1 + math.cos(math.pi * share)))
