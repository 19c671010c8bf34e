"""Every error that Afterlore raises on purpose.

::

    AfterloreError              exit code
    ├── InputError              2   wrong usage, a file, folder, setting or source that cannot be used
    │   ├── ConfigError         2   a setting or vertical file with an unknown or wrong key
    │   ├── NotFoundError       2   nothing stands at the address that was named
    │   ├── ConflictError       2   what was to be changed is no longer what the caller saw, or its place is taken
    │   └── DeedRefused         2   an edit that cannot be done, or would do nothing
    ├── BudgetExhausted         3   a limit of the run's budget does not allow what comes next
    ├── Interrupted           130   somebody stopped it; the message says how to go on
    └── ServiceError            3   something outside this process failed
        ├── FetchRefused        3   our own rules forbid the request (private address, robots, size)
        ├── FetchFailed         3   the other side or the network failed
        └── ModelError          3   a model's endpoint failed, or answered what cannot be used

Callers catch broad (``AfterloreError``) and recover narrow. An error carries data and does nothing: no logging, no
printing.
Its message says what is wrong, shows the identifier with ``!r`` and names the fix.
"""

__all__ = [
    "AfterloreError",
    "BudgetExhausted",
    "ConfigError",
    "ConflictError",
    "DeedRefused",
    "FetchFailed",
    "FetchRefused",
    "InputError",
    "Interrupted",
    "ModelError",
    "NotFoundError",
    "ServiceError",
]


class AfterloreError(Exception):
    """Base of all errors raised on purpose. ``exit_code`` is what the command line exits with."""

    exit_code = 2


class InputError(AfterloreError):
    """Wrong usage or unusable input."""


class ConfigError(InputError):
    """A setting, or a vertical file, that is not valid."""


class DeedRefused(InputError):
    """An edit that the desk does not do. ``reason`` is one word, for whoever says it in another language."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


class NotFoundError(InputError):
    """Nothing stands at the address that was named."""


class ConflictError(InputError):
    """What was to be changed is no longer what the caller saw, or its place is taken."""


class BudgetExhausted(AfterloreError):
    """A limit of the budget does not allow what comes next: a truncation, which a run turns into its outcome."""

    exit_code = 3

    def __init__(self, limit: str, amount: object) -> None:
        super().__init__(f"the budget is used up: {limit}={amount}; allow more with --budget {limit}=N")
        self.limit = limit


class Interrupted(AfterloreError):
    """Somebody stopped it; what was done is kept, and the message says how to go on."""

    exit_code = 130


class ServiceError(AfterloreError):
    """Something outside this process failed."""

    exit_code = 3


class FetchRefused(ServiceError):
    """Our own rules forbid the request. ``reason`` is one word: address, scheme, robots, size, type,
    redirects, offline.
    """

    def __init__(self, url: str, reason: str, detail: str) -> None:
        super().__init__(f"refused to fetch {url!r}: {detail}")
        self.url = url
        self.reason = reason
        self.detail = detail


class FetchFailed(ServiceError):
    """The other side or the network failed. ``status`` is the HTTP status, or None when there was no answer."""

    def __init__(self, url: str, detail: str, status: int | None = None) -> None:
        super().__init__(f"could not fetch {url!r}: {detail}")
        self.url = url
        self.detail = detail
        self.status = status


class ModelError(ServiceError):
    """A model's endpoint failed, or answered what cannot be used.

    ``kind`` is one of: ``rate_limited``, ``unavailable``, ``timed_out``, ``context_overflow``, ``refused`` (the request
    is not accepted: key, model name, parameters), ``malformed`` (an answer that cannot be read), ``cut_off`` (a stream
    that ended early). ``status`` is the HTTP status, or None when there was no answer; ``attempts`` how often it was
    sent: 0 where nothing answers at its address.
    """

    def __init__(
        self,
        model: str,
        kind: str,
        detail: str,
        *,
        status: int | None = None,
        attempts: int = 1,
        recoverable: bool = True,
    ) -> None:
        super().__init__(f"model {model!r}: {detail}")
        self.model = model
        self.kind = kind
        self.detail = detail
        self.status = status
        self.attempts = attempts
        self.recoverable = recoverable
