"""Paragraphs put back together where stored text has a line break at every change of style.

Saved articles often keep each bold word, link or number on a line of its own, so that a sentence is broken over many
lines. A line is attached to the one before it when its own beginning, or the other's end, shows that a sentence
is open: closing punctuation at its start, an open bracket, a comma or a function word at the other's end, a
lone Latin or numeric token between two pieces. Headings, captions, bylines, quotes and lists stay lines of
their own. The cues are those of Chinese punctuation practice (GB/T 15834) and of common function words; none
was taken from a particular article.
"""

import re
from collections.abc import Iterable

__all__ = ["rejoin"]

_HAN = "\u3400-\u9fff\u3007"
_TERMINAL = re.compile(
    r"(?:[。！？!?…~～]|(?<=[A-Za-z0-9)\]])\.)[”’」』）)】》\]\"']*(?:（[^（）]{1,20}）)?[”’」』）)】》\]\"']*$|[（(](?:来源|记者|编辑|文|作者|图源|via)[^（）()]*[）)]$"
)
_CONTINUES = re.compile(r"^[，。、；：！？”’」』）】》〉％,;:!?)\]}%]|^\.(?=$|[^.\d\w])|^…|^——(?=.*[。！？…]$)")
_OPENS = re.compile(r"(?:[，、；,“‘「『（《【〈(\[]|——|[+＋×]|(?<=\s)[-–—&/])$")
# A line that ends with one of these cannot be a finished sentence or heading: function words, and verbs that want
# an object.
_FUNCTION_END = re.compile(
    r"(?:[的是在和与及或把被将从向为让使令给由于以并而且但因若如据这那该即叫称个种款套对]|比如|例如|一名|一位|"
    r"一条|一项|一家|这次|"
    r"通过|基于|关于|包括|按照|面向|成为|变成|名为|来自|达到|超过|约为|高达|进入|其中|不仅|有着|具备|属于|位于|"
    r"能够|可以|已经|正在.{0,2}|宣布.{0,3}|已经有|还有|只有|没有|拥有|也有|利用|比作|称作|视作|看作|当作|最新|"
    r"展现出|标志着|^这标志|意味着|"
    r"(?:引入|使用|采用|节省|提出|推出|发布|打造|构建|建立|形成|带来|获得|拿下|完成|实现|突破|超过|达到|进行|"
    r"提供|给出|开启|加入|覆盖|"
    r"接入|开源|披露|展示|成立|收购|投资|增加|减少|降低|提升|创下|贡献|占据|拥有|支持|提交|公布|新增)了)$"
)
# Nouns and verbs whose last character only looks like a function word.
_WHOLE_WORD = re.compile(
    r"(?:目的|为的|有的|是的|真的|好的|行为|华为|何在|所在|存在|现在|内在|潜在|外在|实在|总和|饱和|温和|缓和|"
    r"参与|普及|火把|老将|名将|大将|"
    r"服从|方向|走向|取向|意向|动向|趋向|去向|导向|转让|出让|大使|天使|指令|命令|口令|禁令|法令|司令|供给|补给|"
    r"理由|自由|合并|兼并|吞并|"
    r"原因|基因|诱因|起因|成因|动因|自如|数据|证据|票据|依据|收据|立即|在即|名称|对称|简称|职称|每个|多个|两个|"
    r"三个|整个|十个|哪个|几个|"
    r"各种|多种|品种|工种|物种|几款|多款|配套|全套|一套套|应对|比对|配对|核对|校对|绝对|相对|反对|一对|面对面|"
    r"终于|等于|如何|何如)$"
)
_BRACKETS = {"“": "”", "‘": "’", "「": "」", "『": "』", "（": "）", "《": "》", "【": "】", "(": ")", "[": "]"}
_CLOSERS = {closer: opener for opener, closer in _BRACKETS.items()}
_MARK = re.compile(r"^(?:#{1,6}\s|>|[-*•·●■◆○▪‣]\s|[△▲▼◎]|```|\||👉|👇|👆|🌟|⭐|📚|©|\*)")
_NUMBERED = re.compile(
    r"^(?:第[一二三四五六七八九十百\d]{1,3}[章节部步]|[一二三四五六七八九十]{1,3}、|[（(]?\d{1,2}(?:[、．）)]|"
    r"\.(?!\d))|\[\d+\]|"
    r"[①-⑳]|Part\.?\s*\d|PART\.?\s*\d)"
)
_SECTION = re.compile(r"^(?:0\d|\d{1,2}|0?\d\s*[.、]|[IVX]{1,4})$")
_BYLINE = re.compile(
    r"^(?:作者|编辑|编译|文|采写|撰文|记者|责编|责任编辑|校对|策划|译者|出品|来源|图源|整理|审校|监制|制图|采访|"
    r"主编|编译整理|"
    r"头图来源|图片来源|封面图?来源)\s*(?:[|｜丨/／:：]|$)|发自|公众号\s|^(?:原文链接|公众号)\s*[:：]|"
    r"^(?!据)\S{2,12}(?:报道|编辑部)$|^【[^】]{1,12}】$"
)
_LABEL_OPEN = re.compile(r"[|｜丨]$")
# Words that a sentence can hardly begin with: before them stands its subject.
_GOES_ON = re.compile(
    r"(?:则|将(?!来|军|近|士)|能(?![力源量耗否效])|等(?![到了待候于级])(?=[^。，]*[。，])|曾(?!经|国)|正在|"
    r"已(?=[经将被在与由收上完成推达超])|便)"
)
_HEADING = re.compile(
    r"(?:结语|总结|引言|背景|前言|后记|尾声|展望|方法|实验|结果|结论|讨论|附录|摘要|简介|概述|小结|导读|目录|"
    r"评测|实测|体验|原理|优势|局限|挑战|提示|注意|说明|备注|"
    r"写在|局限性|完|注|问|答)"
)
_UNDER_WAY = re.compile(
    r"(?:我们|他们|该|其|据|作为|随着|虽然|同时|另外|此外|因此|所以|于是|然后|目前|近日|日前|最近|早在|整个过程|"
    r"值得|此次|本次|"
    r"\d{1,2}月\d{1,2}日)[^。]*，"
)
"""How a sentence with a comma begins that no heading would begin with."""
_BRACKETED = re.compile(r"(?:[「“《『][^」”》』]{1,40}[」”》』])+")
_URL = re.compile(r"(?:https?://|www\.)\S+$")
_URL_ONLY = re.compile(r"^(?:\[\d+\]\s*)?(?:https?://|www\.)\S+$")
_TOKEN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.+\-/%&'’_~@#:$€£×*]*(?: [A-Za-z0-9.+\-/&'’_:]+){0,3}$")
_WORD = re.compile(r"\w")
_CAPITAL_WORDS = "A I AI AR AP CV EU HP IT ML NV OS PC PR QA TI TV UI UK UN US UX VC VR VS XR"
"""Capitals that are a word before a model's name (AI M5, HP Z2); other pairs of capitals are rather cut off from it."""
_SHORT = 40
"""Characters up to which a line can be a phrase in bold rather than a paragraph."""
_TINY = 3
"""Characters up to which a Chinese line is too short to be anything but a piece."""


def rejoin(lines: Iterable[str]) -> list[str]:
    """Paragraphs of ``lines``. Blank lines go, white space runs become one space; all other characters stay.

    Running it on its own output changes nothing.
    """
    current = [line for raw in lines for part in raw.splitlines() if (line := " ".join(part.split()))]
    spaced = _spaced(current)
    while True:
        joined = _once(current, spaced)
        if len(joined) == len(current):
            return joined
        current = joined


def _spaced(lines: list[str]) -> bool:
    """Whether the text sets a space between Chinese and Latin."""
    text = "\n".join(lines)
    apart = len(re.findall(rf"[{_HAN}] [A-Za-z0-9]|[A-Za-z0-9] [{_HAN}]", text))
    close = len(re.findall(rf"[{_HAN}][A-Za-z0-9]|[A-Za-z0-9][{_HAN}]", text))
    return apart > close


def _once(lines: list[str], spaced: bool) -> list[str]:
    out: list[str] = []
    open_ = False
    """Whether the last line of ``out`` was put together and has not come to an end."""
    for i, line in enumerate(lines):
        if out and _attaches(out[-1], line, lines[i + 1 : i + 6], open_):
            out[-1] = _glue(out[-1], line, spaced)
            open_ = not _TERMINAL.search(out[-1]) and not _BYLINE.match(out[-1])
        else:
            out.append(line)
            open_ = False
    return out


def _attaches(before: str, line: str, after: list[str], open_: bool) -> bool:
    """Whether ``line`` belongs to the same paragraph as ``before``; ``after`` are the lines that follow it."""
    if re.fullmatch(r"[△▲▼*]", before) or (re.fullmatch(r"\[\d+\]", before) and _URL_ONLY.match(line)):
        return not _MARK.match(line)
    if _LABEL_OPEN.search(before) and len(before) <= 16:
        return len(line) <= 16 and not _MARK.match(line)
    if _CONTINUES.match(line):
        return not (_stands_alone(before) or _attribution(line))
    if re.fullmatch(r"[（(](?:来源|记者|文|作者|via)\s*[:： ]?[^（）()]{1,24}[）)]", line):
        return not _bounded(before) and len(before) > _SHORT
    if not _WORD.search(line) and line[-1] not in _BRACKETS:
        return False
    if _URL.search(before):
        return _continues_address(line)
    if _bounded(before) or _MARK.match(line) or _BYLINE.search(line) or _URL_ONLY.match(line):
        return False
    if _inside_bracket(before, [line, *after]):
        return True
    if _TERMINAL.search(before):
        return False
    if _NUMBERED.match(line) and not open_:
        return False
    if _OPENS.search(before) or (_function_end(before) and not _SECTION.match(line)):
        return not line.endswith(("：", ":"))
    if open_ and not _heading_over(before, line):
        return True
    return _fragment(before, line, after)


def _stands_alone(line: str) -> bool:
    return not _WORD.search(line) and line[-1] not in _BRACKETS and line not in _CLOSERS


def _bounded(line: str) -> bool:
    """Whether nothing can continue the line: a mark, a caption, a byline, a section number."""
    return bool(
        re.match(r"(?:#{1,6}\s|>|[△▲]|©)", line) or _BYLINE.search(line) or _SECTION.match(line) or _stands_alone(line)
    )


def _attribution(line: str) -> bool:
    return line.startswith("——") and len(line) <= 24 and not _TERMINAL.search(line)


def _continues_address(line: str) -> bool:
    """An address that was cut: its rest is one piece of ASCII with a slash in it and no address of its own."""
    return bool(re.fullmatch(r"[!-~]+", line)) and "/" in line and not re.match(r"https?:|www\.|\[", line)


def _heading_over(before: str, line: str) -> bool:
    """Whether ``before``, put together of pieces, is a whole heading and ``line`` the paragraph under it."""
    if len(before) > _SHORT or re.search(r"[，。；？！—]", before) or re.match(r"[在对从向把将以据当为因如若]", before):
        return False
    return len(line) >= _SHORT and not re.match(r"[是将已被把让会可能有向和及等于也还都才就正仍则的]", line)


def _inside_bracket(before: str, ahead: list[str]) -> bool:
    """Whether a bracket is open at the end of ``before`` that one of the next lines closes."""
    opened: list[str] = []
    for char in before[-300:]:
        if char in _BRACKETS:
            opened.append(char)
        elif opened and char == _BRACKETS[opened[-1]]:
            opened.pop()
    if not opened:
        return False
    opener = opened[-1]
    for line in ahead:
        for char in line:
            if char == opener:
                return False
            if char == _BRACKETS[opener]:
                return True
    return False


def _function_end(line: str) -> bool:
    if re.search(r"(?:怎么|如何|为何|什么|谁|哪).{0,4}的$", line):
        return False
    return bool(_FUNCTION_END.search(line)) and not _WHOLE_WORD.search(line)


def _fragment(before: str, line: str, after: list[str]) -> bool:
    """The doubtful case: ``before`` ends without punctuation and ``line`` begins without any."""
    following = after[0] if after else ""
    resumes = bool(following) and bool(_CONTINUES.match(following)) and not _attribution(following)
    if before.endswith((":", "：")):
        # A short label or speaker takes the sentence that it introduces; so does a long one a short sentence.
        label = len(before) <= 20 and not re.search(r"[。；]", before)
        listed = bool(following) and following[:2] == line[:2]
        return bool(_TERMINAL.search(line)) and (label or (len(line) <= 24 and not listed))
    if re.search(r"[A-Za-z,]$", before) and re.match(r"[a-z]", line):
        return len(before) >= _SHORT or bool(re.search(r"(?:^|[^A-Za-z])[A-Z][a-z]{0,3}$", before))
    if not re.search(rf"[{_HAN}]", before + line):
        return False
    if _unfinished(before, line) or _piece(before, line) or (len(before) >= 8 and _cut_version(before, line)):
        return True
    if _TOKEN.match(before) and len(before) <= 24:
        return _takes_token(before, line)
    clause = "，" in before and len(before) >= 12
    named = _BRACKETED.fullmatch(line) or re.match(r"[「“《『][^」”》』]{1,40}[」”》』]的", line)
    phrase = len(line) <= 12 and line[-1] not in "：:" and re.match(r"[是则将能已曾被为与等的]", following)
    if clause and (named or phrase):
        return True
    if _TOKEN.match(line) and _SECTION.match(line):
        return bool(re.match(r"[年月日号点时分个家亿万元]", following))
    if _TOKEN.match(line) and len(before) <= _SHORT:
        # A Latin name on its own line inside a sentence: what follows goes on in Chinese.
        return resumes or (clause and bool(re.match(rf"[{_HAN}]", following)))
    return resumes and len(line) <= _SHORT and (clause or len(before) >= _SHORT or len(line) <= 12)


def _unfinished(before: str, line: str) -> bool:
    """Whether ``before`` alone shows that its sentence is not over."""
    if re.fullmatch(rf"[{_HAN}]", before) or (re.search(r"[。；]", before) and len(before) >= 20):
        return True
    if re.fullmatch(rf"[{_HAN}]{{2,3}}", before) and not _HEADING.match(before) and re.search("[，。；]", line):
        # Too short for a paragraph, and none of the usual headings.
        return True
    if _BRACKETED.fullmatch(before) and re.match(r"(?:[是则将]|这[类些种款])", line):
        return True
    return bool(_UNDER_WAY.match(before)) and len(before) >= 14


def _piece(before: str, line: str) -> bool:
    """Whether ``line`` alone shows that its sentence began before it."""
    if line.startswith("（") or re.match(r"(?:的(?!确)|们|地(?![址方点区图球]))", line):
        return True
    if len(before) <= 20 and _GOES_ON.match(line):
        return True
    if re.fullmatch(rf"[{_HAN}A-Za-z0-9.%]+", line) and not _SECTION.match(line):
        # Two characters are no heading; three may be a name behind a Latin title (CEO + name).
        return len(line) < _TINY or (len(line) == _TINY and bool(re.search(r"[A-Za-z]$", before)))
    return "，" in before and len(before) >= 8 and len(line) <= 8 and bool(_TERMINAL.search(line))


def _takes_token(before: str, line: str) -> bool:
    """Whether a lone Latin token is the beginning of ``line`` (U2 + 跳出了…), not a heading over it."""
    if re.fullmatch(r"(?:END|FAQ|Q&A|TIPS?|PS|PART\.?\s*\d*|TL;?DR|Abstract|Demo)", before, re.I):
        return False
    return bool(re.match(rf"[{_HAN}]", line)) and bool(
        _TERMINAL.search(line) or re.search("[，。]", line) or len(line) < 24
    )


def _cut_version(before: str, line: str) -> bool:
    """Whether one or two capitals and a capital with a number are more likely one name (GL + M5.1) than two."""
    piece = re.search(r"(?:^|[^A-Za-z0-9])([A-Z]{1,2})$", before)
    return piece is not None and piece[1] not in _CAPITAL_WORDS.split() and bool(re.match(r"[A-Z]-?\d", line))


def _glue(before: str, line: str, spaced: bool) -> str:
    a, b = before[-1], line[0]
    if _URL.search(before) and re.match(r"[!-~]", b):
        return before + line
    latin = re.compile(r"[A-Za-z0-9]")
    if latin.match(a) and latin.match(b):
        # A short capitalised piece before small letters is a cut word (U + ber), not a word of its own.
        cut = re.search(r"(?:^|[^A-Za-z0-9])[A-Z][a-z]{0,3}$", before) and b.islower()
        return before + line if cut or _cut_version(before, line) else f"{before} {line}"
    if a in ",.;:!?)" and latin.match(b):
        return f"{before} {line}"
    if a == "&" or b == "&" or a == "|" or a in "｜丨":
        return f"{before} {line}"
    han = re.compile(f"[{_HAN}]")
    mixed = (latin.match(a) and han.match(b)) or (han.match(a) and latin.match(b))
    return f"{before} {line}" if spaced and mixed else before + line
