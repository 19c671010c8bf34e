# ruff: noqa: E501
# A pattern or a word list is read as a whole: breaking it over lines hides what it matches.
"""Names in a Chinese sentence: organisations by their suffix, persons beside a title or a verb of saying, unknown subjects of news."""

import re
from functools import lru_cache
from importlib.resources import files

from afterlore.text.lexis import Name, Word, aliases, cutter
from afterlore.text.wordlists import (
    GENERIC_PREFIX,
    NEWS_VERBS,
    ORG_SUFFIX,
    PERSON_VERBS,
    SURNAMES,
    TITLES,
    TITLES_AHEAD,
)

__all__ = ["chinese_names", "people"]

_CLAUSE_START = re.compile(
    r"(?:^|[，。；：、,;:“”\"(]|据悉|据了解|其中|而|但|以及|同时|由|被|向|与|和|对|据|竞争对手|对手|竞品|里|中)\s*$"
)

_BOUNDARY_TAGS = {"x", "v", "p", "c", "u", "ul", "uj", "d", "r", "t", "m", "ud", "uv", "uz", "vg", "y"}


def chinese_names(plain: str, tokens: tuple[Word, ...]) -> list[Name]:
    """The names that the words and their neighbours show."""
    forms = aliases()[0]
    found: list[Name] = []
    used = [False] * len(tokens)
    for i, word in enumerate(tokens):
        bare = re.sub(r"(?<=..)(?:地区|省|市|州|公司|集团)$", "", word.text)
        known = forms.get(word.text.lower()) or forms.get(bare)
        if known and not word.text.isascii():
            following = tokens[i + 1] if i + 1 < len(tokens) else None
            if known[1] == "place" and following and following.text in _OF_A_PLACE:
                # 苏州银行 is no place: the bank of one, and a name by itself.
                end = following.start + len(following.text)
                found.append(Name(word.start, end, plain[word.start : end], plain[word.start : end], "org", True))
                used[i] = used[i + 1] = True
                continue
            found.append(Name(word.start, word.start + len(word.text), word.text, *known, len(word.text) > 1))
            used[i] = True
    for i, word in enumerate(tokens):
        if used[i] or word.text.isascii():
            continue
        name = (
            _organisation(plain, tokens, used, i)
            or _person(plain, tokens, used, i)
            or _subject(plain, tokens, used, i)
            or _labelled(plain, tokens, used, i)
        )
        if name:
            found.append(name)
        elif (
            word.tag == "ns"
            and len(word.text) >= 3
            and word.text[-1] in "市省县州镇岛"
            and not re.search(r"^非|[上城股超都楼门夜集后入]市$", word.text)
        ):
            found.append(Name(word.start, word.start + len(word.text), word.text, word.text, "place", True))
    return found


_OF_A_PLACE = frozenset({"银行", "农商行", "农商银行", "大学", "证券", "日报", "晚报", "地铁", "移动", "联通"})

_DEEDS = frozenset(
    {"领投", "跟投", "参投", "开源", "闭源", "上线", "转投", "加盟", "跳槽", "独家", "联手", "联合", "携手", "旗下"}
)
"""Words that stand right before a name and are never its beginning, whatever the cutter takes them for."""


def _organisation(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    word = tokens[i]
    suffix = next((s for s in ORG_SUFFIX if word.text.endswith(s)), None) if word.text.endswith(ORG_SUFFIX) else None
    if suffix is None or (
        suffix == "云" and word.text == "云" and i + 1 < len(tokens) and tokens[i + 1].text[0] in "科智计"
    ):
        return None
    acts = bool(
        NEWS_VERBS.match(plain[word.start + len(word.text) :][:10])
        or TITLES_AHEAD.match(plain[word.start + len(word.text) :][:10])
    )
    own = word.text[: -len(suffix)]
    if own in GENERIC_PREFIX or (
        word.text in GENERIC_PREFIX and i + 1 < len(tokens) and tokens[i + 1].tag == "n" and not acts
    ):
        return None
    start, j, core = word.start, i, own
    while j > 0 and len(core) < 8 and not used[j - 1]:
        before = tokens[j - 1]
        lone = len(before.text) == 1
        opens = acts and before.tag not in {"v", "vn", "m", "q", "d"} and _opens(plain, before.start)
        if (
            before.text.isascii()
            or before.text in _DEEDS
            or (before.text in GENERIC_PREFIX and not lone)
            or (before.tag in _BOUNDARY_TAGS and not lone and not opens)
        ):
            break
        if before.text in "个款家种项条名位台张次块" or (before.tag in {"v", "vn"} and not lone):
            break
        if (
            before.tag in {"x", "p", "c", "u", "ul", "uj", "m", "r", "d", "t", "y"}
            or before.text in "的了在与和及由将被为里中上下向对据这那该此获从把于给让是为有"
            or re.search(r"(?:季度|[月日年底末初]|半年)$", before.text)
        ):
            break
        if not lone and before.tag in {"v", "vn", "ad", "a", "b"} and cutter().has_word(before.text) and not opens:
            break
        core = before.text + core
        start, j = before.start, j - 1
    if len(core) < 2 or core in GENERIC_PREFIX or core[0] in "这那该此本每某另":
        return None
    if suffix == "创投" and j == i - 1 and not own and len(core) == 2:
        acts = True
        opened = True
    else:
        opened = _opens(plain, start)
    institute = own and core == own and suffix in {"大学", "学院", "医院", "银行", "研究院", "科学院", "证券"}
    if (
        not institute
        and _generic(tokens[j:i], own)
        and not (acts and opened and not all(t.text in GENERIC_PREFIX for t in tokens[j:i]))
    ):
        return None
    if plain[start] in "年月日" and start and plain[start - 1].isdigit():
        start += 1  # 2026年云翎 cut in the wrong place
    end = word.start + len(word.text)
    while plain[start : start + 2] in _DEEDS and end - start - len(suffix) >= 4:
        start += 2  # 转投云杉创投: a deed that the cutter took apart
    if plain[start] in "由被与和及对向从据获" and end - start - len(suffix) >= 3:
        start += 1  # 由云杉创投 cut in the wrong place
    for k in range(j, i + 1):
        used[k] = True
    return Name(start, end, plain[start:end], _core(plain[start:end]), "org", True)


def _core(text: str) -> str:
    """A name without its suffix: 远帆基金 and 远帆 are one."""
    for suffix in ORG_SUFFIX:
        if text.endswith(suffix) and len(text) - len(suffix) >= 2:
            return text[: -len(suffix)]
    return text


@lru_cache(maxsize=1)
def _measures() -> frozenset[str]:
    """Chinese words that say what is measured, and so name nobody."""
    table = files("afterlore.text").joinpath("data/concepts.tsv").read_text("utf-8")
    return frozenset(
        form for line in table.splitlines() if line.count("\t") == 2 for form in line.split("\t")[2].split("|")
    )


def _labelled(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """白桦模型, 瑞峦眼镜: a word that is no modifier of trade in front of a kind of product, opening a clause."""
    word = tokens[i]
    if (
        len(word.text) == 1
        and i + 1 < len(tokens)
        and len(tokens[i + 1].text) == 1
        and word.tag in {"n", "nr", "ng", "zg", "a", "vg"}
    ):
        word = Word(word.start, word.text + tokens[i + 1].text, "n")
    if word.text.endswith(("额", "率", "量", "数", "费", "价", "度", "期", "期间")):
        return None
    match = re.match(
        r"\s*(?:(?:得分?|为|以|则为?|拿到|约|达)\s*)?\d|(?:大?模型|芯片|眼镜|手机|音箱|机器人|汽车|电池|无人机|平台|助手|系统|浏览器)",
        plain[word.start + len(word.text) :],
    )
    if (
        not match
        or not _opens(plain, word.start)
        or not 2 <= len(word.text) <= 4
        or word.text in GENERIC_PREFIX
        or word.text in _measures()
    ):
        return None
    if word.tag not in {"n", "nr", "nz", "ns", "nrt", "nt", "i"} or not re.fullmatch(r"[\u4e00-\u9fff]+", word.text):
        return None
    if match[0].strip()[-1:].isdigit() and cutter().has_word(word.text):
        return None  # 计划2028年, 月入20亿: a word of the language
    used[i] = True
    return Name(word.start, word.start + len(word.text), word.text, word.text, "word", False)


def _opens(plain: str, start: int) -> bool:
    return bool(_CLAUSE_START.search(plain[max(0, start - 4) : start]))


def _generic(tokens: tuple[Word, ...], own: str) -> bool:
    """Whether all of a prefix is common nouns: 语音公司 names nobody."""
    texts = [token.text for token in tokens] + ([own] if own else [])
    tags = {token.tag for token in tokens}
    if tags & {"nr", "nz", "ns", "nrt", "nt"} and not all(text in GENERIC_PREFIX for text in texts):
        return False
    return all(text in GENERIC_PREFIX or (len(text) > 1 and cutter().has_word(text)) for text in texts)


def _person(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """A surname with one or two characters beside a title or a verb of saying."""
    word = tokens[i]
    if word.text[0] not in SURNAMES:
        return None
    end = word.start + len(word.text)
    if len(word.text) == 1:
        if (
            i + 1 >= len(tokens)
            or used[i + 1]
            or tokens[i + 1].tag in {"x", "v", "p", "u", "uj", "ul", "m"}
            or len(tokens[i + 1].text) > 2
        ):
            return None
        end += len(tokens[i + 1].text)
    elif (
        len(word.text) == 2
        and word.tag in {"nr", "nrt"}
        and i + 1 < len(tokens)
        and len(tokens[i + 1].text) == 1
        and PERSON_VERBS.match(plain[end + 1 : end + 9])
        and not PERSON_VERBS.match(plain[end : end + 8])
        and "\u4e00" <= plain[end] <= "\u9fff"
    ):
        end += 1
    elif word.tag not in {"nr", "nrt", "nrfg"} and cutter().has_word(word.text):
        return None
    text = plain[word.start : end]
    if not 2 <= len(text) <= 4 or not re.fullmatch(r"[\u4e00-\u9fff]+", text):
        return None
    if not (
        TITLES.search(plain[max(0, word.start - 8) : word.start])
        or PERSON_VERBS.match(plain[end : end + 8])
        or TITLES.match(plain[end : end + 6])
    ):
        return None
    if len(text) == 4 and word.tag not in {"nr", "nrt"}:
        return None
    used[i] = True
    if len(word.text) == 1:
        used[i + 1] = True
    titled = bool(TITLES.search(plain[max(0, word.start - 8) : word.start]))
    return Name(word.start, end, text, text, "person", len(text) >= 3 or titled or word.tag in {"nr", "nrt"})


_PERSON = re.compile(
    r"(?P<ahead>(?:行长|董事长|总裁|创始人|负责人|首席\S{{1,3}}官|CEO|CTO|CFO|教授|博士|院士|主席|总经理|分析师|研究员|主任|院长|记者|的|由|从|是|和|与|、|[，。：:；\s]|^))"
    r"(?P<name>[{}][\u4e00-\u9fff]{{1,2}})(?=(?:博士|教授|院士|先生|女士)|(?:此前|近日|随后|则|也|还|就|在[^，。]{{1,14}})?(?:说|称|表示|认为|指出|强调|透露|介绍|直言|坦言|回应|写道|补充|用一句话)|从[^，。]{{2,4}}手[中里]|手[中里]接|换成|换为|接替|接任|接棒|取代|卸任|转任|出任|升任)".format(
        "".join(sorted(SURNAMES))
    )
)

_SOUNDS = frozenset(
    "阿埃艾安奥巴贝本比彼波伯博布查茨达戴丹道德登迪蒂杜顿多恩尔法菲费芬弗福盖冈戈格古哈汉赫亨霍基吉加杰卡凯坎康考科克肯库拉莱兰劳勒雷里利莉廉林琳隆卢鲁伦罗洛马玛迈曼梅门蒙米莫姆纳娜奈内尼诺努帕佩皮普奇乔切丘让瑞若萨塞桑森山舍史斯施苏索塔泰坦特汀图托瓦万威维韦温沃乌西希夏肖谢辛休雅亚扬伊英尤泽扎詹珍朱兹佐"
)
"""Characters in which foreign names are written."""

_RUN = re.compile(f"[{''.join(sorted(_SOUNDS))}]{{3,6}}")


def people(plain: str, tokens: tuple[Word, ...], found: list[Name]) -> list[Name]:
    """Persons that the cut into words hides: 霍启|明博士, and foreign names such as 费德里吉."""
    out: list[Name] = []

    def free(start: int, end: int) -> bool:
        return not any(n.start < end and start < n.end for n in (*found, *out) if n.kind != "quoted")

    for match in _PERSON.finditer(plain):
        text = match["name"]
        if cutter().has_word(text) or cutter().has_word(text[:2]):
            continue
        if free(match.start("name"), match.end("name")):
            out.append(Name(match.start("name"), match.end("name"), text, text, "person", True))
    for word in tokens:
        if (
            3 <= len(word.text) <= 6
            and word.tag in {"nr", "nrt", "nrfg", "nz", "ns", "n", "x"}
            and set(word.text) <= _SOUNDS
            and free(word.start, word.start + len(word.text))
        ):
            strong = word.tag in {"nr", "nrt", "nrfg"} or not cutter().has_word(word.text)
            out.append(Name(word.start, word.start + len(word.text), word.text, word.text, "person", strong))
    for match in _RUN.finditer(plain):
        inside = [w for w in tokens if w.start < match.end() and match.start() < w.start + len(w.text)]
        whole = inside[0].start == match.start() and inside[-1].start + len(inside[-1].text) == match.end()
        odd = [w for w in inside if len(w.text) == 1 or not cutter().has_word(w.text)]
        foreign = all(len(w.text) == 1 or w.tag in {"nr", "ns", "nrt", "nz", "nrfg"} for w in inside)
        if whole and foreign and len(inside) > 1 and odd and free(*match.span()):
            out.append(Name(match.start(), match.end(), match[0], match[0], "person", True))
    return out


_LEADING = re.compile(r"反超|超过|超越|击败|收购|落后|领先|高于|低于")


def _subject(plain: str, tokens: tuple[Word, ...], used: list[bool], i: int) -> Name | None:
    """An unknown word that opens a clause and does something that makes news."""
    word = tokens[i]
    if not _CLAUSE_START.search(plain[max(0, word.start - 4) : word.start]):
        return None
    j, end, unknown = i, word.start, False
    while j < len(tokens) and j < i + 4 and not used[j]:
        token = tokens[j]
        if not re.fullmatch(r"[\u4e00-\u9fff]+", token.text) or NEWS_VERBS.match(plain[token.start : token.start + 6]):
            break
        if token.text in "里中上下的在这那该此获被由从向为与和及把将于则仅已也还均都" or (
            token.tag in {"p", "u", "ul", "uj", "d", "c", "r", "t", "m"} and len(token.text) <= 2 and j > i
        ):
            break
        unknown |= (
            len(token.text) >= 2
            and not cutter().has_word(token.text)
            and token.tag in {"n", "nr", "nz", "nt", "ns", "nrt", "i"}
        )
        end = token.start + len(token.text)
        j += 1
    start = word.start + (word.text[0] in "年月日" and word.start > 0 and plain[word.start - 1].isdigit())
    text = plain[start:end]
    verb = _LEADING.match(text)
    if verb:
        start, text = start + verb.end(), text[verb.end() :]
    if not unknown or not 2 <= len(text) <= 6 or not NEWS_VERBS.match(plain[end : end + 8]):
        return None
    if any(token.text in GENERIC_PREFIX for token in tokens[i:j]):
        return None
    for k in range(i, j):
        used[k] = True
    return Name(start, end, text, _core(text), "word", len(text) >= 3)
