"""Levels: what a reader sees before the text itself, made of the text's own words, without a model.

L0 (``abstract``, at most 256 characters) is the title and the one sentence that says most; L1 (``overview``, at most
4,000) the outline and the sentences that carry most, and for a directory what lies below it. Levels are made bottom-up:
a directory's from those of its children, so that a change costs the levels of the directories above it and no more.

Not covered: nothing is reworded, so a text without a good sentence has no good abstract.
"""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from afterlore.context.ingest.markdown import plain_title
from afterlore.context.ingest.names import one_line, section_name
from afterlore.context.ingest.node import Heading, Node
from afterlore.context.prose import Prose, Rarity, read_prose, shortened
from afterlore.text.language import language

__all__ = ["ABSTRACT", "OVERVIEW", "Child", "Levels", "directory_levels", "file_levels", "tree_levels"]

ABSTRACT = 256
"""Characters of an L0."""
OVERVIEW = 4_000
"""Characters of an L1."""

_OUTLINE = 1_800
"""Characters of an L1 that the outline may take; deeper headings go first."""
_FEW = 3
"""Children of which an L0 can say more than their titles."""
_POINTS = 8
"""Sentences of an L1."""
_PROSE = frozenset({"text/markdown", "text/plain"})
_ABOUT_ITSELF = (
    "index",
    "readme",
    "overview",
    "introduction",
    "intro",
    "about",
    "home",
    "概述",
    "简介",
    "说明",
    "__init__",
)


_SIGNATURE = re.compile(r"^(?:class )?([A-Za-z_]\w*)(?:\([^()]*\))?$", re.ASCII)


class Levels(NamedTuple):
    """L0 and L1 of one node. Neither is ever empty."""

    abstract: str
    overview: str


class Child(NamedTuple):
    """What a directory's levels need to know of one node in it."""

    name: str
    title: str
    abstract: str
    """Its L0."""
    files: int | None = 0
    """Files below it; 0 for a file, None for a directory whose files nobody has counted."""


class _Words(NamedTuple):
    colon: str
    dash: str
    """In the colon's place behind a title that has one."""
    comma: str
    semicolon: str
    """In the comma's place between titles that have one."""
    stop: str
    """Behind a sentence that has no end of its own."""
    gap: str
    """Between sentences."""
    outline: str
    points: str
    below: str
    file: str
    files: str
    entries: str
    """Files and directories side by side."""
    more: str


_EN = _Words(
    ": ",
    " — ",
    ", ",
    "; ",
    ".",
    " ",
    "Outline",
    "Key points",
    "Below: ",
    "1 file",
    "{} files",
    "{} entries",
    "… and {} more",
)
_ZH = _Words(
    "：", "——", "、", "；", "。", "", "目录", "要点", "下含：", "1 个文件", "{} 个文件", "{} 项", "……另有 {} 项"
)


def file_levels(node: Node, rarity: Rarity | None = None) -> Levels:
    """The levels of a file, from its text. ``rarity`` says how telling a term is beyond it; without one, only the text
    itself is asked.
    """
    if node.media_type in _PROSE:
        prose = read_prose(node.text, node.media_type, node.title, rarity)
    else:
        prose = Prose((), (), (), ())
    core = _core(node, prose)
    title = one_line(node.title) or node.name
    words = _ZH if language(f"{title} {core}") == "zh" else _EN
    abstract = _titled(title, core, words, ABSTRACT)
    parts = [f"# {shortened(title, 200)}"]
    if core:
        parts.append(shortened(core, 600))
    outline = _outline(node.outline, _OUTLINE)
    if outline:
        parts.append(f"## {words.outline}\n{outline}")
    room = OVERVIEW - sum(len(part) + 2 for part in parts) - len(words.points) - 6
    count = min(_POINTS, 2 + len(node.text) // 1_500)
    points = prose.best(count, without=[core], size=min(room - 4 * count, 200 + len(node.text) // 2))
    said = [point.text for point in points]
    if len(said) < 3:
        said += [shortened(entry, 160) for entry in (*prose.entries, *prose.rows)][:_POINTS]
    if said:
        parts.append(f"## {words.points}\n" + "\n".join(f"- {one}" for one in said))
    return Levels(abstract, shortened("\n\n".join(parts), OVERVIEW))


def directory_levels(title: str, children: Sequence[Child], *, lead: str = "", more: int = 0) -> Levels:
    """The levels of a directory, from those of its children, in their order: no text is read again.

    ``lead`` is what the directory's source says of itself (``Node.lead``); ``more`` children are there besides.
    """
    title, lead = one_line(title) or "untitled", one_line(lead)
    children = [child._replace(title=one_line(child.title)) for child in children]
    parts = bool(children) and all(child.title.startswith(f"{title} (") for child in children)
    about = next((child for child in children if _about_itself(child, title)), children[0] if parts else None)
    core = lead or (_itself(about) if about else "")
    if len(children) == 1 and not core:
        core = one_line(children[0].abstract)
    # What it says of itself is in its own language; else that of most of what it holds.
    own = f"{title} {core}" if core else " ".join([title, *(child.abstract for child in children[:20])])
    words = _ZH if language(own) == "zh" else _EN
    others = [] if parts or len(children) == 1 else [child for child in children if child is not about]
    # What is private, by its name, is told last.
    titles = sorted(map(_called, others), key=lambda called: called.startswith("_"))
    if not core and len(titles) <= _FEW:
        room = (ABSTRACT - len(title) - 8) // max(1, len(titles))
        titles = [_titled(_called(child), _itself(child), words, room).rstrip(".。") for child in others]
    abstract = _with_below(title, core, titles, words) if titles else _titled(title, core, words, ABSTRACT)
    counts = [child.files for child in children]
    counted = sum(count or 1 for count in counts if count is not None)
    below = _counted(counted, words) if None not in counts and not more else words.entries.format(len(counts) + more)
    opening = [f"# {shortened(title, 200)}", *([shortened(core, 600)] if core else []), below]
    room = OVERVIEW - sum(len(part) + 2 for part in opening)
    return Levels(abstract, "\n\n".join([*opening, _entries(title, children, core, words, room)])[:OVERVIEW])


def tree_levels(node: Node, rarity: Rarity | None = None) -> Iterator[tuple[tuple[str, ...], Levels]]:
    """The levels of every node of a tree with its path (``node.name`` first), children before their parents."""
    for path, levels, _ in _tree(node, (), rarity):
        yield path, levels


def _tree(node: Node, above: tuple[str, ...], rarity: Rarity | None) -> Iterator[tuple[tuple[str, ...], Levels, Child]]:
    path = (*above, node.name)
    if not node.is_directory:
        levels = file_levels(node, rarity)
        yield path, levels, Child(node.name, node.title, levels.abstract)
        return
    children: list[Child] = []
    for child in node.children:
        for found in _tree(child, path, rarity):
            yield found
        children.append(found[2])
    levels = directory_levels(node.title, children, lead=node.lead)
    files = sum(child.files or 1 for child in children)
    yield path, levels, Child(node.name, node.title, levels.abstract, files)


def _core(node: Node, prose: Prose) -> str:
    """The sentence that says what a file is about, or the nearest thing that it has to one."""
    if node.lead:
        return one_line(node.lead)
    best = prose.best(1)
    if best:
        return best[0].text
    if node.outline:
        titles = [heading.title for heading in node.outline if heading.depth == 1]
        return _listed(titles, _ZH if language(" ".join(titles)) == "zh" else _EN, ABSTRACT)
    entries = prose.entries or prose.rows
    if entries:
        return ("；" if language(" ".join(entries)) == "zh" else "; ").join(entries[:6])
    if node.media_type not in _PROSE:
        return ""
    if prose.code:
        return one_line(prose.code[0])
    lines = (one_line(plain_title(line)).lstrip("#/;*- ") for line in node.text.split("\n"))
    return next((line for line in lines if any(map(str.isalnum, line)) and line != node.title), "")


def _titled(title: str, core: str, words: _Words, size: int) -> str:
    """Title and sentence in ``size`` characters; a sentence that begins with the title stands alone."""
    title = shortened(title, min(size, 120))
    if not core or core == title:
        return title
    if _begins_with(core, title):
        return shortened(core, size)
    mark = words.dash if ":" in title or "：" in title else words.colon
    room = size - len(title) - len(mark)
    return f"{title}{mark}{shortened(core, room)}" if room > 20 else title


def _with_below(title: str, core: str, titles: Sequence[str], words: _Words) -> str:
    """Title, sentence, and what lies below: in the room that the sentence leaves, and in a third of it at least."""
    if not core:
        head = shortened(title, ABSTRACT // 2) + words.colon
        return head + _listed(titles, words, ABSTRACT - len(head))
    room = ABSTRACT - len(words.stop) - len(words.gap) - len(words.below)
    below = len(words.comma.join(titles))
    head = _titled(title, core, words, max(room * 2 // 3, room - below))
    head += ("" if head[-1] in ".!?…。！？" else words.stop) + words.gap + words.below
    return head + _listed(titles, words, ABSTRACT - len(head))


def _begins_with(core: str, title: str) -> bool:
    """Whether the sentence begins with the title as a word: "Go" opens "Go is a language", and not "Google is one"."""
    after = core[len(title) : len(title) + 1]
    cut = title[-1].isascii() and title[-1].isalnum() and after.isascii() and after.isalnum()
    return core.casefold().startswith(title.casefold()) and not cut


def _outline(headings: Sequence[Heading], size: int) -> str:
    for deepest in (6, 2, 1):
        for leads in (True, False):
            lines = [
                f"{'  ' * (heading.depth - 1)}- {shortened(heading.title, 120)}"
                + (f" — {shortened(heading.lead, 160)}" if leads and heading.lead else "")
                for heading in headings
                if heading.depth <= deepest
            ]
            if sum(len(line) + 1 for line in lines) <= size:
                return "\n".join(lines)
    return _fitting(lines, size, _EN)


def _about_itself(child: Child, title: str) -> bool:
    """Whether a child speaks of the directory as a whole."""
    stem = child.name.rpartition(".")[0].casefold() or child.name.casefold()
    return stem in _ABOUT_ITSELF or (child.title == title and child.files == 0)


def _said(child: Child) -> str:
    """A child's abstract without its title."""
    for mark in (_EN.colon, _ZH.colon, _EN.dash, _ZH.dash):
        if child.abstract.startswith(child.title + mark):
            return one_line(child.abstract[len(child.title) + len(mark) :])
    return "" if child.abstract == child.title else one_line(child.abstract)


def _itself(child: Child) -> str:
    """A child's abstract without its title, and without what lies below it."""
    return re.split(rf" {_EN.below}|{_ZH.below}", _said(child))[0]


def _counted(files: int, words: _Words) -> str:
    return words.file if files == 1 else words.files.format(files)


def _called(child: Child) -> str:
    """A child's title; of a function's signature, its name."""
    return shortened(_SIGNATURE.sub(r"\1", child.title), 60)


def _listed(titles: Sequence[str], words: _Words, size: int) -> str:
    """As many of the titles as fit, and how many more there are."""
    comma = words.semicolon if re.search("[,，、;；:：]", "".join(titles)) else words.comma
    whole = comma.join(titles)
    if len(whole) <= size:
        return whole
    for count in range(len(titles) - 1, 0, -1):
        text = comma.join(titles[:count]) + comma + words.more.format(len(titles) - count)
        if len(text) <= size:
            return text
    return shortened(whole, size)


def _entries(title: str, children: Sequence[Child], core: str, words: _Words, size: int) -> str:
    """A line for each child: its name, what it says, what is below it; less of each when there are many."""
    share = max(60, size // max(1, len(children)))
    lines = []
    for child in children:
        line = f"- {child.name}{'' if child.files == 0 else '/'}"
        if child.files and child.files > 1:
            line += f" ({_counted(child.files, words)})"
        stem = child.name.rpartition(".")[0] or child.name
        same = section_name(child.title) in (stem, child.name)
        said = _said(child) if same else one_line(child.abstract)
        if core and core in child.abstract:
            said = "" if same or child.title == title else child.title
        room = min(240, share - len(line) - 4)
        # Less than half a line of a sentence tells nothing; the name alone reads better.
        if said and (len(said) <= room or room >= 48):
            line += words.colon + shortened(said, room)
        lines.append(line)
    return _fitting(lines, size, words)


def _fitting(lines: Sequence[str], size: int, words: _Words) -> str:
    """As many of the lines as fit, and how many more there are."""
    whole = "\n".join(lines)
    if len(whole) <= size:
        return whole
    kept: list[str] = []
    left = size - len(words.more) - 8
    for line in lines:
        if len(line) + 1 > left:
            break
        kept.append(line)
        left -= len(line) + 1
    return "\n".join([*kept, words.more.format(len(lines) - len(kept))])
