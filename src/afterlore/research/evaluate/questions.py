"""Questions with the passages that answer them, in the forms of MuSiQue and HotpotQA, and plain lists of passages.

MuSiQue: Trivedi et al., TACL 2022, arXiv 2108.00573. HotpotQA: Yang et al., EMNLP 2018, arXiv 1809.09600. The data are
read from where they lie; none of them is part of the project.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from afterlore.core import InputError
from afterlore.research.search.passages import Passage

__all__ = ["Material", "Question", "read_material"]


class Question(NamedTuple):
    """A question and the passages that support its answer."""

    text: str
    support: frozenset[Passage]


class Material(NamedTuple):
    """What one file holds: its passages, each once and in order, and its questions, if it has any."""

    name: str
    passages: tuple[Passage, ...]
    questions: tuple[Question, ...]


def read_material(place: Path) -> list[Material]:
    """The material of a JSON file, or of all in a folder that are of a known form. Raises InputError when none is."""
    if not place.exists():
        raise InputError(f"no such file or folder: {str(place)!r}; give --data PATH")
    files = sorted(place.glob("*.json")) if place.is_dir() else [place]
    found = []
    for file in files:
        try:
            rows = json.loads(file.read_bytes())
            found.append(_material(file.stem, rows))
        except (ValueError, KeyError, TypeError, IndexError) as error:
            if not place.is_dir():
                raise InputError(
                    f"{str(file)!r} is no list of MuSiQue or HotpotQA questions, nor of passages with title and text"
                ) from error
    if not any(material.passages for material in found):
        raise InputError(f"{str(place)!r} holds no passages in a known form; give MuSiQue or HotpotQA files")
    return found


def _material(name: str, rows: list[dict[str, Any]]) -> Material:
    passages: dict[Passage, None] = {}
    questions = []
    for row in rows:
        if "paragraphs" in row:
            own = {Passage(one["title"], one["paragraph_text"]): one["is_supporting"] for one in row["paragraphs"]}
        elif "context" in row:
            named = {title for title, _ in row["supporting_facts"]}
            own = {Passage(title, "".join(sentences)): title in named for title, sentences in row["context"]}
        else:
            passages[Passage(row["title"], row["text"])] = None
            continue
        passages.update(dict.fromkeys(own))
        questions.append(Question(row["question"], frozenset(one for one, supports in own.items() if supports)))
    return Material(name, tuple(passages), tuple(question for question in questions if question.support))
