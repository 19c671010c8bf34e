"""Scores that flow down a tree: a file in a folder whose files answer the query is worth more than the same file alone.

The walk opens folders best first and stops where nothing below can reach the hits, as a reader would. Formulas:
``search.trace``.
"""

import heapq
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from afterlore.context.records import Node
from afterlore.context.uri import Uri

__all__ = ["FLAT", "Folder", "Ranked", "Step", "Weights", "propagate"]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much a node's own score, that of its folder and that of its neighbours count.

    Chosen on conversations 26 and 30 of LoCoMo; see docs/context.md.
    """

    own: float = 0.6
    """The rest, 1 - own, is the parent's."""
    neighbour: float = 0.3
    best: int = 3
    """Scores below a folder that make up its support."""


FLAT = Weights(own=1.0, neighbour=0.0)
"""No propagation: a node's own score alone."""


@dataclass(slots=True)
class Folder:
    """A folder that holds candidates. The target itself is none: what all have in common tells nothing."""

    uri: Uri
    parent: Uri | None
    support: tuple[int, ...] = ()
    value: float = 0.0
    """Sum of the own scores of ``support``."""
    highest: tuple[int, ...] = ()
    share: float = 0.0
    final: float = 0.0
    folders: list[Uri] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    top: float = 0.0
    """The highest own score of a file below."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the walk: a folder, or a file."""

    uri: Uri
    id: int | None
    own: float
    parent: float | None
    final: float
    opened: bool
    """False for a folder that was passed over."""
    at: float
    """When, by the clock of ``time.perf_counter``."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A file with its score."""

    id: int
    final: float
    parent: Uri | None
    beside: tuple[int, ...]


def propagate(
    nodes: Mapping[int, Node],
    own: Mapping[int, float],
    beside: Mapping[int, tuple[int, ...]],
    target: Uri,
    weights: Weights,
    limit: int,
) -> tuple[list[Ranked], list[Step], dict[Uri, Folder]]:
    """The best ``limit`` files, the steps of the walk, and the folders with their scores.

    ``nodes`` are the candidates, ``own`` their own scores from 0 to 1, ``beside`` the candidates next to each.
    """
    # Where nothing flows down, no folder has a say.
    flat = weights.own == 1.0
    folders = {} if flat else _folders(nodes, own, target, weights)
    ranked: list[Ranked] = []
    steps: list[Step] = []
    least: list[float] = []
    # A heap by final score; ties by address, so that the same query walks the same way.
    heap: list[tuple[float, tuple[str, ...]]] = []

    def open_all(below: list[Uri], files: list[int], above: float | None, place: Uri | None) -> None:
        for uri in below:
            heapq.heappush(heap, (-folders[uri].final, uri.parts))
        for id in files:
            near = beside.get(id, ())
            parent = own[id] if above is None else above
            score = weights.own * own[id] + (1 - weights.own) * parent
            score += weights.neighbour * max((own[other] for other in near), default=0.0)
            ranked.append(Ranked(id, score, place, near))
            steps.append(Step(nodes[id].uri, id, own[id], above, score, True, time.perf_counter()))
            heapq.heappush(least, score)
            if len(least) > limit:
                heapq.heappop(least)

    top = [uri for uri, folder in folders.items() if folder.parent is None]
    # The target may be a file itself.
    loose = [
        id for id, node in nodes.items() if not node.is_directory and (flat or target in (node.uri, node.uri.parent))
    ]
    open_all(sorted(top, key=lambda uri: uri.parts), loose, None, None)
    while heap:
        _, parts = heapq.heappop(heap)
        folder = folders[Uri(parts)]
        above = folders[folder.parent].final if folder.parent is not None else None
        # No file below can score higher: its folder's final is at most this, and so is all that flows down to it.
        flows = max(folder.final, weights.own + (1 - weights.own) * folder.final) if folder.folders else folder.final
        bound = weights.own * folder.top + (1 - weights.own) * flows + weights.neighbour
        opened = len(least) < limit or bound >= least[0]
        steps.append(Step(folder.uri, None, folder.share, above, folder.final, opened, time.perf_counter()))
        if opened:
            open_all(folder.folders, sorted(folder.files), folder.final, folder.uri)
    ranked.sort(key=lambda one: (-one.final, -own[one.id], nodes[one.id].uri.parts))
    return ranked[:limit], steps, folders


def _folders(nodes: Mapping[int, Node], own: Mapping[int, float], target: Uri, weights: Weights) -> dict[Uri, Folder]:
    """Every folder between the target and a candidate, scored, parents before children."""
    skip = len(target.parts)
    below: dict[Uri, list[int]] = {}
    files: dict[Uri, list[int]] = {}
    for id, node in nodes.items():
        parts = node.uri.parts
        last = len(parts) if node.is_directory else len(parts) - 1
        for depth in range(skip + 1, last + 1):
            below.setdefault(Uri(parts[:depth]), []).append(id)
        if not node.is_directory and len(parts) - 1 > skip:
            files.setdefault(Uri(parts[:-1]), []).append(id)
    folders: dict[Uri, Folder] = {}
    highest: dict[int, Folder] = {}
    for uri in sorted(below, key=lambda uri: (len(uri.parts), uri.parts)):
        depth = len(uri.parts)
        best = heapq.nsmallest(weights.best, below[uri], key=lambda id: (-own[id], id))
        folder = Folder(uri, uri.parent if depth > skip + 1 else None, tuple(best), sum(own[id] for id in best))
        folder.files = files.get(uri, [])
        folder.top = max((own[id] for id in below[uri] if not nodes[id].is_directory), default=0.0)
        folders[uri] = folder
        if depth not in highest or folder.value > highest[depth].value:
            highest[depth] = folder
        if folder.parent is not None:
            folders[folder.parent].folders.append(uri)
    for folder in folders.values():
        most = highest[len(folder.uri.parts)]
        folder.highest = most.support
        folder.share = folder.value / most.value if most.value else 0.0
        above = folders[folder.parent].final if folder.parent is not None else folder.share
        folder.final = weights.own * folder.share + (1 - weights.own) * above
    return folders
