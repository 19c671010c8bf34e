"""A tiny model on a tiny task, on which every method can be run from scratch in minutes on a CPU.

The task has a planted shortcut, and a rewording that draws its trigger anew: what is shown here is the mechanism by
which a reward helps or collapses, and no evidence about large models.
"""

__all__: list[str] = []
