"""Levels: within their limits, made of the text's own sentences, and telling what lies below."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from afterlore.context.ingest import Document, Node, ingest, parse
from afterlore.context.levels import ABSTRACT, OVERVIEW, Child, Levels, directory_levels, file_levels, tree_levels
from afterlore.context.prose import shortened
from conftest import ROOT
from context_material import document, write_folder
from test_context_ingest import TEXTS

ENGLISH = """# Rate limiter

[![build](https://ci.example/badge.svg)](https://ci.example)

**Note:** The rate limiter keeps a slow client from starving the others. It counts requests per key.
However, this one depends on what stands before it and must not be chosen first.

Subscribe to our newsletter for more about the rate limiter and the limits of each key!

```sh
limiter --limits "The rate limiter in a code block is no sentence of the rate limiter."
```

| key | value |
| --- | --- |
| wait | 3 |

## Keys

A key names whoever is limited: a user, an address, or a token of the rate limiter.
- The limiter reads its keys from `limits.toml`, one table for each key.
- see below:
"""
CHINESE = """# 限流器

[编辑此页](https://x.example/edit)

**说明：** 限流器防止慢客户端拖垮其他客户端，并按键统计每秒的请求数。但是，这一句依赖上文，不应当被选中。

扫码关注公众号，获取更多限流器的资料。

## 键

键表示被限制的对象，可以是用户、地址，也可以是限流器签发的令牌。
"""


def levels_of(text: str, name: str = "a.md") -> Levels:
    node = parse(text, name).node
    assert not node.is_directory
    return file_levels(node)


def within(levels: Levels) -> None:
    assert 0 < len(levels.abstract) <= ABSTRACT
    assert 0 < len(levels.overview) <= OVERVIEW
    assert "\n" not in levels.abstract


def flat(text: str) -> str:
    """What two spellings of a sentence share: no markup, no white space."""
    return re.sub(r"[\s*_`>#\\]", "", text)


@settings(max_examples=60)
@given(text=TEXTS, name=st.sampled_from(["a.md", "a.txt", "a.py", "a.js", "a.rst"]))
def test_limits_hold_for_any_text(text: str, name: str) -> None:
    node = parse("# Title\n" + text.replace("\0", ""), name).node
    found = dict(tree_levels(node))
    assert list(found) == [path for path, _ in sorted(node.walk(), key=lambda one: list(found).index(one[0]))]
    for levels in found.values():
        within(levels)
    assert found == dict(tree_levels(node))


@given(title=st.text(max_size=400), titles=st.lists(st.text(max_size=300), max_size=400), lead=st.text(max_size=600))
@settings(max_examples=40)
def test_limits_hold_for_any_directory(title: str, titles: list[str], lead: str) -> None:
    title = " ".join(title.split()) or "x"
    children = [Child(f"{n}.md", one, one[:ABSTRACT], n % 3) for n, one in enumerate(titles)]
    within(directory_levels(title, children, lead=" ".join(lead.split())))


@pytest.mark.parametrize(("text", "abstract"), [
    (ENGLISH, "Rate limiter: The rate limiter keeps a slow client from starving the others."),
    (CHINESE, "限流器防止慢客户端拖垮其他客户端，并按键统计每秒的请求数。"),
])  # fmt: skip
def test_the_best_sentence_stands_alone(text: str, abstract: str) -> None:
    levels = levels_of(text)
    assert levels.abstract == abstract
    for word in (
        "However",
        "但是",
        "Subscribe",
        "公众号",
        "编辑此页",
        "badge",
        "code block",
        "see below",
        "|",
        "**",
        "Note:",
    ):
        assert word not in levels.overview.replace("## Key points", "")
    assert ("- Keys" in levels.overview) or ("- 键" in levels.overview)


def test_every_sentence_is_one_of_the_text() -> None:
    for seed in range(6):
        node = parse(document(seed, chinese=seed % 2 == 1), "a.md", split=False).node
        levels = file_levels(node)
        said = [levels.abstract.partition(": ")[2] or levels.abstract.partition("：")[2]]
        said += [
            line[2:]
            for line in levels.overview.partition("## Key points" if seed % 2 == 0 else "## 要点")[2].split("\n")
            if line[:2] == "- "
        ]
        assert len(said) > 3
        for one in said:
            assert flat(one) in flat(node.text)
            assert one[-1] in ".。"


def test_what_has_no_sentence_is_told_by_what_it_has() -> None:
    assert levels_of("# Steps\n\n- Stop the bus\n- Copy the log\n").abstract == "Steps: Stop the bus; Copy the log"
    table = "# 限制\n\n| 键 | 值 |\n| --- | --- |\n| 等待 | 3 |\n| 上限 | 9 |\n"
    assert levels_of(table).abstract == "限制：等待: 3；上限: 9"
    assert levels_of("# Run\n\n```sh\n# comment\nbusctl start --wait\n```\n").abstract == "Run: busctl start --wait"
    assert levels_of('def go(a):\n    """Go there. Slowly."""\n', "walk.py").abstract == "walk: go(a)"
    assert levels_of(
        "---\ndescription: What the author says.\n---\nText that is longer than that, and says less.\n"
    ).abstract == ("a: What the author says.")


def test_data_say_what_they_are() -> None:
    rows = [{"event": f"The lamp of pier {n} went out", "keepers": [n], "weight": 0.5} for n in range(3)]
    assert levels_of(json.dumps(rows), "a.json").overview.startswith("# a\n\n3 records of event, keepers, weight")
    assert "- The lamp of pier 2 went out" in levels_of(json.dumps(rows), "a.json").overview
    lines = "\n".join(json.dumps(row) for row in rows)
    assert levels_of(lines, "a.jsonl").abstract == "a: 3 records of event, keepers, weight"
    schema = {"$defs": {}, "description": "All that a keeper writes down.", "type": "object"}
    assert levels_of(json.dumps(schema), "schema.json").abstract == "schema: All that a keeper writes down."
    assert levels_of(json.dumps([1, 2, {"a": 1}]), "mixed.json").abstract.startswith("mixed: record 1")


def test_a_feed_is_its_entries() -> None:
    feed = """<?xml version="1.0" encoding="gb2312"?><rss version="2.0"><channel><title>Harbour &amp; more</title>
    <description>What happens at the quay.</description>
    <item><title>渡轮停航</title><link>https://x.example/1</link><pubDate>Tue, 10 Mar 2026 11:22:00 +0800</pubDate>
    <description>&lt;p&gt;红隼号渡轮今天停航一天。&lt;/p&gt;&lt;script&gt;x()&lt;/script&gt;</description></item>
    <item><title>Lamps</title><description><![CDATA[<p>The lamps burn oil, and <b>nobody</b> pays.</p>]]></description>
    </item></channel></rss>"""
    node = parse(feed, "feed.xml").node
    assert node.text == (
        "# 渡轮停航\n\nTue, 10 Mar 2026 11:22:00 +0800 https://x.example/1\n\n红隼号渡轮今天停航一天。\n\n"
        "# Lamps\n\nThe lamps burn oil, and nobody pays.\n\n"
    )
    assert file_levels(node).abstract == "Harbour & more: What happens at the quay."
    for other in ("<a><b>Oil.</b></a>", "<rss></rss>", '<!DOCTYPE r [<!ENTITY a "b">]>' + feed[feed.index("<rss") :]):
        assert parse(other, "a.xml").node.text == other


def test_a_sentence_that_begins_with_the_title_stands_alone() -> None:
    said = "Google is one of many companies that run this bus."
    assert levels_of(f"# Google\n\n{said}\n").abstract == said
    assert levels_of(f"# Go\n\n{said}\n").abstract == f"Go: {said}"


def test_a_directory_says_what_is_below_it() -> None:
    children = [
        Child("index.md", "Manual", "Manual: How the bus is run."),
        Child("Install.md", "Install", "Install: The bus needs two machines."),
        Child("Tune", "Tune", "Tune: Limits come first.", files=7),
    ]
    levels = directory_levels("Manual", children)
    assert levels.abstract == "Manual: How the bus is run. Below: Install, Tune"
    assert levels.overview == (
        "# Manual\n\nHow the bus is run.\n\n9 files\n\n"
        "- index.md\n- Install.md: The bus needs two machines.\n- Tune/ (7 files): Limits come first."
    )
    chinese = directory_levels(
        "手册", [Child("安装.md", "安装", "安装：总线需要两台机器。"), Child("调优.md", "调优", "调优：先看上限。")]
    )
    assert chinese.abstract == "手册：安装：总线需要两台机器；调优：先看上限"
    alone = directory_levels("2026", [Child("bus.md", "Bus", "Bus: It is run by two. Below: Install", files=3)])
    assert alone.abstract == "2026: Bus: It is run by two. Below: Install"
    package = directory_levels("bus", [Child("__init__.py", "__init__", "__init__: Runs it. Below: go"), children[1]])
    assert package.abstract == "bus: Runs it. Below: Install"
    many = directory_levels("All", [Child(f"{n:04}.md", f"{n:04}", f"{n:04}: " + "word " * 40) for n in range(2_000)])
    assert re.search(r"… and \d+ more$", many.overview)
    within(many)
    parts = directory_levels("Log", [Child(f"part-{n}.txt", f"Log ({n}/2)", f"Log ({n}/2): Said {n}.") for n in (1, 2)])
    assert parts.abstract == "Log: Said 1."


def test_levels_come_from_the_children_alone() -> None:
    node = parse(document(3, chinese=False), "a.md").node
    found = dict(tree_levels(node))

    def child(one: Node, path: tuple[str, ...]) -> Child:
        files = sum(1 for _, below in one.walk() if not below.is_directory) if one.is_directory else 0
        return Child(one.name, one.title, found[(*path, one.name)].abstract, files)

    for path, one in node.walk():
        if one.is_directory:
            again = directory_levels(one.title, [child(below, path) for below in one.children], lead=one.lead)
            assert again == found[path]


def test_every_directory_of_a_corpus_has_levels_that_name_its_sections(tmp_path: Path) -> None:
    write_folder(tmp_path / "manual", files=20)
    for place in (tmp_path / "manual", ROOT / "docs"):
        for one in ingest(place):
            if not isinstance(one, Document):
                # The docs hold pictures too.
                assert one.reason == "binary"
                continue
            found = dict(tree_levels(one.node))
            for path, node in one.node.walk():
                within(found[path])
                for child in node.children:
                    assert f"- {child.name}" in found[path].overview


@given(text=st.text(max_size=300), size=st.integers(1, 300))
def test_shortening_keeps_a_beginning(text: str, size: int) -> None:
    short = shortened(text, size)
    assert len(short) <= size
    assert text.startswith(short.removesuffix("…").rstrip())
