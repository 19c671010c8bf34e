"""The editor's desk: what editors decide, and what is learned from it."""

__all__: list[str] = []
