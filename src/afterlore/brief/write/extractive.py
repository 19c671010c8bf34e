"""The writer that needs no model: it chooses sentences, and never makes one.

Every statement is a span of an article's text, cut only at its front (lead-ins) or at a semicolon. ``reading`` says
what each sentence is worth, ``insight`` finds why the news matters, and the bullets are chosen here for what they cover
together.
"""

from collections.abc import Sequence

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate, terms
from afterlore.brief.write.graph import choose
from afterlore.brief.write.insight import FLASH, insight, lead
from afterlore.brief.write.labels import assign_labels, label_scores
from afterlore.brief.write.reading import HARD, Story, overlap, read, repeats
from afterlore.brief.write.story import Bullet, Draft, Sourced
from afterlore.brief.write.titles import best_title

__all__ = ["ExtractiveWriter"]

# Left out as long as five better ones are there: who does or says it cannot be told, or it is idle talk.
_UNSOUND = frozenset({"chatty", "elided", "forecast", "vague"})


class ExtractiveWriter:
    """A ``Writer`` that quotes. The same articles give the same draft."""

    name = "extractive"
    version = "1"

    def write(self, articles: Sequence[Article], *, vertical: Vertical, avoid: Sequence[str] = ()) -> Draft | None:
        """A draft of verbatim statements, or None when fewer than two can stand.

        When ``avoid`` is given one is enough, but something must be reported that was not told.
        """
        if not articles:
            return None
        story = read(articles, vertical, avoid)
        if not story.found:
            return None
        title = best_title(articles, story.found, vertical, story.centre)
        why = insight(story, title)
        bullets, opening = _bullets(story, title.text, why)
        if not why and len(bullets) > 1:
            why, bullets, opening = bullets[:1], bullets[1:], []
        if not why or len(bullets) < (0 if avoid else 1):
            return None
        if avoid and not any(_is_news(story.found[i]) for i in (*why, *bullets)):
            return None
        labels = assign_labels([story.found[i] for i in bullets], vertical, 0 if opening else None, terms(title.text))
        return Draft(
            title=title.text,
            title_from=articles[title.article].id,
            title_span=title.span,
            insight=tuple(_sourced(story, i) for i in why),
            bullets=tuple(
                Bullet(label=story.found[i].speaker or story.found[i].heading or label, statement=_sourced(story, i))
                for i, label in zip(bullets, labels, strict=True)
            ),
        )


def _is_news(one: Candidate) -> bool:
    """Whether a sentence that was not told yet reports something, and is no mere opinion of what was."""
    return bool(one.figures or one.numbers) or (
        bool(phrases.DEED.search(one.text) and one.entities) and not phrases.SPEECH.search(one.text)
    )


def _sourced(story: Story, index: int) -> Sourced:
    said = story.found[index]
    return Sourced(text=said.text, article_id=story.articles[said.article].id, start=said.start, end=said.end)


def _opening(story: Story, allowed: Sequence[bool], why: Sequence[int]) -> list[int]:
    """The sentence that tells what happened opens the bullets, unless the insight has told it."""
    first = lead(story, [ok or i in why for i, ok in enumerate(allowed)])
    if first is None or first in why or any(story.alike[first, i] >= 0.38 for i in why):
        return []
    return [first]


def _bullets(story: Story, title: str, why: Sequence[int]) -> tuple[list[int], list[int]]:
    """Indices of the bullets' sentences in the order that a reader wants them, and which of them opens."""
    found = story.found
    title_terms = terms(title)
    allowed = []
    for i, one in enumerate(found):
        serious = one.faults & (HARD if not one.speaker else HARD - {"person"})
        again = overlap(one.terms, title_terms) > 0.75 or any(repeats(one, found[j]) for j in why)
        allowed.append(not serious and not story.told[i] and not again and i not in why)
    if sum(allowed) < 2 and len(found) <= FLASH:
        # A flash is read whole: its sentences lean on the title and on each other, and it may say its title again.
        wrong = HARD - {"dangling"}
        allowed = [not (one.faults & wrong or story.told[i] or i in why) for i, one in enumerate(found)]
    native = [ok and story.native[i] for i, ok in enumerate(allowed)]
    if sum(native) >= 4:
        # What is told in the brief's own language is not told again in another.
        allowed = native
    sound = [ok and not found[i].faults & _UNSOUND for i, ok in enumerate(allowed)]
    if sum(sound) >= 5:
        allowed = sound
    usable = sum(allowed)
    outlets = len({article.outlet for article in story.articles})
    most = 5 if usable < 45 and outlets < 3 else 6 if usable < 120 else 7
    groups = []
    for one in found:
        scores = label_scores(one.text, story.vertical)
        topic = max(sorted(scores), key=lambda name: scores[name]) if scores else "-"
        groups.append([f"topic:{topic}", f"outlet:{story.articles[one.article].outlet}"])
    opening = _opening(story, allowed, why)
    seed = [*why, *opening]
    allowed = [ok and i not in opening for i, ok in enumerate(allowed)]
    rest = choose(story.alike, story.quality, groups, most=most - len(opening), allowed=allowed, taken=seed)
    chosen = opening + rest
    best = max((story.quality[i] for i in chosen), default=0.0)
    chosen = [i for n, i in enumerate(chosen) if story.quality[i] >= (0.2 if n < 5 else 0.5) * best]
    # The lead article's order first: news stories are written most important first.
    place = {i: (i not in opening, round(found[i].position * 4), found[i].article, found[i].order) for i in chosen}
    return sorted(chosen, key=place.__getitem__), opening
