"""Cells of the simulation: the same questions, seeds, policy and budget for every method; differences are paired.

``HEADLINE`` was fixed before any result was looked at.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import fmean

from afterlore.core import Budget
from afterlore.journal import Runs
from afterlore.research.browse import browsing
from afterlore.research.loop import Limits, begin
from afterlore.research.rounds.log import Progress
from afterlore.research.rounds.methods import METHODS, Method
from afterlore.research.rounds.rounds import Plan, Rounds
from afterlore.research.simulate.searcher import POLICIES, Policy, Searcher
from afterlore.research.simulate.world import make_world
from afterlore.stats import Interval, bootstrap

__all__ = [
    "ABLATED",
    "ABLATIONS",
    "ARMS",
    "GRID",
    "HEADLINE",
    "MEMORY",
    "Arm",
    "Cell",
    "Outcome",
    "compare",
    "run_cell",
]


@dataclass(frozen=True)
class Cell:
    """One setting."""

    policy: Policy
    branches: int
    """Regions, one of which leads to the answer."""
    questions: int
    seeds: tuple[int, ...]
    gate: bool = True
    """Whether quotes are looked for in their pages."""
    calls: int = 60
    """Requests for one question, compressing included."""
    rounds: int = 6

    @property
    def label(self) -> str:
        """For a table."""
        gate = "" if self.gate else " gate off"
        return f"{self.policy.name} 1/{self.branches} poison {self.policy.poison:.0%}{gate}"


@dataclass(frozen=True)
class Arm:
    """One way to spend the budget of a cell."""

    name: str
    method: Method
    branches: int = 1
    """Side by side in a round."""


@dataclass(frozen=True)
class Outcome:
    """Of one arm in one cell; all lists are one item a question, a mean over the seeds."""

    arm: str
    right: tuple[float, ...]
    calls: tuple[float, ...]
    by_round: tuple[tuple[int, int], ...] = ()
    """Of each round: how many runs came to it, and the requests that they made in it."""

    @property
    def share(self) -> float:
        """Of questions answered rightly."""
        return fmean(self.right)


MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Where there is one, a folder that waits for no disk: nothing of a simulated run is kept."""

HEADLINE = Cell(POLICIES[0], branches=5, questions=500, seeds=(101, 102, 103, 104, 105))
"""Policy ``wanderer``, answers reachable through one branch of five. The claim: ``rounds`` beats ``best-of-n`` and
``forced``, the lower bound of the paired difference above 0.
"""


def _grid() -> tuple[Cell, ...]:
    cells = [Cell(policy, branches, 100, (1, 2, 3)) for policy in POLICIES for branches in (1, 3, 5)]
    poisoned = replace(POLICIES[0], poison=0.3)
    cells += [Cell(poisoned, branches, 100, (1, 2, 3), gate=gate) for branches in (3, 5) for gate in (True, False)]
    return tuple(cells)


GRID = _grid()


ARMS = tuple(Arm(method.name, method) for method in METHODS)

_ROUNDS = METHODS[0]
ABLATED = Cell(POLICIES[0], branches=5, questions=100, seeds=(11, 12, 13))
ABLATIONS = (
    ARMS[0],
    Arm("not told what was visited", replace(_ROUNDS, visited=False)),
    Arm("only the last round's state", replace(_ROUNDS, merges=False)),
    Arm("no early stop", replace(_ROUNDS, stops_early=False)),
    Arm("two branches a round", _ROUNDS, branches=2),
    Arm("three branches a round", _ROUNDS, branches=3),
)
"""``rounds`` with one part taken out, or with branches side by side, in the cell ``ABLATED``. Fixed before any of them
was run.
"""


async def run_cell(
    cell: Cell, arms: Sequence[Arm] = ARMS, *, first: int = 0, folder: str | None = MEMORY
) -> tuple[Outcome, ...]:
    """Every arm on every seed and question, from number ``first`` on, through the whole engine, with a journal below
    ``folder``.
    """
    outcomes = []
    with tempfile.TemporaryDirectory(dir=folder) as place, Runs(Path(place) / "runs.sqlite") as runs:
        for arm in arms:
            right, calls = [], []
            spent: list[list[int]] = []
            for question in range(first, first + cell.questions):
                ends = [await _one(runs, cell, arm, question, seed) for seed in cell.seeds]
                right.append(fmean(end[0] for end in ends))
                calls.append(fmean(sum(end[1]) for end in ends))
                spent += [end[1] for end in ends]
            columns = [[one[at] for one in spent if at < len(one)] for at in range(max(map(len, spent)))]
            by_round = tuple((len(column), sum(column)) for column in columns)
            outcomes.append(Outcome(arm.name, tuple(right), tuple(calls), by_round))
    return tuple(outcomes)


async def _one(runs: Runs, cell: Cell, arm: Arm, question: int, seed: int) -> tuple[bool, list[int]]:
    """Whether the answer is right, and the requests of each round."""
    seen: list[Progress] = []
    world = make_world(question, cell.branches)
    plan = Plan(method=arm.method, rounds=cell.rounds, branches=arm.branches, gate=cell.gate)
    limits = Limits(context=30_000)
    rounds = Rounds(
        Searcher(cell.policy, seed), browsing(world, world), plan, limits, lambda progress, _: seen.append(progress)
    )
    with begin(runs, world.question, budget=Budget(calls=cell.calls), agent_version="sim", settings={}) as run:
        result = await rounds.run(run)
    calls = [sum(meter.calls for meter in now.meters) for now in seen[-1].rounds]
    assert sum(calls) == result.usage.attempts
    return result.answer == world.answer, calls


def compare(one: Outcome, other: Outcome, *, seed: int = 0) -> tuple[float, Interval]:
    """How much more of the questions ``one`` answers rightly, with the 95 % interval of a bootstrap over questions."""
    differences = [a - b for a, b in zip(one.right, other.right, strict=True)]
    return fmean(differences), bootstrap(differences, fmean, seed=seed)
