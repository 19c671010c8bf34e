"""The fetcher's memory, kept in the journal, so that an unchanged page is not sent again on the next day."""

import json
from datetime import datetime

from afterlore.journal import Journal
from afterlore.web.cache import CachedResponse

__all__ = ["JournalCache"]


class JournalCache:
    """A ``ResponseCache`` over a journal."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def get(self, url: str) -> CachedResponse | None:
        """The last answer of this address, or None."""
        stored = self._journal.load_response(url)
        if stored is None:
            return None
        head = json.loads(stored[0])
        head["retrieved"] = datetime.fromisoformat(head["retrieved"])
        return CachedResponse(body=stored[1], **head)

    def put(self, url: str, response: CachedResponse) -> None:
        """Remember the answer in place of an earlier one."""
        head = response._asdict()
        body = head.pop("body")
        head["retrieved"] = response.retrieved.isoformat()
        self._journal.store_response(url, json.dumps(head), body)
