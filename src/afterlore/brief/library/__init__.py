"""The library of a folder: its articles, stories and past briefs in its context database.

What is the truth of what: ``brief.json`` and ``sources/`` are the published record, and the stories here are made from
them; the texts of articles that a day may use, and what a day was made of, live in the database alone. So deleting the
database loses nothing that was published; ``sync`` makes its stories and the articles that they cite again.
"""

from afterlore.brief.library.inputs import Inputs
from afterlore.brief.library.library import Library, Synced, index

__all__ = ["Inputs", "Library", "Synced", "index"]
