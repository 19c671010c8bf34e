"""Rounds against other ways to spend the same budget, with a simulated searcher: python benchmarks/rounds.py --help

Prints a Markdown table for each cell: share of questions answered rightly, requests used, and the paired difference of
``rounds`` to each other method with its 95 % bootstrap interval over questions; after a cell without the quote gate,
the paired difference that the gate makes to each method. Whatever comes out is printed.
"""

import argparse
import asyncio
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial

from afterlore.research.rounds.methods import METHODS, Method, method
from afterlore.research.simulate.bench import GRID, HEADLINE, Cell, Outcome, compare, run_cell


def one(cell: Cell, how: Method) -> Outcome:
    (outcome,) = asyncio.run(run_cell(cell, (how,)))
    return outcome


def show(cell: Cell, outcomes: list[Outcome], seconds: float) -> None:
    print(f"\n{cell.label}: {cell.questions} questions x {len(cell.seeds)} seeds, {seconds:.0f} s\n")
    print("| method | right | requests | rounds minus it |\n|---|---|---|---|")
    ours = next((outcome for outcome in outcomes if outcome.method == "rounds"), None)
    for outcome in outcomes:
        told = "–"
        if ours is not None and outcome is not ours:
            mean, (low, high) = compare(ours, outcome)
            told = f"{mean:+.3f} [{low:+.3f}, {high:+.3f}]"
        used = sum(outcome.calls) / len(outcome.calls)
        print(f"| {outcome.method} | {outcome.share:.3f} | {used:.1f} | {told} |", flush=True)


def show_gate(gated: list[Outcome], open_: list[Outcome]) -> None:
    for with_, without in zip(gated, open_, strict=True):
        mean, (low, high) = compare(with_, without)
        print(f"gate on minus off, {with_.method}: {mean:+.3f} [{low:+.3f}, {high:+.3f}]", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cells", choices=("headline", "grid"), default="headline")
    parser.add_argument("--only", default="", help="cells whose label begins so")
    parser.add_argument("--questions", type=int, help="fewer than the cell has, for a look")
    parser.add_argument("--seeds", type=int, help="the first so many of the cell's")
    parser.add_argument("--methods", default=",".join(one.name for one in METHODS))
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    methods = [method(name) for name in args.methods.split(",")]
    last: tuple[Cell, list[Outcome]] | None = None
    with ProcessPoolExecutor(args.jobs) as pool:
        for cell in (HEADLINE,) if args.cells == "headline" else GRID:
            if not cell.label.startswith(args.only):
                continue
            cell = replace(cell, questions=args.questions or cell.questions, seeds=cell.seeds[: args.seeds])
            began = time.monotonic()
            outcomes = list(pool.map(partial(one, cell), methods))
            show(cell, outcomes, time.monotonic() - began)
            if last is not None and not cell.gate and replace(cell, gate=True) == last[0]:
                show_gate(last[1], outcomes)
            last = cell, outcomes


if __name__ == "__main__":
    main()
