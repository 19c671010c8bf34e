"""Front matter: the YAML block between two rules at the beginning of a Markdown file."""

import re
from typing import NamedTuple

import yaml

from afterlore.core import InputError

__all__ = ["FrontMatterBlock", "front_matter"]

_FENCE = re.compile(r"---[ \t]*\r?\n(.*?)^(?:---|\.\.\.)[ \t]*\r?$\n?", re.DOTALL | re.MULTILINE)
_LARGEST = 64 * 1024
"""Characters."""


class FrontMatterBlock(NamedTuple):
    """What stands between the rules."""

    values: dict[str, object]
    """By key, in lower case. Values are strings, and lists and mappings of them: nothing is taken for a number."""
    raw: str
    """As it is written, without the rules."""
    end: int
    """Where the text behind it begins."""


def front_matter(text: str) -> FrontMatterBlock | None:
    """The block that ``text`` begins with, or None. Raises InputError for one that cannot be read."""
    match = _FENCE.match(text)
    if match is None:
        return None
    if len(match[1]) > _LARGEST:
        raise InputError(f"its front matter is {len(match[1]):,} characters long, more than the limit of {_LARGEST:,}")
    try:
        # The base loader builds strings, lists and mappings only, so this is as safe as `safe_load`.
        read = yaml.load(match[1], Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f" in line {where.line + 2}" if where is not None else ""
        raise InputError(f"its front matter is not YAML{line}: {getattr(error, 'problem', None) or error}") from error
    except (RecursionError, ValueError) as error:
        raise InputError(f"its front matter is not YAML: {error}") from error
    if not isinstance(read, dict):
        # A page may begin with a rule between two paragraphs.
        return None
    values = {str(key).strip().lower(): value for key, value in read.items()}
    return FrontMatterBlock(values, match[1], match.end())
