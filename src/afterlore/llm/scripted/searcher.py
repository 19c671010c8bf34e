"""A searcher by rules, for the place of a model: so that a whole deep search can be run, broken and resumed offline.

It is a test of the mechanism and shows nothing of what a model can do. It sees what a model would see, the messages and
the tools of one request, and keeps nothing between requests: what it knows is what still stands in the messages, where
it reads its own notes and the last ``memory`` results of tools. It knows a dozen kinds of relation in English and
Chinese (who founded, where born, made by whom, how deep), and no names.

The rules: names of the question that are titles of hits are where it starts. From there it goes along one relation of
the question after the other, over the sentence that states it on a page that it read, to the thing that the sentence
names, until no relation is left; where a page is missing it searches or visits. Two starts are followed apart and must
meet. What the last sentence names is the answer, with the sentences on the way as quotes. Where the rules lead nowhere
it says so.

What it does not cover: negation, comparison, counting, time, anything that the words of a relation do not tell.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from afterlore.core import ToolCall
from afterlore.llm.scripted.record import is_record, record
from afterlore.llm.scripted.relations import KNOWN, NOTE, READ, RELATIONS, Kind, Relation
from afterlore.llm.scripted.turn import Body, Policy, Turn, call

__all__ = ["searcher"]

_WANTED: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("year", re.compile(r"\bwhat year\b|\bwhich year\b|^when\b|哪一?年|何时", re.I)),
    ("number", re.compile(r"\bhow (?:deep|high|tall|long|heavy)\b|多[深高长重]|多少", re.I)),
    (
        "place",
        re.compile(r"\bwhere\b|\b(?:which|what) (?:town|city|place|village)\b|哪里|哪[个座]?(?:镇|市|城市|地方)", re.I),
    ),
    ("person", re.compile(r"^whom?\b|\bwhich (?:professor|person|engineer)\b|谁|哪位", re.I)),
    ("firm", re.compile(r"\b(?:which|what) company\b|哪家", re.I)),
)
_IS = {
    "person": re.compile(
        r"engineer|painter|optician|professor|architect|captain|author|[师家人长](?:[\uff0c,、。]|$)", re.I
    ),
    "firm": re.compile(r"\bcompany\b|\binstitute\b|公司|出版社|企业", re.I),
    "place": re.compile(r"\btown\b|\bisland\b|\blake\b|\bcity\b|小镇|城市|茶乡", re.I),
}
_SENTENCE = re.compile(r"[^\n。！？!?.]+(?:\.(?=\S)[^\n。！？!?.]+)*[。！？!?.]?")
_CAPITALS = re.compile(r"[A-Z][\w-]*(?: (?:(?:and|of|the) )?[A-Z][\w-]*)*")
_YEAR = re.compile(r"(?<!\d)1[0-9]{3}(?!\d)|(?<!\d)20\d\d(?!\d)")
_NUMBER = re.compile(r"\d[\d,.]*\s*(?:metres?|meters?|kilometres?|kilograms?|米|公里|公斤)")
_HIT = re.compile(r"^- (?P<title>.+?)(?: \(\d[\d-]*\))?\n  (?P<address>\S+)\n  (?P<snippet>.*)$", re.M)
_DATA = re.compile(r"<data (?P<mark>\w+)> (?:page )?(?P<address>[^\n]*)\n(?P<inside>.*?)\n?</data (?P=mark)>", re.S)
_HAN = re.compile(r"[\u3400-\u9fff]")
_NOT_SHOWN = "[no longer shown"
_TWICE = 2
"""How often the same thing is asked for, when what it gave is no longer shown."""


@dataclass(frozen=True)
class _Seen:
    address: str
    title: str
    text: str
    whole: bool = True
    """False for what only a note holds of a page."""

    @property
    def names(self) -> tuple[str, ...]:
        """The title, and its halves where it is written in two scripts."""
        return _names(self.title)


@dataclass
class _Known:
    """What stands in the messages."""

    question: str = ""
    queries: dict[str, int] = field(default_factory=dict)
    """How often each was made; often enough for good where its hits are shown."""
    visits: dict[str, int] = field(default_factory=dict)
    hits: dict[str, _Seen] = field(default_factory=dict)
    pages: dict[str, _Seen] = field(default_factory=dict)
    noted: frozenset[str] = frozenset()
    carried: bool = False
    """Whether it was told what an earlier round found, and goes on from there."""
    turns: int = 0

    def page_of(self, name: str) -> _Seen | None:
        return next((page for page in self.pages.values() if name in page.names), None)

    def hit_of(self, name: str) -> _Seen | None:
        return next((hit for hit in self.hits.values() if name in hit.names), None)

    def titles(self) -> Iterator[str]:
        """All names that are known to have a page, the longest first."""
        names = {name for seen in (*self.hits.values(), *self.pages.values()) for name in seen.names}
        return iter(sorted(names, key=lambda name: (-len(name), name)))


@dataclass(frozen=True)
class _Quote:
    address: str
    text: str


@dataclass(frozen=True)
class _Found:
    answer: str
    """Empty when the way ends before it."""
    quotes: tuple[_Quote, ...] = ()


@dataclass(frozen=True)
class _Step:
    """A tool to use next."""

    call: ToolCall
    thought: str
    quotes: tuple[_Quote, ...] = ()
    """The way so far."""


def searcher(*, memory: int = 40, most: int = 30) -> Policy:
    """The policy. ``memory``: how many of the last tool results it reads. ``most``: after so many turns it answers with
    what it has.
    """

    def policy(body: Body) -> Turn:
        if is_record(body):
            return record(body)
        known = _read(body, memory)
        tools = {tool["function"]["name"]: tool["function"] for tool in body.get("tools") or ()}
        outcome = _think(known)
        if isinstance(outcome, _Step) and known.turns < most and outcome.call.name in tools:
            return Turn(_notes(known, outcome.quotes), outcome.thought, (outcome.call,))
        found = outcome if isinstance(outcome, _Found) else _Found("", outcome.quotes)
        return _answer(found, tools)

    return policy


def _read(body: Body, memory: int) -> _Known:
    """The question, what was asked for, and what of it still stands in the messages."""
    known = _Known()
    notes: list[_Seen] = []
    asked: dict[str, tuple[str, Mapping[str, Any]]] = {}
    results: list[tuple[str, Mapping[str, Any], str]] = []
    for message in body["messages"]:
        content = _text(message.get("content"))
        if message["role"] != "tool":
            earlier = list(KNOWN.finditer(content))
            known.carried = known.carried or bool(earlier)
            # What such a page tells was noted then.
            known.visits |= {
                address: _TWICE for one in READ.finditer(content) for address in one[0].split()[3:] if address != "-"
            }
            said = [*NOTE.finditer(content), *earlier]
            notes += [_Seen(one["address"], one["title"], one["text"], whole=False) for one in said]
        if message["role"] == "user" and not known.question:
            known.question = content.strip().split("\n\n")[0][:2000]
        elif message["role"] == "assistant":
            known.turns += 1
            for one in message.get("tool_calls") or ():
                asked[one["id"]] = (one["function"]["name"], _arguments(one["function"]["arguments"]))
        elif message["role"] == "tool" and message.get("tool_call_id") in asked:
            results.append((*asked[message["tool_call_id"]], content))
    for name, arguments, content in results:
        if name == "search":
            for query in _strings(arguments.get("queries", arguments.get("query"))):
                known.queries[query] = known.queries.get(query, 0) + (1 if content.startswith(_NOT_SHOWN) else _TWICE)
        elif name == "visit":
            for address in _strings(arguments.get("urls", arguments.get("url"))):
                known.visits[address] = known.visits.get(address, 0) + 1
    for name, arguments, content in results[len(results) - min(memory, len(results)) :]:
        if name == "search":
            for hit in _hits(content):
                before = known.hits.get(hit.address)
                # Each search shows another passage of a page.
                known.hits[hit.address] = replace(hit, text=f"{before.text}\n{hit.text}") if before else hit
        elif name == "visit":
            _take_pages(known, _strings(arguments.get("urls", arguments.get("url"))), content)
    for note in notes:
        page = known.pages.get(note.address)
        if page is None or not page.whole:
            text = note.text if page is None else f"{page.text}\n{note.text}"
            known.pages[note.address] = replace(note, text=text)
    known.noted = frozenset(note.text for note in notes)
    return known


def _take_pages(known: _Known, addresses: Sequence[str], content: str) -> None:
    if content.startswith(_NOT_SHOWN):
        return
    shown = [(match["address"].strip(), match["inside"]) for match in _DATA.finditer(content)]
    if not shown and len(addresses) == 1 and "could not be read" not in content:
        shown = [(addresses[0], content)]
    for address, text in shown:
        hit = known.hits.get(address)
        first = text.strip().split("\n", 1)[0].lstrip("# ").strip()
        known.pages[address] = _Seen(address, hit.title if hit else first, text)


def _hits(content: str) -> Iterator[_Seen]:
    for match in _HIT.finditer(content):
        yield _Seen(match["address"], match["title"].strip(), match["snippet"])
    try:
        items = json.loads(content)
    except ValueError:
        return
    for item in items if isinstance(items, list) else items.get("results", ()) if isinstance(items, dict) else ():
        if isinstance(item, dict) and (address := item.get("address") or item.get("url")):
            yield _Seen(str(address), str(item.get("title", "")), str(item.get("snippet", "")))


def _think(known: _Known) -> _Found | _Step:
    """The answer, or what to do for it."""
    first = (
        None
        if known.carried
        else _search(known, known.question, *_CAPITALS.findall(re.sub(r"^\w+", "", known.question)))
    )
    if first:
        return first
    found: list[_Found] = []
    for start in _starts(known):
        outcome = _walk(known, start)
        if isinstance(outcome, _Step):
            return outcome
        found.append(outcome)
    quotes = dict.fromkeys(quote for one in found for quote in one.quotes)
    answers = {one.answer for one in found}
    return _Found(answers.pop() if len(answers) == 1 else "", tuple(quotes))


def _starts(known: _Known) -> list[str]:
    """Names in the question that have a page; of names within one another the longest."""
    left = known.question
    starts = []
    for name in known.titles():
        if name in left:
            starts.append(name)
            left = left.replace(name, " ")
    return starts


def _walk(known: _Known, start: str) -> _Found | _Step:
    """From a name of the question along its relations."""
    question = known.question
    at = question.find(start)
    open_ = sorted(
        (min(abs(match.start() - at) for match in relation.asked.finditer(question)), number)
        for number, relation in enumerate(RELATIONS)
        if relation.asked.search(question.replace(start, " " * len(start)))
    )
    left = [RELATIONS[number] for _, number in open_]
    name = start
    quotes: tuple[_Quote, ...] = ()
    while left:
        told = _told(known, name, left, last=len(left) == 1)
        step = _open(known, name) or (None if told else _look_further(known, name, left[0]))
        if step:
            return replace(step, quotes=quotes)
        if told is None:
            return _Found("", quotes)
        relation, name, quote = told
        left.remove(relation)
        quotes += (quote,)
    return _Found(name if quotes else "", quotes)


def _open(known: _Known, name: str) -> _Step | None:
    """Reads the page of a name, or looks for it, once."""
    if known.page_of(name):
        return None
    hit = known.hit_of(name)
    if hit is None:
        return _search(known, name)
    return _visit(known, hit, name)


def _look_further(known: _Known, name: str, relation: Relation) -> _Step | None:
    page = known.page_of(name)
    if page and not page.whole and (step := _visit(known, page, f"{name} {relation.query}")):
        return step
    stated = [one for one in _sentences(page.text) if relation.told.search(one)] if page else []
    # Of a sentence whose names are not known, the titles that a search for it gives are its names.
    step = _search(known, f"{name} {relation.query}", *(one[:120] for one in stated))
    if step:
        return step
    # What mentions the name may state what its own page does not.
    others = [hit for hit in known.hits.values() if name in hit.text and hit.address not in known.visits]
    others.sort(key=lambda hit: not relation.told.search(hit.text))
    return _visit(known, others[0], f"{name} {relation.query}") if others else None


def _told(known: _Known, name: str, left: Sequence[Relation], *, last: bool) -> tuple[Relation, str, _Quote] | None:
    """The first open relation that a page states of the name, what it leads to, and the sentence."""
    for relation in left:
        for page in sorted(known.pages.values(), key=lambda page: name not in page.names):
            own = name in page.names
            for sentence in _sentences(page.text):
                if not relation.told.search(sentence) or not (own or name in sentence):
                    continue
                value = _value(known, name, relation, sentence, page, last=last)
                if value:
                    return relation, value, _Quote(page.address, sentence)
    return None


def _value(known: _Known, name: str, relation: Relation, sentence: str, page: _Seen, *, last: bool) -> str:
    """What a sentence says that the relation leads to; empty when it says nothing of the kind."""
    kinds: Sequence[Kind] = relation.kinds
    if last:
        wanted = next((kind for kind, pattern in _WANTED if pattern.search(known.question)), None)
        kinds = [kind for kind in kinds if kind == wanted] or kinds
    said = tuple(relation.told.finditer(sentence))

    def near(match: re.Match[str]) -> int:
        return min(max(match.start() - one.end(), one.start() - match.end()) for one in said)

    for kind in kinds:
        pattern = {"year": _YEAR, "number": _NUMBER}.get(kind)
        if pattern is None:
            continue
        values = sorted(pattern.finditer(sentence), key=near)
        if values and (last or len(kinds) == 1):
            return values[0][0]
    names = [kind for kind in kinds if kind not in ("year", "number")]
    if not names:
        return ""
    own = {name, *page.names} if name in page.names else {name}
    candidates = [
        match for title in known.titles() if title not in own for match in re.finditer(re.escape(title), sentence)
    ]
    candidates += [match for match in _CAPITALS.finditer(sentence) if match.start() and match[0] not in own]
    for match in sorted(candidates, key=lambda match: (near(match), -len(match[0]))):
        if _may_be(known, match[0], names):
            return match[0]
    # A page that states something of the name is often that of what it leads to.
    if name not in page.names and page.names and _may_be(known, page.names[0], names):
        return page.names[0]
    return ""


def _may_be(known: _Known, name: str, kinds: Sequence[Kind]) -> bool:
    """Whether a name is of one of the kinds, as far as its page or snippet tells; unknown may be anything."""
    seen = known.page_of(name) or known.hit_of(name)
    if seen is None:
        return True
    opening = "".join(list(_sentences(seen.text))[:2])
    told = [kind for kind, pattern in _IS.items() if pattern.search(opening.split("made by")[0])]
    return not told or any(kind in kinds for kind in told) or "thing" in kinds


def _sentences(text: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(text):
        sentence = match[0].strip()
        if len(sentence) > 4:
            yield sentence


def _search(known: _Known, *queries: str) -> _Step | None:
    """A search for those queries that were not made yet, or whose hits are no longer shown."""
    once = dict.fromkeys(query.strip() for query in queries)
    new = [query for query in once if query and known.queries.get(query, 0) < _TWICE]
    if not new:
        return None
    return _Step(call("search", queries=new[:5]), f"I look for {new[0]}.")


def _visit(known: _Known, hit: _Seen, goal: str) -> _Step | None:
    """Reads a page; a second time when its text is no longer shown."""
    if known.visits.get(hit.address, 0) >= _TWICE:
        return None
    return _Step(call("visit", urls=[hit.address], goal=goal), f"I read {hit.title}.")


def _notes(known: _Known, quotes: Sequence[_Quote]) -> str:
    """What was found on the way, put down once: results of tools may be gone when they are needed again."""
    new = (quote for quote in quotes if quote.text not in known.noted)
    return "\n".join(f"Noted: “{quote.text}” ({known.pages[quote.address].title} | {quote.address})" for quote in new)


def _answer(found: _Found, tools: Mapping[str, Mapping[str, Any]]) -> Turn:
    """Through the tool that takes an answer, or as text where none does."""
    text = found.answer or "I could not find the answer: the pages that I read do not tell."
    name = next((name for name in tools if name in ("answer", "finish", "final_answer", "submit")), None)
    if name is None:
        lines = [f"“{quote.text}” ({quote.address})" for quote in found.quotes]
        return Turn(text="\n".join((text, *lines)))
    schema = tools[name].get("parameters") or {}
    arguments = _filled(schema, schema, text, found.quotes)
    if not found.answer and "found" in (schema.get("properties") or {}):
        arguments["found"] = False
    return Turn(calls=(call(name, **arguments),))


def _filled(
    schema: Mapping[str, Any], root: Mapping[str, Any], text: str, quotes: Sequence[_Quote]
) -> dict[str, object]:
    """Arguments for whatever the answering tool is declared to take: an answer, and a list of quotes with addresses."""
    arguments: dict[str, object] = {}
    for name, kind in (schema.get("properties") or {}).items():
        kind = _resolved(kind, root)
        if kind.get("type") == "array":
            items = _resolved(kind.get("items") or {}, root)
            fields = items.get("properties") or {}
            arguments[name] = [_cited(fields, quote) if fields else quote.text for quote in quotes]
        elif kind.get("type") == "string" and name in ("answer", "text", "content", "result"):
            arguments[name] = text
    return arguments


def _cited(fields: Mapping[str, Any], quote: _Quote) -> dict[str, str]:
    return {
        name: quote.text if "quote" in name else quote.address
        for name in fields
        if any(word in name for word in ("quote", "address", "url", "source"))
    }


def _resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = str(schema.get("$ref", ""))
    found: Mapping[str, Any] = (root.get("$defs") or {}).get(reference.rpartition("/")[2], {}) if reference else schema
    return found


def _names(title: str) -> tuple[str, ...]:
    title = title.strip("《》“”# ")
    if not (_HAN.search(title) and re.search(r"[A-Za-z]", title)):
        return (title,) if title else ()
    latin = " ".join(re.findall(r"[A-Za-z][\w'-]*", _HAN.sub(" ", title)))
    return (latin, "".join(_HAN.findall(title)))


def _text(content: object) -> str:
    if isinstance(content, list):
        return "\n".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _arguments(text: object) -> Mapping[str, Any]:
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
