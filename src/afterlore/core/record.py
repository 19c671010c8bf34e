"""Records: frozen, closed, with an exact JSON round trip, and identified by what they contain."""

import hashlib
import json
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, ValidationError

from afterlore.core.errors import InputError

__all__ = ["Record", "canonical_json", "digest"]


class Record(BaseModel):
    """A frozen value object. Unknown fields are refused; ``from_json(r.to_json()) == r`` and the bytes agree."""

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")

    def to_json(self) -> str:
        """One line of JSON, non-ASCII kept as it is."""
        return canonical_json(self.model_dump(mode="json"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The record that ``text`` spells. Raises InputError that names the first field at fault."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "the document"
            raise InputError(f"not a valid {cls.__name__}: {where}: {first['msg']}") from error


def canonical_json(value: Any) -> str:
    """The one spelling of a JSON value that digests are taken of: no spaces, keys in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(text: str | bytes) -> str:
    """SHA-256 of the text (as UTF-8), 64 hexadecimal digits."""
    return hashlib.sha256(text.encode() if isinstance(text, str) else text).hexdigest()
