"""The journal keeps what was recorded, once, across processes and versions."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from afterlore.core import InputError
from afterlore.journal import Journal

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(values=st.dictionaries(texts, texts, max_size=8))
def test_what_was_recorded_is_recalled_by_the_next_process(tmp_path: Path, values: dict[str, str]) -> None:
    path = tmp_path / "journal.sqlite"
    path.unlink(missing_ok=True)
    with Journal(path) as journal:
        journal.record("extract", values)
    with Journal(path) as journal:
        assert journal.recall("extract", [*values, "never recorded" * 4]) == values
        assert journal.recall("cluster", values) == {}


def test_the_first_value_of_a_key_stands(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.record("write", {"a": "first"})
        journal.record("write", {"a": "second", "b": "new"})
        assert journal.recall("write", ["a", "b"]) == {"a": "first", "b": "new"}


def test_more_keys_than_sqlite_takes_in_one_statement(tmp_path: Path) -> None:
    values = {f"key{n}": str(n) for n in range(40_000)}
    with Journal(tmp_path / "journal.sqlite") as journal:
        journal.record("extract", values)
        assert journal.recall("extract", values) == values


def test_a_response_is_replaced_by_the_next_one(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.sqlite") as journal:
        assert journal.load_response("https://a.example/") is None
        journal.store_response("https://a.example/", '{"etag":"1"}', b"\x00one")
        journal.store_response("https://a.example/", '{"etag":"2"}', b"two")
        assert journal.load_response("https://a.example/") == ('{"etag":"2"}', b"two")


def test_a_file_that_is_no_journal_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"these are somebody's notes, not a database" * 20)
    with pytest.raises(InputError, match="move it away"):
        Journal(path)
    assert path.read_bytes().startswith(b"these are")


def test_a_journal_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    Journal(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO schema_version VALUES (99)")
    connection.close()
    with pytest.raises(InputError, match="upgrade"):
        Journal(path)
