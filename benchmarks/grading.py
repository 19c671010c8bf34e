"""How well answers are compared: the gold answers of a file, rewritten by rules, and against each other.

::

    python benchmarks/grading.py ../shared/data/math-pairs/test.parquet
"""

import argparse
import json
import random
import re
import time
from collections.abc import Callable
from pathlib import Path

from afterlore.grading import key, representatives, same
from afterlore.train.data import read_questions

Rewriting = Callable[[str], str]

FORMS: dict[str, Rewriting] = {
    "spaces": lambda text: re.sub(r"([+\-=,])", r" \1 ", text),
    "dfrac": lambda text: text.replace(r"\frac", r"\dfrac"),
    "in a sentence's dollars": lambda text: f"${text}$.",
    "fraction in a line": lambda text: re.sub(r"\\frac\{(\d+)\}\{(\d+)\}", r"\1/\2", text),
    "braces of powers": lambda text: re.sub(r"\^(\w)", r"^{\1}", text),
    "a unit": lambda text: text + r"\text{ cm}" if re.fullmatch(r"\d+", text) else text,
    "terms turned": lambda text: re.sub(r"^([\w^]+)\+([\w^]+)$", r"\2+\1", text),
    "factors turned": lambda text: re.sub(r"^(\d+)\\sqrt\{(\d+)\}$", r"\\sqrt{\2}\\cdot\1", text),
    "root taken in": lambda text: re.sub(
        r"^(\d+)\\sqrt\{(\d+)\}$", lambda m: rf"\sqrt{{{int(m[1]) ** 2 * int(m[2])}}}", text
    ),
    "pi in front": lambda text: re.sub(r"^(\d+)\\pi$", r"\\pi\\cdot \1", text),
    "set turned": lambda text: ",".join(reversed(text.split(","))) if re.fullmatch(r"[-\d, ]+", text) else text,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--pairs", type=int, default=20_000)
    options = parser.parse_args()
    golds = [question.gold for question in read_questions(options.file) if key(question.gold)]
    rewritten = {}
    for name, form in FORMS.items():
        both = [(key(text), key(form(text))) for text in golds if form(text) != text]
        by_keys = sum(one == other for one, other in both)
        by_algebra = sum(one == other or same(one, other) for one, other in both)
        rewritten[name] = {"answers": len(both), "keys": by_keys, "with algebra": by_algebra}
    rng = random.Random(1)
    distinct = sorted(set(map(key, golds)))
    # Half of the pairs are of words and formulas alone: numbers that differ are never asked about.
    formulas = [one for one in distinct if re.search(r"[a-z\\]", one)]
    pairs = [tuple(rng.sample(distinct, 2)) for _ in range(options.pairs // 2)]
    pairs += [tuple(rng.sample(formulas, 2)) for _ in range(options.pairs // 2)]
    began = time.perf_counter()
    merged = sorted({tuple(sorted(pair)) for pair in pairs if same(*pair)})
    apart = (time.perf_counter() - began) / len(pairs)
    began = time.perf_counter()
    for _ in range(1_000):
        representatives(["3", "4", "3", "1/2"] * 4)
    group = (time.perf_counter() - began) / 1_000
    result = {
        "gold answers": len(golds),
        "rewritten": rewritten,
        "pairs of different keys": len(pairs),
        "called the same": merged,
        "ms for a pair": round(apart * 1e3, 2),
        "µs for a group of numbers": round(group * 1e6, 1),
    }
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
