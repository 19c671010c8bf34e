"""Each stage measured against labelled data, beside its baselines: ``afterlore brief eval``."""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from afterlore.core import InputError

__all__ = ["STAGES", "run"]

STAGES = ("extract", "dedupe", "cluster", "classify", "mutate", "claims", "select")
"""What can be measured: a module of this package each, with a function ``evaluate``."""


def run(stage: str, data: Path | None) -> dict[str, Any]:
    """The figures of one stage, ready for JSON. Raises InputError when the data is not of the form that it needs.

    The module is imported when it is asked for, since each draws in the libraries of its stage.
    """
    if stage not in STAGES:
        raise InputError(f"nothing to measure is called {stage!r}; there are {', '.join(STAGES)}")
    evaluate = import_module(f"afterlore.brief.evaluate.{stage}").evaluate
    try:
        result: dict[str, Any] = evaluate() if stage == "dedupe" else evaluate(data)
    # The last two: JSON of another shape, such as a list where an object should stand.
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, OSError, TypeError, AttributeError) as error:
        form = "the forms are described in docs/brief.md"
        raise InputError(f"{str(data)!r} is not of the form that 'eval {stage}' reads ({error!r}); {form}") from error
    return result
