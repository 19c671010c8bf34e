"""The tool ``answer``: how a run ends. It is never run: the loop takes its arguments for the outcome."""

from pydantic import Field

from afterlore.research.findings import Findings
from afterlore.research.tools import Arguments, Output, Tool

__all__ = ["ANSWER", "AnswerArguments", "QuoteArguments"]


class QuoteArguments(Arguments):
    """One piece of evidence."""

    address: str = Field(description="Address of a page that you visited.")
    quote: str = Field(description="What it says, word for word.")


class AnswerArguments(Arguments):
    """Of ``answer``."""

    answer: str = Field(min_length=1, pattern=r"\S", description="The answer, complete and short.")
    evidence: list[QuoteArguments] = Field(default=[], max_length=50, description="The quotes that it rests on.")


async def _refuse(_: AnswerArguments, __: Findings) -> Output:
    return Output("An answer ends the run; it stands alone.", failed=True)


ANSWER = Tool("answer", "Give the final answer with its evidence. Ends the search.", AnswerArguments, _refuse)
