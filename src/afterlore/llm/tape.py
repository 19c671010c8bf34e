"""Bodies of requests and answers in a folder, to be played back without a network.

One file for each different request, named by its digest; one line for each time it was asked, in order. Asked oftener
than it was recorded, the last answer is given again. What is kept: answers that settled a request, refusals included.
What is not: headers, keys, addresses, and attempts that were made again.

Not covered: the times and the order of different requests; two processes that record into one folder at once may mix
the order of equal requests.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from afterlore.core import InputError, canonical_json, digest
from afterlore.llm.endpoint import Endpoint
from afterlore.llm.secrets import Scrubber

__all__ = ["Tape"]


class Tape:
    """Records into ``endpoint.record``, answers from ``endpoint.replay``; does nothing where neither is set."""

    def __init__(self, endpoint: Endpoint, scrubber: Scrubber) -> None:
        self._name = endpoint.name
        self._record = endpoint.record
        self._replay = endpoint.replay
        self._scrubber = scrubber
        self._asked: Counter[str] = Counter()

    @property
    def records(self) -> bool:
        """Whether answers are to be kept."""
        return self._record is not None

    def keep(self, path: str, body: bytes, status: int, answer: bytes) -> None:
        """Put one answer down. Raises InputError when the folder cannot be written."""
        if self._record is None:
            return
        request = self._request(body)
        text = self._scrubber.text(answer.decode("utf-8", "replace"))
        line = canonical_json({"path": path, "request": request, "status": status, "answer": text})
        file = self._record / self._file(path, request)
        try:
            self._record.mkdir(parents=True, exist_ok=True)
            with file.open("a", encoding="utf-8") as out:
                out.write(f"{line}\n")
        except OSError as error:
            raise InputError(
                f"model {self._name!r}: cannot record to {str(self._record)!r}: {error.strerror}; name another folder"
            ) from error

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        """Status and body that were recorded. Raises InputError when the request was not, or the file is damaged."""
        assert self._replay is not None
        request = self._request(body)
        name = self._file(path, request)
        file: Path = self._replay / name
        try:
            lines = file.read_text(encoding="utf-8").splitlines()
            kept = json.loads(lines[min(self._asked[name], len(lines) - 1)])
            status, answer = int(kept["status"]), str(kept["answer"]).encode()
        except FileNotFoundError as error:
            raise InputError(
                f"model {self._name!r}: this request was not recorded in {str(self._replay)!r} (no {name}); "
                "record it with record in place of replay"
            ) from error
        except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
            raise InputError(f"model {self._name!r}: {str(file)!r} is no recording; record it anew") from error
        self._asked[name] += 1
        return status, answer

    def _request(self, body: bytes) -> Any:
        return json.loads(self._scrubber.text(body.decode()))

    @staticmethod
    def _file(path: str, request: Any) -> str:
        ordered = json.dumps([path, request], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return f"{digest(ordered)[:32]}.jsonl"
