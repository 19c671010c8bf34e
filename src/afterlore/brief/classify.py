"""Which of the vertical's categories a text belongs to, and the words that decided.

A linear score over the vertical's lexicon: no training data ships, so the weights are an editor's judgement, written
down where a reader can see and change them. What the score cannot see: irony, and a story that is two kinds at once.
"""

from collections.abc import Sequence

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.core import Record

__all__ = ["Category", "classify", "classify_story"]

# A cue in the title says three times as much as one in the body, and the body beyond its lead says little more.
_TITLE = 3.0
_BODY = 1.0
_LEAD_CHARACTERS = 600
# Cues of the lead saturate, so that a long lead does not outvote the title by its length.
_BODY_CAP = 4.0


class Category(Record):
    """A category with what spoke for it."""

    name: str
    score: float
    margin: float
    """Score less the runner-up's; 0 when there is no other category."""
    reason: tuple[str, ...]
    """The cues that decided, heaviest first; empty when only the prior did."""


def classify(title: str, text: str, vertical: Vertical) -> Category:
    """The category of one text. Ties go to the category that the vertical lists first."""
    lead = text[:_LEAD_CHARACTERS]
    scored = []
    for position, category in enumerate(vertical.categories):
        in_title = category.cues.found(title) if title else {}
        in_lead = category.cues.found(lead) if lead else {}
        body = sum(weight for cue, weight in in_lead.items() if cue not in in_title)
        score = category.prior + _TITLE * sum(in_title.values()) + _BODY * min(_BODY_CAP, body)
        said = {cue: _TITLE * weight for cue, weight in in_title.items()}
        for cue, weight in in_lead.items():
            said.setdefault(cue, _BODY * weight)
        reason = tuple(sorted(said, key=lambda cue: (-said[cue], cue))[:5])
        scored.append((score, -position, category.name, reason))
    scored.sort(reverse=True)
    score, _, name, reason = scored[0]
    margin = score - scored[1][0] if len(scored) > 1 else 0.0
    return Category(name=name, score=round(score, 3), margin=round(margin, 3), reason=reason)


def classify_story(articles: Sequence[Article], vertical: Vertical, title: str = "") -> Category:
    """The category of a story: of its title if one is given, else of its articles' titles, with their leads."""
    titles = title or " ".join(article.title for article in articles)
    share = _LEAD_CHARACTERS // max(1, min(3, len(articles)))
    leads = "\n".join(article.text[:share] for article in articles[:3])
    return classify(titles, leads, vertical)
