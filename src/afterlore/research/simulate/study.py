"""The cells of the simulation, run in pieces that are put down as they are done, so that a study can be interrupted.

A piece is some questions of one cell under one arm. Pieces go to a file of JSON lines; those that stand there are not
run again. What comes out is told whole: every cell, the regimes in which rounds lose among them.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from statistics import fmean
from typing import Any

from afterlore.core import InputError, Progress, canonical_json, digest
from afterlore.journal import read_pieces, work_pieces
from afterlore.research.simulate.bench import (
    ABLATED,
    ABLATIONS,
    ARMS,
    GRID,
    HEADLINE,
    MEMORY,
    Arm,
    Cell,
    Outcome,
    compare,
    run_cell,
)
from afterlore.stats import bootstrap

__all__ = ["CELLS", "Part", "results", "select", "work"]

CELLS: Mapping[str, tuple[Cell, ...]] = {"headline": (HEADLINE,), "grid": GRID, "ablations": (ABLATED,)}
_PIECE = 20
"""Questions of a piece."""


@dataclass(frozen=True)
class Part:
    """One cell with the arms that run in it."""

    group: str
    cell: Cell
    arms: tuple[Arm, ...]


@dataclass(frozen=True)
class _Piece:
    cell: Cell
    """With the number of questions of the piece."""
    arm: Arm
    first: int

    @property
    def key(self) -> str:
        """Whatever the result depends on."""
        return digest(canonical_json([asdict(self.cell), asdict(self.arm), self.first]))[:24]


def select(group: str, *, only: str = "", arms: Sequence[str] = (), questions: int = 0, seeds: int = 0) -> list[Part]:
    """What to run: the cells of a group, or of ``all``, whose label begins with ``only``; with fewer arms, questions or
    seeds, for a look. Raises InputError that names what there is.
    """
    if group not in (*CELLS, "all"):
        raise InputError(f"there is no group of cells {group!r}; there are: {', '.join((*CELLS, 'all'))}")
    parts = []
    for name in CELLS if group == "all" else (group,):
        for cell in CELLS[name]:
            if cell.label.startswith(only):
                fewer = replace(cell, questions=questions or cell.questions, seeds=cell.seeds[: seeds or None])
                there = ABLATIONS if name == "ablations" else ARMS
                parts.append(Part(name, fewer, tuple(arm for arm in there if not arms or arm.name in arms)))
    if not parts:
        labels = ", ".join(repr(cell.label) for name in CELLS for cell in CELLS[name] if group in (name, "all"))
        raise InputError(f"no cell of {group!r} begins with {only!r}; there are: {labels}")
    known = {arm.name for arm in (*ARMS, *ABLATIONS)}
    if wrong := [name for name in arms if name not in known]:
        raise InputError(f"there is no method {wrong[0]!r}; there are: {', '.join(sorted(known))}")
    parts = [part for part in parts if part.arms]
    if not parts:
        raise InputError(f"none of the methods {', '.join(arms)} runs in {group!r}")
    return parts


def work(parts: Sequence[Part], file: Path, *, jobs: int, progress: Progress) -> None:
    """Run what is not in ``file`` yet, in ``jobs`` processes, and add it there."""
    pieces = {piece.key: piece for part in parts for piece in _pieces(part)}
    # Of all workers, so that nothing is left of one that is ended.
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        work_pieces(pieces, partial(_run, folder=folder), file, stage="simulate", jobs=jobs, progress=progress)


def results(parts: Sequence[Part], file: Path) -> dict[str, Any]:
    """Of each cell: every arm's share of questions answered rightly, and how far the first arm is above it, paired by
    question. Of cells that differ in the gate alone, what the gate makes of each arm.
    """
    lines = {line["key"]: line for line in read_pieces(file, ("right", "calls", "rounds", "cpu"))}
    cells, gates, cpu = [], [], 0.0
    last: tuple[Cell, list[Outcome]] | None = None
    for part in parts:
        outcomes = []
        for arm in part.arms:
            mine = [lines[piece.key] for piece in _pieces(replace(part, arms=(arm,)))]
            right, calls = ([x for line in mine for x in line[name]] for name in ("right", "calls"))
            outcomes.append(Outcome(arm.name, tuple(right), tuple(calls), _summed([line["rounds"] for line in mine])))
            cpu += sum(line["cpu"] for line in mine)
        head = {"group": part.group, "cell": part.cell.label, "questions": part.cell.questions}
        cells.append({**head, "seeds": len(part.cell.seeds), "methods": list(_rows(outcomes))})
        if last is not None and not part.cell.gate and replace(part.cell, gate=True) == last[0]:
            gates += list(_gates(part.cell, last[1], outcomes))
        last = part.cell, outcomes
    return {"cells": cells, "gate on minus off": gates, "cpu_minutes": round(cpu / 60, 1)}


def _pieces(part: Part) -> Iterator[_Piece]:
    for arm in part.arms:
        for first in range(0, part.cell.questions, _PIECE):
            yield _Piece(replace(part.cell, questions=min(_PIECE, part.cell.questions - first)), arm, first)


def _run(piece: _Piece, folder: str) -> dict[str, Any]:
    began = time.process_time()
    (outcome,) = asyncio.run(run_cell(piece.cell, (piece.arm,), first=piece.first, folder=folder))
    said = {"cell": piece.cell.label, "arm": piece.arm.name, "first": piece.first}
    counted = {"right": outcome.right, "calls": outcome.calls, "rounds": outcome.by_round}
    return {**said, **counted, "cpu": round(time.process_time() - began, 2)}


def _summed(pieces: Sequence[Sequence[tuple[int, int]]]) -> tuple[tuple[int, int], ...]:
    rounds = zip_longest(*pieces, fillvalue=(0, 0))
    return tuple((sum(count for count, _ in one), sum(calls for _, calls in one)) for one in rounds)


def _rows(outcomes: Sequence[Outcome]) -> Iterable[dict[str, Any]]:
    for outcome in outcomes:
        low, high = bootstrap(outcome.right, fmean)
        row: dict[str, Any] = {
            "method": outcome.arm,
            "right": outcome.share,
            "low": low,
            "high": high,
            "requests": fmean(outcome.calls),
            "requests of each round": [calls / count for count, calls in outcome.by_round],
            "runs that came to it": [count for count, _ in outcome.by_round],
        }
        if outcome is not outcomes[0]:
            mean, (low, high) = compare(outcomes[0], outcome)
            row["first minus it"] = {"mean": mean, "low": low, "high": high}
        yield row


def _gates(cell: Cell, gated: Sequence[Outcome], without: Sequence[Outcome]) -> Iterable[dict[str, Any]]:
    for one, other in zip(gated, without, strict=True):
        mean, (low, high) = compare(one, other)
        yield {"cell": cell.label, "method": one.arm, "mean": mean, "low": low, "high": high}
