"""How alike reports must be to count as one event, learned from the groups that editors corrected.

A passive-aggressive update (Crammer et al., "Online Passive-Aggressive Algorithms", 2006, PA-I with one weight): a
merge of what the clusterer held too unlike lowers the threshold towards what it saw, a split of what it held alike
enough raises it, each by ``STEP`` at most; a correction that the threshold already agrees with changes nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from afterlore.brief.desk.experience import Correction
from afterlore.brief.group.cluster import DEFAULT

__all__ = ["HIGHEST", "LOWEST", "STEP", "Threshold"]

LOWEST = 0.12
HIGHEST = 0.22
"""Ends between which the threshold stays; measured quality holds in most of them (docs/brief.md)."""
STEP = 0.005
"""The most that one correction moves it: ten of one kind from the shipped value to either end."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A pure fold over corrections; as shipped until one of them teaches something."""

    value: float = DEFAULT.threshold
    """For ``Settings.threshold``."""
    merges: int = 0
    """Merges that taught something."""
    splits: int = 0

    @classmethod
    def of(cls, corrections: Iterable[Correction]) -> "Threshold":
        """What these corrections teach, the oldest first."""
        return cls().then(corrections)

    def then(self, corrections: Iterable[Correction]) -> "Threshold":
        """What is known once these have taught too."""
        value, merges, splits = self.value, self.merges, self.splits
        for one in corrections:
            if one.similarity is None:
                continue
            value = round(value, 6)
            if one.kind == "merge" and one.similarity < value:
                value, merges = max(LOWEST, value - min(STEP, value - one.similarity)), merges + 1
            elif one.kind == "split" and one.similarity >= value:
                # Just above what was split is enough; the clusterer merges at the threshold itself.
                value, splits = min(HIGHEST, value + min(STEP, one.similarity - value + 0.001)), splits + 1
        return Threshold(round(value, 6), merges, splits)

    def why(self, language: str = "zh") -> str:
        """One line for the editor."""
        shipped = DEFAULT.threshold
        if language == "zh":
            said = f"编辑合并{self.merges}次、拆分{self.splits}次" if self.merges or self.splits else "尚无更正"
            return f"归并阈值{self.value:.3f}（出厂{shipped:.2f}）：{said}"
        said = f"{self.merges} merges, {self.splits} splits" if self.merges or self.splits else "no corrections yet"
        return f"grouping threshold {self.value:.3f} (shipped: {shipped:.2f}): {said}"
