"""The context database as its users have it: files with levels, find whose scores recompute, import and export."""

import json
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from afterlore.app.cli import run
from afterlore.context.add import add
from afterlore.context.archive import export_tree, import_tree
from afterlore.context.context import Context
from afterlore.context.evaluate import headings
from afterlore.context.search.embedding import Mirror, ScriptedEmbedder, embed
from afterlore.context.search.propagate import FLAT
from afterlore.context.search.shown import page, tree
from afterlore.context.search.trace import Trace, recompute
from afterlore.context.store import SqliteStore
from afterlore.context.tokens import count_tokens, query_terms, terms
from afterlore.core import Budget, InputError, Ledger, ServiceError
from conftest import ROOT
from store_suite import shape

TEXTS = {
    "harbour/ferry.md": "# Ferry\n\nThe ferry Kestrel 2.1 leaves the harbour at noon. Kestrel is slow.",
    "harbour/lamps.md": "# Lamps\n\nThe lantern keeper counts the lamps. The harbour pays for oil.",
    "harbour/tolls.md": "# Tolls\n\nEach ferry pays a toll.",
    "garden/roses.md": "# Roses\n\nRoses need water. A lantern lights the path.",
    "garden/中文.md": "# 灯笼\n\n远山资本领投了澜舟机器人的A轮融资，资金用于扩建常州工厂。",
}


@pytest.fixture
def context(tmp_path: Path) -> Iterator[Context]:
    with Context.open(tmp_path / "context.sqlite", embedder=None) as opened:
        fill(opened)
        yield opened


def fill(context: Context) -> None:
    with context.batch():
        for name, text in TEXTS.items():
            context.write(f"ctx://resources/{name}", text, tags=[name.split("/")[0]])
        for at, line in enumerate(("Where is the boat?", "It left at dawn, for the island.", "Then we wait.")):
            context.write(f"ctx://user/default/talk/{at}.txt", line, position=at)


def test_terms() -> None:
    assert terms("Żeromski Łódź søster đ Straße Þór") == terms("zeromski lodz soster d strasse thor")
    assert terms("GPT-5.4 发布") == ["gpt", "5", "4", "gptǀ5ǀ4", "发", "布", "发布"]
    assert terms("Ｇpt-5.4 Café ferries") == terms("gPT_5.4 cafe ferry")
    assert query_terms("what is the ferry") == ["ferry"]
    assert query_terms("what is the") == ["what", "is", "the"]


def check_scores(trace: Trace) -> None:
    again = recompute(Trace.from_json(trace.to_json()))
    assert again.keys() == {hit.id for hit in trace.hits}
    for hit in trace.hits:
        assert again[hit.id] == pytest.approx(hit.final, abs=1e-6)


@pytest.mark.parametrize(
    "query", ["ferry", "lantern harbour", "远山资本融资", "the boat at dawn", "Kestrel 2.1", "what is the"]
)
@pytest.mark.parametrize("vectors", [False, True])
def test_each_score_recomputes_from_its_trace(tmp_path: Path, query: str, vectors: bool) -> None:
    embedder = ScriptedEmbedder() if vectors else None
    with Context.open(tmp_path / "context.sqlite", embedder=embedder) as context:
        fill(context)
        if embedder is not None:
            assert embed(context.store, embedder).left == 0
        found = context.find(query, neighbours=1)
        assert found.hits
        assert (found.trace.cosines is not None) == vectors
        check_scores(found.trace)
        check_scores(Trace.from_json(context.store.load_trace(found.trace.id)))
        wrong = found.trace.model_copy(update={"terms": found.trace.terms * 3})
        if not vectors and len(found.trace.hits) > 1:
            assert recompute(wrong) != recompute(found.trace), "a check that cannot fail is none"


def test_a_file_gains_from_its_folder_and_its_neighbours(context: Context) -> None:
    def place(query: str, name: str, **more: Any) -> int:
        return [hit.uri.name for hit in context.find(query, **more).hits].index(name)

    assert place("lantern harbour ferry", "lamps.md") < place("lantern harbour ferry", "roses.md")
    (hit,) = context.find("dawn island", neighbours=1).hits
    assert [node.name for node in (*hit.before, *hit.after)] == ["0.txt", "2.txt"]
    flat = context.find("ferry", weights=FLAT)
    assert all(hit.final == pytest.approx(hit.own) for hit in flat.trace.hits)


def test_filters_and_target(context: Context) -> None:
    assert {hit.uri.parts[1] for hit in context.find("lantern", target="ctx://resources/garden").hits} == {"garden"}
    assert [hit.uri.name for hit in context.find("lantern", tags=["harbour"]).hits] == ["lamps.md"]
    assert [hit.uri.name for hit in context.find("ferry", target="resources/harbour/tolls.md").hits] == ["tolls.md"]
    assert context.find("zyzzyva").hits == ()


@pytest.mark.parametrize("budget", [5, 20, 40, 1000])
def test_a_budget_holds(context: Context, budget: int) -> None:
    found = context.find("ferry harbour lantern", max_tokens=budget, neighbours=1)
    assert found.tokens == sum(hit.tokens for hit in found.hits) <= budget
    assert found.tokens == sum(count_tokens(text) for _, text in found.context)
    assert found.hits or budget < 20


def test_queries_at_the_limits(context: Context) -> None:
    assert context.find(("ferry harbour 远山资本 " * 1000)[:10_000]).hits
    assert context.find("the of to").hits, "only stop words: they count when there is nothing else"
    for query, said in (("x" * 10_001, "10,000"), ("?!  ", "no word"), ("", "no word")):
        with pytest.raises(InputError, match=said):
            context.find(query)


def test_a_failing_endpoint_is_said_and_words_find(tmp_path: Path) -> None:
    embedder = ScriptedEmbedder()
    with Context.open(tmp_path / "c.sqlite", embedder=embedder) as context:
        fill(context)
        embedder.failing = True
        with pytest.raises(ServiceError):
            embed(context.store, embedder)
        found = context.find("ferry")
        assert found.hits
        assert "500" in found.trace.degraded
        assert "500" in page(found.trace)
        check_scores(found.trace)
        assert [one.problem for one in context.store.check()] == ["jobs"]
        embedder.failing = False
        estimate = embed(context.store, embedder, dry_run=True)
        assert embedder.sent == []
        done = embed(context.store, embedder)
        assert (done.nodes, done.calls, done.left) == (len(TEXTS) + 3, 1, 0)
        assert done.tokens == estimate.tokens == sum(map(count_tokens, embedder.sent))
        assert embed(context.store, embedder).calls == 0
        context.write("ctx://resources/garden/roses.md", "Other roses.")
        embedder.ledger = Ledger(Budget(tokens=1))
        stopped = embed(context.store, embedder)
        assert (stopped.nodes, stopped.left, stopped.exhausted) == (0, 1, "tokens")
        embedder.ledger = Ledger(Budget(tokens=100))
        assert embed(context.store, embedder).nodes == 1
        assert context.store.check() == []


def test_every_folder_has_levels_that_follow_what_it_holds(context: Context) -> None:
    for line in context.tree("ctx://resources"):
        levels = context.levels(line.node.uri)
        assert 0 < len(levels.abstract) <= 256
        assert 0 < len(levels.overview) <= 4000
    assert context.read("ctx://resources/harbour/.overview.md") == context.overview("ctx://resources/harbour")
    assert "Tolls" in context.overview("ctx://resources/harbour")
    context.mv("ctx://resources/harbour/tolls.md", "ctx://resources/garden")
    assert "Tolls" not in context.overview("ctx://resources/harbour")
    assert "Tolls" in context.overview("ctx://resources/garden")
    context.rm("ctx://resources/garden/tolls.md")
    assert "Tolls" not in context.overview("ctx://resources/garden")


def test_read_grep_glob(context: Context) -> None:
    uri = "ctx://resources/harbour/ferry.md"
    assert (
        "".join(context.read(uri, offset=at, limit=1) for at in range(3))
        == context.read(uri)
        == TEXTS["harbour/ferry.md"]
    )
    found = context.grep(r"ferry \w+ [\d.]+")
    assert [(str(one.uri), one.line) for one in found.matches] == [(uri, 3)]
    assert not context.grep("e", limit=2).complete
    with pytest.raises(InputError, match="no regular expression"):
        context.grep("(")
    context.write("ctx://resources/long.txt", "x" * 800)
    with pytest.raises(InputError, match="simpler"):
        context.grep("(x+x+)+y", seconds=0.2)
    names = lambda pattern: [node.name for node in context.glob(pattern)]  # noqa: E731
    assert names("**/*.md") == ["roses.md", "中文.md", "ferry.md", "lamps.md", "tolls.md"]
    assert names("resources/*/f*.md") == names("ctx://resources/**/f*.md") == ["ferry.md"]
    assert names("*.md") == []
    assert names("resources/harbour/f?rry.md") == names("resources/harbour/f[!z]rry.md") == ["ferry.md"]
    assert names("resources?harbour/ferry.md") == names("resources[!a]harbour/ferry.md") == []
    assert names("resources/harbour/**") == ["ferry.md", "lamps.md", "tolls.md"]
    assert names("/".join(["**"] * 40) + "/ferry.md") == ["ferry.md"]


def test_export_and_import_are_one(context: Context, tmp_path: Path) -> None:
    context.tag("ctx://resources/garden", ["green", "绿"])
    context.write("ctx://resources/blob.bin", bytes(range(256)) * 5000)
    assert export_tree(context, tmp_path / "one.zip") == len(shape(context.store))
    with Context(SqliteStore(tmp_path / "other.sqlite")) as other:
        import_tree(other, tmp_path / "one.zip")
        assert shape(other.store) == shape(context.store)
        assert other.store.check() == []
        export_tree(other, tmp_path / "two.zip")
        assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
        assert [h.uri for h in other.find("ferry").hits] == [h.uri for h in context.find("ferry").hits]
        before = shape(other.store)
        data = bytearray((tmp_path / "one.zip").read_bytes())
        data[len(data) // 3] ^= 0xFF
        (tmp_path / "broken.zip").write_bytes(data)
        with pytest.raises(InputError, match="export"):
            import_tree(other, tmp_path / "broken.zip")
        assert shape(other.store) == before


def test_an_import_sums_up_what_was_there_as_well(context: Context, tmp_path: Path) -> None:
    export_tree(context, tmp_path / "garden.zip", target="ctx://resources/garden")
    export_tree(context, tmp_path / "all.zip")
    for name in ("garden", "all"):
        with Context(SqliteStore(tmp_path / f"{name}.sqlite")) as other:
            other.write("ctx://resources/garden/bees.md", "# Bees\n\nBees want heather.")
            import_tree(other, tmp_path / f"{name}.zip")
            for word in ("Bees", "Roses"):
                assert word in other.overview("ctx://resources/garden")
            assert "garden/" in other.overview("ctx://resources")


@pytest.mark.parametrize("head", ["", "[]", "{}", "null", '{"format": "afterlore-context-1"}'])
@pytest.mark.parametrize(
    "line", ["[]", '{"uri": 1}', '{"uri": "ctx://user/a", "kind": "file", "hash": "", "size": 1e15}']
)
def test_a_manifest_of_another_form_is_one_error(context: Context, tmp_path: Path, head: str, line: str) -> None:
    with zipfile.ZipFile(tmp_path / "odd.zip", "w") as archive:
        archive.writestr("manifest.jsonl", f"{head}\n{line}\n")
    before = shape(context.store)
    with pytest.raises(InputError, match=r"odd\.zip"):
        import_tree(context, tmp_path / "odd.zip")
    assert shape(context.store) == before


def test_what_is_no_text_is_never_shown(context: Context) -> None:
    context.write("ctx://resources/harbour/picture.bin", bytes(range(256)), title="lantern picture")
    hit = next(hit for hit in context.find("picture", neighbours=1).hits if hit.uri.name == "picture.bin")
    assert (hit.excerpt, hit.text, hit.tokens) == ("", "", 0)


def test_the_mirror_reads_what_has_changed(context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder = ScriptedEmbedder()
    embed(context.store, embedder)
    mirror = Mirror(context.store, embedder.model)
    asked = embedder.embed(["the ferry leaves"])[0]
    read: list[int] = []
    vectors = context.store.vectors

    def counted(model: str, ids: Iterable[int]) -> Iterator[tuple[int, bytes]]:
        wanted = list(ids)
        read.append(len(wanted))
        return vectors(model, wanted)

    monkeypatch.setattr(context.store, "vectors", counted)
    total = len(mirror.nearest(asked, 100))
    context.rm("ctx://resources/garden/roses.md")
    context.write("ctx://resources/harbour/ferry.md", "A ferry of another kind.")
    context.write("ctx://resources/harbour/new.md", "Something new.")
    embed(context.store, embedder)
    near = mirror.nearest(asked, 100)
    assert near == Mirror(context.store, embedder.model).nearest(asked, 100)
    assert read == [total, 2, total]
    assert mirror.nearest([1.0, 2.0], 5) == {}
    assert mirror.nearest(asked, 100) == near


def test_add_takes_what_is_new_and_drops_what_is_gone(context: Context, tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.md").write_text("# Alpha\n\nThe lighthouse stands.\n", encoding="utf-8")
    (folder / "deep" / "b.txt").write_text("The lighthouse is white.\n", encoding="utf-8")
    (folder / "bad.md").write_bytes(b"\x00\x01\x02" * 100)
    first = add(context, str(folder))
    assert (first.documents, first.unchanged) == (2, 0)
    assert [drop.item for drop in first.drops if not drop.kept] == ["docs/bad.md"]
    before = shape(context.store)
    again = add(context, str(folder))
    assert (again.documents, again.unchanged, again.removed) == (0, 2, 0)
    assert shape(context.store) == before
    (folder / "a.md").write_text("# Alpha\n\nThe beacon stands.\n", encoding="utf-8")
    (folder / "deep" / "b.txt").unlink()
    third = add(context, str(folder))
    assert (third.documents, third.unchanged, third.removed) == (1, 0, 1)
    assert context.find("lighthouse").hits == ()
    assert [hit.uri.name for hit in context.find("beacon").hits] == ["a.md"]
    assert context.store.check() == []


def test_the_page_says_why_and_cannot_misbehave(context: Context) -> None:
    context.write("ctx://resources/<img src=x onerror=alert(1)>.md", "lantern <script>alert(1)</script>")
    found = context.find("lantern <b>harbour</b>")
    shown = page(found.trace)
    assert "<img src=x" not in shown
    assert "<b>harbour" not in shown
    assert "http" not in shown.replace("http-equiv", "")
    for hit in found.trace.hits:
        assert f"{hit.final:.4f}" in shown
    lines = tree(found.trace).split("\n")
    assert any(line.strip().startswith("lamps.md") and "taken" in line for line in lines)


def test_the_command_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    def said(*words: str, code: int = 0) -> Any:
        assert run(["context", *words, "--in", str(tmp_path / "data"), "--json"]) == code
        return json.loads(capsys.readouterr().out)

    for name, text in TEXTS.items():
        (tmp_path / "port" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "port" / name).write_text(text, encoding="utf-8")
    assert said("add", str(tmp_path / "port"))["documents"] == len(TEXTS)
    hits = said("find", "远山资本融资", "--limit", "3")["hits"]
    assert hits[0]["uri"] == "ctx://resources/port/garden/中文.md"
    assert hits[0].keys() >= {"context_type", "uri", "level", "score", "abstract", "tags"}
    assert said("trace", "--html", str(tmp_path / "why.html"))["recomputes"] is True
    assert "中文.md" in (tmp_path / "why.html").read_text(encoding="utf-8")
    assert [row["name"] for row in said("ls", "ctx://resources/port")["nodes"]] == ["garden", "harbour"]
    etag = said("stat", "ctx://resources/port/harbour/tolls.md")["etag"]
    assert said("mv", "resources/port/harbour/tolls.md", "resources/tolls.md", "--if-match", etag)["name"] == "tolls.md"
    assert "changed" in said("rm", "resources/tolls.md", "--if-match", etag, code=2)["error"]
    assert said("rm", "resources/port", code=2)["exit_code"] == 2
    assert said("check")["sound"] is True
    assert said("find", "ferry", "--max-tokens", "1")["hits"] == []
    assert run(["context", "find", "ferry", "--max-tokens", "1", "--in", str(tmp_path / "data")]) == 0
    assert "fits in 1 tokens" in capsys.readouterr().out
    assert "08:00" in said("find", "zyzzyva", "--since", "yesterday", code=2)["error"]
    assert said("export", str(tmp_path / "out.zip"))["nodes"] > len(TEXTS)
    assert said("rm", "resources/port", "--recursive")["removed"] == len(TEXTS) + 2
    assert said("find", "远山资本")["hits"] == []
    said("import", str(tmp_path / "out.zip"))
    assert said("find", "远山资本")["hits"] != []
    assert said("grep", "zyzzyva", code=1)["matches"] == []


def talk(number: int) -> dict[str, Any]:
    lines = ["I saw a heron by the mill", "The mill was sold", "We met at the quay", "The heron flew", "Bread is dear"]
    turns = [{"speaker": "Ann", "dia_id": f"D1:{at}", "text": line} for at, line in enumerate(lines, 1)]
    qa = [{"question": "What flew by the mill?", "evidence": ["D1:1", "D1:4"], "category": 1}]
    qa += [{"question": "Who knows?", "evidence": [], "category": 5}]
    return {"sample_id": f"talk-{number}", "conversation": {"session_1": turns, "session_1_date_time": "May"}, "qa": qa}


def test_looking_makes_no_database(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    place = tmp_path / "none"
    for words in (["find", "lantern"], ["ls"], ["check"], ["rm", "ctx://resources/a.md"]):
        assert run(["context", *words, "--in", str(place)]) == 2
        assert "context add SOURCE" in capsys.readouterr().err
        assert not place.exists()


def test_eval_locomo(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "talks.json").write_text(json.dumps([talk(1), talk(2)]), encoding="utf-8")
    assert run(["context", "eval", "locomo", "--data", str(tmp_path / "talks.json"), "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert read["flat"].keys() == read["propagated"].keys() == {"recall@5", "recall@10"}
    assert read["difference"].keys() == {"mean", "low", "high"}
    assert (read["questions"], read["flat"]["recall@10"]) == (2, 1.0)
    (tmp_path / "other.json").write_text('{"a": 1}', encoding="utf-8")
    assert run(["context", "eval", "locomo", "--data", str(tmp_path / "other.json")]) == 2
    assert "LoCoMo's form" in capsys.readouterr().err


def test_eval_headings(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    bodies = {"灯塔的历史": "灯塔建于百年之前，" * 8, "渡船的票价": "渡船每日两班，票价不高，" * 8}
    text = "".join(f"## {heading}\n\n{body}\n\n" for heading, body in bodies.items())
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    assert run(["context", "eval", "headings", "--data", str(tmp_path), "--json"]) == 0
    read = json.loads(capsys.readouterr().out)
    assert (read["queries"], read["unigram+bigram"]["hit@1"]) == (2, 1.0)
    assert read["unicode61"]["hit@1"] == 0.0
    assert read["above_trigram"].keys() == {"mean", "low", "high"}
    assert run(["context", "eval", "headings", "--data", str(tmp_path), "--data", str(ROOT / "samples"), "--json"]) == 0
    more = json.loads(capsys.readouterr().out)
    assert more["queries"] > read["queries"]
    assert len(more["weights"]) == 2


def test_headings_of_three_kinds_and_the_text_below_them(tmp_path: Path) -> None:
    first, second, third, fourth = (word * 40 for word in ("灯塔", "渡船", "码头", "渔市"))
    text = (
        f"# 海岸的一天\n\n{first}。\n\n渡船怎么走\n\n{second}。\n\n**码头的夜：**{third}。\n\n"
        f"这一行是句子，不是标题。\n\n> 来源：海岸报\n\n渔市\n\n## 渔市开张\n\n{fourth}。\n"
    )
    (tmp_path / "a.md").write_text(text, encoding="utf-8")
    found = {one.heading: one for one in headings.sections([tmp_path])}
    assert {heading: one.kind for heading, one in found.items()} == {
        "海岸的一天": "marked",
        "渡船怎么走": "line",
        "码头的夜": "run-in",
        "渔市开张": "marked",
    }
    whole, inner, last = found["海岸的一天"], found["渡船怎么走"], found["渔市开张"]
    assert whole.body.startswith("灯塔")
    assert inner.body.startswith("渡船")
    assert "渔市开张" not in whole.body
    assert found["码头的夜"].body == f"{third}。"
    assert whole.overlaps(inner)
    assert inner.overlaps(found["码头的夜"])
    assert not whole.overlaps(last)
    assert not found["码头的夜"].overlaps(last)
    for heading, body in ((one.heading, one.body) for one in found.values()):
        assert not body.startswith(heading)


def test_what_one_half_chose_is_judged_on_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [headings.Asked("a", "b", number) for number in (0, 0, 1, 1)]
    ranks = {weight: [9, 9, 9, 9] for weight in (0.0, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)}
    ranks[0.0], ranks[1.0] = [0, 0, 9, 9], [9, 9, 0, 0]
    monkeypatch.setattr(headings, "_ranks", lambda *_, one_character: ranks[one_character])
    assert headings._cross_fitted(asked) == ([0.0, 1.0], [9, 9, 9, 9])
