"""Leave out what a test set holds: questions that share wording, or the answer and an entity, with given files.

Wording: a run of 13 words (characters in Chinese) in common, as GPT-3's and later reports have it (Brown et al., arXiv
2005.14165, appendix C); of a text shorter than that its whole length, five words at least. Not covered: the same
question in other words whose answer is spelt otherwise.
"""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from afterlore.core import InputError
from afterlore.text.ngrams import bare, fold

__all__ = ["Known", "read_known"]

_N = 13
_LEAST = 5
_TOKEN = re.compile(r"[\u3400-\u9fff]|[^\W_\u3400-\u9fff]+")


@dataclass(frozen=True)
class _Text:
    words: tuple[str, ...]
    folded: str
    answers: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()


class Known:
    """What is not to be made again."""

    def __init__(self, texts: Iterable[_Text] = ()) -> None:
        self._texts = [text for text in texts if text.words]
        self._short = {len(text.words) for text in self._texts if _LEAST <= len(text.words) < _N}
        self._grams: dict[int, set[tuple[str, ...]]] = {}

    def __len__(self) -> int:
        return len(self._texts)

    def overlap(
        self, question: str, answers: Iterable[str], entities: Iterable[str]
    ) -> Literal["", "wording", "answer and entity"]:
        """What the question shares with a known one; empty when nothing."""
        words = tuple(_TOKEN.findall(fold(question)))
        for length in {*self._short, max(_LEAST, min(_N, len(words)))}:
            if any(words[at : at + length] in self._of(length) for at in range(len(words) - length + 1)):
                return "wording"
        own, named = {bare(answer) for answer in answers}, {bare(name) for name in entities}
        for text in self._texts:
            if own & text.answers and (named & text.entities or any(name in text.folded for name in named - own)):
                return "answer and entity"
        return ""

    def _of(self, length: int) -> set[tuple[str, ...]]:
        if length not in self._grams:
            self._grams[length] = {
                text.words[at : at + length]
                for text in self._texts
                # A short text counts as a whole; of a long one every run does.
                for at in range(len(text.words) - length + 1)
            }
        return self._grams[length]


def read_known(files: Iterable[Path]) -> Known:
    """Questions (MuSiQue, HotpotQA, this package's own) and passages of JSON and JSON lines files.

    Raises InputError for a file that is not there, or holds neither.
    """
    texts: list[_Text] = []
    for file in files:
        found = [text for row in _rows(file) for text in _texts(row)]
        if not found:
            raise InputError(f"{str(file)!r} holds no question and no text; give JSON or JSON lines with 'question'")
        texts += found
    return Known(texts)


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    try:
        text = file.read_text(encoding="utf-8")
        lines = file.suffix.lower() in (".jsonl", ".ndjson")
        values = [json.loads(line) for line in text.splitlines() if line.strip()] if lines else json.loads(text)
    except FileNotFoundError as error:
        raise InputError(f"no such file: {str(file)!r}; give --against a JSON or JSON lines file") from error
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{str(file)!r} cannot be read as JSON ({error}); give JSON or JSON lines") from error
    for value in values if isinstance(values, list) else [values]:
        if isinstance(value, dict):
            yield value


def _texts(row: dict[str, Any]) -> Iterator[_Text]:
    question = row.get("question")
    if isinstance(question, str):
        answers = [row.get("answer"), *_list(row.get("answer_aliases"))]
        entities = [
            *(one.get("title") for one in _list(row.get("paragraphs")) if isinstance(one, dict)),
            *(one.get("title") for one in _list(row.get("supporting")) if isinstance(one, dict)),
            *(one[0] for one in _list(row.get("supporting_facts")) if isinstance(one, list) and one),
        ]
        if any(isinstance(one, dict) and "is_supporting" in one for one in _list(row.get("paragraphs"))):
            entities = [one.get("title") for one in row["paragraphs"] if one.get("is_supporting")]
        yield _Text(_words(question), bare(question), _bare(answers), _bare(entities))
    elif isinstance(text := row.get("text"), str):
        yield _Text(_words(text), "")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _words(text: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(fold(text)))


def _bare(values: Iterable[Any]) -> frozenset[str]:
    return frozenset(bare(value) for value in values if isinstance(value, str) and bare(value))
