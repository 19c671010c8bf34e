"""Tasks: what a robot is asked to do, and when it is done."""

__all__: list[str] = []
