"""Questions to train on, and their rewordings: read from Parquet or JSON lines, paired, and checked.

A line is ``{"id", "prompt", "gold", "rewording"}``; a row of Parquet may have those columns, or those of the data sets
that verl made common: ``prompt`` as messages, ``reward_model.ground_truth`` and ``extra_info.index``.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from afterlore.core import InputError
from afterlore.grading import key
from afterlore.train.methods import Method

__all__ = ["Question", "read_questions", "usable"]

_FORM = '{"id": "…", "prompt": "…", "gold": "…", "rewording": "…"}'


@dataclass(frozen=True, slots=True)
class Question:
    """One question; every text is as it stood there."""

    id: str
    prompt: str
    gold: str = ""
    """The right answer; empty where it is not known."""
    rewording: str = ""
    """The same question in other words; empty for none."""
    system: str = ""
    """What is said before it; empty for nothing."""


def read_questions(file: Path, rewordings: Path | None = None, *, limit: int = 0) -> list[Question]:
    """The questions of ``file``, with those of ``rewordings`` of the same ids as their rewordings; the first ``limit``.

    Raises InputError for a file, row or pair that cannot be used, with its place and the fix.
    """
    found = _unique(file, _rows(file))
    if rewordings is not None:
        found = _paired(found, file, _unique(rewordings, _rows(rewordings)), rewordings)
    if not found:
        raise InputError(f"{str(file)!r} holds no questions; a line is {_FORM}")
    return list(found.values())[: limit or None]


def usable(questions: Sequence[Question], how: Method, *, leave_out: bool = False) -> list[Question]:
    """Those that have what a method needs. Raises InputError for one that has not, unless they are to be left out."""
    for lacks, needed, fix in (
        ("gold answer", how.gold, "take another method"),
        ("rewording", how.rewordings, "make them with afterlore train rephrase"),
    ):
        bad = [one.id for one in questions if needed and not (key(one.gold) if how.gold else one.rewording)]
        if bad and not leave_out:
            raise InputError(
                f"{bad[0]!r} has no {lacks}, which {how.name!r} needs ({len(bad)} such); {fix}, or set data.leave_out"
            )
        apart = set(bad)
        questions = [one for one in questions if one.id not in apart]
    if not questions:
        raise InputError(f"no question has what {how.name!r} needs")
    return list(questions)


def _unique(file: Path, rows: Iterator[tuple[int, Question]]) -> dict[str, Question]:
    found: dict[str, Question] = {}
    for number, question in rows:
        where = f"{str(file)!r} row {number}"
        if question.id in found:
            raise InputError(f"{where}: the id {question.id!r} stands there twice; give each its own")
        if not question.prompt.strip():
            raise InputError(f"{where}: {question.id!r} has an empty prompt")
        found[question.id] = question
    return found


def _paired(
    found: Mapping[str, Question], file: Path, others: Mapping[str, Question], rewordings: Path
) -> dict[str, Question]:
    for one, other, holds, lacks in ((found, others, file, rewordings), (others, found, rewordings, file)):
        if missing := [id_ for id_ in one if id_ not in other]:
            raise InputError(
                f"{str(lacks)!r} holds no {missing[0]!r}, which stands in {str(holds)!r} "
                f"({len(missing)} such); both take the same ids"
            )
    for question in found.values():
        gold = others[question.id].gold
        if gold and question.gold and key(gold) != key(question.gold):
            raise InputError(
                f"{str(rewordings)!r}: the rewording of {question.id!r} changed the answer, from {question.gold!r} to "
                f"{gold!r}; leave the pair out, or mend it"
            )
    return {id_: replace(question, rewording=others[id_].prompt) for id_, question in found.items()}


def _rows(file: Path) -> Iterator[tuple[int, Question]]:
    """Each with its number, from 1."""
    if not file.is_file():
        raise InputError(f"no such file: {str(file)!r}")
    if file.suffix == ".parquet":
        rows: Iterator[Any] = _parquet(file)
    elif file.suffix in (".jsonl", ".json"):
        rows = _lines(file)
    else:
        raise InputError(f"{str(file)!r}: questions are read from .parquet and .jsonl")
    for number, row in enumerate(rows, 1):
        yield number, _question(row, f"{str(file)!r} row {number}", number)


def _lines(file: Path) -> Iterator[Any]:
    for number, line in enumerate(file.read_bytes().splitlines(), 1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as error:
                raise InputError(f"{str(file)!r} line {number} is no JSON ({error}); a line is {_FORM}") from error


def _parquet(file: Path) -> Iterator[Any]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import read_table
    except ImportError as error:
        raise InputError("to read Parquet: pip install 'afterlore[train]'") from error
    try:
        yield from read_table(file).to_pylist()
    except (ArrowException, OSError) as error:
        raise InputError(f"{str(file)!r} is no Parquet file ({error})") from error


def _question(row: Any, where: str, number: int) -> Question:
    if not isinstance(row, dict) or "prompt" not in row:
        there = ", ".join(row) if isinstance(row, dict) else repr(row)
        raise InputError(f"{where} has no prompt, but {there or 'nothing'}; a line is {_FORM}")
    system, prompt = _said(row["prompt"], where)
    rule = row.get("reward_model")
    gold = row.get("gold", rule.get("ground_truth", "") if isinstance(rule, dict) else "")
    more = row.get("extra_info")
    id_ = row.get("id", more.get("index", number) if isinstance(more, dict) else number)
    rewording = row.get("rewording") or ""
    return Question(
        id=str(id_),
        prompt=prompt,
        gold="" if gold is None else str(gold),
        rewording=_said(rewording, where)[1] if rewording else "",
        system=system or str(row.get("system") or ""),
    )


def _said(prompt: Any, where: str) -> tuple[str, str]:
    """System message and question, of a text or of messages."""
    if isinstance(prompt, str):
        return "", prompt
    try:
        said = {str(message["role"]): str(message["content"]) for message in prompt}
        if len(said) == len(prompt) and said.keys() <= {"system", "user"}:
            return said.get("system", ""), said["user"]
    except (TypeError, KeyError):
        pass
    raise InputError(f"{where}: a prompt is a text, or one message of the user, with one of the system before it")
