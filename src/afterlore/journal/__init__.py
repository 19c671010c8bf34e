"""Durable state on one machine: what has been done, so that work resumes instead of starting over."""

from afterlore.journal.store import Journal

__all__ = ["Journal"]
