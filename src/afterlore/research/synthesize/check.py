"""What a synthesised question must stand up to: its quotes, its only answer, and that it does not tell it.

**Unique** means: the corpus is searched for every entity that stands where the answer stands. Two entities count as
linked where *any* sentence of the corpus names both, or one page's sentence names the other, in either direction; and
as linked *alike* where that sentence shares one content word (stemmed; in Chinese a pair of characters) with the fact.
The kind of thing, years and numbers are not looked at, so leaving them out or blurring them makes no second answer.
What stands between must be unique in the same way. ``unique_by`` says how much was asked: ``links`` where no other
entity is linked in this way whatever the sentences say, ``words`` where only those that are linked alike were left out.

Not covered: the same relation in other words (``words`` only), entities without a page, names that a page spells
otherwise or replaces by a pronoun outside their own page, and what is true but not written in the corpus.
"""

import re
from collections import defaultdict

from afterlore.context.tokens import STOP_WORDS, terms
from afterlore.research.synthesize.entities import RANKS, Entity, plain
from afterlore.research.synthesize.facts import Kind
from afterlore.research.synthesize.tree import Graph, Node, leaves
from afterlore.text.ngrams import bare, fold
from afterlore.text.sentences import sentences

__all__ = ["Neighbours", "tells"]

_HAN = re.compile(r"[\u3400-\u9fff]+")


class Neighbours:
    """Which entities any sentence of the corpus links, and with what words."""

    def __init__(self, graph: Graph) -> None:
        self._kinds = graph.kinds[: graph.pages]
        self._pages = graph.pages
        self._near: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for entity in graph.entities[: graph.pages]:
            for sentence in sentences(entity.text):
                text = plain(sentence.text)
                found = {at for mention in graph.names.find(text) for at in mention.entities}
                found.add(graph.whose[entity.at])
                if len(found) > 1:
                    self._link(found, {term for term in terms(text) if term not in STOP_WORDS})

    def _link(self, found: set[int], words: set[str]) -> None:
        for one in found:
            for other in found - {one}:
                # What has no page is no answer and lies between nothing: two such names need no link.
                if min(one, other) < self._pages:
                    self._near[one][other] |= words

    def unique_by(self, tree: Node, vagueness: int) -> str:
        """``links``, ``words``, or empty where another entity answers as well."""
        return next((how for how in ("links", "words") if self._unique(tree, vagueness, how == "words")), "")

    def _unique(self, tree: Node, vagueness: int, by_words: bool) -> bool:
        named = set(leaves(tree)) if vagueness < 3 else set()
        return self._answers(tree, vagueness, by_words, named, root=True) == {tree.entity}

    def _answers(self, node: Node, vagueness: int, by_words: bool, named: set[int], *, root: bool = False) -> set[int]:
        """The entities that could stand there; none where something below it is not unique."""
        if not node.links:
            return {node.entity} if vagueness < 3 else self._alike(node.entity)
        found: set[int] | None = None
        for link in node.links:
            below = self._answers(link.child, vagueness, by_words, named)
            wanted = link.fact.words if by_words else frozenset()
            linked = {
                entity
                for child in below
                for entity, words in self._near[child].items()
                if entity < self._pages and entity not in named and (not wanted or words & wanted)
            }
            found = linked if found is None else found & linked
        assert found is not None
        if vagueness == 0 and not root:
            return {node.entity}
        return found if found == {node.entity} else set()

    def _alike(self, entity: int) -> set[int]:
        """All of the same kind, and all whose kind is not told; none where there is no kind to tell."""
        if entity >= self._pages:
            return set()
        head = self._kinds[entity].head
        return {at for at, kind in enumerate(self._kinds) if not kind.noun or kind.head == head}


def tells(question: str, answer: Entity, kind: Kind) -> bool:
    """Whether the question holds the answer: its name, another spelling, or a word of its own in it."""
    said, folded = bare(question), set(re.findall(r"[^\W_]+", fold(question)))
    for name in (answer.name, *answer.aliases):
        if bare(name) in said:
            return True
        own = [word for word in re.findall(r"[^\W_]+", name) if not _HAN.search(word)]
        common = {fold(word) for word in (*kind.noun.split(), *RANKS)}
        if any(len(word) > 2 and word[0].isupper() and fold(word) in folded - common for word in own):
            return True
        for run in _HAN.findall(name):
            pairs = {run[at : at + 2] for at in range(len(run) - 1)}
            if any(pair in question for pair in pairs if pair not in kind.noun and pair not in name[-2:]):
                return True
    return False
