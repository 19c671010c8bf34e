"""The quote gate on real passages: is a quote accepted however it is spelt, and refused when it says something else?

From each passage come the whole of it and one stretch of 5 to 20 words, drawn with a fixed seed, in the spellings that
must be accepted and with the changes that must be refused. A changed quote that the passage also says, word for word,
is passed over, as judged by its words alone and not by the gate.

::

    afterlore research eval quotes --data PATH --json
"""

import random
import re
import time
import unicodedata
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from afterlore.research.evaluate.questions import read_material
from afterlore.text.quotes import QuoteIndex

__all__ = ["CHANGES", "SPELLINGS", "measure"]

_SEED = 20_260_101
_GAPS = (" ", "  ", "\n", "\r\n\t", "\u00a0", "\u2009", "\u3000", " \u200b ")
_CORE = re.compile(r"\w(?:.*\w)?", re.DOTALL)
_SHOWN = 20
_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_CURLY = str.maketrans({"'": "’", "-": "‑"})
# A digit beside one that NFKC takes out of its place: the NFKC spelling says another number.
_RAISED = re.compile(r"\d[²³¹⁰⁴-⁹₀-₉¼-¾⅐-⅞①-⑳]|[²³¹⁰⁴-⁹₀-₉¼-¾⅐-⅞①-⑳]\d")

Spelling = Callable[[str, random.Random], str]
Change = Callable[[list[str], random.Random, Sequence[str]], list[str] | None]


def _gaps(quote: str, rng: random.Random) -> str:
    return "".join(rng.choice(_GAPS) if piece.isspace() else piece for piece in re.split(r"(\s+)", quote))


def _hyphens(quote: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(quote)) if len(quote) > 1 else 0
    return quote[:at] + "\u00ad" + quote[at:]


SPELLINGS: dict[str, Spelling] = {
    "exact": lambda quote, _: quote,
    "other white space": _gaps,
    "NFKC": lambda quote, _: unicodedata.normalize("NFKC", quote),
    "NFD": lambda quote, _: unicodedata.normalize("NFD", quote),
    "full width": lambda quote, _: quote.translate(_WIDE),
    "curly marks": lambda quote, _: quote.translate(_CURLY),
    "soft hyphen": _hyphens,
}
"""Ways to spell a quote that say the same."""


def _at(words: list[str], rng: random.Random, wanted: Callable[[str], bool]) -> int | None:
    places = [at for at, word in enumerate(words) if wanted(word)]
    return rng.choice(places) if places else None


def _put(word: str, core: str) -> str:
    """A word with its punctuation around another core."""
    return _CORE.sub(lambda _: core, word, count=1)


def _other_word(words: list[str], rng: random.Random, vocabulary: Sequence[str]) -> list[str] | None:
    at = _at(words, rng, lambda word: _CORE.search(word) is not None)
    if at is None:
        return None
    match = _CORE.search(words[at])
    assert match is not None
    other = rng.choice(vocabulary)
    return None if other == match[0] else [*words[:at], _put(words[at], other), *words[at + 1 :]]


def _other_number(words: list[str], rng: random.Random, _: Sequence[str]) -> list[str] | None:
    at = _at(words, rng, lambda word: re.search("[0-9]", word) is not None)
    if at is None:
        return None
    place = rng.choice([match.start() for match in re.finditer("[0-9]", words[at])])
    digit = str((int(words[at][place]) + rng.randint(1, 9)) % 10)
    return [*words[:at], words[at][:place] + digit + words[at][place + 1 :], *words[at + 1 :]]


def _other_letter(words: list[str], rng: random.Random, _: Sequence[str]) -> list[str] | None:
    at = _at(words, rng, lambda word: re.search("[a-z]", word) is not None)
    if at is None:
        return None
    place = rng.choice([match.start() for match in re.finditer("[a-z]", words[at])])
    letter = rng.choice([char for char in "abcdefghijklmnopqrstuvwxyz" if char != words[at][place]])
    return [*words[:at], words[at][:place] + letter + words[at][place + 1 :], *words[at + 1 :]]


def _left_out(words: list[str], rng: random.Random, _: Sequence[str]) -> list[str] | None:
    if len(words) < 3:
        return None
    at = rng.randrange(1, len(words) - 1)
    return [*words[:at], *words[at + 1 :]]


def _added(words: list[str], rng: random.Random, vocabulary: Sequence[str]) -> list[str] | None:
    at = rng.randrange(1, len(words)) if len(words) > 1 else 1
    return [*words[:at], rng.choice([*vocabulary, "not"]), *words[at:]]


def _cut_first(words: list[str], _rng: random.Random, _: Sequence[str]) -> list[str] | None:
    """A quote that begins inside its first word or number: 5 people of 25 people."""
    at = next((at for at, word in enumerate(words[:-1]) if re.match(r"\w\w", word)), None)
    return None if at is None else [words[at][1:], *words[at + 1 :]]


def _cut_last(words: list[str], _rng: random.Random, _: Sequence[str]) -> list[str] | None:
    at = next((at for at in range(len(words) - 1, 0, -1) if re.search(r"\w\w$", words[at])), None)
    return None if at is None else [*words[:at], words[at][:-1]]


CHANGES: dict[str, Change] = {
    "another word": _other_word,
    "another number": _other_number,
    "another letter": _other_letter,
    "a word left out": _left_out,
    "a word added": _added,
    "first word cut": _cut_first,
    "last word cut": _cut_last,
}
"""Changes after which a quote says something else."""


def measure(place: Path) -> dict[str, Any]:
    """The figures for the passages of a file or folder. Raises InputError when it holds none."""
    texts = list(dict.fromkeys(one.text for material in read_material(place) for one in material.passages))
    rng = random.Random(_SEED)
    accepted = {name: [0, 0] for name in SPELLINGS}
    wrongly = {name: [0, 0] for name in CHANGES}
    mistakes: list[str] = []
    raised = 0
    folding = looking = 0.0
    for text in texts:
        began = time.perf_counter()
        index = QuoteIndex(text)
        folding += time.perf_counter() - began
        words = list(re.finditer(r"\S+", text))
        first = rng.randrange(max(1, len(words) - 5))
        stretch = words[first : first + rng.randint(5, 20)]
        for quote in (text, text[stretch[0].start() : stretch[-1].end()]):
            for name, spelling in SPELLINGS.items():
                if name == "NFKC" and _RAISED.search(quote):
                    raised += 1
                    continue
                began = time.perf_counter()
                span = index.locate(spelling(quote, rng))
                looking += time.perf_counter() - began
                accepted[name][0] += span is not None
                accepted[name][1] += 1
                if span is None:
                    mistakes.append(f"refused ({name}): {quote[:100]!r}")
        said = _words(text)
        for name, change in CHANGES.items():
            changed = change([word[0] for word in stretch], rng, [core for core in map(_core, said) if core])
            if changed is None or _says(said, _words(" ".join(changed))):
                continue
            wrongly[name][1] += 1
            if index.locate(" ".join(changed)) is not None:
                wrongly[name][0] += 1
                mistakes.append(f"accepted ({name}): {' '.join(changed)!r}")
    spelt = sum(tried for _, tried in accepted.values())
    return {
        "passages": len(texts),
        "NFKC spellings passed over because they say another number": raised,
        "must be accepted": {name: {"accepted": some, "of": tried} for name, (some, tried) in accepted.items()},
        "must be refused": {name: {"accepted": some, "of": tried} for name, (some, tried) in wrongly.items()},
        "µs": {"to fold a passage": folding / len(texts) * 1e6, "to look for a quote": looking / spelt * 1e6},
        "holds": not mistakes,
        "mistakes": mistakes[:_SHOWN],
    }


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFKC", text).split()


def _core(word: str) -> str:
    match = _CORE.search(word)
    return match[0] if match else ""


def _says(said: list[str], words: list[str]) -> bool:
    return any(said[at : at + len(words)] == words for at in range(len(said) - len(words) + 1))
