"""Long work in pieces that are put down as they are done, so that it can be interrupted and goes on where it was.

Pieces run in processes of their own and end as lines of a JSON Lines file; a piece whose key stands there is not run
again.
"""

import json
import signal
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import active_children
from pathlib import Path
from typing import Any, TypeVar

from afterlore.core import InputError, Progress

__all__ = ["mend", "read_pieces", "work_pieces"]

P = TypeVar("P")


def work_pieces(
    pieces: Mapping[str, P],
    run: Callable[[P], Mapping[str, Any]],
    file: Path,
    *,
    stage: str,
    jobs: int,
    progress: Progress,
) -> None:
    """Run what is not in ``file`` yet, in ``jobs`` processes, and add what ``run`` says of it there, with its key.

    On Ctrl-C, and on an error in a piece, the processes are ended at once; what was put down stays.
    """
    have = {line["key"] for line in read_pieces(file)}
    todo = {key: piece for key, piece in pieces.items() if key not in have}
    progress.stage(stage, len(pieces))
    progress.advance(len(pieces) - len(todo))
    file.parent.mkdir(parents=True, exist_ok=True)
    mend(file)
    others = set(active_children())
    with file.open("ab") as out, ProcessPoolExecutor(jobs, initializer=_deaf) as pool:
        try:
            waiting = {pool.submit(run, piece): key for key, piece in todo.items()}
            for done in as_completed(waiting):
                out.write(f"{json.dumps({'key': waiting[done], **done.result()}, ensure_ascii=False)}\n".encode())
                out.flush()
                progress.advance()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            # Or it would wait for what is being worked on and what lies ready.
            for worker in set(active_children()) - others:
                worker.terminate()
                worker.join()
            raise


def read_pieces(file: Path, needed: Collection[str] = ()) -> list[dict[str, Any]]:
    """The lines of ``file``, none where there is no file. Raises InputError for a line without ``needed`` fields."""
    if not file.is_file():
        return []
    found = []
    whole = file.read_bytes().rpartition(b"\n")[0]
    for number, text in enumerate(whole.splitlines(), 1):
        try:
            line = json.loads(text)
            for name in ("key", *needed):
                line[name]
        except (ValueError, TypeError, KeyError) as error:
            raise InputError(f"{str(file)!r} line {number} is no piece of a study; name another --out") from error
        found.append(line)
    return found


def _deaf() -> None:
    """Ctrl-C is for the process that puts results down, and that ends its workers."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def mend(file: Path) -> None:
    """Cut off a last line that was being written when a process was killed; nothing where there is no file."""
    if file.is_file():
        with file.open("r+b") as torn:
            torn.truncate(torn.read().rfind(b"\n") + 1)
