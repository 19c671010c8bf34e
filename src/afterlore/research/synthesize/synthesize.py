"""Sample trees, write their questions, check each, and measure how hard it is to answer it with one search."""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

from afterlore.core import InputError, Progress, Silent, digest
from afterlore.research.search.corpus import Corpus
from afterlore.research.synthesize.check import Neighbours, tells
from afterlore.research.synthesize.decontaminate import Known
from afterlore.research.synthesize.entities import Entity, entity
from afterlore.research.synthesize.facts import Fact
from afterlore.research.synthesize.made import Constraint, Difficulty, Made, Support
from afterlore.research.synthesize.reword import worse
from afterlore.research.synthesize.tree import Graph, Node, depth, facts_of, inner, leaves, sample
from afterlore.research.synthesize.write import question
from afterlore.text.quotes import QuoteIndex

__all__ = ["HOPS", "VAGUENESS", "Recipe", "Synthesis"]

HOPS = (2, 5)
VAGUENESS = (0, 3)
_OF_ONE_ANSWER = 3
"""Questions with the same answer at most."""
_RANKS = 20
"""Hits that are looked through for the pages that are needed."""
_LONGEST = {"en": 400, "zh": 160}
"""Characters of a question."""
_PATIENCE = 300
"""Tries in a row that may fail before no more is made of a length and vagueness; of a large corpus more:"""
_PASSES = 2
"""as many for each entity."""


@dataclass(frozen=True)
class Recipe:
    """What is to be made. Lengths and levels take turns, as far as the corpus has both."""

    n: int
    hops: tuple[int, int] = HOPS
    vagueness: tuple[int, int] = VAGUENESS
    seed: int = 0

    def __post_init__(self) -> None:
        if self.n < 1:
            raise InputError(f"n must be 1 or more, not {self.n}")
        for name, (low, high), (least, most) in (("hops", self.hops, HOPS), ("vagueness", self.vagueness, VAGUENESS)):
            if not least <= low <= high <= most:
                raise InputError(f"{name} must lie within {least}-{most}, not {low}-{high}")


@dataclass
class Synthesis:
    """Questions from one corpus. What is made depends on the corpus, the recipe and ``known`` alone."""

    corpus: Corpus
    recipe: Recipe
    known: Known = field(default_factory=Known)
    progress: Progress = field(default_factory=Silent)
    dropped: Counter[str] = field(default_factory=Counter)
    """Why drafts were left out."""
    quotes: dict[tuple[int, str], bool] = field(default_factory=dict)
    """Of the facts that were looked at: whether the quote stands in its page."""
    drafts: int = 0
    """Trees that were sampled."""

    def __post_init__(self) -> None:
        self.began = time.perf_counter()
        self.cpu = time.process_time()
        self.progress.stage("read", 0)
        entities: list[Entity] = []
        for page in self.corpus.pages():
            self.progress.advance()
            if (one := entity(len(entities), page)) is not None:
                entities.append(one)
        self.graph = Graph(entities)
        if not self.graph.facts:
            raise InputError(
                f"no sentence of the {len(entities):,} pages links two of them, so no question of several hops can be "
                "made; give a corpus whose pages name each other's titles"
            )
        self.near = Neighbours(self.graph)
        self._indexes: dict[int, QuoteIndex] = {}
        self._seen: set[str] = set()
        """Facts and texts of questions that were made,"""
        self._trees: dict[str, Node] = {}
        """and the trees that they say, by id."""
        self._queue: list[int] = []
        self._answers: Counter[int] = Counter()

    def make(self) -> Iterator[Made]:
        """The questions in order; fewer than ``n`` where the corpus gives no more."""
        recipe, rng = self.recipe, random.Random(self.recipe.seed)
        roots = sorted(self.graph.usable)
        cells = list(product(_up(recipe.hops), _up(recipe.vagueness)))
        rng.shuffle(cells)
        patience = max(_PATIENCE, _PASSES * len(roots))
        self.progress.stage("write", recipe.n)
        made = 0
        while cells and made < recipe.n:
            for cell in list(cells):
                if made == recipe.n:
                    break
                found = next(
                    filter(None, (self._draft(cell, self._root(roots, rng), rng) for _ in range(patience))), None
                )
                if found is None:
                    cells.remove(cell)
                    continue
                made += 1
                self.progress.advance()
                yield found

    def _root(self, roots: list[int], rng: random.Random) -> int:
        """Each in its turn, in an order drawn anew each time."""
        if not self._queue:
            self._queue = rng.sample(roots, len(roots))
        return self._queue.pop()

    def _draft(self, cell: tuple[int, int], root: int, rng: random.Random) -> Made | None:
        """One question, or None with the reason counted."""
        hops, vagueness = cell
        self.drafts += 1
        tree = sample(self.graph, root, hops, rng, paged=vagueness == 3)
        if tree is None:
            self.dropped["no tree of that length"] += 1
            return None
        if vagueness == 3:
            tree = self._leaner(tree, self.recipe.hops[0])
        text = question(self.graph, tree, vagueness) or ""
        wrong = self._spent(tree) or self._unsaid(tree, text, vagueness) or self._unsound(tree, text, vagueness)
        if wrong:
            self.dropped[wrong] += 1
            return None
        self._seen |= {_key(tree), text}
        self._answers[root] += 1
        made = self._made(tree, text, vagueness)
        self._trees[made.id] = tree
        return made

    def _spent(self, tree: Node) -> str:
        """Why these facts are not asked for at all; empty when they are."""
        if len({fact.page for fact in facts_of(tree)}) < 2:
            return "one page says it all"
        if self._answers[tree.entity] >= _OF_ONE_ANSWER:
            return "the answer was used often enough"
        return "the same facts" if _key(tree) in self._seen else ""

    def _unsaid(self, tree: Node, text: str, vagueness: int) -> str:
        """What is wrong with the words of a question; empty when nothing."""
        answer = self.graph.entities[tree.entity]
        if not text:
            return "the words make no sentence"
        if text in self._seen:
            return "the same question"
        if len(text) > _LONGEST[answer.language]:
            return "too long"
        if tells(text, answer, self.graph.kinds[tree.entity]):
            return "the answer stands in it"
        return "a hidden name stands in it" if self._names_hidden(text, tree, vagueness) else ""

    def _unsound(self, tree: Node, text: str, vagueness: int) -> str:
        """What is wrong with what a question rests on; empty when nothing."""
        answer = self.graph.entities[tree.entity]
        if not self.near.unique_by(tree, vagueness):
            return "not unique"
        if self._short(tree, vagueness):
            return "one fact suffices"
        if None in [self._support(fact) for fact in facts_of(tree)]:
            return "a quote is not in its page"
        names = {at for fact in facts_of(tree) for at in (fact.subject, fact.object)} - {answer.at}
        entities = [self.graph.entities[at].name for at in sorted(names)]
        overlap = self.known.overlap(text, (answer.name, *answer.aliases), entities)
        return f"in --against: {overlap}" if overlap else ""

    def _leaner(self, tree: Node, least: int) -> Node:
        """Without what it does not take to be unique, as long as so many facts are left."""
        for at, link in enumerate(tree.links):
            if len(tree.links) > 1 and not link.child.links and sum(1 for _ in facts_of(tree)) > least:
                leaner = replace(tree, links=tree.links[:at] + tree.links[at + 1 :])
                if self.near.unique_by(leaner, 3):
                    return leaner
        return tree

    def _short(self, tree: Node, vagueness: int) -> bool:
        """Whether one fact about a leaf tells the answer, and all others are for show."""
        single = (replace(tree, links=(link,)) for link in tree.links if not link.child.links)
        return any(self.near.unique_by(one, vagueness) for one in single)

    def _names_hidden(self, text: str, tree: Node, vagueness: int) -> bool:
        if vagueness == 0:
            return False
        hidden = {node.entity for node in inner(tree)} | (set(leaves(tree)) if vagueness == 3 else set())
        said = {at for mention in self.graph.names.find(text) for at in mention.entities}
        return bool(hidden & said)

    def _support(self, fact: Fact) -> Support | None:
        page = self.graph.entities[fact.page]
        index = self._indexes.setdefault(page.at, QuoteIndex(page.text))
        span = index.locate(fact.quote)
        self.quotes[fact.page, fact.quote] = span is not None
        if span is None:
            return None
        return Support(title=page.title, address=page.address, sha256=page.sha256, quote=fact.quote, span=tuple(span))

    def _made(self, tree: Node, text: str, vagueness: int) -> Made:
        answer = self.graph.entities[tree.entity]
        facts = list(facts_of(tree))
        supporting = tuple(filter(None, map(self._support, facts)))
        mark = digest("\0".join((answer.address, str(vagueness), text)))[:12]
        return Made(
            id=f"synth-{mark}",
            question=text,
            answer=answer.name,
            answer_aliases=tuple(dict.fromkeys(one for one in (*answer.aliases, answer.title) if one != answer.name)),
            hops=len(facts),
            depth=depth(tree),
            vagueness=vagueness,
            language=answer.language,
            supporting=supporting,
            constraints=tuple(self._constraint(fact) for fact in facts),
            unique_by=self.near.unique_by(tree, vagueness),
            difficulty=self._difficulty(text, answer.at, supporting),
            seed=self.recipe.seed,
        )

    def _constraint(self, fact: Fact) -> Constraint:
        subject, object = self.graph.entities[fact.subject], self.graph.entities[fact.object]
        predicate = re.sub(r"\s+", " ", f"{fact.before}…{fact.after}")
        return Constraint(subject=subject.name, predicate=predicate, object=object.name)

    def _difficulty(self, text: str, answer: int, supporting: Sequence[Support]) -> Difficulty:
        """Where one search with the question finds the pages that it takes."""
        hits = [hit.address for hit in self.corpus.find(text, _RANKS)]

        def rank(address: str) -> int | None:
            at = (number for number, hit in enumerate(hits, 1) if hit == address or hit.startswith(f"{address}/"))
            return next(at, None)

        own = [self.graph.entities[page].address for page, whose in enumerate(self.graph.whose) if whose == answer]
        first = min(filter(None, map(rank, own)), default=None)
        return Difficulty(
            answer_rank=first, needed_ranks=tuple(rank(one.address) for one in supporting), shortcut=first == 1
        )

    def names(self, made: Made) -> tuple[str, ...]:
        """The names that a question must hold: without one it would be another question."""
        tree = self._trees[made.id]
        kept = set(leaves(tree)) if made.vagueness < 3 else set()
        if made.vagueness == 0:
            kept |= {node.entity for node in inner(tree)} - {tree.entity}
        return tuple(self.graph.entities[at].name for at in sorted(kept))

    def reworded(self, made: Made, text: str, model: str) -> Made | str:
        """The question in a model's words; or why they are not taken."""
        if wrong := worse(made.question, text, self.names(made)) or self._unsaid(
            self._trees[made.id], text, made.vagueness
        ):
            return wrong
        self._seen.add(text)
        hard = self._difficulty(text, self._trees[made.id].entity, made.supporting)
        return made.model_copy(update={"question": text, "wording": model, "difficulty": hard})

    def figures(self, made: Sequence[Made]) -> dict[str, Any]:
        """What came of it, for a report."""
        count = len(made)
        share = count or 1
        return {
            "asked for": self.recipe.n,
            "made": count,
            "pages": self.graph.pages,
            "facts": self.graph.facts,
            "drafts": self.drafts,
            "quotes checked": len(self.quotes),
            "quotes found": sum(self.quotes.values()),
            "hops": {str(hops): sum(one.hops == hops for one in made) for hops in _up(HOPS)},
            "depth": {str(deep): sum(one.depth == deep for one in made) for deep in range(1, HOPS[1] + 1)},
            "vagueness": {str(level): sum(one.vagueness == level for one in made) for level in _up(VAGUENESS)},
            "unique by": {how: sum(one.unique_by == how for one in made) / share for how in ("links", "words")},
            "one search": {
                "answer's page first": sum(one.difficulty.shortcut for one in made) / share,
                "answer's page in 10": sum((one.difficulty.answer_rank or 99) <= 10 for one in made) / share,
                "all pages in 10": sum(all((rank or 99) <= 10 for rank in one.difficulty.needed_ranks) for one in made)
                / share,
            },
            "dropped": dict(self.dropped.most_common()),
            "seconds": {
                "in all": round(time.perf_counter() - self.began, 2),
                "in all, cpu": round(time.process_time() - self.cpu, 2),
                "a question": round((time.perf_counter() - self.began) / share, 4),
            },
        }


def _up(bounds: tuple[int, int]) -> range:
    return range(bounds[0], bounds[1] + 1)


def _key(tree: Node) -> str:
    facts = sorted(f"{fact.subject} {fact.object} {fact.before}" for fact in facts_of(tree))
    return "\0".join((str(tree.entity), *facts))
