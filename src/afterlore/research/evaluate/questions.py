"""Questions with the passages that answer them, in the forms of MuSiQue and HotpotQA and in our own, and plain lists of
passages.

MuSiQue: Trivedi et al., TACL 2022, arXiv 2108.00573. HotpotQA: Yang et al., EMNLP 2018, arXiv 1809.09600. The data are
read from where they lie; none of them is part of the project.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from afterlore.core import InputError, digest
from afterlore.research.search.passages import Passage

__all__ = ["Labelled", "Material", "Question", "read_labelled", "read_material"]


class Question(NamedTuple):
    """A question and the passages that support its answer."""

    text: str
    support: frozenset[Passage]


class Labelled(NamedTuple):
    """A question with its right answers."""

    id: str
    text: str
    answers: tuple[str, ...]
    """Empty where the pages do not tell."""
    support: frozenset[str]
    """SHA-256 of the texts of the pages that the answer rests on; empty where they are not known."""
    hops: int | None


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


def read_labelled(file: Path) -> list[Labelled]:
    """Questions with answers: a JSON list in the form of MuSiQue or HotpotQA, or JSON lines as ``research synth`` makes
    them. Raises InputError that names what is at fault.
    """
    if not file.is_file():
        raise InputError(f"no such file: {str(file)!r}; give --data FILE")
    try:
        if file.suffix.lower() in (".jsonl", ".ndjson"):
            rows = [json.loads(line) for line in file.read_bytes().splitlines() if line.strip()]
        else:
            rows = json.loads(file.read_bytes())
        found = [_labelled(row) for row in rows]
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise InputError(
            f"{str(file)!r} is no file of questions with answers ({type(error).__name__}: {error}); give MuSiQue's or "
            "HotpotQA's form, or what afterlore research synth writes"
        ) from error
    if not found:
        raise InputError(f"{str(file)!r} holds no questions")
    ids = Counter(one.id for one in found)
    if twice := [id for id, times in ids.items() if times > 1]:
        raise InputError(f"{str(file)!r} holds the question {twice[0]!r} more than once; leave one of them out")
    return found


def _labelled(row: dict[str, Any]) -> Labelled:
    # Null, or marked so by MuSiQue: the pages do not tell, and who says so is right.
    none = row["answer"] is None or row.get("answerable") is False
    answers = () if none else (row["answer"], *row.get("answer_aliases", ()))
    if not all(isinstance(text, str) and text.strip() for text in (row["question"], *answers)):
        raise ValueError("question and answers must be texts")
    hops: int | None = row.get("hops")
    if "paragraphs" in row:
        support = {digest(one["paragraph_text"]) for one in row["paragraphs"] if one["is_supporting"]}
        hops = len(row["question_decomposition"]) if "question_decomposition" in row else None
    elif "context" in row:
        named = {title for title, _ in row["supporting_facts"]}
        support = {digest("".join(sentences)) for title, sentences in row["context"] if title in named}
        hops = len(named)
    else:
        support = {one["sha256"] for one in row.get("supporting", ()) if "sha256" in one}
    id = row.get("id") or row.get("_id") or digest(row["question"])[:16]
    return Labelled(str(id), row["question"], tuple(dict.fromkeys(answers)), frozenset(support), hops)
