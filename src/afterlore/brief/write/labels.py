"""Which label fits a bullet: from the vertical's lexicon, else from what kind of sentence it is."""

import re
from collections.abc import Sequence

from afterlore.brief.vertical import Vertical
from afterlore.brief.write import phrases
from afterlore.brief.write.candidates import Candidate

__all__ = ["assign_labels", "label_scores"]

# Below this no label fits with confidence: one strong cue late in the sentence (2 × ⅔), or two weak ones early.
_CONFIDENT = 1.3
# What a label loses each time the story already has it.
_REUSED = 0.4
# A sentence that opens an article keeps its form label unless its topic is this clear.
_CLEAR = 3.0
_EARLIER = re.compile(r"此前|早在|去年|前年|过去|曾经?|起初|最初|20[01]\d\s*年|继[^，。]{2,20}[之以]?后|就在\s*\d")


def label_scores(text: str, vertical: Vertical) -> dict[str, float]:
    """How much each label of the vertical is called for; labels that no cue calls for are left out.

    A cue in the first half counts in full, a later one two thirds: Chinese news sentences open with their topic.
    """
    half = text[: max(24, len(text) // 2)]
    scores = {}
    for label in vertical.labels:
        early = label.cues.found(half)
        all_of_it = label.cues.found(text)
        score = sum(weight if cue in early else weight * 2 / 3 for cue, weight in all_of_it.items())
        if score > 0:
            scores[label.name] = score
    return scores


def assign_labels(said: Sequence[Candidate], vertical: Vertical, opening: int | None = None) -> list[str]:
    """One label a sentence; ``opening`` is the number of the one that tells what happened.

    Labels go out best fit first; one that is taken loses weight, so they spread.
    """
    table = [label_scores(one.text, vertical) for one in said]
    chosen: list[str] = [""] * len(said)
    used: dict[str, int] = {}
    if opening is not None and max(table[opening].values(), default=0.0) < _CLEAR:
        chosen[opening] = vertical.form_labels.lead
        used[chosen[opening]] = 1
    while True:
        best: tuple[float, int, str] | None = None
        for row, scores in enumerate(table):
            if not chosen[row]:
                for name, score in scores.items():
                    worth = score * _REUSED ** used.get(name, 0)
                    if worth >= _CONFIDENT and (best is None or worth > best[0] + 1e-9):
                        best = (worth, row, name)
        if best is None:
            break
        _, row, name = best
        chosen[row] = name
        used[name] = used.get(name, 0) + 1
    for row, one in enumerate(said):
        if not chosen[row]:
            chosen[row] = _by_form(one, table[row], set(chosen), vertical)
    return chosen


def _by_form(one: Candidate, scores: dict[str, float], taken: set[str], vertical: Vertical) -> str:
    """The first of these that fits and is free: a weak topic, what kind of sentence it is; then the neutral label."""
    kinds = vertical.form_labels
    options = []
    weak = sorted(((score, name) for name, score in scores.items() if score >= 0.5), reverse=True)
    options += [name for score, name in weak if score >= 0.95]
    if _EARLIER.search(one.text[:30]):
        options.append(kinds.earlier)
    if len(one.numbers) >= 2:
        options.append(kinds.figures)
    if phrases.SPEECH.search(one.text):
        options.append(kinds.speech)
    if one.numbers:
        options.append(kinds.figures)
    options += [name for score, name in weak if score < 0.95]
    return next((option for option in options if option not in taken), kinds.other)
