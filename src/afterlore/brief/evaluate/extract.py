"""How well articles come out of pages: ``afterlore brief eval extract --data FOLDER``.

Two kinds of folder. With ``ground-truth.json`` and ``html/``, the measure of the scrapinghub
article-extraction-benchmark: 4-grams of ``\\w+`` tokens counted with their repetitions; true and false
positives and false negatives of a page divided by their sum, precision and recall averaged over pages, F1 of
the two means. With ``NNN.html`` and ``NNN.expected.txt``, the share of expected characters that come back in
order (longest common subsequence by lines, then by characters). Trafilatura is measured in the same table in
each of its settings, and the best of them is the one shown.
"""

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import trafilatura

from afterlore.core import InputError
from afterlore.web.extract import extract

__all__ = ["SETTINGS", "Counts", "characters", "evaluate", "shingles"]

SETTINGS: dict[str, dict[str, Any]] = {
    "default": {},
    "favor_precision": {"favor_precision": True},
    "favor_recall": {"favor_recall": True},
    "fast": {"fast": True},
}
"""The settings of trafilatura that are tried as baselines."""
_TOKEN = re.compile(r"\w+")
_N = 4
_LOSS = 0.0005
"""Difference of a page's F1 that is called a loss: below it, a page of 2,000 words differs by one."""


class Counts(NamedTuple):
    """Shares of one page's n-grams (or characters): found, wrongly found, missed. They sum to 1, or are all 0."""

    found: float
    wrong: float
    missed: float

    @property
    def precision(self) -> float:
        """Found among all returned; 1 when there was nothing to get wrong."""
        return 1.0 if not self.wrong and not self.missed else self.found / ((self.found + self.wrong) or 1.0)

    @property
    def recall(self) -> float:
        """Found among all there are; 1 when there was nothing to miss."""
        return 1.0 if not self.wrong and not self.missed else self.found / ((self.found + self.missed) or 1.0)

    @property
    def f1(self) -> float:
        """Harmonic mean of the page's own precision and recall."""
        total = 2 * self.found + self.wrong + self.missed
        return 2 * self.found / total if total else 1.0


def shingles(true: str, got: str) -> Counts:
    """The benchmark's comparison of two texts."""
    a, b = _grams(true), _grams(got)
    return _shares((a & b).total(), (b - a).total(), (a - b).total())


def _grams(text: str) -> Counter[tuple[str, ...]]:
    tokens = _TOKEN.findall(text)
    return Counter(tuple(tokens[i : i + _N]) for i in range(max(1, len(tokens) - _N + 1)))


def _shares(found: int, wrong: int, missed: int) -> Counts:
    total = found + wrong + missed
    return Counts(found / total, wrong / total, missed / total) if total else Counts(0.0, 0.0, 0.0)


def characters(expected: str, got: str) -> float:
    """Share of the expected characters that come back in order, white space aside; 1 when nothing is expected."""
    total = len(_squash(expected))
    return _common(expected, got) / total if total else 1.0


def _squash(text: str) -> str:
    return re.sub(r"\s", "", text)


def _common(expected: str, got: str) -> int:
    """Characters in common and in order. Equal lines are matched first, which keeps it fast on long texts."""
    if _squash(expected) == _squash(got):
        return len(_squash(expected))
    a, b = ([_squash(line) for line in text.split("\n") if _squash(line)] for text in (expected, got))
    total = 0
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag == "equal":
            total += sum(map(len, a[a0:a1]))
        elif tag == "replace":
            left, right = "".join(a[a0:a1]), "".join(b[b0:b1])
            match = SequenceMatcher(None, left, right, autojunk=len(left) * len(right) > 4_000_000)
            total += sum(block.size for block in match.get_matching_blocks())
    return total


def evaluate(data: Path) -> dict[str, Any]:
    """The figures for ``data``; see the module. Raises InputError when the folder is neither of the two kinds."""
    truth = data / "ground-truth.json"
    if truth.is_file():
        return _benchmark(data, truth)
    expected = sorted(data.glob("*.expected.txt"))
    if expected:
        return _saved(expected)
    raise InputError(
        f"{str(data)!r} holds neither ground-truth.json with html/ nor NNN.html with NNN.expected.txt: "
        "give a folder of one of these two kinds"
    )


def _benchmark(data: Path, truth: Path) -> dict[str, Any]:
    try:
        gold: dict[str, dict[str, str]] = json.loads(truth.read_text(encoding="utf-8"))
        bodies = {name: (page["articleBody"], page.get("url")) for name, page in gold.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{str(truth)!r} is not a table of pages with articleBody: {error}") from error
    if not bodies:
        raise InputError(f"{str(truth)!r} lists no page")
    ours: dict[str, Counts] = {}
    theirs: dict[str, dict[str, Counts]] = {setting: {} for setting in SETTINGS}
    for name, (body, url) in bodies.items():
        html = _read(data / "html", name)
        ours[name] = shingles(body, extract(html, url).text)
        for setting, options in SETTINGS.items():
            theirs[setting][name] = shingles(body, _trafilatura(html, options))
    return _report(ours, theirs, {name: url or name for name, (_, url) in bodies.items()})


def _report(ours: dict[str, Counts], theirs: dict[str, dict[str, Counts]], names: dict[str, str]) -> dict[str, Any]:
    table = {setting: _means(pages.values()) for setting, pages in theirs.items()}
    best = max(table, key=lambda setting: table[setting]["f1"])
    losses: list[dict[str, Any]] = [
        {
            "page": name,
            "address": names[name],
            "ours": round(page.f1, 4),
            "trafilatura": round(theirs[best][name].f1, 4),
        }
        for name, page in ours.items()
        if page.f1 < theirs[best][name].f1 - _LOSS
    ]
    losses.sort(key=lambda loss: loss["ours"] - loss["trafilatura"])
    return {
        "measure": "4-gram F1 of the article-extraction-benchmark",
        "pages": len(ours),
        "ours": _means(ours.values()),
        "trafilatura": {"setting": best, **table[best]},
        "trafilatura_settings": table,
        "better": sum(page.f1 > theirs[best][name].f1 + _LOSS for name, page in ours.items()),
        "losses": losses,
    }


def _means(pages: Iterable[Counts]) -> dict[str, float]:
    pages = list(pages)
    # As in the benchmark, a page for which nothing was returned counts in recall alone.
    precision = fmean([page.precision for page in pages if page.found + page.wrong > 0] or [0.0])
    recall = fmean([page.recall for page in pages if page.found + page.missed > 0] or [0.0])
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return {"precision": round(precision, 4), "recall": round(recall, 4), "f1": round(f1, 4)}


def _read(folder: Path, name: str) -> str:
    for path, opened in ((folder / f"{name}.html.gz", gzip.open), (folder / f"{name}.html", open)):
        if path.is_file():
            reader: Callable[..., Any] = opened
            with reader(path, "rb") as file:
                data: bytes = file.read()
            return data.decode("utf-8", "replace")
    raise InputError(f"page {name!r} of ground-truth.json is not in {str(folder)!r} as .html or .html.gz")


def _trafilatura(html: str, options: dict[str, Any]) -> str:
    return trafilatura.extract(html, **options) or ""


def _saved(expected: list[Path]) -> dict[str, Any]:
    ours: dict[str, Counts] = {}
    theirs: dict[str, dict[str, Counts]] = {setting: {} for setting in SETTINGS}
    pages: list[dict[str, Any]] = []
    for path in expected:
        name = path.name.removesuffix(".expected.txt")
        page_file = path.with_name(f"{name}.html")
        if not page_file.is_file():
            raise InputError(f"{path.name!r} has no {name + '.html'!r} beside it")
        html = page_file.read_text(encoding="utf-8", errors="replace")
        text = path.read_text(encoding="utf-8", errors="replace")
        page = extract(html, None)
        ours[name] = _by_characters(text, page.text)
        for setting, options in SETTINGS.items():
            theirs[setting][name] = _by_characters(text, _trafilatura(html, options))
        pages.append(
            {
                "page": name,
                "characters": round(characters(text, page.text), 4),
                "footer_lines": _extra_lines(text, page.text),
                "problem": page.problem,
                "title": page.title,
                "outlet": page.outlet,
                "published": page.published.isoformat() if page.published else None,
                "images": len(page.images),
            }
        )
    report = _report(ours, theirs, {name: f"{name}.html" for name in ours})
    report["measure"] = "characters in order"
    report["characters"] = round(fmean([page["characters"] for page in pages]), 4)
    report["footer_lines"] = [line for page in pages for line in page["footer_lines"]]
    report["by_page"] = pages
    return report


def _by_characters(expected: str, got: str) -> Counts:
    common = _common(expected, got)
    return _shares(common, len(_squash(got)) - common, len(_squash(expected)) - common)


def _extra_lines(expected: str, got: str) -> list[str]:
    """Returned lines that are no part of what is expected."""
    whole = _squash(expected)
    return [line for line in got.split("\n") if _squash(line) and _squash(line) not in whole]
