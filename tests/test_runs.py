"""Runs keep their events whatever happens to their process, and belong to one process at a time."""

import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from afterlore.core import ConflictError, InputError, NotFoundError, digest
from afterlore.journal import Journal, Runs

HOLDER = """
import sys
from pathlib import Path
from afterlore.journal import Runs
with Runs(Path(sys.argv[1])) as runs:
    run = runs.resume(sys.argv[2]) if len(sys.argv) > 2 else runs.begin('{}')
    run.append("began", "1", blobs=["long"])
    print(run.id, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with Runs(tmp_path / "data" / "runs.sqlite") as opened:
        yield opened


def hold(path: Path, *id: str) -> tuple[subprocess.Popen[str], str]:
    """Another process that holds a run until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path), *id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate(timeout=30)


def test_events_come_back_in_order_with_their_texts(runs: Runs) -> None:
    with runs.begin('{"task": "x"}') as run:
        for number in range(5):
            run.append("counted", str(number), blobs=["the same 长 text"] * 2)
        assert [(event.seq, event.kind, event.body) for event in run.events()] == [
            (number, "counted", str(number)) for number in range(5)
        ]
        assert run.blob(digest("the same 长 text")) == "the same 长 text"
        with pytest.raises(NotFoundError, match="holds no text"):
            run.blob("0" * 64)
    with runs.resume(run.id) as again:
        assert again.append("more", "{}").seq == 5


def test_a_list_of_runs_the_latest_first(runs: Runs) -> None:
    first = runs.begin("1")
    second = runs.begin("2")
    second.append("ended", "{}")
    first.close()
    rows = runs.ls()
    assert [(row.id, row.events, row.running) for row in rows] == [(second.id, 1, True), (first.id, 0, False)]
    assert rows[0].last is not None
    assert rows[0].last.kind == "ended"
    assert runs.find(first.id[:-2]).id == first.id
    with pytest.raises(NotFoundError, match=f"there is no run 'nothing'; the latest: {second.id}"):
        runs.find("nothing")
    with pytest.raises(NotFoundError, match="2 runs begin with '2'"):
        runs.find("2")


def test_a_run_is_held_once_in_a_process(runs: Runs, tmp_path: Path) -> None:
    run = runs.begin("{}")
    with pytest.raises(ConflictError, match="worked on by another process"):
        runs.resume(run.id)
    with Runs(tmp_path / "data" / "runs.sqlite") as others, pytest.raises(ConflictError):
        others.resume(run.id)
    run.close()
    run.close()
    runs.resume(run.id).close()


def test_a_run_is_held_by_one_process_and_free_when_that_is_killed(runs: Runs) -> None:
    process, id = hold(runs.path)
    try:
        assert runs.find(id).running
        with pytest.raises(ConflictError):
            runs.resume(id)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=30)
        assert not runs.find(id).running
        with runs.resume(id) as run:
            assert [event.kind for event in run.events()] == ["began"]
            assert run.blob(digest("long")) == "long"
            later, said = hold(runs.path, id)
            assert said == ""
            assert later.stderr is not None
            assert "ConflictError" in later.stderr.read()
            end(later)
    finally:
        end(process)


def test_cancelling_reaches_who_holds_it(runs: Runs) -> None:
    run = runs.begin("{}")
    assert not run.is_cancelled()
    assert runs.cancel(run.id)
    assert run.is_cancelled()
    run.close()
    assert not runs.cancel(run.id)
    assert not runs.resume(run.id).is_cancelled()


def test_a_journal_of_the_first_schema_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE schema_version (version INTEGER PRIMARY KEY)")
        connection.execute("INSERT INTO schema_version VALUES (1)")
        connection.execute(
            "CREATE TABLE done (stage TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (stage, key))"
            " WITHOUT ROWID"
        )
        connection.execute("CREATE TABLE response (url TEXT PRIMARY KEY, head TEXT NOT NULL, body BLOB NOT NULL)")
        connection.execute("INSERT INTO done VALUES ('write', 'a', 'kept')")
    connection.close()
    with Runs(path) as runs:
        runs.begin("{}").append("x", "1")
    with Journal(path) as journal:
        assert journal.recall("write", ["a"]) == {"a": "kept"}


def test_a_disk_that_is_full_is_one_clear_error(runs: Runs) -> None:
    run = runs.begin("{}")
    with runs._writer() as connection:
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(InputError, match="cannot be written"):
        run.append("x", "y" * 1_000_000)
    assert run.events() == []
    with runs._writer() as connection:
        connection.execute("PRAGMA max_page_count = 1000000")
    assert run.append("x", "y").seq == 0
