"""A question as the text that a model is given: by the model's own chat template, where it has one."""

from typing import Any

__all__ = ["messages", "prompt"]


def messages(system: str, text: str) -> list[dict[str, str]]:
    """A system message, where there is one, and the user's."""
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": text}]


def prompt(system: str, text: str, tokenizer: Any) -> str:
    """The same as text, ready to be continued."""
    if not tokenizer.chat_template:
        return f"{system}\n\n{text}\n" if system else text
    said: str = tokenizer.apply_chat_template(messages(system, text), tokenize=False, add_generation_prompt=True)
    return said
