"""A question as a tree: at its root the answer, below it what is known of it, each edge one fact.

After Re-TRAC's entity tree (arXiv 2602.02486): an entity, its facts, the entities in them, and theirs. A sub-tree of
two to five facts is sampled; what stands at its leaves is named, everything above is described by what is below it.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import ModuleType

from afterlore.research.search.passages import FOLDER
from afterlore.research.synthesize import chinese, english
from afterlore.research.synthesize.entities import Entity, Names, unpaged
from afterlore.research.synthesize.facts import Fact, Kind

__all__ = ["Graph", "Link", "Node", "depth", "facts_of", "inner", "leaves", "sample"]

_DEEPEST = 4
"""Facts below each other; a longer question has branches, since nobody reads five clauses within each other."""
_BRANCHES = 0.35
_TRIES = 8


@dataclass(frozen=True)
class Link:
    """One fact, from the node that it tells of to the other one."""

    fact: Fact
    child: "Node"
    inverse: bool
    """Whether the child is the fact's subject."""


@dataclass(frozen=True)
class Node:
    """An entity and what is known of it."""

    entity: int
    links: tuple[Link, ...] = ()


class Graph:
    """The entities of a corpus and what its sentences say of two of them."""

    def __init__(self, pages: Sequence[Entity]) -> None:
        self.pages = len(pages)
        """The first entities have a page, the others only a name."""
        self.entities = [*pages, *unpaged(pages)]
        first: dict[str, int] = {}
        self.whose = [first.setdefault(_subject(one), one.at) for one in pages]
        """Of each page the entity that it is about: passages of one title are of one article, and of its first."""
        self.kinds = [Kind() for _ in self.entities]
        for one in pages:
            if not self.kinds[self.whose[one.at]].noun:
                self.kinds[self.whose[one.at]] = _language(one).kind_of(one)
        self.usable: dict[int, list[tuple[Fact, bool]]] = {}
        """By entity: the facts that can tell of it, and whether they are turned round for that."""
        self.facts = 0
        named = [one for one in self.entities if one.at >= self.pages or self.whose[one.at] == one.at]
        names = Names(named)
        used: set[int] = set()
        for one in pages:
            subject = self.whose[one.at]
            for fact in _language(one).read(replace(one, at=subject), self.kinds[subject], names):
                if english.plausible(fact, self.kinds[fact.object]) and self._add(replace(fact, page=one.at)):
                    used.add(fact.object)
        self.names = Names([one for one in named if one.at < self.pages or one.at in used])
        """Of all pages, and of what facts name besides."""

    def _add(self, fact: Fact) -> bool:
        """Whether it can be used, and is not known."""
        if self.entities[fact.object].language != self.entities[fact.subject].language:
            return False
        known = self.usable.setdefault(fact.subject, [])
        if any(other.object == fact.object and other.before == fact.before for other, _ in known):
            return False
        self.facts += 1
        known.append((fact, False))
        kind = self.kinds[fact.object]
        turned = _language(self.entities[fact.object]).inverted(fact, kind, "X", deep=False)
        if turned is not None and fact.object < self.pages:
            self.usable.setdefault(fact.object, []).append((fact, True))
        return True


def _subject(page: Entity) -> str:
    """The same for pages about the same: passages by their title, documents each by itself."""
    return page.title if page.address.startswith(f"{FOLDER}/") else page.address


def _language(entity: Entity) -> ModuleType:
    return chinese if entity.language == "zh" else english


def sample(graph: Graph, root: int, hops: int, rng: random.Random, *, paged: bool = False) -> Node | None:
    """A tree of so many facts about an entity, no entity in it twice; None where none was found in some tries.
    ``paged`` takes only entities that have a page, of which a kind may be known.
    """
    among = range(graph.pages if paged else len(graph.entities))
    for _ in range(_TRIES):
        tree = _grow(graph, root, hops, _DEEPEST, {root}, rng, among)
        if tree is not None:
            return tree
    return None


def _grow(
    graph: Graph, at: int, hops: int, depth: int, used: set[int], rng: random.Random, among: range
) -> Node | None:
    if hops == 0:
        return Node(at)
    choices = _choices(graph, at, 1, used, among)
    branch = hops > 1 and len(choices) > 1 and (hops > depth or rng.random() < _BRANCHES)
    if depth == 0 or (hops > depth and not branch):
        return None
    links = []
    for part in [1, hops - 1] if branch else [hops]:
        choices = _choices(graph, at, part, used, among)
        if not choices:
            return None
        fact, turned = rng.choice(choices)
        child = _other(fact, turned)
        used.add(child)
        below = _grow(graph, child, part - 1, depth - 1, used, rng, among)
        if below is None:
            return None
        links.append(Link(fact, below, turned))
    return Node(at, tuple(links))


def _choices(graph: Graph, at: int, hops: int, used: set[int], among: range) -> list[tuple[Fact, bool]]:
    """Facts that lead on from an entity: to anything, or where more are to follow to what more is known of."""
    return [
        (fact, turned)
        for fact, turned in graph.usable.get(at, ())
        if (other := _other(fact, turned)) in among
        and other not in used
        and (hops == 1 or any(_other(*more) not in used for more in graph.usable.get(other, ())))
    ]


def _other(fact: Fact, turned: bool) -> int:
    return fact.subject if turned else fact.object


def facts_of(node: Node) -> Iterator[Fact]:
    """All facts, from the root down."""
    for link in node.links:
        yield link.fact
        yield from facts_of(link.child)


def depth(node: Node) -> int:
    """Facts that have to be found one after another."""
    return max((1 + depth(link.child) for link in node.links), default=0)


def leaves(node: Node) -> Iterator[int]:
    """The entities that nothing further is known of."""
    if not node.links:
        yield node.entity
    for link in node.links:
        yield from leaves(link.child)


def inner(node: Node) -> Iterator[Node]:
    """The nodes that are described, the root first."""
    if node.links:
        yield node
        for link in node.links:
            yield from inner(link.child)
