"""The Markdown form: parse and render are inverse, what comes from an article is shown as text, lint finds faults."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.brief.publish.document import (
    Document,
    Link,
    Story,
    escape,
    label_of,
    lint,
    parse,
    render,
    safe_address,
)
from afterlore.core import InputError

line = (
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30)
    .map(escape)
    .filter(bool)
)
address = st.sampled_from(["https://a.example/1", "http://b.example/x?y=1", "notes/a.md"]) | line.map(safe_address)
links = st.builds(Link, label=line, address=address)
stories = st.builds(
    Story,
    title=line,
    category=line,
    sources=st.lists(links, min_size=1, max_size=3).map(tuple),
    insight=st.lists(line, min_size=1, max_size=3).map(tuple),
    bullets=st.lists(line, max_size=8).map(tuple),
)
documents = st.builds(
    Document,
    title=line,
    date=st.dates(min_value=date(2000, 1, 1)),
    stories=st.lists(stories, max_size=3).map(tuple),
    others=st.none() | st.lists(links, max_size=3).map(tuple),
)


@given(documents)
def test_a_document_is_read_back_as_it_was(document: Document) -> None:
    assert parse(render(document)) == document


@given(documents, st.data())
def test_a_lost_line_never_goes_unnoticed_as_the_same_document(document: Document, data: st.DataObject) -> None:
    lines = render(document).split("\n")
    del lines[data.draw(st.integers(0, len(lines) - 1))]
    read, _ = lint("\n".join(lines))
    assert read != document or render(read) != "\n".join(lines)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("[点我](javascript:alert(1))", r"\[点我\](javascript:alert(1))"),
        ("<script>alert(1)</script>", r"\<script>alert(1)\</script>"),
        ("a < b, 5 <6", "a < b, 5 <6"),
        ("# 标题", r"\# 标题"),
        ("两行\n字", "两行 字"),
        ("**加粗** 与 `代码`", r"\*\*加粗\*\* 与 \`代码\`"),
        ("snake_case 与 _斜体_", r"snake_case 与 \_斜体\_"),
        ("1. 列表", r"\1. 列表"),
        ("见 https://evil.example 或 www.evil.example", r"见 https\://evil.example 或 www\.evil.example"),
        ("&lt;b&gt; AT&T", r"\&lt;b\&gt; AT&T"),
    ],
)
def test_text_from_an_article_is_never_markup(said: str, shown: str) -> None:
    assert escape(said) == shown


@pytest.mark.parametrize(
    ("address", "safe"),
    [
        ("https://a.example/x_(1)", "https://a.example/x_%281%29"),
        ("javascript:alert(1)", "about:blank"),
        ("JaVaScRiPt:alert(1)", "about:blank"),
        ("data:text/html,x", "about:blank"),
        ("//evil.example/", "about:blank"),
        ("/etc/passwd", "about:blank"),
        ("notes/今天 的.md", "notes/今天%20的.md"),
        ("", "about:blank"),
        ('https://a.example/"><b>', "https://a.example/%22%3E%3Cb%3E"),
    ],
)
def test_only_addresses_that_a_reader_may_follow(address: str, safe: str) -> None:
    assert safe_address(address) == safe
    assert safe_address(safe) in {safe, "about:blank"}


def test_lint_names_the_line_and_the_fault() -> None:
    story = Story(
        title="甲公司发布乙",
        category="产品",
        sources=(
            Link(label="Source 3", address="javascript:x"),
            Link(label="某报", address="https://a.example/"),
        ),
        insight=(" ",),
        bullets=("要点：一", " "),
    )
    text = render(Document(title="🤖 速递", date=date(2026, 3, 10), stories=(story, story), others=()))
    _, found = lint(text)
    said = "\n".join(f"{finding.line} {finding.problem}" for finding in found)
    for part in (
        "3 the outlet label 'Source 3'",
        "javascript:x",
        "no insight",
        "empty bullet",
        "stands twice",
    ):
        assert part in said
    document, found = lint(text.replace("> **来源：** ", "> 来源: ", 1))
    assert document is None
    assert found[0].line == 6


@pytest.mark.parametrize(
    "text", ["", "# 没有日期\n", "# 速递 - 2026年02月30日\n\n", "\x00", "# 速递 - 2026年02月01日\n\n正文\n"]
)
def test_what_is_no_brief_is_said_so(text: str) -> None:
    with pytest.raises(InputError, match="line "):
        parse(text)


def test_the_label_of_a_bullet() -> None:
    assert label_of("定价策略：每百万 token 2 元") == ("定价策略", "每百万 token 2 元")
    assert label_of("没有标签的一句话。后面：有冒号") == (None, "没有标签的一句话。后面：有冒号")


def test_the_reference_days_round_trip(shared: Path) -> None:
    days = sorted((shared / "brief-format").glob("*.md"))
    assert days
    for path in days:
        text = path.read_bytes().decode()
        document, found = lint(text)
        assert document is not None
        assert render(document) == text
        assert found == []


def test_the_reference_day_is_counted(shared: Path) -> None:
    document = parse((shared / "brief-format" / "2026-02-20.md").read_text(encoding="utf-8"))
    assert len(document.stories) == 10
    assert sum(len(story.sources) for story in document.stories) == 13
    assert sum(len(story.bullets) for story in document.stories) == 51
    assert len(document.others or ()) == 8
