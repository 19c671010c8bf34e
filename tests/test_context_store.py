"""The embedded engine: the laws of every store, and what is its own (processes that die, versions, a full disk)."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from afterlore.context.context import Context
from afterlore.context.records import Draft
from afterlore.context.store import SqliteStore, Store, database
from afterlore.context.store.schema import MIGRATIONS
from afterlore.context.uri import Uri
from afterlore.core import ConflictError, InputError
from conftest import ROOT
from store_suite import StoreSuite, fresh, machine, text, uri


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = SqliteStore(tmp_path / "context.sqlite")
    yield opened
    opened.close()


class TestSqliteStore(StoreSuite):
    """Every law."""


def test_the_store_is_its_model(tmp_path: Path) -> None:
    made = machine(fresh(tmp_path, SqliteStore))
    run_state_machine_as_test(made, settings=made.TestCase.settings)


def test_a_move_touches_one_row(store: SqliteStore) -> None:
    with store.transaction():
        for number in range(50):
            store.put(uri(f"resources/a/{number}"), text("lantern"))
    rows = "SELECT * FROM node ORDER BY id"
    with store.database.reading() as connection:
        before = connection.exec_driver_sql(rows).all()
    store.move(uri("resources/a"), uri("resources/z"))
    with store.database.reading() as connection:
        after = connection.exec_driver_sql(rows).all()
    assert sum(a != b for a, b in zip(before, after, strict=True)) == 1


def test_two_writers_on_one_node(tmp_path: Path) -> None:
    """Each adds one to a counter, reading and writing with the etag; no addition is lost."""
    path = tmp_path / "context.sqlite"
    place = uri("resources/counter")
    SqliteStore(path).put(place, text("0"))
    errors: list[BaseException] = []

    def count() -> None:
        try:
            own = SqliteStore(path)
            done = 0
            while done < 25:
                node = own.get(place)
                try:
                    own.put(place, text(str(int(own.body(node)) + 1)), if_match=node.etag)
                    done += 1
                except ConflictError:
                    continue
            own.close()
        except BaseException as error:  # noqa: BLE001 - it is raised below, in the test's own thread
            errors.append(error)

    threads = [threading.Thread(target=count) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    last = SqliteStore(path)
    assert last.body(last.get(place)) == b"75"
    assert last.check() == []
    last.close()


def test_a_store_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "context.sqlite"
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99)")
    connection.close()
    with pytest.raises(InputError, match=r"newer afterlore.*upgrade"):
        SqliteStore(path)


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.sqlite"
    path.write_bytes(b"these are somebody's notes, not a database" * 40)
    with pytest.raises(InputError, match="not a context database"):
        SqliteStore(path)
    assert path.read_bytes().startswith(b"these are")
    with pytest.raises(InputError, match="folder"):
        SqliteStore(tmp_path)


@pytest.mark.parametrize("tables", [["cookies"], ["schema_version"], ["schema_version", "done"]])
def test_a_database_of_another_kind_is_left_alone(tmp_path: Path, tables: list[str]) -> None:
    path = tmp_path / "other.sqlite"
    with sqlite3.connect(path) as other:
        for table in tables:
            other.execute(f"CREATE TABLE {table} (version INTEGER)")
        other.execute(f"INSERT INTO {tables[0]} VALUES (1)")
    other.close()
    with pytest.raises(InputError, match="another kind"):
        SqliteStore(path)
    with sqlite3.connect(path) as other:
        assert [row[0] for row in other.execute("SELECT name FROM sqlite_master")] == tables
    other.close()


def test_a_store_of_the_first_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "context.sqlite"
    with monkeypatch.context() as old:
        old.setattr(database, "MIGRATIONS", MIGRATIONS[:1])
        store = SqliteStore(path)
        node = store.put(uri("resources/a"), text("lantern"))
        store.put_vectors("m", [(node.id, node.hash, b"\0" * 8)])
        store.close()
    store = SqliteStore(path)
    assert store.vector_hashes("m") == {node.id: node.hash}
    assert store.check() == []
    store.close()


def test_a_find_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    path = tmp_path / "context.sqlite"
    with Context.open(path) as context, Context.open(path) as other:
        context.write("ctx://resources/a.md", "The lantern is lit.")
        assert context.find("lantern").unkept == ""
        for writer in (other, context):
            begun, done = threading.Event(), threading.Event()

            def hold(writer: Context = writer, begun: threading.Event = begun, done: threading.Event = done) -> None:
                with writer.batch():
                    writer.write("ctx://resources/b.md", "A second lantern.")
                    begun.set()
                    done.wait(60)

            thread = threading.Thread(target=hold)
            thread.start()
            begun.wait(60)
            began = time.monotonic()
            found = context.find("lantern")
            took = time.monotonic() - began
            done.set()
            thread.join()
            assert "a.md" in [hit.uri.name for hit in found.hits]
            assert "writing" in found.unkept
            assert took < 5
        assert context.find("lantern").unkept == ""


def regardless(context: Context) -> None:
    with context.batch():
        with contextlib.suppress(InputError):
            context.write("ctx://resources/b.md", "x" * 500_000)
        context.write("ctx://resources/c.md", "A small lantern.")


def test_a_find_answers_on_a_full_disk(tmp_path: Path) -> None:
    with Context.open(tmp_path / "context.sqlite") as context:
        context.write("ctx://resources/a.md", "The lantern is lit.")
        event.listen(
            context.store.database.engine,  # type: ignore[attr-defined]
            "begin",
            lambda connection: connection.exec_driver_sql("PRAGMA max_page_count = 1"),
        )
        with pytest.raises(InputError, match="full"):
            context.write("ctx://resources/b.md", "x" * 500_000)
        with pytest.raises(InputError, match="all of it"):
            regardless(context)
        assert context.store.find_node(uri("resources/c.md")) is None
        for _ in range(30):
            found = context.find("lantern")
        assert [hit.uri.name for hit in found.hits] == ["a.md"]
        assert "full" in found.unkept


def test_a_content_that_was_collected_while_it_was_written_is_written_again(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "context.sqlite")
    large = b"lantern " * 200_000
    store.put(uri("resources/a"), Draft(large))
    store.remove(uri("resources/a"))
    begun, inside = threading.Event(), threading.Event()

    def collect() -> None:
        with store.transaction():
            begun.set()
            inside.wait(60)
            assert store.collect(grace=-1) == 1

    thread = threading.Thread(target=collect)
    thread.start()
    begun.wait(60)
    write = store._blobs.write

    def written(content: bytes, name: str) -> None:
        write(content, name)
        inside.set()

    store._blobs.write = written  # type: ignore[method-assign]
    node = store.put(uri("resources/b"), Draft(large))
    thread.join()
    assert store.body(node) == large
    assert store.check() == []
    store.close()


def test_a_full_disk_is_one_error_and_nothing_is_lost(store: SqliteStore) -> None:
    store.put(uri("resources/a"), text("kept lantern"))
    with store.database.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages + 4}")
    with pytest.raises(InputError, match=r"full.*free space"):
        store.put(uri("resources/b"), Draft(os.urandom(200_000).hex().encode()))
    assert store.find_node(uri("resources/b")) is None
    assert store.body(store.get(uri("resources/a"))) == b"kept lantern"
    assert store.check() == []


def test_check_sees_what_is_wrong(store: SqliteStore) -> None:
    first = store.put(uri("resources/a"), text("lantern"))
    store.put(uri("resources/b"), text("lantern"))
    for damage, problem in (
        ("DELETE FROM document WHERE node = ?", "index"),
        ("UPDATE term SET documents = documents + ?", "statistics"),
        ("DELETE FROM body WHERE node = ?", "content"),
        ("UPDATE node SET parent = 999 WHERE id = ?", "orphans"),
        ("INSERT INTO vector VALUES (9000 + ?, 'm', 'h', x'00')", "index"),
    ):
        said = set()

        def try_out(damage: str, said: set[str]) -> None:
            with store.database.writing() as transaction:
                transaction.connection.exec_driver_sql(damage, (first.id,))
                said.update(one.problem for one in store.check())
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            try_out(damage, said)
        assert problem in said, damage
        assert store.check() == []


@pytest.mark.parametrize(
    "bad",
    [
        *(
            "resources/../user",
            "resources/./a",
            "resources//a",
            "resources/a\0b",
            "resources/a\nb",
            "resources/\u202eb",
        ),
        *("resources/" + "n" * 256, "resources/" + "漢" * 86, "http://resources/a", "elsewhere/a", "resources/a\\b"),
        *("resources/ a", "resources/\u200b", "resources/" + "/".join("d" * 70)),
    ],
)
def test_bad_addresses(bad: str) -> None:
    with pytest.raises(InputError) as refused:
        Uri.parse(bad)
    assert len(str(refused.value)) < 300
    assert "\0" not in str(refused.value)


def test_addresses() -> None:
    assert str(Uri.parse("viking://resources/a/")) == "ctx://resources/a"
    assert Uri.parse("~/notes", user="u1") == Uri.parse("ctx://user/u1/notes")
    assert Uri.parse("resources/" + "漢" * 85).name == "漢" * 85
    assert Uri.parse("CTX://") == Uri.parse("") == Uri()


_WORK = """
import sys
from pathlib import Path
from afterlore.context.context import Context
context = Context.open(Path(sys.argv[1]))
number = int(sys.argv[2])
print("go", flush=True)
while True:
    number += 1
    base = f"ctx://resources/w{number % 3}"
    with context.batch():
        for name in "abcdef":
            text = f"# {name}\\nlantern {number} \\u706f\\u7b3c " + "x" * (1_100_000 * (name == "f"))
            context.write(f"{base}/{number}/{name}.md", text)
    context.mv(f"{base}/{number}", f"ctx://user/moved/{number}")
    context.cp(f"ctx://user/moved/{number}", f"ctx://agent/copy/{number}")
    context.rm(f"ctx://user/moved/{number}", recursive=True)
    if number % 4 == 0:
        context.rm("ctx://agent/copy", recursive=True)
"""


def crash(path: Path, rounds: int) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    for number in range(rounds):
        child = subprocess.Popen(
            [sys.executable, "-c", _WORK, str(path), str(number * 1000)], stdout=subprocess.PIPE, env=environment
        )
        assert child.stdout is not None
        assert child.stdout.readline() == b"go\n"
        # The moment is what is tested: it must fall anywhere in the work.
        time.sleep(0.05 + (number * 37 % 50) / 100)
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        began = time.monotonic()
        with Context.open(path) as context:
            findings = context.store.check()
            assert time.monotonic() - began < 3
            assert [one for one in findings if not one.harmless] == []
            for node in context.store.walk(context.stat("ctx://")):
                if not node.is_directory:
                    assert len(context.store.body(node)) == node.size


def test_a_killed_process_leaves_tree_and_index_whole(tmp_path: Path) -> None:
    crash(tmp_path / "context.sqlite", 5)


@pytest.mark.slow
def test_fifty_killed_processes(tmp_path: Path) -> None:
    crash(tmp_path / "context.sqlite", 50)
