"""What checking a claim costs: claims a second, the first time and again, and with how many source sentences.

Run it as ``python benchmarks/verifier.py``. A sentence that was read once is kept, so that the second claim about it
costs less; a brief asks about each of its sources many times.
"""

import json
import time
from pathlib import Path

from afterlore.brief.check import check

CASES = Path(__file__).parents[1] / "tests" / "data" / "mutations.json"


def main() -> None:
    """Print one line a size."""
    cases = json.loads(CASES.read_text("utf-8"))
    check("甲科技融资1亿元", ["甲科技融资1亿元。"])  # loads the word lists
    for pool in (1, 10, 100):
        sources = [[s for other in cases[k : k + pool] for s in other["source"]] for k in range(len(cases))]
        rates = []
        for _ in range(2):
            begun = time.perf_counter()
            for case, source in zip(cases, sources, strict=True):
                check(case["faithful"], source)
            rates.append(len(cases) / (time.perf_counter() - begun))
        size = sum(map(len, sources)) / len(sources)
        print(f"{size:6.1f} source sentences: {rates[0]:6.0f} claims/s at first, {rates[1]:6.0f} again")


if __name__ == "__main__":
    main()
