"""Where the tree and its index are kept: the protocol, and the embedded engine."""

from afterlore.context.store.protocol import Store
from afterlore.context.store.sqlite import SqliteStore

__all__ = ["SqliteStore", "Store"]
