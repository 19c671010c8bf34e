"""The article of any web page, as plain text: trafilatura (Barbaresi 2021, ACL demo) with what news pages need on top.

What is added, and why. Trafilatura's precise setting leaves out headings that are links, so those that stand
between two kept paragraphs come back from its balanced setting; when the precise setting keeps less than half
of the balanced one, the balanced one stands. The page's title as first line, calls to subscribe, lists of
related stories and lines that a page says twice are dropped. Parts that the page hides (pop-up biographies,
menus) go before extraction.
"""

import re
from itertools import pairwise

import lxml.etree
import trafilatura
from lxml.html import HtmlElement

from afterlore.text.language import language
from afterlore.web import wechat
from afterlore.web.blocks import MAX_CHARS, hidden, images, parse, squeeze, text_lines
from afterlore.web.footer import asks, decoration
from afterlore.web.meta import Meta, meta
from afterlore.web.page import Page, Problem

__all__ = ["MAX_CHARS", "Page", "Problem", "extract", "main_lines"]

_FAST_ABOVE = 600_000
"""Characters of HTML above which trafilatura's slow second opinions (readability, jusText) are not asked."""
_PRECISE_SHARE = 0.5
"""Share of the balanced text below which the precise one is taken to have lost the article."""
_NOTICE = 700
"""Characters of page text up to which a notice (gone, prove that you are human) can be the whole page."""
_GONE = re.compile(
    r"\b404\b|\b410\b|page (?:not found|does(?:n.t| not) exist|no longer)|no longer available|"
    r"has been (?:removed|deleted)|"
    r"页面不存在|文章(?:不存在|已(?:被)?删除)|内容(?:不存在|已(?:被)?删除|已下架)|找不到(?:该|此|您)|"
    r"已被(?:作者|发布者)?删除",
    re.I,
)
_HUMAN = re.compile(
    r"just a moment|checking your browser|verify(?:ing)? (?:that )?you are (?:a )?human|enable javascript and cookies|"
    r"attention required|are you a robot|captcha|access denied|unusual traffic|安全验证|人机验证|滑动验证|"
    r"请完成验证|访问过于频繁|环境异常",
    re.I,
)
_FAILURES = (lxml.etree.LxmlError, ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError)
"""What trafilatura 2.3 is known to raise on broken pages. Named, so that an error of our own still shows."""


def extract(html: str, url: str | None = None) -> Page:
    """The page that ``html`` is. At most MAX_CHARS are read. Never raises for what it holds: see ``Page.problem``.

    ``url`` is the address it came from; relative addresses are resolved against it.
    """
    if wechat.is_wechat(html, url):
        return wechat.extract(html, url)
    if not re.search(r"<[a-zA-Z!/]", html[:MAX_CHARS]):
        return Page(url=url, problem="not_article" if html.strip() else "empty", detail="there is no markup in it")
    root = parse(html)
    if root is None:
        return Page(url=url, problem="empty", detail="the page holds no markup")
    found = meta(root, url)
    _drop_hidden(root)
    everything = " ".join(text_lines([root]))
    lines = main_lines(root, found.title, fast=len(html) > _FAST_ABOVE)
    pictures = _pictures(root, found, url)
    text = "\n".join(lines)
    problem, detail = _problem(root, text, everything, pictures)
    if problem in ("deleted", "verification"):
        text, pictures = "", []
    return Page(
        title=found.title,
        outlet=found.site,
        author=found.author,
        published=found.published,
        text=text,
        images=tuple(pictures),
        language=language(text) if text else "",
        url=found.canonical or url,
        problem=problem,
        detail=detail,
    )


def main_lines(root: HtmlElement, title: str, *, fast: bool = False) -> list[str]:
    """Paragraphs of the page's article, plain text, without its title. ``fast`` trades a little accuracy for time."""
    precise = _trafilatura(root, fast=fast, favor_precision=True)
    balanced = _trafilatura(root, fast=fast, favor_precision=False)
    if sum(map(len, precise)) < _PRECISE_SHARE * sum(map(len, balanced)):
        lines = balanced
    else:
        lines = _with_headings(precise, balanced, root)
    return _without_boilerplate(lines, title)


def _trafilatura(root: HtmlElement, *, fast: bool, favor_precision: bool) -> list[str]:
    try:
        # The tree is changed by extraction, so each call gets its own.
        found = trafilatura.extract(
            lxml.etree.tostring(root, encoding="unicode", method="html"),
            include_comments=False,
            favor_precision=favor_precision,
            fast=fast,
        )
    except _FAILURES:
        return []
    return [line for raw in (found or "").split("\n") if (line := squeeze(raw))]


def _with_headings(precise: list[str], balanced: list[str], root: HtmlElement) -> list[str]:
    """``precise`` with those headings of the page that the balanced text has between two lines both have."""
    headings = {squeeze("".join(node.itertext())) for level in "123456" for node in root.iter(f"h{level}")}
    place = {line: i for i, line in enumerate(balanced)}
    known = set(precise)
    lines = precise[:1]
    for before, after in pairwise(precise):
        if before in place and after in place and 0 < place[after] - place[before] <= 4:
            between = balanced[place[before] + 1 : place[after]]
            lines += [line for line in between if line in headings and line not in known]
        lines.append(after)
    return lines


def _without_boilerplate(lines: list[str], title: str) -> list[str]:
    kept: list[str] = []
    teasers: set[str] = set()
    for line in lines:
        bare = line.lstrip("-•· ").strip()
        if asks(bare) or bare in teasers:
            continue
        # What the first lines say and a later one repeats was the standfirst; lists repeat for good reasons.
        if len(kept) < 3 and len(bare) >= 60:
            teasers.add(bare)
        kept.append(line)
    if kept and _same(kept[0], title):
        kept = kept[1:]
    while kept and decoration(kept[-1]):
        kept.pop()
    return kept


def _same(line: str, title: str) -> bool:
    def bare(text: str) -> str:
        return re.sub(r"\W", "", text).casefold()

    a, b = bare(line), bare(title)
    # A title often carries the site's name behind it.
    return bool(a) and (a == b or (len(a) >= 12 and b.startswith(a)))


def _drop_hidden(root: HtmlElement) -> None:
    total = len("".join(root.itertext()))
    for node in [element for element in root.iter() if isinstance(element.tag, str) and hidden(element)]:
        # Some pages hide their whole body until a script has run.
        if node.getparent() is not None and len("".join(node.itertext())) < total * 0.3:
            node.drop_tree()


def _pictures(root: HtmlElement, found: Meta, url: str | None) -> list[str]:
    bodies = root.xpath("//article") or root.xpath("//main") or root.xpath('//*[@itemprop="articleBody"]')
    inside = images(max(bodies, key=lambda node: len("".join(node.itertext()))), url) if bodies else iter(())
    first = [found.image] if found.image else []
    return list(dict.fromkeys([*first, *inside]))[:60]


def _problem(root: HtmlElement, text: str, everything: str, pictures: list[str]) -> tuple[Problem | None, str]:
    title = squeeze("".join(root.xpath("//title//text()")))
    if len(everything) <= _NOTICE and len(text) < 400:
        notice = f"{title} {everything}"
        if match := _HUMAN.search(notice):
            return "verification", f"the page asks for a check: {match[0]!r}"
        if match := _GONE.search(notice):
            return "deleted", f"the page says {match[0]!r}"
    letters = sum(char.isalnum() for char in text)
    if letters >= 20 and not _mostly_links(root, text):
        return None, ""
    if letters >= 20:
        return "not_article", "the page is a list of links"
    if pictures or root.xpath("//img"):
        return "image_only", f"pictures and {letters} characters of text"
    return "empty", "no article text was found"


def _mostly_links(root: HtmlElement, text: str) -> bool:
    lines = text.split("\n")
    if any(len(line) >= 120 or line[-1:] in "。！？.!?" for line in lines):
        return False
    anchors = {squeeze("".join(node.itertext())) for node in root.iter("a")}
    return len(lines) >= 5 and sum(line.lstrip("- ") in anchors for line in lines) >= len(lines) * 0.7
