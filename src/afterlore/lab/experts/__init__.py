"""Experts: how a task is done by somebody who sees everything."""

__all__: list[str] = []
