"""PDF (pypdf) and Word (python-docx), the extra ``documents``: text, headings and tables; no pictures, no layout.

The libraries are imported when the first such file is read.
"""

import io
import logging
import re
import zipfile
from collections.abc import Iterator
from statistics import quantiles
from typing import TYPE_CHECKING, Any

from afterlore.context.ingest.node import Limits
from afterlore.context.ingest.sections import Outline, Writer

if TYPE_CHECKING:
    from docx.table import Table as WordTable
    from docx.text.paragraph import Paragraph

__all__ = ["BadDocument", "read_docx", "read_pdf"]

_INSTALL = "install it with: pip install 'afterlore[documents]'"
_HEADING = re.compile(r"(?:heading|标题) ?(\d)", re.IGNORECASE)
_ENDS = re.compile(r"[。！？.!?:：;；”」）)]$")
_MARK = re.compile(
    r"^(?:[-•·●■◆○▪‣*]\s|\(?\d{1,2}[.)、]|[（(][一二三四五六七八九十\d]{1,2}[）)]|[一二三四五六七八九十]{1,3}、)"
)
_HAN = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_OLE = b"\xd0\xcf\x11\xe0"


class BadDocument(Exception):
    """The file cannot be read. ``reason`` and ``fix`` are those of the Drop; carries data and does nothing."""

    def __init__(self, reason: str, detail: str, fix: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.fix = fix


def read_pdf(body: bytes, fallback: str) -> Outline:
    """The text of a PDF by its bookmarks, or by its pages when it has none. Raises BadDocument."""
    try:
        import pypdf
    except ImportError as error:
        raise BadDocument("extra", "reading PDF needs the extra 'documents'", _INSTALL) from error
    try:
        # What the library thinks of a damaged file is said by the Drop.
        logging.getLogger("pypdf").setLevel(logging.CRITICAL)
        reader = pypdf.PdfReader(io.BytesIO(body))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadDocument("encrypted", "it is protected by a password", "save it without one")
        pages = [page.extract_text() for page in reader.pages]
        title = " ".join(str((reader.metadata.title if reader.metadata else "") or "").split())
        marks = _bookmarks(reader, len(pages))
    except BadDocument:
        raise
    except pypdf.errors.DependencyError as error:
        raise BadDocument("encrypted", "it is encrypted in a way that is not read here", "save it without") from error
    except Exception as error:
        # A broken file makes the library fail in any way there is.
        detail = f"it is damaged, or no PDF: {type(error).__name__}: {' '.join(str(error).split())[:120]}"
        raise BadDocument("damaged", detail, "open it in a viewer and save it again") from error
    if sum(len(page.strip()) for page in pages) < 20:
        raise BadDocument("image_only", f"its {len(pages)} pages hold no text", "run text recognition (OCR) over it")
    return _pdf_outline(pages, marks, title if _useful(title) else "", fallback)


def read_docx(body: bytes, fallback: str, limits: Limits) -> Outline:
    """The headings, paragraphs, lists and tables of a Word document. Raises BadDocument."""
    try:
        import docx
        from docx.table import Table
    except ImportError as error:
        raise BadDocument("extra", "reading Word documents needs the extra 'documents'", _INSTALL) from error
    if body.startswith(_OLE):
        raise BadDocument("encrypted", "it has a password, or is the old .doc format", "save it as .docx without one")
    _checked(body, limits)
    try:
        document = docx.Document(io.BytesIO(body))
        title = " ".join((document.core_properties.title or "").split())
        writer = Writer()
        for block in document.iter_inner_content():
            if isinstance(block, Table):
                writer.paragraph("\n".join(_table(block)))
            elif _style(block) == "title":
                title = " ".join(block.text.split()) or title
            elif match := _HEADING.match(_style(block)):
                writer.heading(int(match[1]), block.text)
            else:
                bullet = "- " if _style(block).startswith("list") or _numbered(block) else ""
                writer.paragraph(bullet + block.text if block.text.strip() else "")
        outline = writer.outline(title or fallback)
    except Exception as error:
        # As above.
        detail = f"it is damaged, or no Word document: {type(error).__name__}"
        raise BadDocument("damaged", detail, "open it in a word processor and save it again") from error
    if not outline.text.strip():
        raise BadDocument("empty", "there is no text in it", "nothing to do")
    return outline


def _checked(body: bytes, limits: Limits) -> None:
    """Word's format is a zip archive that the library unpacks without a limit of its own."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError) as error:
        raise BadDocument("damaged", "it is no Word document", "open it and save it again") from error
    for part in parts:
        large = part.file_size > 8 * 2**20 and part.file_size > limits.archive_ratio * max(1, part.compress_size)
        if large or part.file_size > 4 * limits.file_bytes:
            raise BadDocument("bomb", "a part of it unpacks to a size that no document has", "leave it out")
    if sum(part.file_size for part in parts) > limits.archive_bytes or len(parts) > limits.archive_entries:
        raise BadDocument("bomb", "it unpacks to a size that no document has", "leave it out")


def _style(paragraph: "Paragraph") -> str:
    style = paragraph.style
    return str(style.name or "").lower() if style is not None else ""


def _numbered(paragraph: "Paragraph") -> bool:
    properties: Any = paragraph._p.pPr
    return properties is not None and properties.numPr is not None


def _table(table: "WordTable") -> Iterator[str]:
    for number, row in enumerate(table.rows):
        cells: list[str] = []
        last: Any = None
        for cell in row.cells:
            # A cell that spans several columns is given once for each.
            if cell._tc is not last:
                cells.append(" ".join(cell.text.split()).replace("|", "\\|"))
            last = cell._tc
        yield f"| {' | '.join(cells)} |"
        if not number:
            yield "|" + " --- |" * len(cells)


def _bookmarks(reader: Any, pages: int) -> list[tuple[int, int, str]]:
    """(page, depth, title), in the order of the pages."""
    found: list[tuple[int, int, str]] = []

    def visit(entries: Any, depth: int) -> None:
        for entry in entries:
            if isinstance(entry, list):
                visit(entry, depth + 1)
                continue
            page = reader.get_destination_page_number(entry)
            title = " ".join(str(entry.title or "").split())
            if title and page is not None and 0 <= page < pages:
                found.append((page, depth, title))

    try:
        visit(reader.outline, 1)
    except Exception:  # noqa: BLE001 - bookmarks are a help; broken ones must not cost the text
        return []
    return sorted(found, key=lambda one: one[0])


def _pdf_outline(pages: list[str], marks: list[tuple[int, int, str]], title: str, fallback: str) -> Outline:
    writer = Writer()
    waiting = list(marks)
    first = ""
    for number, page in enumerate(pages):
        while waiting and waiting[0][0] <= number:
            _, depth, name = waiting.pop(0)
            writer.mark(depth, name)
        for paragraph in _paragraphs(page):
            first = first or paragraph
            writer.paragraph(paragraph)
    return writer.outline(title or (first if len(first) <= 80 else fallback))


def _paragraphs(page: str) -> Iterator[str]:
    """The page's lines joined: one goes on with the line above when that is full and has not come to an end."""
    lines = [line.strip() for line in page.split("\n")]
    widths = [_width(line) for line in lines if line]
    full = 0.8 * (quantiles(widths, n=10)[-1] if len(widths) > 1 else 1_000)
    pending = last = ""
    for line in lines:
        if pending and line and _width(last) >= full and not _ENDS.search(pending) and not _MARK.match(line):
            pending = _glued(pending, line)
        else:
            if pending:
                yield pending
            pending = line
        last = line
    if pending:
        yield pending


def _glued(before: str, line: str) -> str:
    if re.search(r"[a-z]-$", before) and line[:1].islower():
        return before[:-1] + line
    return before + line if _HAN.match(before[-1]) or _HAN.match(line[0]) else f"{before} {line}"


def _width(line: str) -> int:
    return len(line) + len(_HAN.findall(line))


def _useful(title: str) -> bool:
    """Whether a PDF's title was written by a person; programs put file names there."""
    return len(title) > 3 and not re.search(
        r"(?i)\.(?:docx?|pdf|tex|indd|pptx?)$|^(?:microsoft word|untitled|无标题)", title
    )
