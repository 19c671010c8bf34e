"""Where endpoints depart from the protocol, as data. ``compatible`` is what most self-hosted servers speak.

What all dialects take without being told: reasoning as ``reasoning_content`` or ``reasoning``, content as a list of
parts, calls without an id or with one used before, stream pieces without an index, arguments as an object, usage that
is absent or in the last piece only, counts of cached tokens in OpenAI's and in DeepSeek's place.
"""

from dataclasses import dataclass

from afterlore.llm.endpoint import DialectName

__all__ = ["DIALECTS", "Dialect"]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One of them."""

    limit: str = "max_tokens"
    """The parameter that bounds what is written."""
    think: bool = True
    """Content may begin with ``<think>…</think>``, which is reasoning."""
    think_open: bool = False
    """It may also hold the closing tag alone: the chat template wrote the opening one into the prompt."""
    written_calls: bool = True
    """Calls may stand in the content, see ``afterlore.llm.written``."""
    reasoning_back: bool = False
    """Of messages that call tools the reasoning is sent back, as ``reasoning_content``; without tools it never is."""
    signatures: bool = False
    """Calls carry a thought signature, which is sent back with them."""


DIALECTS: dict[DialectName, Dialect] = {
    "compatible": Dialect(),
    "openai": Dialect(limit="max_completion_tokens", think=False, written_calls=False),
    # https://api-docs.deepseek.com/guides/thinking_mode: a history of calls without their reasoning is refused.
    "deepseek": Dialect(think_open=True, reasoning_back=True),
    "qwen": Dialect(think_open=True),
    "glm": Dialect(think_open=True),
    # https://ai.google.dev/gemini-api/docs/thought-signatures
    "gemini": Dialect(think=False, written_calls=False, signatures=True),
}
