"""Public facts that the brief reads: names of outlets."""

__all__: list[str] = []
