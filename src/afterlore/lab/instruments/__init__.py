"""Instruments of a biology laboratory: parts in a housing, generated, with real proportions."""

__all__: list[str] = []
