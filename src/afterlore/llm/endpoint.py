"""An endpoint as it is configured: where it is, what it is called, what it costs and how much may be asked of it."""

from decimal import Decimal
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, JsonValue, SecretStr, field_validator, model_validator

from afterlore.core import ConfigError, Record

__all__ = ["DialectName", "Endpoint", "Prices"]

DialectName = Literal["compatible", "openai", "deepseek", "qwen", "glm", "gemini"]

_OURS = frozenset({"messages", "model", "stream", "stream_options", "tools", "input"})
"""Keys of a request that ``extra`` may not set."""


class Prices(Record):
    """US dollars for a million tokens."""

    input: Decimal = Field(ge=0)
    output: Decimal = Field(default=Decimal(0), ge=0)
    """Reasoning included."""
    cached: Decimal | None = Field(default=None, ge=0)
    """Of those sent, read from the endpoint's cache; None: as ``input``."""


class Endpoint(Record):
    """One table ``[models.NAME]`` of the configuration. The key is in no repr, error or recorded body."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: str = ""
    """As the configuration names it: the table's own name."""
    base_url: str
    """Up to what comes before ``/chat/completions``: ``http://127.0.0.1:11434/v1``. It may be private."""
    model: str = Field(min_length=1)
    """As the endpoint names it."""
    dialect: DialectName = "compatible"
    """How it departs from the protocol, see ``afterlore.llm.dialects``."""
    api_key_env: str = ""
    """Environment variable that holds the key."""
    api_key: SecretStr | None = None
    """The key itself, or what the variable held."""
    context: int | None = Field(default=None, gt=0)
    """Tokens that fit, sent and received together. Told to callers; the endpoint itself is what refuses more."""
    prices: Prices | None = None
    """None: those of ``afterlore.llm.prices``, if it knows any."""
    max_concurrency: int = Field(default=8, ge=1)
    """Requests under way at a time."""
    requests_per_minute: float | None = Field(default=None, gt=0)
    timeout: float = Field(default=120.0, gt=0, allow_inf_nan=False)
    """Seconds until a whole answer is there, or between two pieces of a stream."""
    longest: float = Field(default=900.0, gt=0, allow_inf_nan=False)
    """Seconds that a stream may take in all."""
    max_bytes: int = Field(default=16 * 2**20, gt=0)
    """Of one answer."""
    retries: int = Field(default=4, ge=0, le=20)
    """Attempts after the first."""
    stream: bool = False
    """Ask for a stream always: some endpoints of reasoning models answer in no other way."""
    reasoning_back: bool | None = None
    """Send back the reasoning of messages that call tools. None: as the dialect wants it."""
    omit: tuple[str, ...] = ()
    """Parameters that the endpoint does not take, never sent: ``seed``, ``temperature``."""
    extra: dict[str, JsonValue] = Field(default_factory=dict)
    """Added to each request as it is: ``{enable_thinking = false}``."""
    batch: int = Field(default=64, ge=1)
    """Texts in one request for embeddings."""
    record: Path | None = None
    """Folder that the bodies of requests and answers are written to."""
    replay: Path | None = None
    """Folder that answers in place of the endpoint."""

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            parts = urlsplit(value.strip())
            parts.port  # noqa: B018 - reading it is the check
        except ValueError as error:
            raise ValueError("it is no web address; write http://HOST:PORT/v1") from error
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it is no web address; write http://HOST:PORT/v1")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("it holds a user, a password or a query; name the key's variable with api_key_env")
        return value.strip().rstrip("/").removesuffix("/chat/completions").removesuffix("/embeddings")

    @field_validator("api_key")
    @classmethod
    def _sendable(cls, value: SecretStr | None) -> SecretStr | None:
        key = "" if value is None else value.get_secret_value().strip()
        if not (key.isascii() and (key.isprintable() or not key)):
            raise ValueError("the key holds characters that no header may hold; copy it anew")
        return SecretStr(key) if key else None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.record and self.replay:
            raise ValueError("record and replay exclude each other; drop one")
        if wrong := sorted(_OURS & self.extra.keys()):
            raise ValueError(f"extra sets {', '.join(wrong)}, which is set by what is asked; drop it")
        return self

    def key(self) -> str:
        """The key, empty where none is needed. Raises ConfigError when its variable is not set."""
        if self.api_key is not None:
            return self.api_key.get_secret_value()
        if self.api_key_env and not self.replay:
            raise ConfigError(f"model {self.name!r}: the variable {self.api_key_env!r} holds no key; set it")
        return ""
