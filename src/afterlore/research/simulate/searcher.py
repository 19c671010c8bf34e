"""The simulated model: a searcher with a bounded memory, behind the same protocol as a real one.

It sees what a model sees, messages alone, so that it is one policy for every method. It attends to the prompt and to
its last few results; the rest of its context is lost to it. In the record that it keeps, facts are lost and made up.
"""

import json
import random
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass

from afterlore.core import Delta, Ledger, Message, Reply, Request, Role, ToolCall, Usage, canonical_json, digest
from afterlore.research.simulate.world import FACTS

__all__ = ["POLICIES", "Policy", "Searcher"]

_FACT = re.compile(r"The (\w+) of (\w+) is (\w+)\.")
_WANTED = re.compile(r"its (\w+) is (\w+)")
_HAS = re.compile(r"(\w+) has the (regions|towns) ([\w, ]+)\.")
_ANNALS = re.compile(r"keeps the annals (Annals-\w+)")
_READ = re.compile(r"'([\w-]+)' was read")
_KNOWN_READ = re.compile(r"^read: ([\w-]+)$", re.M)
_PAGES = re.compile(r"## Pages read\n((?:- [\w-]+\n?)+)")
_ANSWERED = re.compile(r"the latest last:.*?\n- (\w+)\n</data", re.S)
_OPEN = re.compile(r"open: ([\w-]+)")
_UNVERIFIED = re.compile(r"## Evidence whose quote was not found.*?(?=\n## |\n</data|\Z)", re.S)
_SUPPORTED = re.compile(r"(?:supported|covered): (\w+);")


@dataclass(frozen=True)
class Policy:
    """How a searcher behaves. All are chances from 0 to 1 but ``memory``."""

    name: str
    memory: int
    """Results of this attempt that it attends to."""
    hasty: float
    """To answer with its best guess, on each turn on which it has any."""
    loss: float = 0.0
    """That a fact does not get into the record."""
    poison: float = 0.0
    """That a fact in the record is made up: it says of a decoy what would make it the answer."""
    anchored: float = 0.0
    """To answer, on each turn, with a candidate that the prompt shows as supported."""
    room: int = 12
    """Facts that notes written as a text hold at most; the oldest go first."""


POLICIES = (
    Policy("wanderer", memory=4, hasty=0.08, loss=0.2),
    Policy("thorough", memory=80, hasty=0.0, loss=0.2),
    Policy("anchored", memory=4, hasty=0.08, loss=0.2, anchored=0.5),
    Policy("forgetful", memory=4, hasty=0.08, loss=0.9),
)
"""``wanderer`` loses sight of what it read and guesses early: rounds should help. ``thorough`` forgets nothing: one run
should do as well, and rounds only pay for compressing. ``anchored`` repeats what it is told: carrying a state should
harm. ``forgetful`` keeps next to nothing in the record: carrying it should not help.
"""


class Searcher:
    """A ChatModel. Each call counts as one, and as its length in characters divided by four in tokens."""

    name = "simulated"

    def __init__(self, policy: Policy, seed: int) -> None:
        self._policy = policy
        self._rng = random.Random(f"searcher:{policy.name}:{seed}")

    async def complete(self, request: Request, *, ledger: Ledger | None = None) -> Reply:
        """Search, answer, or keep the record."""
        sent = canonical_json([[message.role, message.content] for message in request.messages])
        held = ledger.reserve(calls=1, tokens=len(sent) // 4) if ledger else None
        rng = self._rng
        system, prompt = request.messages[0].content, request.messages[1].content
        if system.startswith("You keep the record"):
            message = Message(role=Role.ASSISTANT, content=self._record(prompt, rng))
        elif system.startswith("You keep the notes"):
            message = Message(role=Role.ASSISTANT, content=self._notes(prompt, rng))
        else:
            message = Message(role=Role.ASSISTANT, calls=(self._act(request, rng),))
        tokens = (len(sent) // 4, len(message.to_json()) // 4)
        usage = Usage(requests=1, attempts=1, input_tokens=tokens[0], output_tokens=tokens[1])
        if held:
            held.commit(tokens=sum(tokens))
        return Reply(message=message, usage=usage, finish="stop", model=self.name, sent=digest(sent))

    async def stream(self, request: Request, *, ledger: Ledger | None = None) -> AsyncIterator[Delta | Reply]:
        """At once."""
        yield await self.complete(request, ledger=ledger)

    # ---- searching

    def _act(self, request: Request, rng: random.Random) -> ToolCall:
        prompt = request.messages[1].content
        results = [message.content for message in request.messages if message.role is Role.TOOL]
        recent = results[-self._policy.memory :]
        told = _UNVERIFIED.sub("", prompt)
        wanted = dict(_WANTED.findall(prompt))
        facts = _facts("\n".join([told, *recent]))
        fits = {town: sum(known.get(fact) == value for fact, value in wanted.items()) for town, known in facts.items()}
        wrong = {town for town, known in facts.items() if any(known[f] != wanted.get(f) for f in known)}
        standing = {town: score for town, score in fits.items() if town not in wrong and score}
        only_answer = len(request.tools) == 1
        sure = [town for town, score in standing.items() if score == len(wanted)]
        anchors = _SUPPORTED.findall(prompt)
        if sure:
            return self._answer(rng.choice(sorted(sure)), facts, recent)
        if anchors and rng.random() < self._policy.anchored:
            return self._answer(anchors[0], facts, recent)
        ahead = self._ahead(told, recent, standing, wrong, facts)
        if only_answer or not ahead or (standing and rng.random() < self._policy.hasty):
            best = max(standing.values(), default=0)
            guess = sorted(town for town in standing if standing[town] == best)
            guess = guess or _ANSWERED.findall(told) or ["unknown"]
            return self._answer(rng.choice(guess), facts, recent)
        return _call("visit", urls=[rng.choice(ahead)], goal="facts")

    @staticmethod
    def _ahead(
        told: str, recent: list[str], standing: dict[str, int], wrong: set[str], facts: dict[str, dict[str, str]]
    ) -> list[str]:
        """Where to go: annals of who still stands, then towns of the region at hand, then open leads, then the land."""
        read = {address for text in recent for address in _READ.findall(text)} | _known_read(told)
        seen = "\n".join([told, *recent])
        annals = [f"Annals-{town}" for town in sorted(standing)] + _ANNALS.findall("\n".join(recent))
        regions: list[str] = []
        towns: list[str] = []
        for _, kind, names in _HAS.findall(seen):
            (regions if kind == "regions" else towns).extend(names.split(", "))
        known = {f"Annals-{town}" if fact == FACTS[-1] else town for town, held in facts.items() for fact in held}
        stale = read | wrong | {f"Annals-{town}" for town in wrong}
        for places in (annals, towns, [*_OPEN.findall(told), *regions], ["Land"]):
            new = [place for place in dict.fromkeys(places) if place not in stale]
            if new:
                return new
        # What was read and left no fact may be read again.
        return [place for place in dict.fromkeys([*annals, *towns, *regions]) if place not in known | wrong]

    @staticmethod
    def _answer(town: str, facts: dict[str, dict[str, str]], recent: list[str]) -> ToolCall:
        seen = "\n".join(recent)
        quotes = [
            {"address": f"Annals-{town}" if fact == FACTS[-1] else town, "quote": f"The {fact} of {town} is {value}."}
            for fact, value in facts.get(town, {}).items()
            if f"The {fact} of {town} is {value}." in seen
        ]
        return _call("answer", answer=town, evidence=quotes)

    # ---- keeping the record

    def _recorded(self, transcript: str, wanted: dict[str, str], rng: random.Random) -> list[tuple[str, str, str, str]]:
        """(fact, town, value, where) of what gets into the record, false ones among them."""
        out = []
        for fact, town, value in dict.fromkeys(_FACT.findall(transcript)):
            if rng.random() < self._policy.loss:
                continue
            if rng.random() < self._policy.poison and fact in wanted:
                value = wanted[fact]
            out.append((fact, town, value, f"Annals-{town}" if fact == FACTS[-1] else town))
        return out

    def _record(self, prompt: str, rng: random.Random) -> str:
        known, _, transcript = prompt.partition("What was just done")
        wanted = dict(_WANTED.findall(prompt))
        facts = self._recorded(transcript, wanted, rng)
        evidence, cells = [], []
        for number, (fact, town, value, where) in enumerate(facts):
            text = f"The {fact} of {town} is {value}."
            evidence.append({"key": f"n{number}", "claim": text, "quote": text, "address": where})
            cells.append(
                {
                    "candidate": town,
                    "constraint": f"its {fact} is {wanted.get(fact)}",
                    "verdict": "supports" if wanted.get(fact) == value else "contradicts",
                    "evidence": [f"n{number}"],
                }
            )
        record = {
            "constraints": []
            if "## Constraints" in known
            else [f"its {fact} is {value}" for fact, value in wanted.items()],
            "evidence": evidence,
            "cells": cells,
            "branches": [
                *({"lead": place} for place in self._open(known, transcript)),
                *({"lead": place, "status": "exhausted"} for place in _READ.findall(transcript)),
            ],
            "uncertainties": ["looked around"],
        }
        return json.dumps(record)

    def _notes(self, prompt: str, rng: random.Random) -> str:
        known, _, transcript = prompt.partition("What was just done")
        wanted = dict(_WANTED.findall(prompt))
        old = [
            text for text in dict.fromkeys(map(_sentence, _FACT.findall(known))) if rng.random() >= self._policy.loss
        ]
        new = [_sentence((fact, town, value)) for fact, town, value, _ in self._recorded(transcript, wanted, rng)]
        facts = list(dict.fromkeys([*old, *new]))[-self._policy.room :]
        read = [*sorted(_known_read(known)), *_READ.findall(transcript)]
        lines = [*facts, *(f"read: {place}" for place in dict.fromkeys(read))]
        return "\n".join([*lines, *(f"open: {place}" for place in self._open(known, transcript))]) or "nothing yet"

    @staticmethod
    def _open(known: str, transcript: str) -> list[str]:
        """Places that were named and not gone into."""
        gone = set(_READ.findall(transcript)) | _known_read(known)
        named = [name for _, _, names in _HAS.findall(transcript) for name in names.split(", ")]
        named += _ANNALS.findall(transcript) + _OPEN.findall(known)
        return [name for name in dict.fromkeys(named) if name not in gone]


def _known_read(text: str) -> set[str]:
    """Pages that the state or the notes say were read."""
    listed = {line[2:] for block in _PAGES.findall(text) for line in block.splitlines()}
    return listed | set(_KNOWN_READ.findall(text))


def _facts(text: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for fact, town, value in _FACT.findall(text):
        found[town][fact] = value
    return found


def _sentence(fact: tuple[str, str, str]) -> str:
    return "The {} of {} is {}.".format(*fact)


def _call(name: str, **arguments: object) -> ToolCall:
    return ToolCall(id="", name=name, arguments=canonical_json(arguments))
