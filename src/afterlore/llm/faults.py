"""What an endpoint's refusal means: which kind of failure it is, and whether asking again can help.

Providers say the same thing in their own words and codes, so a context that does not fit is known by a list of
wordings. A wording that is not on it comes out as ``refused``.
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from afterlore.llm.secrets import plain

__all__ = ["Trouble", "refusal", "retry_after", "said"]

_OVERFLOW = re.compile(
    "|".join(
        (
            r"context[_ ]length[_ ]exceeded",  # OpenAI's code, and who copies it
            r"maximum context length",  # OpenAI, DeepSeek, vLLM, Mistral
            r"(?:longer than|exceeds?) the maximum model length",  # vLLM
            r"prompt is too long",  # Anthropic
            r"exceeds? (?:the )?context (?:limit|length|window)",  # Anthropic, LM Studio
            r"model_context_window_exceeded",  # Anthropic
            r"input is too long",  # Bedrock
            r"input token count.{0,40}exceeds the maximum",  # Gemini
            r"range of input length should be",  # DashScope
            r"input length .{0,20}exceeds the maximum",  # Volcano Engine, Ollama
            r"total message token length exceed",  # Qwen, by its compatible layer
            r"exceeded model token limit",  # Moonshot
            r"inputs`? tokens \+ `?max_new_tokens`? must be",  # TGI
            r"available context size",  # llama.cpp
            r"exceed_context_size",
            r"prompt exceeds max(?:imum)? length",  # GLM
            r"prompt ?超长|上下文(?:长度)?(?:超|过长)|输入(?:长度|内容)?(?:超|过长)",  # GLM, ModelScope
            r"`?inputs`? tokens \+ `?max_new_tokens`? must be",  # TGI
            r"reduce the length of (?:the|your) (?:messages|prompt|input)",
        )
    ),
    re.I,
)
_OVERFLOW_CODES = frozenset({"context_length_exceeded", "exceed_context_size_error", "1261", "string_above_max_length"})
_UNPAID = re.compile(
    r"insufficient[_ ](?:quota|balance)|arrearage|billing_hard_limit|exceeded your current quota|余额不足|欠费", re.I
)
_UNPAID_CODES = frozenset({"insufficient_quota", "arrearage", "1113"})
_LATER = re.compile(r"rate.?limit|too many requests|throttl|RESOURCE_EXHAUSTED", re.I)
_DELAY = re.compile(r'"retryDelay"\s*:\s*"([0-9]+(?:\.[0-9]+)?)s"')
_GATEWAY_TIMED_OUT = frozenset({408, 504, 522, 524})


class Trouble(Exception):
    """One attempt failed. ``kind`` is ModelError's; ``retry`` says that the same request may be sent again, after
    ``wait`` seconds where the endpoint named them; ``sent`` that the other side may have seen it; ``billed`` that it
    may have worked on it. ``body`` is what was answered, where that settles the matter.
    """

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        status: int | None = None,
        retry: bool = False,
        wait: float | None = None,
        sent: bool = True,
        billed: bool = True,
        body: bytes | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.status = status
        self.retry = retry
        self.wait = wait
        self.sent = sent
        self.billed = billed
        self.body = body


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> Trouble:
    """What an answer other than 200 means; or one of 200 whose body says that it is an error (``status`` is then what
    the body names, or 500).
    """
    message, code = said(body)
    shown = plain(message) or "it gives no reason"
    if 300 <= status < 400:
        target = plain(headers.get("location", ""), 100).split("?")[0]
        shown = f"it redirects to {target!r}; redirects are not followed, set base_url to where it is"
        return Trouble("refused", shown, status=status, billed=False)
    if status == 413 or code in _OVERFLOW_CODES or (status <= 500 and _OVERFLOW.search(message)):
        return Trouble("context_overflow", shown, status=status, billed=False, body=body)
    if status == 402 or code in _UNPAID_CODES or (status in (400, 403, 429) and _UNPAID.search(message)):
        return Trouble("refused", f"{shown} (the account is not paid for)", status=status, billed=False)
    if status == 429 or (status == 500 and _LATER.search(f"{code} {message}")):
        wait = retry_after(headers, now=now)
        if wait is None and (named := _DELAY.search(body.decode("utf-8", "replace"))):
            wait = float(named[1])
        return Trouble("rate_limited", shown, status=status, retry=True, wait=wait, billed=False)
    if status in _GATEWAY_TIMED_OUT:
        return Trouble("timed_out", shown, status=status, retry=True, wait=retry_after(headers, now=now))
    if status >= 500 or status in (409, 425):
        wait = retry_after(headers, now=now)
        return Trouble("unavailable", shown, status=status, retry=True, wait=wait, billed=False)
    fix = {
        401: "; look at api_key_env",
        403: "; look at api_key_env",
        404: "; look at base_url and model",
    }.get(status, "")
    return Trouble("refused", shown + fix, status=status, billed=False, body=body)


def said(body: bytes) -> tuple[str, str]:
    """Message and code of an error body, in the spellings of OpenAI, Gemini (a list), FastAPI, DashScope and GLM.

    Of another body its text, markup taken out.
    """
    text = body.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return re.sub(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>", " ", text[:4_000]), ""
    if isinstance(value, list) and value:
        value = value[0]
    if not isinstance(value, dict):
        return text[:4_000], ""
    inner = value.get("error") or value.get("errors") or value
    if not isinstance(inner, dict):
        return str(inner), str(value.get("code") or "")
    message = inner.get("message") or inner.get("msg") or inner.get("detail") or json.dumps(inner, ensure_ascii=False)
    code = inner.get("code") or inner.get("type") or inner.get("status") or value.get("code") or ""
    return str(message), str(code).lower()


def retry_after(headers: Mapping[str, str], *, now: datetime | None = None) -> float | None:
    """Seconds that ``Retry-After`` (seconds or a date, RFC 9110 §10.2.3) or ``retry-after-ms`` names, 0 at least."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "").strip()
        if not value:
            return None
        if value[0].isdigit():
            return max(0.0, float(value))
        moment = parsedate_to_datetime(value)
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):
        return None
