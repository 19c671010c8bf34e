"""What long work tells its caller while it runs."""

from typing import Protocol

__all__ = ["Progress", "Silent"]


class Progress(Protocol):
    """A run reports each stage as it begins and each item as it is done."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins; ``total`` items are ahead (0 when the number is not known)."""

    def advance(self, items: int = 1) -> None:
        """So many items of the current stage are done."""


class Silent:
    """A Progress that says nothing."""

    def stage(self, name: str, total: int) -> None:
        """Ignored."""

    def advance(self, items: int = 1) -> None:
        """Ignored."""
