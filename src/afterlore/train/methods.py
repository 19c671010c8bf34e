"""The methods that a run can train with: whose word a roll-out's label is, and what a method has to be given.

A method is only its name and needs; what it rewards stands in ``rewards``, what runs it in ``trainer``. A method
whose label is ``gold`` is RLVR; those that name no label reward the policy's own distribution, or nothing at all.
"""

from dataclasses import dataclass
from typing import Literal

from afterlore.core import InputError

__all__ = ["METHODS", "Label", "Method", "method"]

Label = Literal["gold", "group", "rewording", "teacher", "teacher of rewording", "none"]


@dataclass(frozen=True, slots=True)
class Method:
    """One way to reward roll-outs."""

    name: str
    label: Label
    """Whose vote a roll-out is compared with; ``none`` where no label is used."""
    about: str
    """One line, for people."""
    null: bool = False
    """Whether what is gained under it is known to be no learning to reason."""
    logits: bool = False
    """Whether it rewards the policy's distribution over tokens, which takes one more forward pass."""

    @property
    def gold(self) -> bool:
        """Whether every question needs a gold answer."""
        return self.label == "gold"

    @property
    def rewordings(self) -> bool:
        """Whether every question needs a rewording."""
        return self.label in ("rewording", "teacher of rewording")

    @property
    def teacher(self) -> bool:
        """Whether a moving average of the policy samples answers too."""
        return self.label in ("teacher", "teacher of rewording")


METHODS = {
    one.name: one
    for one in (
        Method("gold", "gold", "1 for the gold answer (RLVR, arXiv 2501.12948)"),
        Method("random", "none", "a coin for each answer", null=True),
        Method("format", "none", "1 for any answer that can be read", null=True),
        Method("majority", "group", "1 for what most of the group say (TTRL, arXiv 2504.16084)"),
        Method("self-certainty", "none", "KL(uniform, policy), mean over tokens (Intuitor, 2505.19590)", logits=True),
        Method("entropy", "none", "less the mean entropy of the tokens (2505.15134)", logits=True),
        Method("co-rewarding-i", "rewording", "1 for what most answers to the rewording say (arXiv 2508.00410)"),
        Method("co-rewarding-ii", "teacher", "1 for what most answers of a slow teacher say (arXiv 2508.00410)"),
        Method("co-rewarding-i+ii", "teacher of rewording", "1 for what the teacher's answers to the rewording say"),
    )
}
"""By name, in the order of every table."""


def method(name: str) -> Method:
    """The method of a name. Raises InputError for another name."""
    if name not in METHODS:
        raise InputError(f"no method {name!r}; there are {', '.join(METHODS)}")
    return METHODS[name]
