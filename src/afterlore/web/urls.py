"""Addresses of pages: one spelling for each, and a spelling that is safe to log.

What it does not do: it never asks the network, so two addresses that a redirect joins stay two, and a shortened
address stays short.
"""

import re
from urllib.parse import quote, unquote, urlsplit, urlunsplit

__all__ = ["canonical", "hostname", "is_web", "redact"]

# fmt: off
_TRACKING = frozenset({
    "spm", "scm", "share_token", "share_source", "share_medium", "share_plat", "share_tag", "share_session_id",
    "share_from", "share_id", "share_times", "sharer_shareinfo", "sharer_shareinfo_first", "shareid", "fbclid",
    "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "twclid", "igshid", "igsh", "mc_cid",
    "mc_eid", "mkt_tok", "vero_id", "ref_src", "ref_url", "cmpid", "ocid", "ncid", "s_cid", "xtor", "wt_mc",
    "wt.mc_id", "_hsenc", "_hsmi", "hsctatracking", "oly_anon_id", "oly_enc_id", "rb_clickid", "srsltid",
    "vd_source", "from_source", "from_spmid", "spm_id_from", "is_story_h5", "timestamp_share", "weixin_share",
    "wxshare_count", "isappinstalled", "nsukey", "clicktime", "enterid", "ascene", "devicetype", "nettype",
    "exportkey", "pass_ticket", "wx_header", "sessionid", "subscene", "scene",
})
# fmt: on
# A bare "from" is a tracking mark when it names the place the link was shared in, and a page number when it is one.
_PREFIXES = ("utm_", "hmsr", "hmpl", "hmcu", "hmkw", "hmci", "mtm_", "pk_", "matomo_", "at_custom", "_bta_")
_WECHAT = "mp.weixin.qq.com"
_WECHAT_KEEPS = frozenset({"__biz", "mid", "idx", "sn"})
_PORTS = {"http": 80, "https": 443}
_PATH_SAFE = "/%:@!$&'()*+,;=-._~"
_QUERY_SAFE = _PATH_SAFE + "?"
_SECRET = re.compile(
    r"(?i)(?:^|[_\-.])(?:(?:api|app|access|auth)?[_\-]?(?:key|token|secret|signature|sign|sig|code|ticket|session|sid)"
    r"|pass(?:word|wd)?|pwd|auth|jwt|credential|uin)s?$"
)


def is_web(text: str) -> bool:
    """Whether the text is an http or https address."""
    return re.match(r"(?i)https?://[^/\s]", text) is not None


def hostname(url: str) -> str:
    """The host in lower case without a leading ``www.``; empty when there is none."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def canonical(url: str) -> str:
    """The one spelling of a web address; ``canonical(canonical(u)) == canonical(u)``.

    Scheme and host in lower case (host as IDNA), no user information, default port, fragment or tracking parameters;
    what is left of the query is sorted. Percent-encoded bytes are kept as they are, since a query need not be UTF-8.
    An address of another scheme, or one that cannot be read, comes back as it was but for white space around it.
    """
    url = url.strip()
    if not is_web(url):
        return url
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return url
    host = _ascii(host)
    if not host:
        return url
    scheme = parts.scheme.lower()
    query = parts.query
    if host == _WECHAT:
        # The same post answers on both schemes, and its short form needs no query at all.
        scheme = "https"
        port = None if port in (80, 443) else port
    netloc = f"[{host}]" if ":" in host else host
    if port is not None and port != _PORTS[scheme]:
        netloc += f":{port}"
    pairs = [pair for pair in map(_unescaped, query.split("&")) if pair]
    if host == _WECHAT and _names_a_post(parts.path, pairs):
        pairs = [pair for pair in pairs if _name(pair) in _WECHAT_KEEPS]
    kept = sorted(pair for pair in pairs if _matters(pair))
    return urlunsplit((scheme, netloc, quote(parts.path, safe=_PATH_SAFE) or "/", "&".join(kept), ""))


def redact(url: str) -> str:
    """The address with user information and values of secret-looking parameters struck out, for logs and reports."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
    except ValueError:
        return re.sub(r"//[^/@]*@", "//***@", url)
    netloc = f"***@{host}" if host != parts.netloc else host
    pairs = []
    for pair in parts.query.split("&"):
        key, equals, value = pair.partition("=")
        pairs.append(f"{key}=***" if equals and value and _SECRET.search(unquote(key)) else pair)
    return urlunsplit((parts.scheme, netloc, parts.path, "&".join(pairs), parts.fragment))


def _ascii(host: str) -> str:
    host = host.rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:
            return quote(host, safe="").lower()
    return host.lower()


def _unescaped(pair: str) -> str:
    # Addresses copied out of a page's source carry "&amp;" between their parameters.
    while pair.startswith("amp;"):
        pair = pair[4:]
    return quote(pair, safe=_QUERY_SAFE)


def _name(pair: str) -> str:
    return unquote(pair.partition("=")[0]).lower()


def _names_a_post(path: str, pairs: list[str]) -> bool:
    """Whether a WeChat address names its post by a short path or by account and number. A temporary link, as searches
    give, does neither, and all of its parameters count.
    """
    return re.fullmatch(r"/s/[^/]+/?", path) is not None or {"__biz", "mid"} <= {_name(pair) for pair in pairs}


def _matters(pair: str) -> bool:
    name = _name(pair)
    if name == "from":
        return pair.partition("=")[2].isdigit()
    return name not in _TRACKING and not name.startswith(_PREFIXES)
