"""Web pages: the main text as ``afterlore.web`` finds it, with the headings that the page marks as such."""

from lxml.html import HtmlElement

from afterlore.context.ingest.markdown import FrontMatter
from afterlore.context.ingest.sections import Outline, Writer
from afterlore.web.blocks import parse, squeeze
from afterlore.web.extract import MAX_CHARS, extract
from afterlore.web.page import Page

__all__ = ["FIXES", "read_html"]

FIXES = {
    "empty": "open the page in a browser; if there is text, save it and import the file",
    "image_only": "nothing to do: the page has no text",
    "deleted": "nothing to do: the page was taken down",
    "verification": "open the address in a browser, pass the check, save the page and import the file",
    "not_article": "import the pages that it links to",
}
"""What can be done about each ``Page.problem``."""


def read_html(text: str, fallback: str, url: str | None) -> tuple[Outline, FrontMatter] | Page:
    """The outline of a page and what its head says, or the page with its problem when there is no text to keep."""
    page = extract(text, url)
    if page.problem:
        return page
    root = parse(text[:MAX_CHARS])
    headings = _headings(root) if root is not None else {}
    writer = Writer()
    for line in page.text.split("\n"):
        level = headings.pop(line, 0)
        if level:
            writer.heading(level, line)
        else:
            writer.paragraph(line)
    title = page.title or fallback
    return writer.outline(title), FrontMatter(title=title, modified=page.published, url=page.url)


def _headings(root: HtmlElement) -> dict[str, int]:
    found: dict[str, int] = {}
    for level in range(1, 7):
        for node in root.iter(f"h{level}"):
            text = squeeze("".join(node.itertext()))
            if text:
                found.setdefault(text, level)
    return found
