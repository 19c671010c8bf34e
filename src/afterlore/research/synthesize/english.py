# ruff: noqa: E501, SIM905
# A pattern or a word list is read as a whole.
"""Facts in English sentences, and the noun phrases that are written from them.

A sentence is read only where its subject is plainly the page's entity: its name, or a pronoun while every sentence
before was about it. Of a predicate the part up to the first comma or clause after the other name is kept. Relative
clauses need no change of the verb, so what is written is the sentence's own words: *the engineer who* + *was born in* +
*Oskerry*; asked the other way round, *the town in which* + *she* + *was born*.
"""

import re
from collections.abc import Iterator

from afterlore.context.tokens import STOP_WORDS, terms
from afterlore.research.synthesize.blur import TIME
from afterlore.research.synthesize.entities import RANKS, Entity, Mention, Names, body, plain
from afterlore.research.synthesize.facts import Fact, Kind, Shape

__all__ = ["described", "inverted", "kind_of", "plausible", "predicate", "read", "tells_of_subject"]

_AUX = r"(?:is|was|are|were|has been|had been|has|had)"
_IRREGULAR = {
    "written": "wrote", "built": "built", "made": "made", "won": "won", "led": "led", "drawn": "drew", "sung": "sang",
    "held": "held", "bought": "bought", "sold": "sold", "begun": "began", "given": "gave", "taken": "took", "run": "ran",
    "set": "set", "shot": "shot", "taught": "taught", "known": "", "born": "", "followed": "followed", "succeeded": "succeeded",
}  # fmt: skip
"""Participles, and their past tense; an empty one is never turned round."""
_PAST = "became|won|wrote|built|made|led|drew|sang|held|bought|sold|began|gave|took|ran|set|taught|stood|stands|lies|lay|makes|builds|sells|runs|works|lives|came|went|fought|fell|grew|left|met|ruled|rose|sat|shot|spent|spoke|wed|hosts|houses|contains|flows|plays|stars|features|belongs|serves|leads|owns|writes|teaches|measures|samples"
_VERB = rf"(?:{_AUX}|{_PAST}|[a-z]{{2,}}ed)"
_STARTS_WITH_VERB = re.compile(rf"^(?:{_VERB})\b")
_ADVERB = re.compile(
    r"\b(?:also|then|later|currently|subsequently|eventually|further|furthermore|himself|herself|itself|now|still|soon|initially|finally|thus|together|first) (?=[a-z])"
)
_PRONOUN = re.compile(r"^(?:[Hh]e|[Ss]he|[Ii]t)\b")
_AHEAD = re.compile(r"^(?:In|On|Since|By|From|During|At|After) (?:[A-Za-z]+ )?[^,]{0,24}\d[^,]{0,12}, (?=[a-zA-Z])")
"""When it was, before the subject."""
_OWN = re.compile(
    r"^(?P<whose>His|Her|Its|[A-Z][\w .-]{1,40}(?='s ))(?:'s)? (?P<noun>[a-z][a-z ]{2,24}?) (?P<verb>is|was) "
)
"""What something of the subject is."""
_PAREN = re.compile(r"\s*[(\[][^()\[\]]*[)\]]")
_APART = re.compile(rf",? and (?={_VERB}\b)|, (?=[a-z]+(?:ed|en) (?:and [a-z]+ )?by )|; ")
_OTHER_WORK = re.compile(r"\b(?:based|adapt\w+|remake|version|sequel|prequel|inspired)\b")
_WHO = re.compile(rf",? (?:who|that|which) (?={_VERB}\b)")
_END = re.compile(
    r"[,;:—–]|\.(?=\s|$)| - |\b(?:and|but|or|nor|while|where|when|which|who|whom|whose|that|because|although|though|if|than|starring|including|such|followed|along|alongside|as well|is|was|were|are)\b"
)
_DATE_COMMA = re.compile(r"(?<=\d),(?= \d{4}\b)")
_UNCLEAR = re.compile(
    r"\b(?:this|these|those|such|same|it|they|them|there|here|former|latter|following|above|other|another|not|never|no|we|our|us|I|you|one|both|each|either|respectively|known as|credited as|billed as|name|named|called|titled|entitled|title|nicknamed|renamed|titular|eponymous|their)\b|[\"“”]|n't",
    re.I,
)
_PREP = r"(?:in|at|on|from|to|for|with|under|near|by|into|through|against|during|after|before|until|since|as|between|over|off|around|within|along)"
_AFTER = re.compile(rf"^\s*$|^ {_PREP} ")
_LONGEST_AFTER = 45
_LONGEST = 130
_ARTICLE = re.compile(rf"\b(?:the|an?)(?: (?!(?:{_PREP}|of|and)\b)[a-z][a-z-]*){{0,4}} $")
_OF = re.compile(
    r"^(?:(?:only|eldest|youngest|first|second|third|last|elder|younger|oldest|sole|main|largest|best known) )*([a-z][a-z-]+) (?:of|to) $"
)
_BY = re.compile(rf"\b(?P<verb>[a-z]+)(?P<more>(?: and [a-z]+)?)(?P<when>(?:{TIME.pattern})?) by $")
_KIND_END = re.compile(
    r"\s(?:of|in|from|by|for|with|at|on|to|that|who|whom|which|where|whose|when|best|known|born|located|situated|based|directed|written|produced|starring|set|made|about|under|near|as|during|between|off|released|published|founded|created|owned|serving|recorded|performed|adapted|featuring|built|active|and|or|into|through|popular|noted|famous|commonly|who's|presented|composed|edited|broadcast|designed|established|established|held|used|belonging|consisting|dedicated|organized|headquartered|along|within|around|over|two|three|one|notable|co-written|originally|together|directly|also)\b|[,.;:(\"]"
)
_RELATIONAL = frozenset(
    "daughter son wife husband sister brother child children member part one mother father name type form kind eldest grandson granddaughter nephew niece uncle aunt cousin consort descendant ancestor heir widow half-brother half-sister stepmother fiancée number series-regular result source pair group set couple title term suburb twin".split()
)
_THINGS = frozenset(
    "film movie album song single novel book series show comedy drama thriller western musical documentary opera company studio school college university town city village river lake island mountain county district club team band party newspaper magazine journal ship vessel church museum building bridge station hospital award game episode play symphony award house castle palace battle war treaty region province country state institute laboratory shipyard buoy microscope observatory settlement municipality commune parish festival record label program programme website language genus species family cemetery park road railway airport number chapter order quarter theater theatre center centre border computer tower character chamber paper corridor sector motor layer meter subject short tributary newspaper river thriller cover theory error factor weather flower tiger".split()
)
_AGENT = re.compile(
    r"(?:er|or|ist|ian|ess|eer|man|woman|king|queen|poet|duke|count|prince|monk|nun|bishop|pope|architect|student|president|lieutenant|servant|merchant|agent|assistant|sergeant|saint|athlete|aide|diplomat|priest|judge|spy|scholar|host|chef|coach|peer|noble|royal|personality|knight|person|star|champion|soldier|general|admiral|captain|cleric|vocalist|activist)$"
)
_WORKS = frozenset(
    "film movie album song single novel book series show opera episode play symphony musical documentary comedy drama thriller western".split()
)
_OF_WORKS = re.compile(
    r"direct|writ|wrote|produc|compos|star|edit|scor|storyboard|sequel|prequel|film|song|album|novel|book|adapt|publish|record|perform|appear|play|shot|cast|sung|sang|act|work|made|illustrat|translat"
)
_NOT_OF_FILMS = re.compile(
    r"footballer|cricketer|player|swimmer|athlete|bishop|nobleman|noblewoman|politician|king|queen|monk|bull|rower|wrestler|driver"
)
_HEAD_SENTENCE = re.compile(r"^(?P<subject>.{1,160}?),? (?P<verb>is|was|are|were) (?P<rest>(?:an?|the|one of the) .+)$")
_FIRST = re.compile(r"^(?P<subject>.{1,160}?),? (?P<verb>is|was|were|are) (?P<rest>.+)$")
_NUMBERS = re.compile(r"\d")


def kind_of(entity: Entity) -> Kind:
    """What the first sentences say that it is."""
    pronouns = len(re.findall(r"\b(?:he|she|his|her)\b", entity.text, re.I))
    for number, sentence in enumerate(body(entity.text)):
        match = _HEAD_SENTENCE.match(_simple(sentence.text))
        if match and _about(match["subject"], entity, first=number == 0):
            noun = _noun(match["rest"]) or _in_name(entity)
            head = noun.split()[-1].lower() if noun else ""
            if head in _THINGS:
                return Kind(noun, person=False)
            relative = match["rest"].split(" of ")[0].split()[-1].lower() in _RELATIONAL
            person = bool(relative or _AGENT.search(head) or (pronouns and not noun)) and bool(pronouns or head)
            if head and not person and pronouns > 1:
                person = True
            return Kind(noun, person=person)
        if number == 1:
            break
    return Kind("" if pronouns else _in_name(entity), person=bool(pronouns))


def _in_name(entity: Entity) -> str:
    """A name may say what it names: *Vell Observatory*."""
    last = entity.name.split()[-1].lower()
    return last if last in _THINGS else ""


def _noun(rest: str) -> str:
    """The noun phrase after the article, without what follows its noun; empty where it is no plain noun."""
    rest = re.sub(r"^(?:an?|the|one of the) ", "", _ADVERB.sub("", rest))
    end = _KIND_END.search(rest)
    first = rest[: end.start()] if end else rest.rstrip(".")
    if end and end[0].strip() in ("and", "or"):
        more = _KIND_END.search(rest, end.end())
        whole = rest[: more.start()] if more else rest.rstrip(".")
        # "film and television director" is one noun, "actor and director" are two.
        if not _AGENT.search(first) and _AGENT.search(whole):
            first = whole
    words = [word for word in first.split() if not _NUMBERS.search(word)]
    while words and (
        words[0].endswith("ly")
        or words[0] in ("former", "retired", "late", "current", "only", "first", "second", "third", "then")
    ):
        words = words[1:]
    if (
        not words
        or len(words) > 6
        or not re.fullmatch(r"[a-z][a-z-]*[a-z]", words[-1])
        or words[-1] in _RELATIONAL | {"black", "white"}
    ):
        return ""
    if any(not re.fullmatch(r"[A-Za-zÀ-ɏ'/-]+", word) or word.lower() in STOP_WORDS - {"and"} for word in words):
        return ""
    if len(words) == 1 and words[0].endswith("ed"):
        return ""
    return " ".join(words)


def _simple(text: str) -> str:
    """Plain, without what stands in brackets."""
    text = plain(text)
    for _ in range(3):
        text = _PAREN.sub("", text)
    return text.strip()


def _about(subject: str, entity: Entity, *, first: bool) -> bool:
    """Whether the words before the verb name the entity."""
    said = set(re.findall(r"[^\W_]+", subject))
    own = [word for word in re.findall(r"[^\W_]+", entity.name) if word[0].isupper() or word[0].isdigit()]
    if first:
        return (
            bool(said & set(own)) and len(subject) <= 160 and not re.search(r"^(?:In|At|On|After|When|As)\b", subject)
        )
    return re.sub(r"^The ", "", subject) in (entity.name, *entity.aliases, own[-1] if own else "")


def read(entity: Entity, kind: Kind, names: Names) -> Iterator[Fact]:
    """The facts of a page."""
    sure = True
    for number, sentence in enumerate(body(entity.text)):
        text = _simple(sentence.text).rstrip(".")
        own = _OWN.match(text)
        if own and (sure if own["whose"] in ("His", "Her", "Its") else own["whose"] in _forms(entity, kind)):
            yield from _attribute(entity, text, own, names, sentence.start, sentence.text)
            continue
        predicate, verb = _predicate(text, entity, kind, first=number == 0, sure=sure)
        # After a sentence about something else a pronoun may mean that; the first one is about the page's entity.
        sure = bool(predicate) or number == 0
        for piece in _pieces(predicate, "" if kind.person else verb):
            yield from _of_piece(entity, piece, names, sentence.start, sentence.text)


def _forms(entity: Entity, kind: Kind) -> list[str]:
    """What the page may call its entity, the longest first."""
    own = re.findall(r"[^\W_]+", entity.name)
    forms = {entity.name, *entity.aliases, *((own[-1], own[0]) if kind.person and own else ())}
    return sorted(forms, key=len, reverse=True)


def _predicate(text: str, entity: Entity, kind: Kind, *, first: bool, sure: bool) -> tuple[str, str]:
    """The words from the verb on, where the entity is the subject; and the verb."""
    if first and (match := _FIRST.match(text)) and _about(match["subject"], entity, first=True):
        return f"{match['verb']} {match['rest']}", match["verb"]
    rest = ""
    ahead = _AHEAD.match(text)
    text = text[ahead.end() :] if ahead else text
    if sure and (pronoun := _PRONOUN.match(text)) and (kind.person == (pronoun[0].lower() != "it")):
        rest = text[pronoun.end() :].lstrip()
    elif sure and kind.noun and (match := re.match(rf"^(?i:The) {re.escape(kind.head)} ", text)):
        rest = text[match.end() :]
    else:
        for form in _forms(entity, kind):
            if match := re.match(rf"^(?:The )?{re.escape(form)}(?=[ ,])", text):
                rest = text[match.end() :].lstrip()
                break
    rest = _ADVERB.sub("", rest)
    found = _STARTS_WITH_VERB.match(rest)
    return (rest, found[0]) if found else ("", "")


def _pieces(predicate: str, passive: str) -> Iterator[str]:
    """The predicates that a sentence strings together, each beginning with its verb. ``passive`` is the verb that a
    participle without one continues: *is a film directed by A and written by B*.
    """
    who = _WHO.split(predicate, maxsplit=1)
    copula = re.fullmatch(rf"{_AUX} (?:an?|the) [^,]{{3,60}}", who[0])
    if len(who) == 2 and copula and not re.search(r" (?:of|by|in|to|with|from|and) ", who[0]):
        yield from _pieces(who[1], "")
        return
    for piece in _APART.split(predicate):
        # Behind "based on the novel" a participle may tell of the novel.
        passive = "" if _OTHER_WORK.search(piece) else passive
        piece = _ADVERB.sub("", piece.strip())
        if not _STARTS_WITH_VERB.match(piece):
            continue
        if match := re.match(r"^(is|was|were|are) (?!an? |the )[a-z]+(?:ed|en|wn|ilt|ade)\b", piece):
            passive = match[1]
        elif passive and re.match(r"^[a-z]+ (?:and [a-z]+ )?(?:by|in|at|from)\b", piece):
            piece = f"{passive} {piece}"
        if not re.match(r"^[a-z]+(?:ed|en|ilt|ade) (?:and [a-z]+ )?by ", piece):
            yield piece
        if re.search(r"\b(?:which|who|whom|that|whose|where)\b", piece):
            # What follows may tell of what the clause told of.
            return


def _of_piece(entity: Entity, piece: str, names: Names, start: int, quote: str) -> Iterator[Fact]:
    masked = _DATE_COMMA.sub("\0", piece)
    last, at = "", -1
    for mention in names.find(masked):
        before = masked[: mention.start]
        # "the son of A and B": what is said of A is said of B.
        if last and re.fullmatch(r",? and (?:his wife,? |the )?", masked[at : mention.start]):
            before = last
        last, at = (before, mention.end) if before.endswith((" of ", " by ")) else ("", -1)
        after = _behind(masked[mention.end :])
        if len(mention.entities) != 1 or mention.entities[0] == entity.at or after is None:
            continue
        if _clean(before, after) and not names.find(before):
            yield _fact(entity, mention, before.replace("\0", ","), after.replace("\0", ","), start, quote)


def _behind(text: str) -> str | None:
    """What of the words behind a name belongs to the predicate; None where the name itself goes on in them."""
    end = _END.search(text)
    after = text[: end.start()].rstrip() if end else text.rstrip()
    whole = end is None or not end[0][0].isalpha()
    if not after or (whole and _AFTER.match(after) and len(after) <= _LONGEST_AFTER and after[1:].islower()):
        return after
    if when := TIME.match(after):
        return when[0]
    return "" if _AFTER.match(after) else None


def _clean(before: str, after: str) -> bool:
    verb = _STARTS_WITH_VERB.match(before)
    inside = before[verb.end() :] if verb else before
    last = before.split()[-1] if before.split() else ""
    # A noun straight before a name: an apposition, which is only taken with its article.
    apposition = not _ARTICLE.search(before) and not re.fullmatch(
        rf"{_PREP}|of|the|{_VERB}|about|like|upon|towards?", last
    )
    return not (
        _END.search(inside)
        or _UNCLEAR.search(before)
        or _UNCLEAR.search(after)
        or len(before) + len(after) > _LONGEST
        or apposition
        or last in RANKS
        or before.endswith("between ")
        # A participle without its verb, which may be of anything: "and adapted by".
        or (before.endswith(" by ") and not re.match(rf"^{_AUX}\b", before))
        or (inside.strip() == "" and verb is not None and verb[0] in ("is", "was", "are", "were", "has", "had"))
    )


def _fact(entity: Entity, mention: Mention, before: str, after: str, start: int, quote: str) -> Fact:
    match = re.match(r"^(?:is|was|are|were) (an?|the) (?P<noun>.+)$", before)
    shape, lead = Shape.VERB, ""
    # An article, with a noun or without, is part of the name's phrase: "the research vessel Merganser".
    article = _ARTICLE.search(before)
    if article and not (match and article.start() <= match.start("noun")):
        before, lead = before[: article.start()], article[0]
    if match and (match[1] == "the" or _BY.search(before) or _noun(f"a {match['noun']}")):
        shape, before = Shape.NOMINAL, before[match.start("noun") :] if len(before) > match.start("noun") else before
    words = frozenset(term for term in terms(before) if term not in STOP_WORDS and not term.isdigit())
    span = (start, start + len(quote))
    return Fact(entity.at, mention.entities[0], shape, before, after, quote, *span, words, lead=lead)


def _attribute(entity: Entity, text: str, own: re.Match[str], names: Names, start: int, quote: str) -> Iterator[Fact]:
    noun = own["noun"]
    for mention in names.find(text):
        lead = text[own.end() : mention.start]
        rest = text[mention.end :]
        if (
            lead not in ("", "the ")
            or len(mention.entities) != 1
            or mention.entities[0] == entity.at
            or (rest and rest[0] != ",")
            or _UNCLEAR.search(noun)
        ):
            continue
        words = frozenset(term for term in terms(noun) if term not in STOP_WORDS)
        yield Fact(
            entity.at,
            mention.entities[0],
            Shape.ATTRIBUTE,
            noun,
            "",
            quote,
            start,
            start + len(quote),
            words,
            own["verb"],
        )


def plausible(fact: Fact, kind: Kind) -> bool:
    """Whether the object's page can be what is meant: nobody is buried in a film, or directed by a footballer. Where
    another thing has the page's name, its page may say more than its name does.
    """
    if kind.head in _WORKS:
        return _OF_WORKS.search(fact.before) is not None
    return not (fact.before.endswith("directed by ") and _NOT_OF_FILMS.search(kind.noun))


# ---- writing


def described(fact: Fact, kind: Kind, child: str, *, deep: bool) -> tuple[str, str]:
    """The fact's subject, by what it says of ``child``: a noun phrase of its own or "", and else a relative clause.
    ``deep`` says that the child is a description: what stands behind it would seem to belong to that.
    """
    before, after = _time_ahead(fact.before, fact.after) if deep else (fact.before, fact.after)
    if fact.shape is Shape.NOMINAL:
        return f"the {before}{child}{after}", ""
    if fact.shape is Shape.ATTRIBUTE:
        return "", f"whose {before} {fact.verb} {child}"
    return "", f"{'who' if kind.person else 'that'} {before}{child}{after}"


def predicate(fact: Fact, kind: Kind, child: str) -> str:
    """The relative clause of a nominal fact, to stand behind others: *that was directed by* ``child``."""
    who = "who" if kind.person else "that"
    if match := _BY.search(fact.before):
        return f"{who} was {fact.before[match.start() :]}{child}{fact.after}"
    return f"{who} is the {fact.before}{child}{fact.after}"


def tells_of_subject(clause: str) -> bool:
    """Whether a relative clause goes on with its verb: *who founded*, not *that she founded*."""
    return re.match(rf"^(?:who|that)(?: in (?:the )?\d{{4}}s?)? {_VERB}\b", clause) is not None


def inverted(fact: Fact, kind: Kind, child: str, *, deep: bool) -> tuple[str, str] | None:
    """The fact's object, by what is said of it and ``child``, the subject; None where the words cannot be turned, or
    a description would stand before its verb, which nobody reads with ease.
    """
    before, after = fact.before, fact.after
    who = "who" if kind.person else "that"
    if fact.shape is Shape.ATTRIBUTE:
        return f"the {before} of {child}", ""
    if match := _BY.search(before):
        return _active(match, who, child, after, deep=deep)
    if fact.shape is Shape.NOMINAL:
        turned = (match := _OF.match(before)) and match[1] in _RELATIONAL and not after
        return ("", f"whose {before.removesuffix(' of ')} was {child}") if turned else None
    if deep or before.startswith("became"):
        return None
    which = "whom" if kind.person else "which"
    if match := re.match(rf"^({_AUX}) (?!an? |the |one )(.+) ({_PREP}) $", before):
        return "", f"{match[3]} {which} {child} {match[1]} {match[2]}{after}"
    if match := re.match(rf"^((?:{_PAST}|[a-z]{{2,}}ed)(?: [a-z]+){{0,3}}) ({_PREP}) $", before):
        return "", f"{match[2]} {which} {child} {match[1]}{after}"
    if match := re.match(rf"^((?:{_PAST}|[a-z]{{2,}}ed)) $", before):
        return "", f"{'whom' if kind.person else 'that'} {child} {match[1]}{after}"
    return None


def _active(match: re.Match[str], who: str, child: str, after: str, *, deep: bool) -> tuple[str, str] | None:
    verbs = [match["verb"], *match["more"].split()[1:]]
    active = [_IRREGULAR.get(verb, verb if verb.endswith("ed") else "") for verb in verbs]
    if not all(active):
        return None
    said, when = " and ".join(active), match["when"] + after
    if not deep:
        return "", f"{who} {said} {child}{when}"
    return ("", f"{who}{when} {said} {child}") if not when or TIME.fullmatch(when) else None


def _time_ahead(before: str, after: str) -> tuple[str, str]:
    """Before the description of a town: *was born in 1951 in the town that …*."""
    match = re.match(rf"^(.*[a-z])( (?:{_PREP}|of) )$", before)
    if not match or not TIME.fullmatch(after):
        # Without it less is said, and nothing else.
        return before, ""
    return f"{match[1]}{after}{match[2]}", ""
