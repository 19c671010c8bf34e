"""What every engine of a context store must do. A test module gives the fixture ``store`` and takes ``StoreSuite``."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from afterlore.context.records import Draft, Filter, Levels
from afterlore.context.store import Store
from afterlore.context.tokens import terms
from afterlore.context.uri import ROOT, Uri
from afterlore.core import ConflictError, InputError, NotFoundError

__all__ = ["StoreSuite", "fresh", "machine", "shape", "text", "uri"]


def uri(text: str) -> Uri:
    return Uri.parse(text)


def text(body: str, **more: object) -> Draft:
    return Draft(body.encode(), **more)  # type: ignore[arg-type]


def shape(store: Store, top: Uri = ROOT) -> list[tuple[object, ...]]:
    """All of a tree but ids and etags, by address below ``top``."""
    nodes = list(store.walk(store.get(top)))
    levels = store.levels(node.id for node in nodes)
    return [
        (
            node.uri.parts[len(top.parts) :],
            *(node.kind, node.title, node.type, node.tags, node.hash, node.size),
            node.position if node.uri != top else None,
            b"" if node.is_directory else store.body(node),
            levels.get(node.id),
        )
        for node in nodes
    ]


def found(store: Store, *words: str, target: str = "ctx://") -> list[str]:
    ids = store.candidates(words, Filter(uri(target)), 50)
    return sorted(str(node.uri) for node in store.nodes(ids).values() if not node.is_directory)


class StoreSuite:
    """Laws of a store."""

    def test_what_was_written_is_read_and_found(self, store: Store) -> None:
        node = store.put(uri("resources/a/机器人.md"), text("远山资本 invests in GPT-5.4", tags=("x",), position=3))
        assert store.body(node).decode() == "远山资本 invests in GPT-5.4"
        assert store.get(uri("viking://resources/a/机器人.md")) == node
        for word in ("远山", "资", "gptǀ5ǀ4", "invest"):
            assert found(store, word) == ["ctx://resources/a/机器人.md"], word
        assert store.frequencies(["远山", "absent"]) == {"远山": 1}
        counted = store.documents([node.id], ["远山", "absent"])[node.id]
        assert (counted.length, counted.counts) == (len(terms("机器人.md\n远山资本 invests in GPT-5.4")), {"远山": 1})

    def test_the_same_again_changes_nothing(self, store: Store) -> None:
        first = store.put(uri("resources/a.txt"), text("one"))
        assert store.put(uri("resources/a.txt"), text("one")) == first
        assert store.put(uri("resources/a.txt"), text("two")).etag != first.etag
        assert found(store, "one") == []
        assert found(store, "two") == ["ctx://resources/a.txt"]

    def test_the_same_time_again_changes_nothing_and_another_does(self, store: Store) -> None:
        node = store.put(uri("resources/a"), text("one", modified="2026-03-10T08:00:00+08:00"))
        assert store.put(node.uri, text("one", modified="2026-03-10T00:00:00+00:00")).etag == node.etag
        made = store.put(node.uri, text("one", created="2025-01-01T00:00:00+00:00", modified="2026-03-11T00:00+00:00"))
        assert made.etag != node.etag
        assert (made.created[:10], made.modified[:10]) == ("2025-01-01", "2026-03-11")

    def test_nothing_is_moved_or_copied_out_of_reach(self, store: Store) -> None:
        low = uri("resources/" + "/".join("x" * 40))
        store.put(low / "end.txt", text("lantern"))
        deep = uri("user/" + "/".join("y" * 23))
        for act in (store.move, store.copy):
            with pytest.raises(InputError, match="64"):
                act(uri("resources/x"), deep / "z")
        store.move(uri("resources/x"), deep)
        assert len(store.get(deep / "x").uri.parts) == 25
        assert found(store, "lantern") == [str(deep) + "/x" * 39 + "/end.txt"]

    def test_an_etag_that_no_longer_holds(self, store: Store) -> None:
        first = store.put(uri("resources/a.txt"), text("one"))
        second = store.put(uri("resources/a.txt"), text("two"), if_match=first.etag)
        for change in (
            lambda: store.put(first.uri, text("three"), if_match=first.etag),
            lambda: store.remove(first.uri, if_match=first.etag),
            lambda: store.move(first.uri, uri("resources/b.txt"), if_match=first.etag),
            lambda: store.set_tags(first.uri, ["t"], if_match=first.etag),
            lambda: store.put(first.uri, text("three"), new=True),
            lambda: store.put(uri("resources/gone.txt"), text("x"), if_match=first.etag),
        ):
            with pytest.raises(ConflictError):
                change()
        assert store.get(first.uri) == second
        assert store.check() == []

    def test_a_move_keeps_ids_and_what_is_found(self, store: Store) -> None:
        for number in range(5):
            store.put(uri(f"resources/a/deep/{number}.txt"), text(f"lantern {number}"))
        before = {node.id: node for node in store.walk(store.get(uri("resources/a")))}
        store.move(uri("resources/a"), uri("user/b/c"))
        after = {node.id: node for node in store.walk(store.get(uri("user/b/c")))}
        assert before.keys() == after.keys()
        changed = [id for id in before if before[id].etag != after[id].etag]
        assert changed == [store.get(uri("user/b/c")).id]
        assert len(found(store, "lantern", target="user/b")) == 5
        assert found(store, "lantern", target="resources") == []
        assert store.check() == []
        for target, wrong in (("user/b/c/deep/x", InputError), ("user/b", ConflictError)):
            with pytest.raises(wrong):
                store.move(uri("user/b/c"), uri(target))

    def test_a_copy_is_equal_and_apart(self, store: Store) -> None:
        store.put(uri("resources/a"), Draft(None, title="A", levels=Levels("short", "long")))
        store.put(uri("resources/a/x.txt"), text("lantern", tags=("t",), position=2, levels=Levels("l0", "l1")))
        store.copy(uri("resources/a"), uri("resources/b"))
        assert shape(store, uri("resources/a")) == shape(store, uri("resources/b"))
        store.remove(uri("resources/a"), recursive=True)
        assert found(store, "lantern") == ["ctx://resources/b/x.txt"]
        assert store.check() == []

    def test_removed_is_never_found(self, store: Store) -> None:
        """A thousand times: write, remove the folder, look."""
        for number in range(1000):
            folder = uri(f"resources/d{number % 7}")
            with store.transaction():
                for name in ("a", "b"):
                    store.put(folder / f"{name}{number}.txt", text(f"lantern {number} 灯笼"))
                store.remove(folder, recursive=True)
            assert found(store, "lantern", "灯笼", str(number)) == []
        assert store.statistics().documents == 0
        assert store.check() == []
        assert len(store.tombstones()) == 1000

    def test_all_or_nothing(self, store: Store) -> None:
        before = shape(store)

        def inner() -> None:
            with store.transaction():
                store.put(uri("resources/b.txt"), text("lantern"))
                store.remove(ROOT)

        def outer() -> None:
            with store.transaction():
                store.put(uri("resources/a.txt"), text("lantern"))
                with pytest.raises(InputError):
                    inner()
                assert store.find_node(uri("resources/b.txt")) is None
                store.put(uri("resources/a.txt"), text("x"), new=True)

        with pytest.raises(ConflictError):
            outer()
        assert shape(store) == before
        assert found(store, "lantern") == []
        assert store.check() == []

    @pytest.mark.parametrize(
        ("first", "second"),
        [("Readme.md", "README.md"), ("ﬁle", "file"), ("раper", "paper"), ("ＡＢ", "ab"), ("x️", "x")],
    )
    def test_names_that_look_the_same_do_not_stand_side_by_side(self, store: Store, first: str, second: str) -> None:
        place = uri("resources")
        store.put(place / first, text("one"))
        with pytest.raises(ConflictError, match="looks the same"):
            store.put(place / second, text("two"))
        with pytest.raises(NotFoundError, match="looks the same"):
            store.get(place / second)
        assert len(store.children(store.get(place))) == 1

    def test_normal_forms_are_one_name(self, store: Store) -> None:
        store.put(uri("resources/cafe\u0301"), text("one"))
        assert store.body(store.get(uri("resources/caf\u00e9"))) == b"one"

    def test_a_file_holds_nothing(self, store: Store) -> None:
        store.put(uri("resources/a"), text("one"))
        with pytest.raises(ConflictError):
            store.put(uri("resources/a/b"), text("two"))
        with pytest.raises(ConflictError):
            store.put(uri("resources/a"), Draft(None))
        assert store.check() == []

    def test_large_contents(self, store: Store) -> None:
        large = bytes(range(256)) * 8192
        node = store.put(uri("resources/large.bin"), Draft(large, type="application/octet-stream"))
        copied = store.copy(node.uri, uri("resources/second.bin"))
        store.remove(node.uri)
        assert store.collect(grace=-1) == 0
        assert store.body(copied) == large
        store.remove(copied.uri)
        assert [one.problem for one in store.check()] == ["unused files"]
        assert store.collect(grace=3600) == 0, "a young file may belong to a write under way"
        assert store.collect(grace=-1) == 1
        assert store.check() == []

    def test_filters(self, store: Store) -> None:
        for wrong in ("yesterday", "2026-03-10", "2026-03-10T08:00:00"):
            with pytest.raises(InputError, match="08:00"):
                Filter(since=wrong)
        store.put(uri("resources/a.md"), text("lantern", type="text/markdown", tags=("red", "old")))
        store.put(uri("resources/b.py"), text("lantern", type="text/x-python", modified="2026-01-01T00:00:00+08:00"))
        names = lambda keep: [n.name for n in store.nodes(store.candidates(["lantern"], keep, 9)).values()]  # noqa: E731
        assert names(Filter(tags=("red",))) == ["a.md"]
        assert names(Filter(tags=("red", "new"))) == []
        assert names(Filter(types=("text/x-*",))) == ["b.py"]
        assert names(Filter(until="2025-12-31T16:00:00+00:00")) == []
        assert names(Filter(until="2025-12-31T16:00:01+00:00")) == ["b.py"]
        assert sorted(names(Filter())) == ["a.md", "b.py"]

    def test_a_small_target_in_a_large_store(self, store: Store) -> None:
        with store.transaction():
            for number in range(120):
                store.put(uri(f"resources/many/{number}"), text("lantern lantern"))
            store.put(uri("user/one/x"), text("lantern and much else that makes it rank last of all"))
        assert [n.name for n in store.nodes(store.candidates(["lantern"], Filter(uri("user/one")), 40)).values()] == [
            "x"
        ]

    def test_neighbours(self, store: Store) -> None:
        nodes = [store.put(uri(f"resources/t/{name}"), text("x", position=at)) for at, name in enumerate("cab")]
        loose = store.put(uri("resources/t/d"), text("x"))
        ids = [node.id for node in nodes]
        assert store.neighbours([*ids, loose.id]) == {
            ids[0]: (None, ids[1]),
            ids[1]: (ids[0], ids[2]),
            ids[2]: (ids[1], None),
        }
        assert [node.name for node in store.children(store.get(uri("resources/t")))] == ["c", "a", "b", "d"]

    def test_a_vector_lives_as_long_as_its_content(self, store: Store) -> None:
        node = store.put(uri("resources/a"), text("one"))
        assert store.without_vector("m") == [node.id]
        assert store.put_vectors("m", [(node.id, "of something else", b"\0" * 8)]) == 0
        state = store.vector_state()
        assert store.put_vectors("m", [(node.id, node.hash, b"\0" * 8)]) == 1
        assert store.vector_state() != state
        assert store.vector_hashes("m") == {node.id: node.hash}
        assert list(store.vectors("m", [node.id, 99])) == [(node.id, b"\0" * 8)]
        assert (store.vector_width("m"), store.vector_width("other"), store.drop_vectors("other")) == (2, None, 0)
        assert store.drop_vectors("m") == 1
        assert store.vector_width("m") is None
        store.put_vectors("m", [(node.id, node.hash, b"\0" * 8)])
        store.put(node.uri, text("two"))
        assert store.vector_hashes("m") == {}
        assert list(store.vectors("m", [node.id])) == []
        assert store.check() == []

    def test_a_models_levels_live_as_long_as_their_content(self, store: Store) -> None:
        node = store.put(uri("resources/f/a"), text("one"))
        top, folder = store.get(uri("resources")), store.get(uri("resources/f"))
        assert set(store.unwritten()) == {top.id, folder.id, node.id}, "what is empty has nothing to say"
        by_model = Levels("Zebra.", "Zebras.", "m", node.hash)
        store.set_levels(node.id, by_model)
        store.set_levels(folder.id, Levels("Zebras.", "Zebras.", "m", "of its children"))
        assert store.unwritten() == store.unwritten("m") == [top.id]
        assert set(store.unwritten("other")) == {top.id, folder.id, node.id}
        assert store.candidates(["zebra"], Filter(), 9) == [folder.id]
        store.put(node.uri, replace(text("one"), levels=Levels("Own words.", "Own words.")))
        assert store.levels([node.id]) == {node.id: by_model}, "the same content keeps what was written of it"
        assert store.check() == []
        store.put(node.uri, replace(text("two"), levels=Levels("Own words.", "Own words.")))
        assert store.levels([node.id])[node.id].generator == "extractive"
        store.set_levels(node.id, Levels("Zebra.", "Zebras.", "m", "of something else"))
        store.put(node.uri, text("three"))
        assert store.levels([node.id]) == {}
        assert store.check() == []

    def test_jobs_are_leased(self, store: Store) -> None:
        assert store.enqueue("k", {"a": "1", "b": "2"}) == 2
        assert store.enqueue("k", {"a": "other"}) == 0
        (first,) = store.lease("k", seconds=60, limit=1)
        (second,) = store.lease("k", seconds=-1, limit=5)
        assert (first.payload, second.payload) == ("1", "2")
        assert [job.key for job in store.lease("k", seconds=60, limit=5)] == ["b"], "its lease had run out"
        store.fail([first], "why")
        assert store.enqueue("k", {"c": "3"}) == 1
        (fresh,) = store.lease("k", seconds=60, limit=1)
        assert fresh.key == "c", "what failed holds up nobody"
        store.finish([fresh])
        (again,) = store.lease("k", seconds=60, limit=5)
        assert again.attempts == 2
        store.fail([again], "", tried=False)
        assert store.lease("k", seconds=60, limit=5)[0].attempts == 2
        store.finish([first, second])
        assert store.lease("k", seconds=-1, limit=5) == []
        assert store.check() == []

    def test_traces(self, store: Store) -> None:
        with pytest.raises(NotFoundError, match="find first"):
            store.load_trace()
        assert store.save_trace("a", "q", "{}")
        assert store.save_trace("b", "q", json.dumps({"n": 1}))
        with store.snapshot():
            assert not store.save_trace("c", "q", "{}")
        assert store.load_trace() == json.dumps({"n": 1})
        assert store.load_trace("a") == "{}"

    def test_the_top_always_stays(self, store: Store) -> None:
        for place in ("ctx://", "resources"):
            with pytest.raises(InputError):
                store.remove(uri(place), recursive=True)
            with pytest.raises(InputError):
                store.move(uri(place), uri("user/x"))
        with pytest.raises(InputError, match="view of its folder"):
            store.put(uri("resources/.abstract.md"), text("x"))


_NAMES = st.sampled_from(["a", "b", "c"])
_PATHS = st.lists(_NAMES, min_size=1, max_size=3).map(lambda names: Uri(("resources", *names)))
_WORDS = st.lists(st.sampled_from(["lantern", "harbour", "灯笼", "GPT-5.4", "ferry"]), max_size=4).map(" ".join)


def machine(opened: Iterator[Store]) -> type[RuleBasedStateMachine]:
    """A machine that holds a store to a model made of a dict: address to text, or None for a folder."""

    class Machine(RuleBasedStateMachine):
        def __init__(self) -> None:
            super().__init__()
            self.store = next(opened)
            self.model: dict[Uri, str | None] = {Uri((scope,)): None for scope in ("resources", "user", "agent")}

        def below(self, place: Uri) -> list[Uri]:
            return [one for one in self.model if one.within(place)]

        def folders(self, place: Uri) -> bool:
            """Whether every name above is a folder or free."""
            return all(self.model.get(Uri(place.parts[:depth])) is None for depth in range(1, len(place.parts)))

        def make_folders(self, place: Uri) -> None:
            for depth in range(1, len(place.parts)):
                self.model.setdefault(Uri(place.parts[:depth]), None)

        @rule(place=_PATHS, words=_WORDS)
        def write(self, place: Uri, words: str) -> None:
            if self.folders(place) and self.model.get(place, "") is not None:
                self.store.put(place, text(words))
                self.make_folders(place)
                self.model[place] = words
            else:
                with pytest.raises(ConflictError):
                    self.store.put(place, text(words))

        @rule(source=_PATHS, to=_PATHS, copy=st.booleans())
        def carry(self, source: Uri, to: Uri, copy: bool) -> None:
            act = self.store.copy if copy else self.store.move
            good = source in self.model and self.folders(to) and to not in self.model
            good = good and not to.within(source)
            if not good:
                if source == to and source in self.model and not copy:
                    return
                with pytest.raises(InputError):
                    act(source, to)
                return
            act(source, to)
            self.make_folders(to)
            for one in self.below(source):
                value = self.model[one] if copy else self.model.pop(one)
                self.model[Uri((*to.parts, *one.parts[len(source.parts) :]))] = value

        @rule(place=_PATHS, recursive=st.booleans())
        def remove(self, place: Uri, recursive: bool) -> None:
            gone = self.below(place)
            if not gone or (len(gone) > 1 and not recursive):
                with pytest.raises(InputError):
                    self.store.remove(place, recursive=recursive)
                return
            assert self.store.remove(place, recursive=recursive) == len(gone)
            for one in gone:
                del self.model[one]

        def remove_all_and_the_root(self) -> None:
            with self.store.transaction():
                for one in [one for one in self.model if len(one.parts) == 2]:
                    self.store.remove(one, recursive=True)
                self.store.remove(ROOT)

        @precondition(lambda self: len(self.model) > 3)
        @rule()
        def fail_in_the_middle(self) -> None:
            with pytest.raises(InputError):
                self.remove_all_and_the_root()

        @invariant()
        def the_tree_is_the_model(self) -> None:
            nodes = [node for node in self.store.walk(self.store.get(ROOT)) if node.uri.parts]
            assert {n.uri: None if n.is_directory else self.store.body(n).decode() for n in nodes} == self.model

        @invariant()
        def what_is_found_is_what_is_there(self) -> None:
            for word, shown in (("lantern", "lantern"), ("灯笼", "灯笼"), ("gptǀ5ǀ4", "GPT-5.4")):
                there = sorted(str(one) for one, words in self.model.items() if words is not None and shown in words)
                assert found(self.store, word) == there

        def teardown(self) -> None:
            assert self.store.check() == []
            self.store.close()

    Machine.TestCase.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
    return Machine


def fresh(folder: Path, make: type) -> Iterator[Store]:
    """Stores without end, each in a file of its own."""
    number = 0
    while True:
        number += 1
        yield make(folder / f"{number}.sqlite")
