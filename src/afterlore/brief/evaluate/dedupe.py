"""Near-duplicates on generated articles: seconds, recall by edit rate, and merges that must not be."""

import random
import time
from typing import Any

from afterlore.brief.article import Article
from afterlore.brief.evaluate.generate import day, reposted
from afterlore.brief.evaluate.generate_hard import flashes
from afterlore.brief.group.dedupe import dedupe
from afterlore.stats import wilson

__all__ = ["evaluate"]

_RATES = (0.005, 0.01, 0.02)


def evaluate(n: int = 10_000, *, seed: int = 0, length: int = 1700) -> dict[str, Any]:
    """Figures over ``n`` articles, most of about ``length`` characters; with short flashes among them, 1,500 on
    average.

    A tenth of them are edited copies (spread over three edit rates) and a fiftieth framed reposts; ``seed`` fixes
    everything but the seconds. ``random_merges`` counts merges among 1,000 unrelated articles put side by side in the
    same run, ``template_merges`` those among 200 same-template flashes about different events.
    """
    copies, framed = max(3, n // 10), max(1, n // 50)
    originals = list(day(n - copies - framed, seed, length=length, roundups=False).articles)
    long = [article for article in originals if len(article.text) >= length // 2]
    rng = random.Random(f"edits {seed}")
    sources = rng.sample(long, min(len(long), copies + framed))
    expected: dict[str, tuple[str, str]] = {}
    made: list[Article] = []
    for number, source in enumerate(sources):
        rate = _RATES[number % len(_RATES)]
        is_framed = number >= copies
        copy = reposted(source, rng, rate=0.0 if is_framed else rate, framed=is_framed)
        expected[copy.id] = (source.id, "framed" if is_framed else f"{rate:.1%}")
        made.append(copy)
    begun = time.perf_counter()
    found = dedupe([*originals, *made])
    seconds = time.perf_counter() - begun
    right = {d.article: d.of for d in found}
    recall = {}
    for kind in [f"{rate:.1%}" for rate in _RATES] + ["framed"]:
        wanted = [(copy, source) for copy, (source, label) in expected.items() if label == kind]
        hits = sum(right.get(copy) == source for copy, source in wanted)
        low, high = wilson(hits, len(wanted))
        recall[kind] = {"recall": hits / len(wanted) if wanted else 1.0, "n": len(wanted), "low": low, "high": high}
    return {
        "articles": len(originals) + len(made),
        "length": round(sum(len(a.text) for a in originals) / len(originals)),
        "seconds": round(seconds, 2),
        "seed": seed,
        "recall": recall,
        "wrong": sum(d.article not in expected or expected[d.article][0] != d.of for d in found),
        "random_merges": len(dedupe(_unrelated(1000, seed, length))),
        "template_merges": len(dedupe(flashes(200, seed))),
    }


def _unrelated(n: int, seed: int, length: int) -> list[Article]:
    """One article of each of ``n`` events."""
    generated = day(2 * n + 20, seed + 1, length=length, roundups=False)
    by_id = {article.id: article for article in generated.articles}
    return [by_id[ids[0]] for ids in generated.clusters][:n]
