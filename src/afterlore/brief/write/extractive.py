"""The writer that needs no model: it chooses sentences, and never makes one.

Every statement is a span of an article's text, cut only at its front (lead-ins) or at a semicolon. ``reading`` says
what each sentence is worth, ``insight`` finds why the news matters, and the bullets are chosen here for what they cover
together.
"""

import re
from collections.abc import Sequence

from afterlore.brief.article import Article
from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import terms
from afterlore.brief.write.graph import choose
from afterlore.brief.write.insight import FLASH, insight
from afterlore.brief.write.labels import assign_labels, label_scores
from afterlore.brief.write.reading import HARD, Story, overlap, read, repeats
from afterlore.brief.write.story import Bullet, Draft, Sourced
from afterlore.brief.write.titles import best_title

__all__ = ["ExtractiveWriter"]

# Left out as long as five better ones are there: who does it, or who says it, cannot be told from the sentence.
_UNSOUND = frozenset({"elided", "forecast", "vague"})
# Faults that a sentence which opens the bullets must not have.
_UNFIT_TO_OPEN = _UNSOUND | {"chatty", "conditional", "pronoun"}
_BACKGROUND = re.compile(
    r"从(?!.{0,6}获悉)|过去|此前|早在|前段时间|前不久|多数|不少|去年|近年|随着|当|长期以来|一直以来|距离?(?!离)"
)


class ExtractiveWriter:
    """A ``Writer`` that quotes. The same articles give the same draft."""

    name = "extractive"

    def write(self, articles: Sequence[Article], *, vertical: Vertical, avoid: Sequence[str] = ()) -> Draft | None:
        """A draft of verbatim statements, or None when fewer than two can stand (one, when ``avoid`` is given)."""
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
        labels = assign_labels([story.found[i] for i in bullets], vertical, 0 if opening else None)
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


def _sourced(story: Story, index: int) -> Sourced:
    said = story.found[index]
    return Sourced(text=said.text, article_id=story.articles[said.article].id, start=said.start, end=said.end)


def _opening(story: Story, allowed: Sequence[bool]) -> list[int]:
    """The sentence that tells what happened, when one of the first ones does: a reader wants it before the rest."""
    best: tuple[float, int] | None = None
    heads = [terms(article.title) for article in story.articles]
    for i, one in enumerate(story.found):
        if not allowed[i] or one.faults & _UNFIT_TO_OPEN or one.speaker or one.order > 7 or one.position > 0.3:
            continue
        if not phrases.DEED.search(one.text) or _BACKGROUND.match(one.text):
            continue
        about = story.about[i]
        titled = max(overlap(head, one.terms) for head in heads)
        value = 2.0 * about + 1.5 * titled + 0.4 * story.quality[i] - 0.08 * one.order
        if about > 0.25 and titled >= 0.25 and (best is None or value > best[0]):
            best = (value, i)
    return [best[1]] if best else []


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
    most = 4 if usable < 7 else 5 if usable < 45 and outlets < 3 else 6
    groups = []
    for one in found:
        scores = label_scores(one.text, story.vertical)
        topic = max(sorted(scores), key=lambda name: scores[name]) if scores else "-"
        groups.append([f"topic:{topic}", f"outlet:{story.articles[one.article].outlet}"])
    opening = _opening(story, allowed)
    seed = [*why, *opening]
    allowed = [ok and i not in opening for i, ok in enumerate(allowed)]
    rest = choose(story.alike, story.quality, groups, most=most - len(opening), allowed=allowed, taken=seed)
    chosen = opening + rest
    best = max((story.quality[i] for i in chosen), default=0.0)
    chosen = [i for n, i in enumerate(chosen) if story.quality[i] >= (0.2 if n < 4 else 0.5) * best]
    # The lead article's order first: news stories are written most important first.
    place = {i: (i not in opening, round(found[i].position * 4), found[i].article, found[i].order) for i in chosen}
    return sorted(chosen, key=place.__getitem__), opening
