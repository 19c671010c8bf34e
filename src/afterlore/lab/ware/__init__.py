"""Labware in its published sizes: what tubes, racks and plates are, and how they look."""

__all__: list[str] = []
