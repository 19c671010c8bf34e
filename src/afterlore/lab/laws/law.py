"""A law: what was measured on a part, how far it is from what it must be, and how far it may be."""

import math
from dataclasses import dataclass

__all__ = ["Check", "Law"]


@dataclass(frozen=True, slots=True)
class Check:
    """One figure. It holds when the error is within the bound; an error that is no number does not."""

    name: str
    error: float
    bound: float
    unit: str = ""
    """Of error and bound; without one they are shares of what was expected."""

    @property
    def holds(self) -> bool:
        """Whether the error is within the bound."""
        return bool(math.isfinite(self.error) and abs(self.error) <= self.bound)


@dataclass(frozen=True, slots=True)
class Law:
    """What a part must do, in words, and the figures that show it."""

    says: str
    checks: tuple[Check, ...]

    @property
    def holds(self) -> bool:
        """Whether every check does."""
        return all(check.holds for check in self.checks)
