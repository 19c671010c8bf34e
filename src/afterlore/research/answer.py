"""The tool ``answer``: how a run ends. It is never run: the loop takes its arguments for the outcome."""

import re

from pydantic import Field

from afterlore.research.findings import Findings
from afterlore.research.tools import Arguments, Output, Tool

__all__ = ["ANSWER", "AnswerArguments", "QuoteArguments", "says_nothing"]

# Of models that say it in words all the same; with a quote, or further on in a text, it may be part of an answer.
_NOT_FOUND = re.compile(
    r"(?:(?:sorry|unfortunately)[,.]? )?(?:but )?(?:"
    r"(?:i|we) (?:could ?not|couldn't|can ?not|can't|did not|didn't|was not able to|were not able to|"
    r"(?:was|were|am|are) unable to) (?:find|determine|answer|identify|locate)\b"
    r"|(?:the|an|no) answer (?:(?:was|is|could) not (?:be )?|was |can ?not be )(?:found|determined|known)\b)"
    r"|(?:很?(?:抱歉|遗憾)[，,]?)?(?:我们?)?(?:没有|没能|未能|未|无法|不能)(?:找到|查到|搜到|确定|回答|得出)",
    re.IGNORECASE,
)


class QuoteArguments(Arguments):
    """One piece of evidence."""

    address: str = Field(description="Address of a page that you visited.")
    quote: str = Field(description="What it says, word for word.")


class AnswerArguments(Arguments):
    """Of ``answer``."""

    answer: str = Field(min_length=1, pattern=r"\S", description="The answer, complete and short.")
    found: bool = Field(
        default=True, description="False when you could not find the answer; then `answer` says what is missing."
    )
    evidence: list[QuoteArguments] = Field(default=[], max_length=50, description="The quotes that it rests on.")


def says_nothing(arguments: AnswerArguments) -> bool:
    """Whether this says that there is no answer, rather than give one."""
    return not arguments.found or (
        not arguments.evidence and _NOT_FOUND.match(arguments.answer.strip().replace("’", "'")) is not None
    )


async def _refuse(_: AnswerArguments, __: Findings) -> Output:
    return Output("An answer ends the run; it stands alone.", failed=True)


ANSWER = Tool("answer", "Give the final answer with its evidence. Ends the search.", AnswerArguments, _refuse)
