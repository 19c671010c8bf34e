"""From bytes to text when the declared encoding may be missing or wrong.

The order is the one of the HTML standard (byte order mark, HTTP header, declaration in the document) with one change:
a declaration is believed only when the bytes agree with it. Chinese sites often declare UTF-8 over GBK bytes, or serve
GBK under a default ``ISO-8859-1`` header, and both turn into rubbish when believed.
"""

import codecs
import re

from charset_normalizer import from_bytes

__all__ = ["decode"]

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Only these are ever used: Python knows "encodings" that run code paths no page has a use for (idna, unicode_escape),
# and UTF-7 turns harmless bytes into markup. Each maps to the superset that browsers use in its place.
_KNOWN = {
    "utf-8": "utf-8",
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "cp1252": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb18030": "gb18030",
    "hz": "hz",
    "big5": "big5hkscs",
    "big5hkscs": "big5hkscs",
    "cp950": "big5hkscs",
    "shift_jis": "cp932",
    "cp932": "cp932",
    "euc_jp": "euc_jp",
    "iso2022_jp": "iso2022_jp",
    "euc_kr": "cp949",
    "cp949": "cp949",
    **{f"iso8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    **{f"cp{n}": f"cp{n}" for n in (866, 874, 1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258)},
    "koi8-r": "koi8-r",
    "koi8-u": "koi8-u",
    "tis-620": "cp874",
}
_ESCAPED = ("hz", "iso2022_jp")
"""Encodings whose bytes are all ASCII."""
_DECLARED = re.compile(
    rb"""(?ix) <\?xml[^>]{0,200}?\bencoding\s*=\s*["']\s*([\w.:-]+)
       | <meta\b[^>]{0,300}?\bcharset\s*=\s*["']?\s*([\w.:-]+)"""
)
_HEAD = 4096
"""Bytes searched for a declaration; the HTML standard asks for 1,024, but real pages put scripts before it."""
_SAMPLE = 64 * 1024
"""Bytes that the guess looks at."""
_TOLERATED = 0.05
"""Share of undecodable characters among the non-ASCII ones up to which a page is taken to be merely damaged. Bytes of
another encoding fail far more often: GBK text read as UTF-8 fails at nearly every character."""
# The thirty-odd commonest characters of each script of Chinese are two fifths of running text, and are rare in text
# that was read in the wrong one of the two encodings. Public knowledge, not measured on any corpus of ours.
_COMMON = frozenset("的一是不了在人有我他这中大来上国个到说们为子和你地出会时要就可以对生这個來國說們為時會對這")


def decode(body: bytes, charset_hint: str | None = None) -> str:
    """The text of the body; ``charset_hint`` is the charset of the HTTP header. Never raises.

    Bytes that fit nothing become U+FFFD. A byte order mark is not part of the text.
    """
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(encoding, "replace")
    declared = _declared(body, charset_hint)
    if body.isascii():
        escaped = next((name for name in declared if name in _ESCAPED), None)
        return body.decode(escaped or "ascii", "replace")
    text = _fitting(body, "utf-8")
    if text is not None:
        return text
    for encoding in declared:
        if encoding in ("utf-8", *_ESCAPED):
            continue
        if _single_byte(encoding):
            # Every byte string is valid in these, so validity proves nothing; Chinese is tried first.
            chinese = _chinese(body)
            return chinese if chinese is not None else body.decode(encoding, "replace")
        text = _fitting(body, encoding)
        if text is not None:
            return text
    chinese = _chinese(body)
    return chinese if chinese is not None else _guessed(body)


def _declared(body: bytes, hint: str | None) -> list[str]:
    names = [hint] if hint else []
    match = _DECLARED.search(body[:_HEAD])
    if match:
        names.append((match[1] or match[2]).decode("ascii", "replace"))
    found = []
    for name in names:
        try:
            known = _KNOWN.get(codecs.lookup(name.strip("\"' ")).name)
        except (LookupError, ValueError):
            continue
        if known and known not in found:
            found.append(known)
    return found


def _single_byte(encoding: str) -> bool:
    return encoding.startswith(("cp12", "iso8859", "koi8", "cp8"))


def _fitting(body: bytes, encoding: str) -> str | None:
    try:
        return body.decode(encoding)
    except UnicodeDecodeError:
        text = body.decode(encoding, "replace")
    other = _non_ascii(text)
    return text if text.count("\ufffd") <= max(1, _TOLERATED * other) < other else None


def _chinese(body: bytes) -> str | None:
    best, best_share = None, 0.08
    for encoding in ("gb18030", "big5hkscs"):
        text = _fitting(body, encoding)
        if text is None:
            continue
        ideographs = [character for character in text[:_SAMPLE] if "\u4e00" <= character <= "\u9fff"]
        other = _non_ascii(text[:_SAMPLE])
        common = sum(character in _COMMON for character in ideographs)
        share = common / len(ideographs) if ideographs else 0.0
        # Western text read as Chinese gives a scatter of rare characters; a few of them must not decide.
        if len(ideographs) >= max(4, 0.5 * other) and share > best_share:
            best, best_share = text, share
    return best


def _non_ascii(text: str) -> int:
    return len(text) - len(text.encode("ascii", "ignore"))


def _guessed(body: bytes) -> str:
    high = next((at for at, byte in enumerate(body) if byte > 0x7F), 0)
    sample = body[max(0, high - 256) : high + _SAMPLE]
    match = from_bytes(sample).best()
    encoding = match.encoding if match else "utf-8"
    try:
        encoding = _KNOWN.get(codecs.lookup(encoding).name, "utf-8")
    except LookupError:
        encoding = "utf-8"
    return body.decode(encoding, "replace")
