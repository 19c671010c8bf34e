"""Ingestion: nothing of a text is lost or said twice, names are safe, bad pieces are told and the rest goes on."""

import io
import json
import os
import random
import re
import socket
import stat
import subprocess
import sys
import time
import unicodedata
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.context.ingest import (
    DIRECTORY,
    Document,
    Drop,
    Limits,
    Node,
    Unchanged,
    Unreadable,
    ingest,
    parse,
    sections,
)
from afterlore.context.ingest.names import safe_name, siblings
from afterlore.context.levels import tree_levels
from afterlore.context.uri import MAX_NAME, check_name, key_of
from afterlore.core import InputError, Silent
from afterlore.web.fetch import Fetcher
from afterlore.web.fetch import Limits as WebLimits
from context_material import document, write_folder
from loopback import HTML, Site, serve

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
SAID = "霁川的调度器为每条记录保留三份副本，并从最近的一份读取。运维人员可以随时调整上限。"

BLOCKS = st.sampled_from(
    [
        "# One",
        "## Two",
        "### 三级标题",
        "#### Four *deep* [link](x.md)",
        "Setext\n======",
        "Lower\n---",
        "```\n# no heading\n```",
        "~~~sh\n## nor this\n~~~~",
        "    # indented code",
        "> # quoted",
        "- # in a list\n  more",
        "| a | b |\n| --- | --- |\n| 1 | 2 |",
        "<!-- # comment -->",
        "A sentence of some length that says nothing. " * 3,
        "一句不短的中文句子，用来把章节撑长。" * 4,
        "def f(x):\n    return x\n\n\nclass A:\n    def g(self): ...",
        "第一章 开始",
        "第二章 结束",
        "function go() {\n  return 1;\n}",
        "",
        "   ",
    ]
)
TEXTS = st.lists(BLOCKS | st.text(max_size=40), min_size=1, max_size=14).map("\n".join)


def files(node: Node) -> list[Node]:
    return [found for _, found in node.walk() if not found.is_directory]


def names_hold(node: Node) -> None:
    for _, found in node.walk():
        assert safe_name(found.name) == found.name
        assert unicodedata.is_normalized("NFC", found.name)
        assert len(found.name.encode()) <= MAX_NAME
        assert found.title == " ".join(found.title.split())
        assert found.title
        assert len({child.name for child in found.children}) == len(found.children)
        assert bool(found.children) == found.is_directory == (found.media_type == DIRECTORY)
        assert not (found.is_directory and found.text)


def read(place: Path, **more: object) -> tuple[dict[str, Document], dict[str, Drop]]:
    documents, drops = {}, {}
    for one in ingest(place, **more):  # type: ignore[arg-type]
        if isinstance(one, Document):
            documents[one.source] = one
        elif isinstance(one, Drop):
            drops[one.item] = one
    return documents, drops


# -- laws ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.py", "a.js", "a.rst"])
@given(text=TEXTS)
def test_every_character_is_in_exactly_one_file(name: str, text: str) -> None:
    body = "# A\n" + text.replace("\r", "\n").replace("\0", "")
    with pytest.MonkeyPatch.context() as patch:
        # Short enough that these texts are split, cut into parts and packed.
        patch.setattr(sections, "LONG", 120)
        patch.setattr(sections, "_WIDE", 3)
        node = parse(body, name).node
    assert "".join(found.text for found in files(node)) == body
    names_hold(node)


@given(values=st.lists(st.dictionaries(st.text(max_size=8), st.text(max_size=60)), min_size=1, max_size=12))
def test_records_keep_their_exact_text(values: list[dict[str, str]]) -> None:
    pretty = json.dumps(values, ensure_ascii=False, indent=2)
    lines = "\n".join(json.dumps(value) for value in values)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sections, "LONG", 120)
        for body, name in ((pretty, "a.json"), (lines, "a.jsonl")):
            node = parse(body, name).node
            assert "".join(found.text for found in files(node)) == body
            names_hold(node)


@given(st.lists(st.text(max_size=300), max_size=8))
def test_names_are_safe_and_tell_files_apart(raw: list[str]) -> None:
    given_names = siblings(raw)
    assert len(set(map(key_of, given_names.values()))) == len(set(raw))
    for name, safe in given_names.items():
        assert safe == safe_name(safe)
        assert 0 < len(safe.encode()) <= MAX_NAME
        assert not set(safe) & set("/\\\0\n\u202e\u200b")
        assert safe not in (".", "..")
        assert safe == check_name(safe)
        if safe_name(name) == name and all(key_of(name) != key_of(safe_name(other)) for other in raw if other != name):
            assert safe == name


def test_a_document_keeps_its_headings_and_a_second_import_reads_nothing(tmp_path: Path) -> None:
    write_folder(tmp_path / "manual", files=12)
    first = list(ingest(tmp_path / "manual"))
    assert len(first) == 12
    assert first == list(ingest(tmp_path / "manual"))
    for one in first:
        assert isinstance(one, Document)
        text = tmp_path.joinpath(one.source).read_text("utf-8")
        body = text.partition("\n---\n")[2] if text.startswith("---") else text
        assert "".join(found.text for found in files(one.node)) == body
        titles = {found.title for _, found in one.node.walk()} | {h.title for f in files(one.node) for h in f.outline}
        fenced = re.sub(r"```.*?```", "", body, flags=re.S)
        assert set(re.findall(r"^#+ (.*)$", fenced, re.M)) == titles
        assert all(len(found.text.encode()) <= 2 * sections.LONG for found in files(one.node))
        assert one.path == tuple(one.source.split("/"))
        assert one.path[-1] == one.node.name

    known = {(one.source, one.sha256) for one in first if isinstance(one, Document)}
    changed = tmp_path / sorted(source for source, _ in known)[3]
    changed.write_text(document(99, chinese=True), "utf-8")
    again = list(ingest(tmp_path / "manual", known=lambda source, sha: (source, sha) in known))
    assert [type(one) for one in again].count(Unchanged) == 11
    assert [one.source for one in again if isinstance(one, Document)] == [str(changed.relative_to(tmp_path))]


def test_a_document_is_read_when_it_is_asked_for(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.md").write_text("# Then\n", "utf-8")
    stream = ingest(tmp_path)
    next(stream)
    (tmp_path / "b.md").write_text("# Now\n", "utf-8")
    last = next(stream)
    assert isinstance(last, Document)
    assert last.node.title == "Now"


def test_progress_has_a_step_for_each_file(tmp_path: Path) -> None:
    class Heard(Silent):
        total = done = 0

        def stage(self, name: str, total: int) -> None:
            assert name == "read"
            self.total += total

        def advance(self, items: int = 1) -> None:
            self.done += items

    for name in ("a.md", "b.md", "c.png"):
        (tmp_path / name).write_bytes(PNG if name.endswith("png") else b"# Said\n")
    heard = Heard()
    list(ingest(tmp_path, progress=heard))
    assert (heard.total, heard.done) == (3, 3)


def test_no_document_has_more_nodes_than_it_may() -> None:
    body = "# All\n" + "".join(f"## Section {n}\n{SAID * 60}\n" for n in range(300))
    node = parse(body, "a.md", limits=Limits(nodes=50)).node
    assert sum(1 for _ in node.walk()) <= 50
    assert "".join(found.text for found in files(node)) == body
    many = parse("# All\n" + "".join(f"## S{n}\n\nShort.\n\n" for n in range(1_000)), "a.md").node
    assert len(many.children) < 10
    assert re.fullmatch(r"S0 – S\d+", many.children[0].title)
    alone = parse(body, "a.md", split=False).node
    assert (alone.text, alone.is_directory) == (body, False)


# -- formats -------------------------------------------------------------------------------------------------------


def test_front_matter_is_told_apart_from_the_text() -> None:
    text = "---\ntitle: 'No: really'\ntags: [a, b, a]\ndescription: What it is.\ndate: 2026-03-10\nurl: https://x.example/1\n---\nBody.\n"
    parsed = parse(text, "a.md")
    head = parsed.head
    assert (parsed.node.title, parsed.node.lead, parsed.node.text) == ("No: really", "What it is.", "Body.\n")
    assert (head.tags, head.url, str(head.modified)[:10]) == (("a", "b"), "https://x.example/1", "2026-03-10")
    broken = parse("---\ntitle: a: b\n---\nBody.\n", "a.md")
    assert [remark[0] for remark in broken.remarks] == ["front-matter"]
    assert broken.node.text.startswith("---\n")


def test_code_comes_by_its_symbols() -> None:
    python = (
        '"""What it does.\n\nMore."""\n\nimport os\n\n\n# Said above.\n@cached\ndef go(a, *, b):\n    """Go there."""\n'
    )
    python += "    x = 1\n" * 800 + "\n\nclass Stop(Exception):\n    def why(self): ...\n"
    node = parse(python, "walk.py").node
    assert [(child.name, child.title) for child in node.children][-1] == ("Stop.py", "class Stop(Exception)")
    assert node.lead == "What it does."
    go = node.children[1]
    assert (go.title, go.lead) == ("go(a, b)", "Go there.")
    assert next(iter(files(go))).text.startswith("# Said above.\n@cached\ndef go")
    go_source = "package main\n\n// Add adds.\nfunc Add(a int) int {\n\treturn a\n}\n\ntype Store struct {\n}\n\n"
    go_source += "func (s *Store) Get() {\n}\n"
    assert [heading.title for heading in parse(go_source, "a.go").node.outline] == ["Add", "Store", "Get"]
    assert parse(go_source, "a.go").node.outline[0].lead == "Add adds."
    java = "import x;\n\npublic final class Ledger {\n  int a;\n}\n\ninterface Book {\n}\n"
    assert [heading.title for heading in parse(java, "a.java").node.outline] == ["Ledger", "Book"]
    c = "/* Opens it. */\nstatic int open_it(const char *p) {\n  return 0;\n}\n\nint n = f(1);\n"
    assert [heading.title for heading in parse(c, "a.c").node.outline] == ["open_it"]
    assert [remark[0] for remark in parse("print 'old'\n", "a.py").remarks] == ["syntax"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "big5", "utf-16", "utf-16-le", "utf-16-be"])
def test_encodings_give_one_text(encoding: str) -> None:
    text = "# Limits 上限\n\n" + "系統為每條記錄保留三份副本, and reads from the nearest one.\r\n" * 6
    if not encoding.startswith("utf"):
        text = text.replace("Limits ", "").replace(", and reads from the nearest one.", "。")
    assert parse(text.encode(encoding), "a.md").node.text == text.replace("\r\n", "\n")


def test_pages_keep_their_headings() -> None:
    sections_ = "".join(f"<h2>第{n}节 限流器</h2><p>{SAID * 3}</p><p>{SAID * 2}</p>" for n in range(1, 4))
    page = (
        f"<html><head><title>调度手册</title></head><body><article><h1>调度手册</h1>{sections_}</article></body></html>"
    )
    node = parse(page, "a.html", url="https://x.example/a").node
    assert node.title == "调度手册"
    assert [heading.title for heading in node.outline] == ["第1节 限流器", "第2节 限流器", "第3节 限流器"]
    with pytest.raises(Unreadable) as caught:
        parse("<html><body><img src=a.png></body></html>", "a.html")
    assert caught.value.reason == "image_only"


def test_lines_that_are_no_json_are_told_and_kept() -> None:
    parsed = parse('{"title": "One", "text": "First."}\n{"title": \n{"id": 7}\n', "a.jsonl")
    assert [heading.title for heading in parsed.node.outline] == ["One", "line 2", "7"]
    assert [remark[0] for remark in parsed.remarks] == ["lines"]
    for bad in ("{", "[1,", '{"a": 1} x', "[" * 100_000):
        with pytest.raises(Unreadable):
            parse(bad, "a.json")


def test_word_documents_keep_headings_lists_and_tables() -> None:
    docx = pytest.importorskip("docx")
    made = docx.Document()
    made.add_heading("手册", 0)
    made.add_heading("安装", 1)
    made.add_paragraph(SAID)
    made.add_paragraph("准备机器", style="List Bullet")
    made.add_heading("Limits", 2)
    table = made.add_table(2, 2)
    for cell, word in zip((*table.rows[0].cells, *table.rows[1].cells), ("key", "value", "wait", "3"), strict=True):
        cell.text = word
    stream = io.BytesIO()
    made.save(stream)
    node = parse(stream.getvalue(), "手册.docx").node
    assert node.title == "手册"
    assert [(heading.depth, heading.title) for heading in node.outline] == [(1, "安装"), (2, "Limits")]
    assert "- 准备机器" in node.text
    assert "| key | value |\n| --- | --- |\n| wait | 3 |" in node.text


def pdf(lines: list[str]) -> bytes:
    """A PDF of one page for each ten lines, written by hand: the library reads text and writes none."""
    pages = [lines[at : at + 10] for at in range(0, len(lines), 10)]
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"]
    kids = []
    for page in pages:
        shown = "".join(f"({line}) Tj T* " for line in page)
        stream = f"BT /F1 12 Tf 14 TL 72 720 Td {shown}ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(out)}\n%%EOF\n"
    return out + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}".encode() + end.encode()


def test_pdf_comes_in_paragraphs_and_by_its_bookmarks() -> None:
    pypdf = pytest.importorskip("pypdf")
    wrapped = ["The scheduler of Orlop keeps three copies of every record and answers", "reads from the nearest one."]
    body = pdf(
        ["Orlop manual", *wrapped, *["Every change is written to the audit trail of the cluster with a time."] * 17]
    )
    node = parse(body, "a.pdf").node
    assert node.title == "Orlop manual"
    assert " ".join(wrapped) in node.text
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(body))
    writer.add_outline_item(title="Copies", page_number=0)
    writer.add_outline_item(title="Audit", page_number=1)
    stream = io.BytesIO()
    writer.write(stream)
    assert [heading.title for heading in parse(stream.getvalue(), "a.pdf").node.outline] == ["Copies", "Audit"]
    writer.encrypt("secret", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    reasons = {}
    for name, bad in {"locked": stream.getvalue(), "cut": body[:300], "blank": pdf([" "])}.items():
        with pytest.raises(Unreadable) as caught:
            parse(bad, "a.pdf")
        reasons[name] = caught.value.reason
    assert reasons == {"locked": "encrypted", "cut": "damaged", "blank": "image_only"}


@pytest.mark.parametrize(("library", "name"), [("pypdf", "a.pdf"), ("docx", "a.docx")])
def test_a_missing_extra_is_named(library: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Unreadable, match="documents") as caught:
        parse(b"%PDF-1.4", name)
    assert caught.value.reason == "extra"
    assert "afterlore[documents]" in caught.value.fix


def test_heavy_readers_are_imported_by_the_files_that_need_them() -> None:
    code = (
        "import sys\nfrom afterlore.context.ingest import parse\n"
        "from afterlore.context import levels\nparse('# A', 'a.md')\n"
        "print(*{'pypdf', 'docx', 'trafilatura', 'httpx2', 'lxml'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


# -- bad input -----------------------------------------------------------------------------------------------------


def test_a_folder_of_bad_files_gives_its_good_ones_and_one_reason_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "mixed"
    (place / "deep").mkdir(parents=True)
    (place / "good.md").write_text("# Good\n\nIt is read.\n", "utf-8")
    (place / "deep" / "also.txt").write_text(SAID, "utf-8")
    (place / "empty.md").write_bytes(b"")
    (place / "blank.txt").write_bytes(b" \n\t\n")
    (place / "picture.md").write_bytes(PNG)
    (place / "zeros.txt").write_bytes(b"text\0text" * 20)
    (place / "noise.md").write_bytes(random.Random(1).randbytes(4000).replace(b"\0", b"\1"))
    (place / "broken.pdf").write_bytes(b"%PDF-1.7\nnothing")
    (place / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0" + b"x" * 600)
    (place / "broken.zip").write_bytes(b"PK\x03\x04 no more")
    with (place / "huge.md").open("wb") as file:
        file.truncate(1024**3)
    (place / "circle").symlink_to(place)
    (place / "nowhere").symlink_to(place / "nowhere")
    (place / "outside.md").symlink_to(Path(__file__))
    os.mkfifo(place / "pipe.md")
    with socket.socket(socket.AF_UNIX) as made:
        # The system bounds the length of a socket's path.
        monkeypatch.chdir(place)
        made.bind("s.md")
    (place / "caf\u00e9.md").write_text("Composed.", "utf-8")
    (place / "cafe\u0301.md").write_text("Decomposed.", "utf-8")
    (place / "раy.md").write_text("Cyrillic.", "utf-8")
    (place / "pay.md").write_text("Latin.", "utf-8")
    (place / "a\u202efdp.md").write_text("Turned.", "utf-8")
    (place / ".hidden.md").write_text("Hidden.", "utf-8")

    documents, drops = read(place)
    assert {one.removeprefix("mixed/"): drop.reason for one, drop in drops.items() if not drop.kept} == {
        "empty.md": "empty",
        "blank.txt": "empty",
        "picture.md": "binary",
        "zeros.txt": "binary",
        "noise.md": "binary",
        "broken.pdf": "damaged",
        "old.docx": "encrypted",
        "broken.zip": "damaged",
        "huge.md": "size",
        "circle": "link",
        "nowhere": "link",
        "outside.md": "link",
        "pipe.md": "special",
        "s.md": "special",
    }
    assert {drop.reason for drop in drops.values() if drop.kept} == {"name", "look-alike"}
    read_names = {one.path[-1] for one in documents.values()}
    assert {"good.md", "also.txt", "caf\u00e9.md", "pay.md", "afdp.md"} < read_names
    assert any(name.startswith("раy~") for name in read_names)
    assert len(read_names) == len(documents) == 7
    for drop in drops.values():
        assert drop.detail
        assert drop.fix
        assert str(tmp_path) not in drop.to_json()


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "shut.md").write_text("Shut.", "utf-8")
    (tmp_path / "shut.md").chmod(0)
    _, drops = read(tmp_path)
    assert [drop.reason for drop in drops.values()] == ["unreadable"]


@pytest.mark.parametrize("source", ["missing.md", "a\0b", "ftp://x.example/a", "https://x.example/a", "/dev/null"])
def test_a_source_that_cannot_be_used_is_one_error(source: str) -> None:
    with pytest.raises(InputError):
        ingest(source)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("brackets.md", "[" * 50_000),
        ("quotes.md", ">" * 50_000),
        ("headings.md", "# a\n" * 20_000),
        ("comments.md", "<!--" * 20_000),
        ("spaces.txt", " " * 200_000 + "a"),
        ("line.txt", "x" * 500_000),
        ("nested.py", "(" * 50_000),
        ("minus.py", "-" * 50_000 + "1"),
        ("surrogate.json", '[{"title": "\\ud800 a"}, {"\\udfff": "\\u0000"}]'),
        ("front.md", '---\ntitle: "\\ud800 \\e[31m"\ntags: ["\\udc00"]\n---\nText.'),
        ("escape.md", "# a\x1b[31m\u202e\n\nA sentence \x1b[0m that is long enough to be the one that is chosen here."),
    ],
)
def test_hostile_text_costs_little_and_reaches_no_title(name: str, text: str) -> None:
    begun = time.process_time()
    node = parse(text, name).node
    shown = [*(word for _, one in node.walk() for word in (one.name, one.title, one.lead))]
    shown += [word for _, levels in tree_levels(node) for word in (levels.abstract, levels.overview.replace("\n", ""))]
    assert time.process_time() - begun < 5
    for word in shown:
        assert word.isprintable()


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", "1" * 5_000), ("a.jsonl", "1" * 5_000), ("a.json", '{"a":' * 9_999)]
)
def test_json_that_cannot_be_read_is_damaged(name: str, text: str) -> None:
    with pytest.raises(Unreadable) as caught:
        parse(text, name)
    assert caught.value.reason == "damaged"


def test_an_archive_is_unpacked_within_its_bounds(tmp_path: Path) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as archive:
        archive.writestr("within.md", "# Within\n")
        archive.writestr("third.zip", b"PK")
    link = zipfile.ZipInfo("link.md")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "all.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("docs/good.md", "# Good\n")
        archive.writestr("../up.md", "x")
        archive.writestr("/etc/abs.md", "x")
        archive.writestr("C:\\win.md", "x")
        archive.writestr("nulXname.md", "x")
        archive.writestr("locked.md", "x")
        archive.writestr("bomb.md", b"a" * 3_000_000)
        archive.writestr("large.md", random.Random(1).randbytes(40_000).hex() * 60)
        archive.writestr("n" * 300 + ".md", "# Long\n")
        archive.writestr(link, "/etc/passwd")
        archive.writestr("inner.zip", inner.getvalue())
        archive.writestr(".git/config", "x")
        archive.writestr("手册.md", "# 手册\n")
    body = bytearray((tmp_path / "all.zip").read_bytes().replace(b"nulXname", b"nul\0name"))
    entry = body.find(b"locked.md", body.find(b"PK\x01\x02")) - 46
    body[entry + 8] |= 1
    # As Chinese Windows packs it: GBK bytes, and no flag that says so.
    name = "手册.md".encode()
    for at in (body.find(name) - 30 + 6, body.rfind(name) - 46 + 8):
        body[at + 1] &= ~0x08
    body = body.replace(name, "手册01.md".encode("gbk"))
    (tmp_path / "all.zip").write_bytes(body)

    documents, drops = read(tmp_path / "all.zip", limits=Limits(file_bytes=4_000_000))
    reasons = {one.rpartition("!/")[2]: drop.reason for one, drop in drops.items()}
    assert reasons == {
        "../up.md": "path",
        "/etc/abs.md": "path",
        "C:/win.md": "path",
        "nul\\x00name.md": "path",
        "locked.md": "encrypted",
        "bomb.md": "bomb",
        "large.md": "size",
        "link.md": "link",
        "third.zip": "depth",
    }
    assert {"all.zip!/docs/good.md", "all.zip!/inner.zip!/within.md"} < set(documents)
    assert documents["all.zip!/docs/good.md"].path == ("all.zip", "docs", "good.md")
    assert sorted(one.node.title for one in documents.values()) == ["Good", "Long", "Within", "手册"]
    for one in documents.values():
        assert all(safe_name(part) == part for part in one.path)


def test_an_archive_that_lists_too_much_is_not_opened(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for number in range(40):
            archive.writestr(f"{number:0200}.md", "x")
    _, drops = read(tmp_path / "a.zip", limits=Limits(archive_entries=3))
    assert [(drop.item, drop.reason) for drop in drops.values()] == [("a.zip", "damaged")]


@pytest.mark.parametrize("limits", [Limits(archive_entries=3), Limits(archive_bytes=4_000)])
def test_an_archive_stops_at_its_limit_and_says_so(limits: Limits, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(8):
            archive.writestr(f"{number}.md", f"# {number}\n" + "a b c d e f g h " * 80)
    documents, drops = read(tmp_path / "a.zip", limits=limits)
    assert len(documents) == 3
    assert {drop.reason for drop in drops.values()} == {"limit"}


# -- the web -------------------------------------------------------------------------------------------------------


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


def test_pages_come_through_the_one_fetcher(site: Site) -> None:
    page = f"<html><head><title>Guide</title></head><body><article><p>{SAID * 4}</p></article></body></html>"
    site.routes["/guide/start?v=2"] = (200, HTML, page.encode())
    site.routes["/notes.md"] = (
        200,
        {"Content-Type": "text/plain; charset=gbk"},
        "# 说明\n\n请先停止调度器。\n".encode("gbk"),
    )
    quick = WebLimits(host_delay=0.0, read_seconds=5.0, total_seconds=20.0)
    with Fetcher(allow_hosts=["127.0.0.1"], limits=quick) as fetcher:
        (first,) = ingest(site.url("/guide/start?v=2"), fetcher=fetcher)
        assert isinstance(first, Document)
        assert first.node.title == "Guide"
        assert re.fullmatch(r"guide-start-[0-9a-f]{6}\.html", first.path[1])
        (again,) = ingest(first.source, fetcher=fetcher, known=lambda *one: one == (first.source, first.sha256))
        assert again == Unchanged(first.path, first.source, first.sha256)
        (notes,) = ingest(site.url("/notes.md"), fetcher=fetcher)
        assert isinstance(notes, Document)
        assert (notes.node.title, notes.path[1]) == ("说明", "notes.md")
        (lost,) = ingest(site.url("/lost"), fetcher=fetcher)
        assert isinstance(lost, Drop)
        assert lost.reason == "unreachable"
    with Fetcher(limits=quick) as strict:
        (refused,) = ingest(site.url("/notes.md"), fetcher=strict)
        assert isinstance(refused, Drop)
        assert refused.reason == "address"
