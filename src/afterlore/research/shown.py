"""Tool results as a model is shown them: our own words, and what comes from outside between marks no page knows."""

from afterlore.core import Message, ToolCall, ToolResult, ToolStatus
from afterlore.research.mend import sound
from afterlore.research.tools import Output

__all__ = ["denied", "repeated", "shown_to_model", "sound_message"]


def denied(call: ToolCall, problem: str) -> ToolResult:
    """Of a call that is not made."""
    return ToolResult(call=call.id, name=call.name, status=ToolStatus.DENIED, content=f"Not done: {problem}")


def repeated(call: ToolCall, before: ToolResult) -> ToolResult:
    """Of a call that was made before."""
    notice = "You made this very call before; nothing is new. It gave:\n"
    return before.model_copy(update={"call": call.id, "content": notice + before.content, "seconds": 0.0})


def shown_to_model(output: Output, nonce: str, most: int) -> tuple[str, str]:
    """A result as the model is shown it, and the whole of it where that is more."""
    own_words = sound(output.text)
    own, room = own_words[:most], max(0, most - len(own_words))
    sizes = [len(datum.text) for datum in output.data]
    share = room // max(1, len(sizes))
    if len(own_words) <= most and sum(sizes) <= room:
        share = room
    shown, whole = [own], [own_words]
    for datum in output.data:
        label = " ".join(datum.label.replace("<", " ").replace(">", " ").split())[:300]
        text = sound(datum.text).replace(f"data {nonce}", "data")
        cut = text if len(text) <= share else f"{text[:share]}\n[cut: {share:,} of {len(text):,} characters are shown]"
        shown.append(f"<data {nonce}> {label}\n{cut}\n</data {nonce}>")
        whole.append(f"<data {nonce}> {label}\n{text}\n</data {nonce}>")
    content, complete = "\n".join(shown), "\n".join(whole)
    return content, "" if content == complete else complete


def sound_message(message: Message) -> Message:
    """``sound`` in all its parts."""
    return message.model_copy(
        update={
            "content": sound(message.content),
            "reasoning": sound(message.reasoning),
            "calls": tuple(
                call.model_copy(
                    update={"id": sound(call.id), "name": sound(call.name), "arguments": sound(call.arguments)}
                )
                for call in message.calls
            ),
        }
    )
