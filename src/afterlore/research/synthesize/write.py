"""The words of a question, from a tree: templates around the sentences' own words, in the language of the pages.

Vagueness: 0 everything is named; 1 what lies between is described, not named; 2 years and numbers are blurred too; 3
nothing is named at all and no time is told: only what kind of thing stands at the leaves.
"""

import re
from dataclasses import replace

from afterlore.research.synthesize import chinese, english
from afterlore.research.synthesize.blur import blur, without_times
from afterlore.research.synthesize.facts import Fact, Kind, Shape
from afterlore.research.synthesize.tree import Graph, Link, Node

__all__ = ["question"]


def question(graph: Graph, tree: Node, vagueness: int) -> str | None:
    """The question; None where the words make none."""
    language = graph.entities[tree.entity].language
    text = _chinese(graph, tree, vagueness) if language == "zh" else _english(graph, tree, vagueness)
    return text


def _fact(fact: Fact, language: str, vagueness: int) -> Fact:
    """The fact with its words as vague as they are to be."""
    if vagueness < 2:
        return fact
    before, after = fact.before, fact.after
    if vagueness == 3:
        before, after = without_times(before, language), without_times(after, language)
    return replace(fact, before=blur(before, language), after=blur(after, language))


def _ordered(node: Node) -> list[Link]:
    """The simple ones first, so that it is plain what a clause belongs to."""
    return sorted(node.links, key=lambda link: len(link.child.links))


# ---- English


def _english(graph: Graph, tree: Node, vagueness: int) -> str | None:
    kind = graph.kinds[tree.entity]
    phrase = _english_phrase(graph, tree, vagueness, root=True)
    if phrase is None:
        return None
    only = tree.links[0] if len(tree.links) == 1 else None
    if only and not only.inverse and only.fact.shape is Shape.VERB and kind.noun:
        # "the town that was built by A" asks as "Which town was built by A?"
        return _tidy(f"Which {kind.noun} {phrase.removeprefix(f'the {kind.noun} ').partition(' ')[2]}?")
    if phrase.startswith("the person who "):
        return _tidy(f"Who {phrase.removeprefix('the person who ')}?")
    return _tidy(f"Who is {phrase}?" if kind.person else f"What is the name of {phrase}?")


def _english_phrase(graph: Graph, node: Node, vagueness: int, *, root: bool = False) -> str | None:
    entity, kind = graph.entities[node.entity], graph.kinds[node.entity]
    noun = kind.noun or ("person" if kind.person else "")
    if not node.links:
        if vagueness < 3:
            return entity.shown
        return f"{'an' if noun[:1].lower() in tuple('aeiou') else 'a'} {noun}" if kind.noun else None
    base, clauses, head = "", "", ""
    nominal = None
    for link in _ordered(node):
        child = _english_phrase(graph, link.child, vagueness)
        if child is None:
            return None
        deep, fact = bool(link.child.links), _fact(link.fact, "en", vagueness)
        if not deep and vagueness < 3 and not link.inverse:
            child = f"{fact.lead}{child.removeprefix('the ')}" if fact.lead else child
        tell = english.inverted if link.inverse else english.described
        told = tell(fact, kind, child, deep=deep)
        if told is None:
            return None
        own, clause = told
        if own and nominal == fact.before and not clauses:
            # The son of A, and of B.
            base += f" and {child}"
        elif own and (base or (noun and deep and len(node.links) > 1)):
            if link.inverse:
                return None
            clause = english.predicate(fact, kind, child)
        elif own:
            base, nominal = own, None if link.inverse else fact.before
        if clause:
            clauses = _and(clauses, head if clause == head + child else "", clause)
            head = clause.removesuffix(child)
    if not base and not noun:
        return None
    phrase = f"{base or f'the {noun}'} {clauses}".strip()
    return f"{entity.shown}, {phrase}," if vagueness == 0 and not root else phrase


def _and(before: str, head: str, clause: str) -> str:
    """Two relative clauses; what both begin with is said once."""
    if not before:
        return clause
    same = head
    if not same and all(map(english.tells_of_subject, (before, clause))) and before.split()[0] == clause.split()[0]:
        same = f"{clause.split()[0]} "
    return f"{before} and {clause.removeprefix(same)}"


def _tidy(text: str) -> str:
    text = re.sub(r",+(?=[,?])", "", re.sub(r"\s+", " ", text))
    text = re.sub(r"\b(?:the|an?) (the|an?)\b", r"\1", text)
    return re.sub(r",\?$", "?", text)


# ---- Chinese


def _chinese(graph: Graph, tree: Node, vagueness: int) -> str | None:
    """What is described is introduced in a sentence of its own: Chinese puts all of it before the noun."""
    said: list[str] = []
    phrase = _chinese_phrase(graph, tree, vagueness, said)
    if phrase is None:
        return None
    asked = f"{phrase}是谁？" if graph.kinds[tree.entity].person else f"{phrase}叫什么名字？"
    return "".join((*said, asked))


def _chinese_phrase(graph: Graph, node: Node, vagueness: int, said: list[str]) -> str | None:
    """The noun phrase; what it takes to understand it is added to ``said``."""
    kind = graph.kinds[node.entity]
    noun = kind.noun or ("人" if kind.person else "")
    base, clauses = "", []
    for link in _ordered(node):
        child = _chinese_child(graph, link.child, vagueness, said)
        if child is None:
            return None
        fact = _fact(link.fact, "zh", vagueness)
        tell = chinese.inverted if link.inverse else chinese.described
        told = tell(fact, kind, child, deep=bool(link.child.links))
        if told is None or (told[0] and base):
            return None
        base = base or told[0]
        if told[1]:
            clauses.append(told[1])
    if not base and not noun:
        return None
    return f"{'、'.join(clauses)}的{base or noun}" if clauses else base


def _chinese_child(graph: Graph, node: Node, vagueness: int, said: list[str]) -> str | None:
    """What a node below the root is called."""
    entity, kind = graph.entities[node.entity], graph.kinds[node.entity]
    noun = kind.noun or ("人" if kind.person else "")
    if not node.links:
        if vagueness < 3:
            return entity.name
        return f"某{_measure(noun, kind).replace('个', '')}{noun}" if noun else None
    phrase = _chinese_phrase(graph, node, vagueness, said)
    if phrase is None or not noun:
        return None
    if vagueness == 0:
        said.append(f"{entity.name}是{phrase}。")
        return entity.name
    if not phrase.endswith(noun):
        # The author of a book needs no sentence of its own.
        return phrase
    measure = _measure(noun, kind)
    if any(f"一{measure}" in one and one.endswith(f"{noun}。") for one in said):
        return None
    said.append(f"有一{measure}{phrase}。")
    return f"这{measure}{noun}"


def _measure(noun: str, kind: Kind) -> str:
    return "位" if kind.person else "家" if noun[-1:] in tuple("司社局馆院店厂") else "个"
