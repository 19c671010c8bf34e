"""What ingestion costs without a model: reading files into trees, and writing the levels of every node.

Run it as ``python benchmarks/ingest.py [FILES]``; 200 files of 12 KB by default, half of them Chinese. The material is
that of the tests. Wall time and processor time stand side by side, since other work on the machine shows in the first.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from afterlore.context.ingest import Document, Unchanged, ingest
from afterlore.context.levels import tree_levels
from context_material import write_folder

T = TypeVar("T")


def timed(name: str, work: Callable[[], T]) -> T:
    """Do it, and print what it took."""
    wall, processor = time.perf_counter(), time.process_time()
    done = work()
    print(
        f"{name:28} {time.perf_counter() - wall:6.2f} s  ({time.process_time() - processor:5.2f} s of processor time)"
    )
    return done


def main(files: int = 200) -> None:
    """Print a line for each step."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "manual"
        size = write_folder(folder, files=files)
        documents = timed("parse", lambda: [one for one in ingest(folder) if isinstance(one, Document)])
        levels = timed("levels", lambda: [list(tree_levels(one.node)) for one in documents])
        known = {(one.source, one.sha256) for one in documents}
        again = timed("again, nothing changed", lambda: list(ingest(folder, known=lambda *one: one in known)))
        nodes = sum(map(len, levels))
        assert len(documents) == files
        assert all(isinstance(one, Unchanged) for one in again)
        print(f"{files} files, {size / 1e6:.2f} MB, {nodes} nodes; 0 endpoint calls")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
