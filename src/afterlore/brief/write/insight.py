"""The insight of an extractive story: the run of sentences in which a source says why the news matters.

A run is one to three sentences that follow each other, the first of which can stand alone. When no source says soberly
why it matters, the run that tells the news itself stands in; nothing is concluded here that no source concludes.
"""

import re
from collections.abc import Sequence

from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate
from afterlore.brief.write.reading import HARD, Story, repeats
from afterlore.brief.write.titles import Title

__all__ = ["FLASH", "insight"]

FLASH = 8
"""An article of so few sentences is a flash: a short sentence is all there is."""

# An insight that only tells the news takes a second passage below the first width, one that judges below the second.
_THIN = 70
_ROOMY = 130
_MOST_WIDTH = 300
_MOST_SENTENCES = 4
# How a sentence takes up the one before it, so that both read as one thought.
_TAKES_UP = re.compile(
    r"这(?!\d|时|次|天|年|里|边)|它|他|她|其|此举|该|因此|所以|于是|由此|也|还|并|更|而|同时|不仅|但|不是|正是|"
    r"(?:This|That|These|It|They|He|She)\b"
)

_Window = tuple[float, list[int]]


def insight(story: Story, title: Title) -> list[int]:
    """Indices of one to four sentences that say why the news matters; of a lead when none does."""
    windows = [window for window in _windows(story) if not _is_title(story.found[window[1][0]], title)]
    if not windows:
        return []
    # When nobody says soberly why it matters, the insight is what the news is.
    native = [window for window in windows if story.native[window[1][0]]]
    sober = [window for window in native or windows if not any("chatty" in story.found[i].faults for i in window[1])]
    judged = [window for window in sober if _judges(story, window[1])]
    lead = [(_leads(story, run), run) for _, run in sober or windows]
    pool = judged or lead
    best = max(pool, key=lambda window: (window[0], -window[1][0]))
    chosen = list(best[1])
    # One judgement may be short; a second passage then says more, or at least tells more of the news.
    for others, enough in ((pool, _ROOMY if judged else _THIN), (sober, _THIN)):
        fitting = [window for window in others if window[0] >= 0.5 * best[0] and _adds(story, chosen, window[1])]
        if fitting and story.size(chosen) < enough:
            chosen += max(fitting, key=lambda window: (window[0], -window[1][0]))[1]
    return chosen


def _adds(story: Story, chosen: Sequence[int], run: Sequence[int]) -> bool:
    """Whether a run fits behind the chosen one: from elsewhere, not the same again, not too much."""
    if len(run) + len(chosen) > _MOST_SENTENCES or story.size(chosen) + story.size(run) > _MOST_WIDTH:
        return False
    if any(
        story.found[i].article == story.found[j].article and story.found[i].paragraph == story.found[j].paragraph
        for i in run
        for j in chosen
    ):
        return False
    return not any(story.alike[i, j] >= 0.3 or repeats(story.found[i], story.found[j]) for i in run for j in chosen)


def _is_title(one: Candidate, title: Title) -> bool:
    """Whether the title was taken from this sentence and is most of it."""
    if title.span is None or one.article != title.article:
        return False
    shared = min(one.end, title.span[1]) - max(one.start, title.span[0])
    return shared > 0.6 * (one.end - one.start)


def _leads(story: Story, run: Sequence[int]) -> float:
    """How well a run tells the news itself: early, about the story's centre, plain."""
    first = story.found[run[0]]
    plain = sum("chatty" in story.found[i].faults for i in run) / len(run)
    return 2 * story.mean_about(run) - 0.05 * first.order - plain + 0.1 * len(run)


def _judges(story: Story, run: Sequence[int]) -> bool:
    """Whether a run about the story's subject says why something matters, and not only once more what happened."""
    strong = [weight for i in run for pattern, weight in phrases.SIGNIFICANCE if pattern.search(story.found[i].text)]
    return max(strong, default=0.0) >= 0.6 and sum(strong) >= 1.0 and story.mean_about(run) >= 0.2


def _windows(story: Story) -> list[_Window]:
    """Runs of one to three sentences of a paragraph (or of two that follow each other) that can stand as an insight."""
    soft = HARD - {"short", "dangling"}
    found = story.found
    windows: list[_Window] = []
    least = 20 if len(found) <= FLASH else 40
    subject = set(sorted(story.centre, key=lambda term: -story.centre[term])[:16])
    for first, one in enumerate(found):
        if (
            one.faults & HARD
            or one.speaker
            or one.heading
            or story.told[first]
            or one.faults & {"elided", "forecast", "pronoun"}
        ):
            continue
        if not one.terms & subject:
            continue
        run: list[int] = []
        for index in range(first, min(first + 3, len(found))):
            following = found[index]
            apart = following.paragraph - found[run[-1]].paragraph if run else 0
            if following.article != one.article or apart > 1 or following.faults & soft or story.told[index]:
                break
            if following.heading:
                break
            if run and "dangling" in following.faults and not _TAKES_UP.match(following.text):
                break
            if "forecast" in following.faults or any(repeats(following, found[i]) for i in run):
                break
            run.append(index)
            size = story.size(run)
            if size > 260:
                break
            if size >= least:
                windows.append((_significance(story, run, size), list(run)))
    return windows


def _significance(story: Story, run: Sequence[int], size: float) -> float:
    """How strongly and how much to the point a run says why something matters, about 0 to 3."""
    value = 0.0
    for place, index in enumerate(run):
        one = story.found[index]
        cues = sum(weight for pattern, weight in phrases.SIGNIFICANCE if pattern.search(one.text))
        about = story.about[index]
        part = min(2.2, cues) * (0.35 + 0.65 * about) + 0.5 * about + 0.35 * story.central[index]
        part -= 0.8 * ("chatty" in one.faults) + 0.2 * ("conditional" in one.faults)
        part -= 0.5 * ("vague" in one.faults and about < 0.2)
        # A figure-laden sentence is a fact for the bullets, not a judgement.
        part -= 0.12 * max(0, len(one.numbers) - 1)
        value += part if place == 0 else 0.8 * part
    lead = story.found[run[0]].position
    close = 0.3 if lead > 0.8 or lead < 0.2 else 0.0
    return float(value / len(run) ** 0.75 + close - 0.5 * abs(size - 130) / 130)
