"""The insight of an extractive story: what happened, and then why a source says that it matters.

The reason is a run of one to three sentences that follow each other, found anywhere in the story by the words with
which writers judge (``phrases.SIGNIFICANCE``). It is led by the sentence that tells the event, unless it tells that
itself. When no source says soberly why it matters, the passage that tells the news stands alone; nothing is concluded
here that no source concludes.
"""

import math
import re
from collections.abc import Iterator, Sequence

from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate, terms, width
from afterlore.brief.write.reading import HARD, Story, overlap, repeats
from afterlore.brief.write.titles import Title

__all__ = ["FLASH", "insight", "lead"]

FLASH = 8
"""An article of so few sentences is a flash: a short sentence is all there is."""

# An insight below the first width takes a further passage; none is taken beyond the second.
_ROOMY = 120
_MOST_WIDTH = 320
_MOST_SENTENCES = 4
# A longer sentence is a passage of its own.
_LONG = 110
# So many sound sentences are left to the bullets.
_BULLETS = 5
# What a run of sentences must be worth as a judgement (``_significance``).
_JUDGES = 0.45
# Above this share of common words a sentence tells the event.
_TELLS = 0.5
_COVERS = 0.75
# Above this alikeness (cosine) a passage says what the insight says already.
_ALIKE = 0.34
# Faults that a sentence which tells the event must not have.
_UNFIT_TO_LEAD = frozenset({"chatty", "conditional", "dangling", "elided", "forecast", "vague"})
_BACKGROUND = re.compile(
    r"从(?!.{0,6}获悉)|过去|此前|早在|前段时间|前不久|多数|不少|去年|近年|随着|当|长期以来|一直以来|距离?(?!离)"
)
# How a sentence takes up the one before it, so that both read as one thought.
_TAKES_UP = re.compile(
    r"这(?!\d|时|次|天|年|里|边)|它|他|她|其|此举|该|因此|所以|于是|由此|也|还|并|更|而|同时|不仅|但|不是|正是|"
    r"(?:This|That|These|It|They|He|She)\b"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?=\s*年|\s|,|，)")
# It only announces what comes.
_ANNOUNCES = re.compile(r"[两二三四五六七]个?(?:层|点|方面|大|种|类)[^，。：]{0,12}。$")
_SPOKEN = re.compile(r"^[“「\"]|[：:]\s*[“「\"]")

_Window = tuple[float, list[int]]


def lead(story: Story, allowed: Sequence[bool]) -> int | None:
    """The sentence that tells what happened, when one of the first ones of an article does."""
    best: tuple[float, int] | None = None
    heads = [terms(article.title) for article in story.articles]
    native = any(story.native)
    for i, one in enumerate(story.found):
        if not allowed[i] or one.faults & _UNFIT_TO_LEAD or one.speaker or one.heading:
            continue
        if one.order > 7 or (one.position > 0.3 and one.order > 2) or (native and not story.native[i]):
            continue
        if not phrases.DEED.search(one.text) or _BACKGROUND.match(one.text) or _SPOKEN.search(one.text):
            continue
        pronoun = phrases.PRONOUN.search(one.text) if "pronoun" in one.faults else None
        if pronoun and width(one.text[: pronoun.start()]) < 20:
            continue
        about = story.about[i]
        titled = max(overlap(head, one.terms) for head in heads)
        value = 2.0 * about + 1.5 * titled + 0.4 * story.quality[i] - 0.08 * one.order - 0.4 * ("pronoun" in one.faults)
        if about > 0.25 and titled >= 0.25 and (best is None or value > best[0]):
            best = (value, i)
    return best[1] if best else None


def insight(story: Story, title: Title) -> list[int]:
    """Indices of one to four sentences: the event and why it matters; the event alone when nobody says why."""
    allowed = [not (one.faults & HARD or story.told[i]) for i, one in enumerate(story.found)]
    event = lead(story, allowed)
    windows = _windows(story)
    native = [window for window in windows if story.native[window[1][0]]]
    sober = [window for window in native or windows if not any("chatty" in story.found[i].faults for i in window[1])]
    headline = terms(title.text)
    judged = sorted(
        (
            (value, run)
            for value, run in sober
            if value >= _JUDGES and run != [event] and len(run) <= _room(story) and _judges(story, run, headline)
        ),
        key=lambda window: (-window[0], window[1]),
    )
    chosen: list[int] = []
    if judged:
        chosen = judged[0][1]
        if event is not None and _tells(story, chosen, event, headline):
            event = chosen[0]
        elif event is not None and _adds(story, chosen, [event], alike=1.0):
            # What follows from a figure may name it again.
            chosen = [event, *chosen]
    elif event is not None:
        chosen = _followed(story, event)
    elif sober or windows:
        chosen = max(sober or windows, key=lambda window: (_leads(story, window[1]), -window[1][0]))[1]
    filled = _filled(story, chosen, judged, event, headline)
    return _ordered(story, filled, event, headline)


def _ordered(story: Story, chosen: Sequence[int], event: int | None, headline: frozenset[str]) -> list[int]:
    """In the order of the sources, but the event first: or else what is most about the headline, if it stands alone."""
    order = sorted(chosen)
    if event not in order and order and overlap(headline, story.found[order[0]].terms) < 0.1:
        alone = [i for i in order if i + 1 not in order and "dangling" not in story.found[i].faults]
        event = max(alone, key=lambda i: (overlap(headline, story.found[i].terms), -i), default=None)
    return sorted(order, key=lambda i: (i != event, i))


def _filled(
    story: Story, chosen: list[int], judged: Sequence[_Window], event: int | None, headline: frozenset[str]
) -> list[int]:
    """An insight that is too short takes a second judgement, or else more of the event and of what follows from it."""
    if not chosen:
        return []
    for _, run in judged:
        if story.size(chosen) >= _ROOMY:
            break
        if _adds(story, chosen, run):
            chosen = chosen + run
    further = [] if event is None else [event]
    further += _consequences(story, headline)
    further += [] if event is None else _followed(story, event)[1:]
    # The facts of a short story are all needed for its bullets.
    spare = sum(story.sound) - _BULLETS
    for i in further:
        if story.size(chosen) >= _ROOMY or len(chosen) > spare:
            break
        if _adds(story, chosen, [i]):
            chosen = [*chosen, i]
    for i in _central(story):
        if story.size(chosen) >= 0.75 * _ROOMY or len(chosen) > spare:
            break
        if _adds(story, chosen, [i]):
            chosen = [*chosen, i]
    return chosen


def _central(story: Story) -> list[int]:
    """The plain sentences that are most about the story's centre."""
    plain = [i for i, one in enumerate(story.found) if not one.faults and not one.speaker and not one.heading]
    plain = [i for i in plain if story.native[i] and not story.told[i] and width(story.found[i].text) <= _LONG]
    return sorted(plain, key=lambda i: (-(story.about[i] + 0.2 * story.quality[i]), i))[:4]


def _consequences(story: Story, headline: frozenset[str]) -> list[int]:
    """Sound sentences about the headline's matter that give a cause, a consequence or a first, best first."""
    barred = HARD | {"chatty", "conditional", "elided", "forecast", "pronoun", "vague"}
    ranked = []
    for i, one in enumerate(story.found):
        cues = math.fsum(_cues(one.text))
        if width(one.text) > _LONG:
            continue
        if cues < 0.4 or one.faults & barred or one.speaker or one.heading or story.told[i] or not story.native[i]:
            continue
        if _SPOKEN.search(one.text) or _looks_back(story, one) or not one.terms & headline or story.about[i] < 0.2:
            continue
        ranked.append((-(min(1.5, cues) + story.about[i] + 0.5 * story.central[i]), i))
    return [i for _, i in sorted(ranked)[:4]]


def _room(story: Story) -> int:
    """How many sentences the insight may take: a short story needs its facts for the bullets."""
    return min(_MOST_SENTENCES, max(1, sum(story.sound) - 3))


def _followed(story: Story, event: int) -> list[int]:
    """The sentence that tells the event, and the next of its paragraph when that goes on with it and is plain."""
    run = [event]
    after = event + 1
    if after < len(story.found) and len(story.found) > FLASH:
        one, first = story.found[after], story.found[event]
        same = one.article == first.article and one.paragraph == first.paragraph
        plain = not one.faults & (HARD | {"chatty", "pronoun", "forecast"}) and not story.told[after]
        if same and plain and _room(story) > 1 and not repeats(one, first) and story.size([event, after]) <= 200:
            run.append(after)
    return run


def _tells(story: Story, run: Sequence[int], event: int, headline: frozenset[str]) -> bool:
    """Whether a run tells the event itself.

    One of its sentences shares half of the event's words, or all of them most of what the event and the headline share.
    """
    told = story.found[event].terms
    said = frozenset().union(*(story.found[i].terms for i in run))
    if overlap(told & headline, said) >= _COVERS and any(phrases.DEED.search(story.found[i].text) for i in run):
        return True
    return any(overlap(*sorted((told, story.found[i].terms), key=len)) >= _TELLS for i in run)


def _adds(story: Story, chosen: Sequence[int], run: Sequence[int], alike: float = _ALIKE) -> bool:
    """Whether a run fits beside the chosen one: not the same again, not too much."""
    if len(run) + len(chosen) > _room(story) or story.size(chosen) + story.size(run) > _MOST_WIDTH:
        return False
    if set(run) & set(chosen):
        return False
    return not any(story.alike[i, j] >= alike or repeats(story.found[i], story.found[j]) for i in run for j in chosen)


def _leads(story: Story, run: Sequence[int]) -> float:
    """How well a run tells the news itself: early, about the story's centre, plain."""
    first = story.found[run[0]]
    plain = sum("chatty" in story.found[i].faults for i in run) / len(run)
    return 2 * story.mean_about(run) - 0.05 * first.order - plain + 0.1 * len(run)


def _cues(text: str) -> list[float]:
    bare = phrases.QUOTED.sub("", text)
    return [weight for pattern, weight in phrases.SIGNIFICANCE if pattern.search(bare)]


def _judges(story: Story, run: Sequence[int], headline: frozenset[str]) -> bool:
    """Whether a run about the headline's matter says why something matters, and not only once more what happened."""
    strong = [weight for i in run for weight in _cues(story.found[i].text)]
    about = story.mean_about(run)
    named = any(story.found[i].terms & headline for i in run)
    return max(strong, default=0.0) >= 0.6 and about >= 0.12 and named and math.fsum(strong) + about >= 1.1


def _windows(story: Story) -> list[_Window]:
    """Runs of one to three sentences of a paragraph (or of two that follow each other) that can stand as an insight."""
    found = story.found
    windows: list[_Window] = []
    least = 20 if len(found) <= FLASH else 34
    subject = set(sorted(story.centre, key=lambda term: (-story.centre[term], term))[:16])
    barred = HARD | {"elided", "forecast", "pronoun"}
    for first, one in enumerate(found):
        if one.faults & barred or one.speaker or one.heading or story.told[first] or not one.terms & subject:
            continue
        if _ANNOUNCES.search(one.text):
            continue
        windows += [(_significance(story, run, story.size(run)), run) for run in _runs(story, first, least)]
    return windows


def _runs(story: Story, first: int, least: float) -> Iterator[list[int]]:
    """The runs from ``first`` on: each further sentence takes up the one before, or judges like it."""
    soft = HARD - {"short", "dangling"}
    found = story.found
    run = [first]
    judges = bool(_cues(found[first].text))
    if story.size(run) >= least:
        yield list(run)
    for index in range(first + 1, min(first + 3, len(found))):
        one = found[index]
        if one.article != found[first].article or one.paragraph - found[run[-1]].paragraph > 1 or one.heading:
            return
        if one.faults & soft or "forecast" in one.faults or story.told[index] or _ANNOUNCES.search(one.text):
            return
        takes_up = bool(_TAKES_UP.match(one.text))
        if not takes_up and ("dangling" in one.faults or not (judges and _cues(one.text))):
            return
        if any(repeats(one, found[i]) for i in run):
            return
        run.append(index)
        if story.size(run) > 240:
            return
        judges = judges or bool(_cues(one.text))
        if story.size(run) >= least:
            yield list(run)


def _significance(story: Story, run: Sequence[int], size: float) -> float:
    """How strongly and how much to the point a run says why something matters, about 0 to 3."""
    value = 0.0
    for place, index in enumerate(run):
        one = story.found[index]
        about = story.about[index]
        part = min(2.0, sum(_cues(one.text))) * (0.45 + 0.55 * about) + 0.5 * about + 0.3 * story.central[index]
        part -= 0.8 * ("chatty" in one.faults) + 0.2 * ("conditional" in one.faults)
        part -= 0.5 * ("vague" in one.faults and about < 0.2)
        # Somebody's quip is not a reason, and the past is not the news.
        part -= 0.5 * bool(_SPOKEN.search(one.text)) + 0.7 * _looks_back(story, one)
        # A figure-laden sentence is a fact for the bullets, not a judgement.
        part -= 0.12 * max(0, len(one.numbers) - 1)
        value += part if place == 0 else 0.8 * part
    begins = story.found[run[0]].position
    close = 0.3 if begins > 0.75 or begins < 0.15 else 0.0
    return float(value / len(run) ** 0.75 + close - 0.4 * abs(size - 110) / 110)


def _looks_back(story: Story, one: Candidate) -> bool:
    """Whether a sentence opens with a year long before the article's own."""
    year = _YEAR.search(one.text[:16])
    published = story.articles[one.article].published
    if year is None:
        return False
    return published is not None and int(year.group()) <= published.year - 2
