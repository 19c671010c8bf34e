"""What every part speaks: claims, records, errors. No I/O, and no third-party package but pydantic."""

from afterlore.core.claim import Change, Claim, Evidence, Rung
from afterlore.core.errors import (
    AfterloreError,
    ConfigError,
    ConflictError,
    DeedRefused,
    FetchFailed,
    FetchRefused,
    InputError,
    NotFoundError,
    ServiceError,
)
from afterlore.core.progress import Progress, Silent
from afterlore.core.record import Record, canonical_json, digest

__all__ = [
    "AfterloreError",
    "Change",
    "Claim",
    "ConfigError",
    "ConflictError",
    "DeedRefused",
    "Evidence",
    "FetchFailed",
    "FetchRefused",
    "InputError",
    "NotFoundError",
    "Progress",
    "Record",
    "Rung",
    "ServiceError",
    "Silent",
    "canonical_json",
    "digest",
]
