"""What an editor's events make of a day: of its groups, of their order, of how each story is told.

Pure functions. An event applies to the story that is still the one it named (``match``), or to none: then it is kept
and reported as no longer applying. What an event asks for and finds done already holds, so that applying twice is
applying once.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from afterlore.brief.article import Article
from afterlore.brief.desk.edits import (
    Drop,
    Edit,
    Merge,
    Move,
    Pin,
    Promote,
    Recategorise,
    Reject,
    Relabel,
    Retitle,
    Split,
)

__all__ = ["LAPSES", "Arrangement", "Mark", "Outcome", "Wording", "arrange", "match", "regroup", "reword", "sides"]

Mark = Literal["pinned", "promoted", "dropped"]

_SAME = 0.5
"""From this share of common articles on (Jaccard) a story of today is the one that was named, unless another is as
near.
"""
LAPSES = {
    "gone": "its story is not there any more",
    "few": "fewer than two of its stories are still there",
    "side": "the articles of one side are not there any more",
    "anchor": "the story it was moved to is not there any more",
    "one": "the two are one story now",
    "category": "the vertical has no such category",
    "claim": "its story does not make that claim any more",
}
"""Why an edit no longer applies."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a live edit applies to the day as it is now."""

    edit: Edit
    lapse: str = ""
    """Why it no longer applies, one of ``LAPSES``; empty when it does."""

    @property
    def holds(self) -> bool:
        """Whether it applies."""
        return not self.lapse

    @property
    def why(self) -> str:
        """The lapse as a sentence."""
        return LAPSES[self.lapse] if self.lapse else ""


def match(named: Iterable[str], stories: Sequence[frozenset[str]], *, grown: bool = True) -> int | None:
    """The place of the story that was named by its articles, or None.

    It is the one that holds them all (``grown``: however many came to it since), or else the one with which they have
    at least half in common; where two are equally near, none.
    """
    wanted = frozenset(named)
    near = [(len(wanted & story) / len(wanted | story), place) for place, story in enumerate(stories) if wanted & story]
    if grown and (whole := [place for _, place in near if wanted <= stories[place]]):
        return whole[0]
    near.sort(reverse=True)
    if not near or near[0][0] < _SAME or (len(near) > 1 and near[1][0] == near[0][0]):
        return None
    return near[0][1]


def regroup(
    clusters: Sequence[Sequence[str]],
    articles: Sequence[Article],
    copies: Mapping[str, Sequence[str]],
    edits: Sequence[Edit],
) -> tuple[list[tuple[str, ...]], list[Outcome]]:
    """The clusters after the merges and splits, in the clusterer's own order: members by time, clusters by the place
    of their first member among ``articles``. ``copies`` gives the copies of an article, which go where it goes.
    """
    units = {article.id: frozenset((article.id, *copies.get(article.id, ()))) for article in articles}
    groups = [list(ids) for ids in clusters]
    outcomes = []
    for edit in edits:
        if isinstance(edit, Merge):
            outcomes.append(_merge(groups, units, edit))
        elif isinstance(edit, Split):
            outcomes.append(_split(groups, units, edit))
    if not outcomes:
        return [tuple(ids) for ids in clusters], []
    place = {article.id: at for at, article in enumerate(articles)}
    time = {article.id: (article.published or datetime.max.replace(tzinfo=UTC), article.id) for article in articles}
    ordered = [tuple(sorted(ids, key=time.__getitem__)) for ids in groups]
    return sorted(ordered, key=lambda ids: min(place[one] for one in ids)), outcomes


def _whole(group: Iterable[str], units: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*(units[one] for one in group))


def _merge(groups: list[list[str]], units: Mapping[str, frozenset[str]], edit: Merge) -> Outcome:
    wholes = [_whole(group, units) for group in groups]
    found = [match(story, wholes) for story in edit.stories]
    places = sorted({place for place in found if place is not None})
    if len(places) > 1:
        groups[places[0]] = [one for place in places for one in groups[place]]
        for place in reversed(places[1:]):
            del groups[place]
    elif None in found:
        return Outcome(edit, "few")
    return Outcome(edit)


def _split(groups: list[list[str]], units: Mapping[str, frozenset[str]], edit: Split) -> Outcome:
    out, rest = frozenset(edit.out), frozenset(edit.story) - frozenset(edit.out)
    here = _whole((one for group in groups for one in group), units)
    if not out & here or not rest & here:
        return Outcome(edit, "side")
    for group in list(groups):
        apart = [one for one in group if units[one] & out]
        stay = [one for one in group if not units[one] & out]
        if apart and _whole(stay, units) & rest:
            group[:] = stay
            groups.append(apart)
    return Outcome(edit)


def sides(named: Iterable[str], after: Iterable[Edit]) -> list[frozenset[str]]:
    """What became of a story by the splits ``after`` it was named: first what stayed, then what was taken out.

    Without it the halves of a story would be equally near to it, and what was done to it would be lost.
    """
    stays, *out = [frozenset(named)]
    for edit in after:
        if isinstance(edit, Split) and (taken := stays & frozenset(edit.out)) and taken != stays:
            stays -= taken
            out.append(taken)
    return [stays, *out]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The stories in the editor's order."""

    order: tuple[int, ...]
    """Places in the ranked list; dropped stories are not among them."""
    marks: dict[int, Mark]
    outcomes: tuple[Outcome, ...]


def arrange(stories: Sequence[frozenset[str]], edits: Sequence[Edit]) -> Arrangement:
    """Pins, promotions, drops and moves over ``stories``, which come best first. The last word on a story counts."""
    order = list(range(len(stories)))
    marks: dict[int, Mark] = {}
    outcomes = []
    for at, edit in enumerate(edits):
        if not isinstance(edit, Pin | Promote | Drop | Move):
            continue
        after = edits[at + 1 :]
        place = match(sides(edit.story, after)[0], stories, grown=not isinstance(edit, Drop))
        if place is None:
            outcomes.append(Outcome(edit, "gone"))
        elif isinstance(edit, Move):
            anchor = match(sides(edit.anchor, after)[0], stories)
            outcomes.append(_move(order, place, anchor, edit))
        else:
            if isinstance(edit, Pin):
                order.remove(place)
                first = next((to for to, one in enumerate(order) if marks.get(one) != "pinned"), len(order))
                order.insert(first, place)
                marks[place] = "pinned"
            else:
                marks[place] = "promoted" if isinstance(edit, Promote) else "dropped"
            outcomes.append(Outcome(edit))
    kept = tuple(place for place in order if marks.get(place) != "dropped")
    return Arrangement(kept, marks, tuple(outcomes))


def _move(order: list[int], place: int, anchor: int | None, edit: Move) -> Outcome:
    if anchor is None or anchor == place:
        return Outcome(edit, "anchor" if anchor is None else "one")
    order.remove(place)
    order.insert(order.index(anchor) + (edit.side == "below"), place)
    return Outcome(edit)


@dataclass(slots=True)
class Wording:
    """What an editor set of how one story is told."""

    title: str | None = None
    category: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    """By claim."""
    rejected: set[str] = field(default_factory=set)
    """Claims."""


def reword(
    stories: Sequence[frozenset[str]], edits: Sequence[Edit], categories: Sequence[str]
) -> tuple[dict[int, Wording], list[Outcome]]:
    """Titles, categories, labels and rejections by the place of their story. The last word counts.

    Whether a claim is still made shows only where its story is told; until then a label or a rejection holds.
    """
    wordings: dict[int, Wording] = {}
    outcomes = []
    for at, edit in enumerate(edits):
        if not isinstance(edit, Retitle | Recategorise | Relabel | Reject):
            continue
        parts = sides(edit.story, edits[at + 1 :])
        # A statement may be made by either side, so what was said of it holds for both.
        heard = parts if isinstance(edit, Relabel | Reject) else parts[:1]
        places = [place for side in heard if (place := match(side, stories)) is not None]
        if not places:
            outcomes.append(Outcome(edit, "gone"))
            continue
        if isinstance(edit, Recategorise) and edit.category not in categories:
            outcomes.append(Outcome(edit, "category"))
            continue
        for place in places:
            _enter(wordings.setdefault(place, Wording()), edit)
        outcomes.append(Outcome(edit))
    return wordings, outcomes


def _enter(wording: Wording, edit: Retitle | Recategorise | Relabel | Reject) -> None:
    """One edit entered into the wording."""
    if isinstance(edit, Retitle):
        wording.title = edit.title
    elif isinstance(edit, Recategorise):
        wording.category = edit.category
    elif isinstance(edit, Relabel):
        wording.labels[edit.claim] = edit.label
    else:
        wording.rejected.add(edit.claim)
