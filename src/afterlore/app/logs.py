"""Structured logs on standard error. Addresses are logged without user and password, secrets in a query struck out."""

import logging
import sys

from afterlore.app.config import Settings

__all__ = ["configure"]


def configure(settings: Settings) -> None:
    """Set up logging for this process; calling it again replaces the set-up."""
    handler = logging.StreamHandler(sys.stderr)
    if settings.log_format == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(
            JsonFormatter(["asctime", "levelname", "name", "message"], rename_fields={"levelname": "level"})
        )
    else:
        handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("afterlore")
    logger.handlers[:] = [handler]
    logger.setLevel(settings.log_level.upper())
    logger.propagate = False
