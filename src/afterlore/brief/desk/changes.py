"""What differs between two editions of one day: for an editor, before publishing and after a build."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from afterlore.brief.publish.edition import Edition, StoryEntry

__all__ = ["Changes", "StoryChange", "changes"]


@dataclass(frozen=True, slots=True)
class StoryChange:
    """One story that is not as it was. Places count from 1; None where the story is not told."""

    title: str
    was: int | None
    now: int | None
    moved: bool
    """Whether it changed its order among the stories that stayed; being pushed along does not count."""
    title_before: str | None
    """None when the title stayed."""
    category: tuple[str, str] | None
    """Before and after."""
    labels: tuple[tuple[str, str], ...]
    claims_added: tuple[str, ...]
    claims_removed: tuple[str, ...]
    articles_added: tuple[str, ...]
    """As "outlet: title"."""
    articles_removed: tuple[str, ...]

    @property
    def anything(self) -> bool:
        """Whether there is something to tell."""
        texts = (self.labels, self.claims_added, self.claims_removed, self.articles_added, self.articles_removed)
        worded = bool(self.title_before or self.category or any(texts))
        return worded or self.moved or self.was is None or self.now is None


@dataclass(frozen=True, slots=True)
class Changes:
    """All that differs."""

    stories: tuple[StoryChange, ...]
    """Those that came or changed in their new order, then those that went."""
    others_added: tuple[str, ...]
    others_removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.stories or self.others_added or self.others_removed)


def changes(before: Edition, after: Edition) -> Changes:
    """What ``after`` tells differently. A story is the same when the two share articles, the most alike first."""
    pairs = _pairs(before.stories, after.stories)
    was = {new: old for old, new in pairs}
    settled = _in_order([was[new] for new in sorted(was)])
    told = [
        _change(before, after, was.get(new), new, moved=new in was and was[new] not in settled)
        for new in range(len(after.stories))
    ]
    gone = [
        _change(before, after, old, None, moved=False)
        for old in range(len(before.stories))
        if old not in set(was.values())
    ]
    listed = [tuple(other.title for other in edition.others) for edition in (before, after)]
    return Changes(
        stories=tuple(one for one in (*told, *gone) if one.anything),
        others_added=tuple(title for title in listed[1] if title not in listed[0]),
        others_removed=tuple(title for title in listed[0] if title not in listed[1]),
    )


def _pairs(before: Sequence[StoryEntry], after: Sequence[StoryEntry]) -> list[tuple[int, int]]:
    old = [frozenset((*story.articles, *story.reposts)) for story in before]
    new = [frozenset((*story.articles, *story.reposts)) for story in after]
    alike = sorted((-len(a & b) / len(a | b), i, j) for i, a in enumerate(old) for j, b in enumerate(new) if a & b)
    pairs: list[tuple[int, int]] = []
    for _, i, j in alike:
        if all(i != old_place and j != new_place for old_place, new_place in pairs):
            pairs.append((i, j))
    return pairs


def _in_order(places: Sequence[int]) -> frozenset[int]:
    """The longest run of places that kept their order (patience sorting); the others are what moved."""
    ends: list[int] = []
    chains: list[tuple[int, ...]] = []
    for place in places:
        at = bisect_left(ends, place)
        chain = (*chains[at - 1], place) if at else (place,)
        ends[at : at + 1] = [place]
        chains[at : at + 1] = [chain]
    return frozenset(chains[-1]) if chains else frozenset()


def _change(before: Edition, after: Edition, old: int | None, new: int | None, *, moved: bool) -> StoryChange:
    one = before.stories[old] if old is not None else None
    other = after.stories[new] if new is not None else None
    story = other or one
    assert story is not None
    both = one is not None and other is not None
    made, makes = _claims(before, one), _claims(after, other)
    labelled = {bullet.claim: bullet.label for bullet in one.bullets} if one else {}
    read, reads = _articles(before, one), _articles(after, other)
    return StoryChange(
        title=story.title,
        was=None if old is None else old + 1,
        now=None if new is None else new + 1,
        moved=moved,
        title_before=one.title if one and other and one.title != other.title else None,
        category=(one.category, other.category) if one and other and one.category != other.category else None,
        labels=tuple(
            (labelled[bullet.claim], bullet.label)
            for bullet in (other.bullets if other else ())
            if bullet.claim in labelled and labelled[bullet.claim] != bullet.label
        ),
        claims_added=tuple(text for claim, text in makes.items() if claim not in made) if both else (),
        claims_removed=tuple(text for claim, text in made.items() if claim not in makes) if both else (),
        articles_added=tuple(text for article, text in reads.items() if article not in read) if both else (),
        articles_removed=tuple(text for article, text in read.items() if article not in reads) if both else (),
    )


def _claims(edition: Edition, story: StoryEntry | None) -> dict[str, str]:
    if story is None:
        return {}
    texts = {claim.id: claim.text for claim in edition.claims}
    return {claim: texts[claim] for claim in (*story.insight, *(bullet.claim for bullet in story.bullets))}


def _articles(edition: Edition, story: StoryEntry | None) -> dict[str, str]:
    if story is None:
        return {}
    articles = {article.id: f"{article.outlet}: {article.title}" for article in edition.articles}
    return {article: articles[article] for article in (*story.articles, *story.reposts)}
