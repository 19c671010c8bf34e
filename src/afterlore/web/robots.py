"""What a site's robots.txt allows us, after RFC 9309.

Deltas: the rules are kept for the life of the fetcher or 24 hours, whichever ends first (section 2.4 allows 24 hours);
``Crawl-delay``, which the RFC does not know, is obeyed up to a limit that the fetcher sets.
"""

from typing import NamedTuple

from protego import Protego

__all__ = ["PARSED_BYTES", "Rules", "rules_for"]

PARSED_BYTES = 512 * 1024
"""What is read of a robots.txt; section 2.5 asks for at least 500 KiB."""


class Rules(NamedTuple):
    """What one origin allows."""

    parsed: Protego | None
    """None when there are no rules to parse: then ``closed`` decides."""
    closed: str | None = None
    """Why everything is disallowed, or None."""
    unreachable: str | None = None
    """Why the host could not be asked at all, or None; then nothing of it is fetched (section 2.3.1.4)."""

    def refusal(self, url: str, agent: str) -> str | None:
        """Why this address may not be fetched, or None."""
        if self.closed is not None:
            return self.closed
        if self.parsed is None or self.parsed.can_fetch(url, agent):
            return None
        return "the site's robots.txt does not allow it"

    def delay(self, agent: str) -> float:
        """Seconds between requests that the site asks for; 0 when it asks for none."""
        asked = self.parsed.crawl_delay(agent) if self.parsed else None
        return max(0.0, float(asked or 0.0))


def rules_for(status: int, text: str) -> Rules:
    """The rules that an answer to ``/robots.txt`` makes: 2xx gives rules, 4xx none, anything else closes the site
    (sections 2.3.1.1, 2.3.1.3, 2.3.1.4).
    """
    if 200 <= status < 300:
        return Rules(Protego.parse(text))
    if 400 <= status < 500:
        return Rules(None)
    return Rules(None, f"its robots.txt answered {status}, and until it can be read the site counts as closed")
