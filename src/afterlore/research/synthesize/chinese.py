"""Facts in Chinese sentences, and the noun phrases that are written from them.

A clause is read where its subject is the page's entity: named, a pronoun, or left out after such a clause. What a
clause says goes before its noun as it is: 由北栈茶业生产 + 的 + 白茶; the other way round, 生产雾岭白 + 的 + 公司.
"""

import re
from collections.abc import Iterator

from afterlore.context.tokens import terms
from afterlore.research.synthesize.entities import Entity, Mention, Names, body, plain
from afterlore.research.synthesize.facts import Fact, Kind, Shape
from afterlore.text.lexis import words as tokens

__all__ = ["described", "inverted", "kind_of", "read"]

_CLAUSES = re.compile(r"[^，；。！？：]+")
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_PRONOUN = r"他们?|她|它|其|该\w{1,3}?|公司|本[书片馆校院市镇]|全[镇市县]"
_ADVERB = re.compile(r"^(?:也|还|曾经?|后来?|随后|此后|现|如今|目前|并且?|后)")
_MEASURE = r"(?:一|两)?[家座个种部位条艘本所名只款间支首幅项片处台]"
_KIND = re.compile(rf"是(?:{_MEASURE})?(?P<noun>[^，。；]+)$")
_TAKES = re.compile(r"^(?:由|于|在|被|为|位|与|从|向|因|是|有|把|曾|同|\d)")
_ATTRIBUTE = re.compile(r"^(?P<noun>[\u4e00-\u9fff]{2,6}?)(?P<verb>是|为|叫)$")
_TIME = re.compile(r"^(?:于|在)?(?P<time>\d{3,4}年(?:\d{1,2}月)?(?:\d{1,2}日)?)(?:于|在)?")
_UNCLEAR = re.compile(r"[这那它他她我你]|其中|以及|和$|与$|等$|、$|《$|“$|不|没|无关|另有")
_PEOPLE = frozenset("人师家手员士者长生工夫匠授王帝后妃子女星客民医农")
_SUFFIX = re.compile(r"(?:博物馆|图书馆|研究所|研究院|天文台|出版社|大学|学院|公司|集团|书局|车站|湖|岛)$")
_LONGEST = 45


def kind_of(entity: Entity) -> Kind:
    """What the first sentence says that it is."""
    for sentence in body(entity.text):
        clauses = [match[0] for match in _CLAUSES.finditer(_simple(sentence.text))]
        noun = ""
        for number, clause in enumerate(clauses[:3]):
            match = _KIND.search(clause)
            if match and number < 2:
                noun = re.sub(r"^.*的", "", match["noun"])
                break
            if number and 1 < len(clause) <= 24 and not _verb(clause):
                # A person's page begins with the name and what they are: 沈澜，工程师.
                noun = re.sub(r"^.*的", "", clause)
                break
        noun = re.sub(rf"^{_MEASURE}", "", re.split("[、和]", noun)[0])
        if not noun and (own := _SUFFIX.search(entity.name)):
            noun = own[0]
        noun = noun if 1 < len(noun) <= 10 and re.fullmatch(r"[\u4e00-\u9fff]+", noun) else ""
        person = bool(re.search(r"[他她]", entity.text)) and (not noun or noun[-1] in _PEOPLE)
        return Kind(noun, person=person)
    return Kind("", person=False)


def _simple(text: str) -> str:
    return re.sub(r"[《》“”]", "", _BRACKETS.sub("", plain(text))).strip()


def _verb(clause: str) -> bool:
    return any(word.tag.startswith("v") and word.tag not in ("vn",) for word in tokens(clause)[:3])


def read(entity: Entity, kind: Kind, names: Names) -> Iterator[Fact]:
    """The facts of a page."""
    own = "|".join(map(re.escape, sorted((entity.name, *entity.aliases), key=len, reverse=True)))
    lead = re.compile(rf"^(?:(?:{own})|{_PRONOUN}|{re.escape(kind.noun[-2:]) or own})(?!的)(?=.)")
    possessive = re.compile(rf"^(?:(?:{own})|{_PRONOUN})的?")
    sure = True
    for number, sentence in enumerate(body(entity.text)):
        begun = number == 0
        for match in _CLAUSES.finditer(_simple(sentence.text)):
            clause = match[0].strip()
            found = names.find(clause)
            named = lead.match(clause) if sure else re.match(rf"^(?:{own})(?!的)(?=.)", clause)
            rest = clause[named.end() :] if named else clause
            bare = possessive.sub("", clause) if sure else clause
            attribute = _attribute(entity, bare, names, sentence.start, sentence.text) if sure else None
            if attribute is not None:
                yield attribute
            elif named or (begun and (_TAKES.match(rest) or _opens_with_verb(rest, found))):
                begun = True
                yield from _of_clause(entity, rest, names, sentence.start, sentence.text)
            elif clause in (entity.name, *entity.aliases):
                begun = True
            else:
                # Another subject has the word from here on.
                begun = begun and _is_noun(clause)
        sure = sure and begun


def _opens_with_verb(clause: str, found: list[Mention]) -> bool:
    if found and found[0].start == 0:
        return False
    first = next(iter(tokens(_ADVERB.sub("", _TIME.sub("", clause)))), None)
    return first is not None and first.tag.startswith(("v", "p", "t"))


def _is_noun(clause: str) -> bool:
    return not _verb(clause)


def _attribute(entity: Entity, clause: str, names: Names, start: int, quote: str) -> Fact | None:
    for mention in names.find(clause):
        # A name may stand behind whose it is: 他的导师是研究所的某人.
        match = _ATTRIBUTE.match(re.sub(r"(?<=[是为叫])[^是为叫，]{2,10}的$", "", clause[: mention.start]))
        if match and len(mention.entities) == 1 and mention.entities[0] != entity.at and mention.end == len(clause):
            noun = match["noun"].removeprefix("主要")
            return Fact(
                entity.at,
                mention.entities[0],
                Shape.ATTRIBUTE,
                noun,
                "",
                quote,
                start,
                start + len(quote),
                _words(noun),
                match["verb"],
            )
        break
    return None


def _of_clause(entity: Entity, clause: str, names: Names, start: int, quote: str) -> Iterator[Fact]:
    clause = _ADVERB.sub("", clause)
    found = names.find(clause)
    for mention in found:
        before, after = clause[: mention.start], clause[mention.end :]
        if (
            len(mention.entities) != 1
            or mention.entities[0] == entity.at
            or not before
            or before.startswith("是")
            or before.endswith("的")
            or after.startswith("的")
            or _UNCLEAR.search(before)
            or _UNCLEAR.search(after)
            or len(before) + len(after) > _LONGEST
            or len(found) > 1
        ):
            continue
        words = _words(before + "|" + after)
        yield Fact(entity.at, mention.entities[0], Shape.VERB, before, after, quote, start, start + len(quote), words)


def _words(text: str) -> frozenset[str]:
    """Pairs of characters; a sentence that shares one says the like."""
    text = re.sub(r"\d+[年月日]?", "|", text)
    return frozenset(term for term in terms(text) if len(term) > 1)


# ---- writing


def described(fact: Fact, kind: Kind, child: str, *, deep: bool) -> tuple[str, str]:
    """The fact's subject, by what it says of ``child``: a noun phrase of its own, else what goes before 的."""
    del kind, deep
    if fact.shape is Shape.ATTRIBUTE:
        return "", f"以{child}为{fact.before}"
    return "", f"{fact.before}{child}{fact.after}"


def inverted(fact: Fact, kind: Kind, child: str, *, deep: bool) -> tuple[str, str] | None:
    """The fact's object, by what is said of it and ``child``, the subject; None where the words cannot be turned."""
    del kind, deep
    before, after = fact.before, fact.after
    if fact.shape is Shape.ATTRIBUTE:
        return f"{child}的{before}", ""
    if before == "由" and after:
        # 由 O 于1996年创立 is 于1996年创立 S.
        return "", f"{after}{child}"
    if after and (match := re.fullmatch(r"(\d{4}年)由", before)):
        return "", f"于{match[1]}{after}{child}"
    time = _TIME.match(before)
    when = f"于{time['time']}" if time else ""
    verb = before[time.end() :] if time else before
    if not after and (match := re.fullmatch(r"(位|坐落|设)?(于|在)", verb)):
        return "", f"{child}所在"
    if not after and (match := re.fullmatch(r"([\u4e00-\u9fff]{1,4})[于在]", verb)):
        return "", f"{child}{when}{match[1]}"
    parts = tokens(verb)
    if not after and parts and all(part.tag.startswith("v") for part in parts) and len(verb) <= 4:
        return "", f"{child}{when}{verb}"
    return None
