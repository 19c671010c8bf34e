"""Source code by its symbols: Python from its syntax tree, other languages by the blocks at the left margin.

A block begins at a line without indentation, behind an empty line or the closing bracket of another block, and is named
by the first declaration in it. That is no parser: a nested function is part of what is around it, and code that is
indented throughout stays one piece.
"""

import ast
import re
import warnings

from afterlore.context.ingest.sections import Outline, Section

__all__ = ["LANGUAGES", "read_code", "read_python"]

# fmt: off
LANGUAGES = {
    ".c": "c", ".h": "c", ".cc": "c++", ".cpp": "c++", ".cxx": "c++", ".hpp": "c++", ".hh": "c++", ".cu": "c++",
    ".cs": "csharp", ".go": "go", ".java": "java", ".js": "javascript", ".mjs": "javascript", ".cjs": "javascript",
    ".jsx": "javascript", ".ts": "typescript", ".tsx": "typescript", ".kt": "kotlin", ".lua": "lua", ".php": "php",
    ".pl": "perl", ".r": "r", ".rb": "ruby", ".rs": "rust", ".scala": "scala", ".sh": "sh", ".bash": "sh",
    ".sql": "sql", ".swift": "swift", ".zig": "zig", ".dart": "dart", ".ex": "elixir", ".jl": "julia", ".vue": "vue",
    ".css": "css", ".scss": "css", ".proto": "protobuf",
}
# fmt: on
"""Extensions that are read as code, Python aside."""
_WORDS = (
    "export|default|public|private|protected|internal|static|final|abstract|async|pub|unsafe|extern|inline|virtual|"
    "override|sealed|open|data|partial|declare|const|local|create|or|replace|if|not|exists|temporary"
)
_KINDS = (
    "function|class|interface|struct|enum|union|trait|fn|func|fun|type|module|mod|namespace|object|protocol|extension|"
    "record|def|defmodule|sub|impl|message|service|table|view|index|trigger|procedure|macro_rules!"
)
_DECLARED = re.compile(
    rf"^(?:(?:{_WORDS})(?:\([^()]*\))?\s+)*(?:{_KINDS})\b\*?(?:\s*<[^<>]*>)?(?:\s*\([^()]*\))?\s+"
    r"(?:if\s+not\s+exists\s+)?[\"`]?(?P<name>[A-Za-z_$][\w$.:]*)",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"^(?:export\s+)?(?:const|let|var|val)\s+(?P<name>[A-Za-z_$][\w$]*)\s*(?::[^=]+)?=")
_CALLED = re.compile(
    r"^(?!(?:if|for|while|switch|return|else)\b)(?:[\w:<>,*&\[\]~]+\s+)*[*&]*(?P<name>[A-Za-z_~][\w:~]*)\s*\([^;]*$"
)
_COMMENT = re.compile(r"^\s*(?://+!?|#+!?|--+|/\*+|\*+/?|;+|<!--)\s?")
_CLOSER = re.compile(r"^(?:[})\]]|end\b|fi\b|done\b|esac\b)")
_NAMED = (ast.Name, ast.Attribute, ast.Subscript)
"""Base classes that are written out; a computed one can be any expression."""
_LEAD = 300
"""Characters of a comment or docstring that are kept as a lead."""


def read_python(text: str, fallback: str) -> Outline | None:
    """The outline of a Python module, or None for text that is no Python 3."""
    try:
        with warnings.catch_warnings():
            # What the compiler thinks of somebody else's escapes is not our reader's concern.
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    starts[-1] = len(text)
    root = Section(fallback, 0, len(text), 0, _first_paragraph(ast.get_docstring(tree)))
    _symbols(tree, root, lines, starts)
    cuts = sorted({starts[_first_line(node, lines)] for node in ast.walk(tree) if isinstance(node, ast.stmt)})
    return Outline(text, root, cuts, "text/x-python", ".py")


def read_code(text: str, fallback: str, language: str, extension: str) -> Outline:
    """The outline of code in another language."""
    blocks = _blocks(text)
    root = Section(fallback, 0, len(text), 0, _comment(text))
    for start, end in blocks:
        name = _declared(text[start:end])
        if name:
            if root.sections:
                root.sections[-1].end = start
            lead = _comment(text[start:end])
            root.sections.append(Section(name, start, len(text), start, lead, name=re.sub(r"\W+", "-", name)))
    return Outline(text, root, [start for start, _ in blocks], f"text/x-{language}", extension)


def _symbols(tree: ast.Module | ast.ClassDef, into: Section, lines: list[str], starts: list[int]) -> None:
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        start = starts[_first_line(node, lines)]
        if into.sections:
            into.sections[-1].end = start
        lead = _first_paragraph(ast.get_docstring(node))
        # Everything of a function is its own text; a heading of its own it has none.
        section = Section(_signature(node), start, into.end, start, lead, name=node.name)
        into.sections.append(section)
        if isinstance(node, ast.ClassDef):
            _symbols(node, section, lines, starts)
    for section in into.sections[-1:]:
        section.end = into.end
        _close(section)


def _close(section: Section) -> None:
    """What follows the last symbol of a class, up to the next, belongs to that symbol."""
    if section.sections:
        section.sections[-1].end = section.end
        _close(section.sections[-1])


def _first_line(node: ast.stmt, lines: list[str]) -> int:
    """Index of the statement's first line, with its decorators and the comments right above it."""
    decorators = getattr(node, "decorator_list", [])
    line: int = min([node.lineno, *(decorator.lineno for decorator in decorators)]) - 1
    while line and lines[line - 1].lstrip().startswith("#"):
        line -= 1
    return line


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> str:
    if isinstance(node, ast.ClassDef):
        bases = ", ".join(ast.unparse(base) for base in node.bases if isinstance(base, _NAMED))
        return f"class {node.name}({bases})" if bases else f"class {node.name}"
    given = node.args
    words = [argument.arg for argument in (*given.posonlyargs, *given.args)]
    words += [f"*{given.vararg.arg}"] if given.vararg else []
    words += [argument.arg for argument in given.kwonlyargs]
    words += [f"**{given.kwarg.arg}"] if given.kwarg else []
    return f"{node.name}({', '.join(word for word in words if word not in ('self', 'cls'))})"


def _first_paragraph(docstring: str | None) -> str:
    return " ".join((docstring or "").strip().split("\n\n")[0].split())[:_LEAD]


def _blocks(text: str) -> list[tuple[int, int]]:
    starts: list[int] = []
    at, fresh = 0, True
    for line in text.split("\n"):
        if not line.strip():
            fresh = True
        elif not line[0].isspace() and not _CLOSER.match(line):
            if fresh:
                starts.append(at)
            fresh = False
        else:
            # An indented line behind an empty one goes on with its block.
            fresh = bool(_CLOSER.match(line))
        at += len(line) + 1
    return list(zip(starts, [*starts[1:], len(text)], strict=True)) if starts else []


def _declared(block: str) -> str:
    for line in block.split("\n")[:40]:
        if not line or line[0].isspace() or _COMMENT.match(line):
            continue
        line = line[:300]
        for pattern in (_DECLARED, _ASSIGNED, _CALLED):
            match = pattern.match(line)
            if match and (pattern is not _CALLED or "{" in block[: block.find(line) + len(line) + 2]):
                return match["name"]
        return ""
    return ""


def _comment(text: str) -> str:
    """The comment that the text opens with, without its marks."""
    words: list[str] = []
    inside = False
    for line in text.lstrip().split("\n")[:40]:
        if line.startswith("#!"):
            continue
        if not (_COMMENT.match(line) or inside) or (words and not line.strip("/*#-; \t")):
            break
        inside = (inside or line.lstrip().startswith("/*")) and "*/" not in line
        words.append(_COMMENT.sub("", line).replace("*/", "").strip())
        if not inside and "*/" in line:
            break
    return " ".join(" ".join(words).split())[:_LEAD]
