"""The replay of a run: one page from which a person sees why its answer is believed, and how it was come by."""

from afterlore.research.replay.shown import page

__all__ = ["page"]
