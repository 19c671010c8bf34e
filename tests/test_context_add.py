"""An import loses nothing: names that clash, folders that cannot be read, and what stands in the tree already."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from afterlore.context.add import add
from afterlore.context.context import Context
from afterlore.context.ingest import Limits, walk
from afterlore.core import InputError

SOURCE = '''"""Lamps."""


class Lamp:
    """{filler}"""

    def light(self) -> None:
        """Give light."""


def lamp() -> Lamp:
    """{filler}"""
    return Lamp()
'''


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    with Context.open(tmp_path / "context.sqlite") as opened:
        yield opened


def write(place: Path, **texts: str) -> Path:
    for name, text in texts.items():
        path = place / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(path.name + ".md").write_text(text, "utf-8")
    return place


def names(context: Context, pattern: str) -> set[str]:
    return {node.name for node in context.glob(pattern)}


def test_a_class_and_a_function_of_one_name_are_both_kept(context: Context, tmp_path: Path) -> None:
    (tmp_path / "lamps.py").write_text(SOURCE.format(filler="It burns oil in the harbour. " * 150), "utf-8")
    done = add(context, str(tmp_path / "lamps.py"))
    assert done.drops == []
    assert names(context, "resources/lamps.py/*") >= {"Lamp.py", "lamp-2.py"}


def test_files_whose_names_differ_in_case_alone_are_both_kept(context: Context, tmp_path: Path) -> None:
    place = write(tmp_path / "docs", README="Upper oil.", readme="Lower oil.")
    done = add(context, str(place))
    assert done.documents == 2
    assert [drop.reason for drop in done.drops] == ["look-alike"]
    assert add(context, str(place)).unchanged == 2


@pytest.mark.parametrize("name", ["a\u3164b.md", "a\ufffdb.md", "a\u034fb.md", "\u115f.md"])
def test_a_name_that_the_tree_would_refuse_is_mended(context: Context, tmp_path: Path, name: str) -> None:
    place = write(tmp_path / "docs", other="Other oil.")
    (place / name).write_text("Unseen oil.", "utf-8")
    assert add(context, str(place)).documents == 2


def test_a_folder_of_the_same_name_takes_no_others_place_unasked(context: Context, tmp_path: Path) -> None:
    first = write(tmp_path / "one" / "docs", a="First.", b="Only here.")
    other = write(tmp_path / "two" / "docs", a="Second.")
    add(context, str(first))
    with pytest.raises(InputError, match="--replace"):
        add(context, str(other))
    assert context.read("ctx://resources/docs/a.md") == "First."
    assert names(context, "resources/docs/*") == {"a.md", "b.md"}
    done = add(context, str(other), replace=True)
    assert (done.documents, done.removed) == (1, 1)
    assert context.read("ctx://resources/docs/a.md") == "Second."
    assert add(context, str(other)).unchanged == 1


def test_what_was_written_by_hand_is_not_overwritten(context: Context, tmp_path: Path) -> None:
    context.write("ctx://resources/docs/a.md", "Mine.")
    place = write(tmp_path / "docs", a="Theirs.", b="More.")
    done = add(context, str(place))
    assert [drop.reason for drop in done.drops] == ["taken"]
    assert context.read("ctx://resources/docs/a.md") == "Mine."
    add(context, str(place), replace=True)
    assert context.read("ctx://resources/docs/a.md") == "Theirs."


def test_a_document_stays_where_it_was_moved(context: Context, tmp_path: Path) -> None:
    place = write(tmp_path / "docs", a="One.")
    add(context, str(place))
    context.mv("ctx://resources/docs/a.md", "ctx://resources/kept/renamed.md")
    write(place, a="Two.")
    assert add(context, str(place)).documents == 1
    assert context.read("ctx://resources/kept/renamed.md") == "Two."
    assert names(context, "resources/docs/*") == set()
    assert "Two" in context.overview("ctx://resources/kept")


def test_what_cannot_be_looked_at_is_not_taken_for_gone(
    context: Context, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = write(tmp_path / "docs", a="Here.", shut__b="Behind a door.", shut__c="And more.")
    add(context, str(place))
    scandir = walk.os.scandir

    def refused(folder: Path) -> object:
        if folder.name == "shut":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(walk.os, "scandir", refused)
    done = add(context, str(place))
    assert (done.removed, [drop.reason for drop in done.drops]) == (0, ["unreadable"])
    assert names(context, "resources/docs/shut/*") == {"b.md", "c.md"}


def test_an_archive_that_breaks_keeps_what_it_gave_and_one_that_shrinks_does_not(
    context: Context, tmp_path: Path
) -> None:
    place = tmp_path / "docs"
    place.mkdir()

    def pack(*members: str) -> None:
        with zipfile.ZipFile(place / "old.zip", "w") as archive:
            for member in members:
                archive.writestr(member, f"The text of {member}.")

    pack("a.md", "b.md")
    add(context, str(place))
    whole = (place / "old.zip").read_bytes()
    (place / "old.zip").write_bytes(whole[:40])
    assert add(context, str(place)).removed == 0
    assert names(context, "resources/docs/old.zip/*") == {"a.md", "b.md"}
    (place / "old.zip").write_bytes(whole)
    assert add(context, str(place), limits=Limits(archive_entries=1)).removed == 0
    pack("a.md")
    assert add(context, str(place)).removed == 1
    add(context, str(place / "old.zip"), to="ctx://user")
    pack("b.md")
    assert add(context, str(place / "old.zip"), to="ctx://user").removed == 1


def test_a_link_in_a_circle_is_one_error(context: Context, tmp_path: Path) -> None:
    (tmp_path / "circle").symlink_to(tmp_path / "circle")
    with pytest.raises(InputError, match="circle"):
        add(context, str(tmp_path / "circle"))


def test_tags_given_later_reach_what_has_not_changed(context: Context, tmp_path: Path) -> None:
    place = write(tmp_path / "docs", a="The lamp burns oil.")
    add(context, str(place))
    add(context, str(place), tags=("harbour",))
    assert context.stat("ctx://resources/docs/a.md").tags == ("harbour",)
    assert context.find("lamp", tags=("harbour",)).hits


def test_a_place_that_is_too_deep_is_one_drop(context: Context, tmp_path: Path) -> None:
    place = write(tmp_path / "docs", a="Deep.", **{"/".join(["d"] * 20) + "/b": "Deeper."})
    deep = "ctx://resources/" + "/".join(["x"] * 50)
    done = add(context, str(place), to=deep)
    assert done.documents == 1
    assert ["64" in drop.detail for drop in done.drops] == [True]
