"""Long conversations with questions whose evidence is labelled (LoCoMo's form): is the turn with the answer found?

Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents", 2024. Each conversation becomes a
folder, each session a folder in it, each turn a file with its place; a question is asked of its conversation's folder.
The unit is the turn; questions of categories 1 to 4 count (5 has no answer).

::

    afterlore context eval locomo --data FILE --json

Parameters were chosen on the conversations named in ``CHOSEN_ON`` and are frozen; a file that holds others is measured
on those alone.
"""

import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from afterlore.context.context import Context
from afterlore.context.records import Document, Levels, Statistics
from afterlore.context.search.bm25 import bm25
from afterlore.context.search.propagate import FLAT, Weights
from afterlore.context.tokens import count_tokens, query_terms, term_counts
from afterlore.core import InputError
from afterlore.stats import bootstrap

__all__ = ["CHOSEN_ON", "Conversation", "Question", "load", "measure"]

CHOSEN_ON = ("conv-26", "conv-30")
_CATEGORIES = (1, 2, 3, 4)
_SESSION = re.compile(r"session_(\d+)")
_BUDGETS = (256, 512, 1024, 2048)
_CHUNKS = (256, 512)
_READ = 40
"""Hits that fill the largest budget."""
_EVIDENCE = re.compile(r"D\d+:\d+")


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the turns that answer it."""

    text: str
    evidence: frozenset[str]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Sessions in order, each with its date and its turns as (id, text)."""

    id: str
    sessions: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    questions: tuple[Question, ...]


def load(path: Path) -> list[Conversation]:
    """Read a file of LoCoMo's form. Raises InputError that says what is not of that form."""
    try:
        data = json.loads(path.read_bytes())
        return [_conversation(sample, number) for number, sample in enumerate(data, 1)]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{str(path)!r} is not of LoCoMo's form ({type(error).__name__}: {error}); give a JSON list of objects "
            "with 'conversation' and 'qa'"
        ) from error


def _conversation(sample: Mapping[str, Any], number: int) -> Conversation:
    talk = sample["conversation"]
    sessions = []
    known = set()
    for key in sorted((key for key in talk if _SESSION.fullmatch(key)), key=lambda key: int(key[8:])):
        turns = []
        for turn in talk[key]:
            picture = f" [{turn['blip_caption']}]" if turn.get("blip_caption") else ""
            turns.append((turn["dia_id"], f"{turn['speaker']}: {turn['text']}{picture}"))
            known.add(turn["dia_id"])
        sessions.append((str(talk.get(f"{key}_date_time", "")), tuple(turns)))
    questions = []
    for one in sample["qa"]:
        evidence = known.intersection(_EVIDENCE.findall(" ".join(map(str, one.get("evidence", ())))))
        if one.get("category") in _CATEGORIES and evidence:
            questions.append(Question(one["question"], frozenset(evidence)))
    return Conversation(str(sample.get("sample_id", f"conversation-{number}")), tuple(sessions), tuple(questions))


def measure(path: Path, *, weights: Weights | None = None, everything: bool = False) -> dict[str, Any]:
    """Recall of the evidence among the first 5 and 10 turns, flat and propagated, and what a token budget holds.

    ``everything`` measures the conversations that the parameters were chosen on too.
    """
    conversations = load(path)
    others = [one for one in conversations if one.id not in CHOSEN_ON]
    chosen = others if others and not everything else conversations
    if not any(one.questions for one in chosen):
        raise InputError(f"{str(path)!r} holds no question of categories 1 to 4 with evidence; give another file")
    flat: list[tuple[float, float]] = []
    propagated: list[tuple[float, float]] = []
    plain: list[tuple[float, float]] = []
    curves: dict[str, list[list[float]]] = {name: [] for name in ("propagated", *(f"chunks_{n}" for n in _CHUNKS))}
    with tempfile.TemporaryDirectory() as folder, Context.open(Path(folder) / "context.sqlite") as context:
        for conversation in chosen:
            _store(context, conversation)
        for conversation in chosen:
            chunks = {size: _Chunks(conversation, size) for size in _CHUNKS}
            words = _Words(conversation)
            for question in conversation.questions:
                flat.append(_recalls(context, conversation, question, FLAT))
                propagated.append(_recalls(context, conversation, question, weights))
                plain.append(words.recalls(question))
                curves["propagated"].append(_curve(context, conversation, question, weights))
                for size in _CHUNKS:
                    curves[f"chunks_{size}"].append(chunks[size].curve(question))
    pairs = [(after[1], before[1]) for after, before in zip(propagated, flat, strict=True)]
    return {
        "flat": _means(flat),
        "propagated": _means(propagated),
        "difference": _difference(pairs),
        "plain_words": _means(plain),
        "questions": len(flat),
        "conversations": [one.id for one in chosen],
        "parameters_chosen_on": list(CHOSEN_ON),
        "tokens": _tokens(curves),
    }


def _store(context: Context, conversation: Conversation) -> None:
    top = context.uri("ctx://resources") / conversation.id
    with context.batch():
        for number, (date, turns) in enumerate(conversation.sessions, 1):
            session = top / f"session-{number:03d}"
            context.mkdir(session, title=f"Session {number}, {date}")
            for place, (id, text) in enumerate(turns):
                levels = Levels(text[:256], text[:4000])
                context.write(session / f"{id}.txt", text, title=id, position=place, levels=levels)


def _asked(
    context: Context, conversation: Conversation, question: Question, weights: Weights | None, **more: Any
) -> Any:
    return context.find(question.text, target=f"ctx://resources/{conversation.id}", weights=weights, save=False, **more)


def _recalls(
    context: Context, conversation: Conversation, question: Question, weights: Weights | None
) -> tuple[float, float]:
    hits = _asked(context, conversation, question, weights, limit=10).hits
    return _recall(question, [hit.uri.name[:-4] for hit in hits])


def _recall(question: Question, found: Sequence[str]) -> tuple[float, float]:
    total = len(question.evidence)
    return len(question.evidence.intersection(found[:5])) / total, len(
        question.evidence.intersection(found[:10])
    ) / total


def _curve(context: Context, conversation: Conversation, question: Question, weights: Weights | None) -> list[float]:
    """Evidence within each budget: the best turns, each with its neighbours, as ``find`` takes them."""
    answer = _asked(context, conversation, question, weights, limit=_READ, neighbours=1)
    pieces = [(node.uri.name[:-4], count_tokens(text)) for node, text in answer.context]
    found = []
    for budget in _BUDGETS:
        spent, held = 0, set()
        for name, tokens in pieces:
            if spent + tokens <= budget:
                spent += tokens
                held.add(name)
        found.append(len(question.evidence & held) / len(question.evidence))
    return found


class _Words:
    """Word BM25 as it is usually taken: k1 1.2, b .75, no endings cut, no stop words left out."""

    def __init__(self, conversation: Conversation) -> None:
        self._turns = [turn for _, turns in conversation.sessions for turn in turns]
        self._counts = [_plain(text) for _, text in self._turns]
        self._index = _Index(self._counts)

    def recalls(self, question: Question) -> tuple[float, float]:
        order = self._index.order(list(_plain(question.text)), b=0.75)
        return _recall(question, [self._turns[at][0] for at in order[:10]])


class _Chunks:
    """Flat chunks of ``size`` tokens of the whole talk, turns whole, ranked with our own BM25 and terms."""

    def __init__(self, conversation: Conversation, size: int) -> None:
        self._chunks: list[tuple[set[str], str]] = []
        ids: set[str] = set()
        text = ""
        for id, turn in (turn for _, turns in conversation.sessions for turn in turns):
            if text and count_tokens(text) + count_tokens(turn) > size:
                self._chunks.append((ids, text))
                ids, text = set(), ""
            ids.add(id)
            text += turn + "\n"
        self._chunks.append((ids, text))
        self._tokens = [count_tokens(text) for _, text in self._chunks]
        self._index = _Index([dict(term_counts(text)) for _, text in self._chunks])

    def curve(self, question: Question) -> list[float]:
        order = self._index.order(query_terms(question.text))
        found = []
        for budget in _BUDGETS:
            spent, held = 0, set()
            for at in order:
                if spent + self._tokens[at] <= budget:
                    spent += self._tokens[at]
                    held |= self._chunks[at][0]
            found.append(len(question.evidence & held) / len(question.evidence))
        return found


class _Index:
    """BM25 over a few texts in memory."""

    def __init__(self, counts: Sequence[Mapping[str, int]]) -> None:
        self._documents = [Document(sum(one.values()), one) for one in counts]
        self._statistics = Statistics(len(counts), sum(one.length for one in self._documents))
        self._frequencies: dict[str, int] = {}
        for one in counts:
            for term in one:
                self._frequencies[term] = self._frequencies.get(term, 0) + 1

    def order(self, asked: Sequence[str], **more: float) -> list[int]:
        known = {term: self._frequencies[term] for term in asked if term in self._frequencies}
        scores = [
            bm25(
                Document(one.length, {term: one.counts[term] for term in known if term in one.counts}),
                known,
                self._statistics,
                **more,
            )
            for one in self._documents
        ]
        return sorted((at for at, score in enumerate(scores) if score > 0), key=lambda at: (-scores[at], at))


def _plain(text: str) -> dict[str, int]:
    counts: dict[str, int] = {}
    for word in re.findall(r"\w+", text.lower()):
        counts[word] = counts.get(word, 0) + 1
    return counts


def _means(rows: Sequence[tuple[float, float]]) -> dict[str, float]:
    return {"recall@5": fmean(row[0] for row in rows), "recall@10": fmean(row[1] for row in rows)}


def _difference(pairs: Sequence[tuple[float, float]]) -> dict[str, float]:
    """Mean of the paired differences, with the interval of a bootstrap over questions."""
    gains = [after - before for after, before in pairs]
    interval = bootstrap(gains, fmean)
    return {"mean": fmean(gains), "low": interval.low, "high": interval.high}


def _tokens(curves: Mapping[str, list[list[float]]]) -> dict[str, Any]:
    """Evidence held within each budget, and by how much ours is above each baseline over all budgets."""
    shown: dict[str, Any] = {
        name: {str(budget): fmean(row[at] for row in rows) for at, budget in enumerate(_BUDGETS)}
        for name, rows in curves.items()
    }
    for size in _CHUNKS:
        rows = zip(curves["propagated"], curves[f"chunks_{size}"], strict=True)
        shown[f"above_chunks_{size}"] = _difference([(fmean(ours), fmean(theirs)) for ours, theirs in rows])
    return shown
