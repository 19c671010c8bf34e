"""Altered claims must be caught, faithful rewordings let pass: the mutation test of the verifier.

``afterlore brief eval mutate --data FILE``. FILE is a list of ``{"id", "article", "source": [sentences],
"faithful", "wrong", "kind"}``. Caught means that the altered claim is called contradicted or unsupported; a
faithful rewording called so is a false alarm. A rewording that stands in several cases counts once. Two
baselines stand beside: one that lets everything pass, and one that compares figures as written.
"""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from afterlore.brief.check import check
from afterlore.core import InputError
from afterlore.stats.intervals import wilson
from afterlore.text.normalize import normalize

__all__ = ["Case", "evaluate", "load"]

_FIELDS = ("id", "article", "source", "faithful", "wrong", "kind")


class Case(NamedTuple):
    """One source with a faithful rewording of it and an altered one."""

    id: str
    article: str
    source: tuple[str, ...]
    faithful: str
    wrong: str
    kind: str
    split: str


def load(path: Path) -> list[Case]:
    """The cases of a file. Raises InputError that names the first case at fault."""
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"cannot read the mutation cases in {str(path)!r}: {error}") from error
    if not isinstance(data, list) or not data:
        raise InputError(f"{str(path)!r} must hold a list of cases with the keys {', '.join(_FIELDS)}")
    cases = []
    for at, item in enumerate(data):
        missing = [field for field in _FIELDS if not isinstance(item, dict) or field not in item]
        if missing:
            raise InputError(f"case {at} of {str(path)!r} lacks {missing[0]!r}; each needs {', '.join(_FIELDS)}")
        source = item["source"] if isinstance(item["source"], list) else [item["source"]]
        cases.append(
            Case(
                str(item["id"]),
                str(item["article"]),
                tuple(map(str, source)),
                str(item["faithful"]),
                str(item["wrong"]),
                str(item["kind"]),
                str(item.get("split", "")),
            )
        )
    return cases


def _ours(claim: str, source: Sequence[str]) -> bool:
    return check(claim, source).state in {"contradicted", "unsupported"}


def _nothing(claim: str, source: Sequence[str]) -> bool:
    del claim, source
    return False


def _as_written(claim: str, source: Sequence[str]) -> bool:
    """Flags a claim with a figure that does not stand in the source in the same digits."""
    digits = re.compile(r"\d+(?:[.,]\d+)*")
    theirs = {number for sentence in source for number in digits.findall(normalize(sentence))}
    return not set(digits.findall(normalize(claim))) <= theirs


def evaluate(data: Path) -> dict[str, Any]:
    """Shares caught and falsely alarmed with Wilson 95% intervals, by kind, by split where the file
    has one, and the baselines."""
    cases = load(data)
    ours = _measure(cases, _ours, ids=True)
    splits = sorted({case.split for case in cases} - {""})
    if splits:
        ours["by_split"] = {split: _measure([case for case in cases if case.split == split], _ours) for split in splits}
    ours["baselines"] = {"flag_nothing": _measure(cases, _nothing), "numbers_as_written": _measure(cases, _as_written)}
    return ours


def _measure(cases: Sequence[Case], flags: Callable[[str, Sequence[str]], bool], ids: bool = False) -> dict[str, Any]:
    caught = [flags(case.wrong, case.source) for case in cases]
    alarm = [flags(case.faithful, case.source) for case in cases]
    distinct = {(case.source, case.faithful): flag for case, flag in zip(cases, alarm, strict=True)}
    found, alarms = sum(caught), sum(distinct.values())
    out: dict[str, Any] = {
        "n": len(cases),
        "caught": round(found / len(cases), 4),
        "caught_low": round(wilson(found, len(cases)).low, 4),
        "caught_high": round(wilson(found, len(cases)).high, 4),
        "faithful": len(distinct),
        "false_alarms": round(alarms / len(distinct), 4),
        "false_alarms_low": round(wilson(alarms, len(distinct)).low, 4),
        "false_alarms_high": round(wilson(alarms, len(distinct)).high, 4),
    }
    by_kind: dict[str, dict[str, Any]] = {}
    for kind in sorted({case.kind for case in cases}):
        rows = [i for i, case in enumerate(cases) if case.kind == kind]
        hits, false = sum(caught[i] for i in rows), sum(alarm[i] for i in rows)
        by_kind[kind] = {
            "n": len(rows),
            "caught": round(hits / len(rows), 4),
            "caught_low": round(wilson(hits, len(rows)).low, 4),
            "caught_high": round(wilson(hits, len(rows)).high, 4),
            "false_alarms": round(false / len(rows), 4),
        }
    out["by_kind"] = by_kind
    if ids:
        out["missed"] = [case.id for case, flag in zip(cases, caught, strict=True) if not flag]
        out["alarmed"] = [case.id for case, flag in zip(cases, alarm, strict=True) if flag]
    return out
