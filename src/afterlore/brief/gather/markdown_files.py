"""The metadata that saved files carry: YAML front matter, quote lines below a Markdown title, the head of a text file.

YAML is read with every value as text (PyYAML's base loader, which builds nothing but strings, lists and mappings): a
title ``No`` is no boolean, and a date keeps the offset that it was written with.
"""

import re
from datetime import datetime, tzinfo
from typing import NamedTuple

from afterlore.brief.gather.moments import moment
from afterlore.text.front_matter import front_matter
from afterlore.web.urls import canonical, is_web

__all__ = ["Saved", "read_markdown", "read_plain"]

_HEAD_LINES = 15
_LINK = re.compile(r">\s*\**(?:原文链接|原文地址|原文|链接)\**\s*[:：]\s*(.*)")
_ACCOUNT = re.compile(r">\s*\**(?:公众号|来源|账号|媒体)\**\s*[:：]\**\s*(.*)")
_URL = re.compile(r"https?://[^\s<>()\[\]]+")
_NAME = re.compile(r"[^。！？!?，,；;：:>#|]{1,20}")
_HEADLINE = re.compile(r"\S.{1,118}[^\s。！!；;，,：:]")
_SAID = re.compile(
    r"(来源|媒体|出处|Source|时间|日期|发布时间|Date|链接|网址|原文链接|原文|URL)\s*[:：]\s*(\S.*)", re.IGNORECASE
)
_FIELD = {
    **dict.fromkeys(("来源", "媒体", "出处", "source"), "outlet"),
    **dict.fromkeys(("时间", "日期", "发布时间", "date"), "published"),
    **dict.fromkeys(("链接", "网址", "原文链接", "原文", "url"), "url"),
}
_KEYS = {
    "url": ("url", "link"),
    "title": ("title",),
    "outlet": ("outlet",),
    "published": ("published", "date", "publish_time", "published_at"),
    "author": ("author",),
}


class Saved(NamedTuple):
    """One saved article. Fields that nothing names are None."""

    body: str
    """Everything after the front matter, as it is."""
    url: str | None
    """Canonical."""
    title: str | None
    outlet: str | None
    outlet_stored: str | None
    """The value of the 公众号 line; when it is empty, the short line that follows it in some archives."""
    published: datetime | None
    author: str | None


def read_markdown(text: str, zone: tzinfo) -> Saved:
    """Raises InputError when there is front matter that cannot be read."""
    values, body = _front_matter(text)
    found = {field: next((values[key] for key in keys if values.get(key)), None) for field, keys in _KEYS.items()}
    lines = body.lstrip().splitlines()[:_HEAD_LINES]
    heading = next((line[2:].strip() for line in lines if line.startswith("# ")), None)
    link, account = _quoted(lines)
    url = found["url"] if found["url"] and is_web(found["url"]) else link
    return Saved(
        body,
        canonical(url) if url else None,
        found["title"] or heading,
        found["outlet"],
        account if account != found["outlet"] else None,
        moment(found["published"], zone) if found["published"] else None,
        found["author"],
    )


def read_plain(text: str, zone: tzinfo) -> Saved:
    """Text with front matter, or with a title in a line of its own and then perhaps ``来源：``, ``时间：``, ``链接：``.

    Raises InputError when there is front matter that cannot be read.
    """
    if front_matter(text) is not None:
        return read_markdown(text, zone)
    lines = text.strip().splitlines()
    title, rest = None, lines
    if len(lines) > 2 and not lines[1].strip() and _HEADLINE.fullmatch(lines[0].strip()):
        title, rest = lines[0].strip(), lines[2:]
    said: dict[str, str] = {}
    while rest and (match := _SAID.fullmatch(rest[0].strip())):
        said.setdefault(_FIELD[match[1].lower()], match[2].strip())
        rest = rest[1:]
    url = _URL.search(said.get("url", ""))
    when = moment(said["published"], zone) if "published" in said else None
    return Saved("\n".join(rest), canonical(url[0]) if url else None, title, said.get("outlet"), None, when, None)


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    block = front_matter(text)
    if block is None:
        return {}, text
    return {key: _scalar(value) for key, value in block.values.items()}, text[block.end :]


def _scalar(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(part.strip() for part in value if isinstance(part, str))
    return " ".join(value.split()) if isinstance(value, str) else ""


def _quoted(lines: list[str]) -> tuple[str | None, str | None]:
    link = account = None
    for number, line in enumerate(lines):
        if link is None and (match := _LINK.match(line)):
            address = _URL.search(match[1])
            link = address[0] if address else None
        elif account is None and (match := _ACCOUNT.match(line)):
            # An archive that took a name with a line break in it leaves the line empty and the name below.
            account = match[1].strip(" *") or _below(lines[number + 1 :])
    return link, account


def _below(lines: list[str]) -> str | None:
    first = next((line.strip() for line in lines if line.strip()), "")
    return first if _NAME.fullmatch(first) else None
