"""How the clustering's settings were set: threshold, growth and unsure band on synthetic days, the factors that keep
events of one vendor apart on synthetic days of what is hard.

Run: python benchmarks/cluster.py [calibrate|hard|speed]
"""

import resource
import sys
import time
from dataclasses import replace

from afterlore.brief.evaluate import generate
from afterlore.brief.evaluate.generate_hard import CASES, hard_day
from afterlore.brief.group.cluster import DEFAULT, cluster
from afterlore.stats import PairCounts, pair_counts


def calibrate() -> None:
    """Pair figures by threshold and size of day, and the share of true pairs by score."""
    for n, seeds in ((25, 12), (50, 8), (150, 4), (500, 2), (1500, 1)):
        days = [generate.day(n, 100 + seed) for seed in range(seeds)]
        print(f"\n{n} articles, {seeds} days, F1 (precision) by threshold on a day of 50 articles:")
        for step in range(14, 32, 2):
            settings = replace(DEFAULT, threshold=step / 100, growth=0.0)
            counts = [pair_counts(cluster(day.articles, settings).clusters, day.clusters) for day in days]
            total = PairCounts(*(sum(c[i] for c in counts) for i in range(3)))
            print(f"  {step / 100:.2f}  {total.f1:.3f} ({total.precision:.3f})")
    print("\nshare of true pairs by score, 50 articles:")
    bins: dict[int, list[int]] = {}
    for seed in range(40):
        day = generate.day(50, 500 + seed)
        owner = {i: k for k, ids in enumerate(day.clusters) for i in ids}
        wide = replace(DEFAULT, threshold=2.0, unsure=(0.05, 0.9))
        for doubt in cluster(day.articles, wide).unsure:
            cell = bins.setdefault(int(doubt.score * 50), [0, 0])
            cell[0] += owner[doubt.a] == owner[doubt.b]
            cell[1] += 1
    for place, (true, total) in sorted(bins.items()):
        print(f"  {place / 50:.2f}-{place / 50 + 0.02:.2f}  {true / total:.3f} of {total}")


def hard() -> None:
    """Pair figures by what makes a day hard, each among two portions of plain events; and all of it at once."""
    for cases in (*((case, "plain", "plain") for case in CASES), CASES):
        days = [hard_day(seed, cases) for seed in range(6)]
        counts = [pair_counts(cluster(day.articles).clusters, day.clusters) for day in days]
        total = PairCounts(*(sum(c[i] for c in counts) for i in range(3)))
        name = "all" if cases == CASES else cases[0]
        print(f"{name:12} {len(days[0].articles):3} articles  P {total.precision:.3f} R {total.recall:.3f}")


def speed() -> None:
    """Seconds and peak memory of 1,000 and 10,000 articles."""
    for n in (1000, 10_000):
        day = generate.day(n, 1)
        begun = time.perf_counter()
        result = cluster(day.articles)
        spent = time.perf_counter() - begun
        counts = pair_counts(result.clusters, day.clusters)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        print(f"{n} articles: {spent:.1f} s, peak {peak} MB, P {counts.precision:.3f} R {counts.recall:.3f}")


if __name__ == "__main__":
    {"speed": speed, "hard": hard}.get("".join(sys.argv[1:2]), calibrate)()
