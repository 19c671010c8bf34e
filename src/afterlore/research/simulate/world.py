"""A generated land to search: a tree of pages (land, regions, towns, annals), and a question with one right answer.

A town's page holds two of its three facts, its annals the third. The town that is asked for stands in one of the
regions; decoys anywhere share the two facts on the town's page with it, so that only their annals rule them out.
"""

import random
from dataclasses import dataclass
from datetime import UTC, datetime

from afterlore.core import Hit, InputError, Page, digest

__all__ = ["FACTS", "World", "make_world"]

FACTS = ("founder", "river", "craft")
"""Of each town; the last stands in its annals."""
_TOWNS = 6
"""Of a region."""
_DECOYS = 3
_RETRIEVED = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class World:
    """Pages by address, and what is asked. It is its own Searcher and Reader."""

    pages: dict[str, str]
    question: str
    answer: str
    name: str = "land"

    async def search(self, query: str, *, limit: int = 10) -> tuple[Hit, ...]:
        """Pages whose text holds any of the words."""
        words = query.casefold().split()
        found = [at for at, text in self.pages.items() if any(word in text.casefold() for word in words)]
        return tuple(Hit(address=at, title=at, snippet="") for at in found[:limit])

    async def read(self, address: str) -> Page:
        """One page. Raises InputError."""
        if address not in self.pages:
            raise InputError(f"there is no page {address!r}")
        text = self.pages[address]
        return Page(address=address, title=address, text=text, sha256=digest(text), retrieved=_RETRIEVED)


def make_world(seed: int, branches: int) -> World:
    """``branches`` regions of six towns, one of which leads to the answer."""
    rng = random.Random(f"world:{seed}:{branches}")
    names = _Names(rng)
    regions = [next(names) for _ in range(branches)]
    towns = {next(names): region for region in regions for _ in range(_TOWNS)}
    wanted = {fact: next(names) for fact in FACTS}
    answer, *decoys = rng.sample(list(towns), 1 + _DECOYS)
    pages = {"Land": f"Land has the regions {', '.join(regions)}."}
    for region in regions:
        pages[region] = f"{region} has the towns {', '.join(town for town in towns if towns[town] == region)}."
    for town in towns:
        facts = {fact: next(names) for fact in FACTS}
        if town == answer:
            facts = wanted
        elif town in decoys:
            facts |= {fact: wanted[fact] for fact in FACTS[:-1]}
        said = [f"The {fact} of {town} is {value}." for fact, value in facts.items()]
        pages[town] = " ".join([*said[:-1], f"{town} keeps the annals Annals-{town}."])
        pages[f"Annals-{town}"] = said[-1]
    asked = "; ".join(f"its {fact} is {wanted[fact]}" for fact in FACTS)
    return World(pages, f"Which town of Land is it? Known: {asked}.", answer)


class _Names:
    """Names that never come twice."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._given: set[str] = {"Land"}

    def __next__(self) -> str:
        while True:
            name = "".join(self._rng.choice("bdfgklmnprstvz") + self._rng.choice("aeiou") for _ in range(4)).title()
            if name not in self._given:
                self._given.add(name)
                return name
