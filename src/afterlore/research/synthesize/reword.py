"""A model's wording of a question that templates wrote. What it must not change is checked; else the template stands.

Kept: every name and figure of the question, and its language. Not told: the answer, and names that the question hides.
Not covered: whether the new words mean the same; a model may still swap who did what.
"""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from afterlore.core import (
    BudgetExhausted,
    ChatModel,
    Ledger,
    Message,
    ModelError,
    Progress,
    Request,
    Role,
    Silent,
    canonical_json,
    digest,
)
from afterlore.journal import Journal
from afterlore.research.conversation import looks_like_call
from afterlore.research.synthesize.made import Made
from afterlore.text.language import language
from afterlore.text.ngrams import bare

__all__ = ["Reworder", "worse"]

_STAGE = "reword"
_TOKENS = 1_000
_FIGURE = re.compile(r"\d+(?:[.,]\d+)*")
_SYSTEM = """\
You are given a question that was put together from parts. Write it as a person would ask it, in the same language, in
one or two sentences. Say the same: keep every name, year and number as it stands, leave nothing out, add nothing, and
do not answer it. Reply with the question alone."""


@dataclass
class Reworder:
    """Asks a model. Replies are kept in a journal: what was stopped and is run again asks for the rest alone."""

    model: ChatModel
    ledger: Ledger
    journal: Journal
    progress: Progress = field(default_factory=Silent)

    async def replies(self, questions: Sequence[Made]) -> dict[str, str]:
        """What the model wrote, by id; without those that it could not be asked for."""
        self.progress.stage("reword", len(questions))
        keys = {made.id: digest(f"{self.model.name}\0{_SYSTEM}\0{made.question}") for made in questions}
        known = self.journal.recall(_STAGE, keys.values())
        found: dict[str, str] = {id: known[key] for id, key in keys.items() if key in known}

        async def ask(made: Made) -> None:
            text = await self._ask(made.question)
            if text is not None:
                self.journal.record(_STAGE, {keys[made.id]: text})
                found[made.id] = text
            self.progress.advance()

        async with asyncio.TaskGroup() as group:
            for made in questions:
                if made.id not in found:
                    group.create_task(ask(made))
        return found

    async def _ask(self, question: str) -> str | None:
        messages = (
            Message(role=Role.SYSTEM, content=_SYSTEM),
            Message(role=Role.USER, content=canonical_json({"question": question})),
        )
        try:
            reply = await self.model.complete(Request(messages=messages, max_tokens=_TOKENS), ledger=self.ledger)
        except (ModelError, BudgetExhausted):
            return None
        return reply.message.content.strip()


def worse(question: str, text: str, names: Sequence[str]) -> str:
    """What a new wording lost or is not; empty when nothing."""
    if not text or "\n" in text or looks_like_call(text) or len(text) > 2 * len(question) + 40:
        return "no question"
    if text[-1] not in "?？":
        return "no question"
    if language(text) != language(question):
        return "another language"
    if sorted(_FIGURE.findall(text)) != sorted(_FIGURE.findall(question)):
        return "figures changed"
    said = bare(text)
    return "" if all(bare(name) in said for name in names if bare(name) in bare(question)) else "a name is gone"
