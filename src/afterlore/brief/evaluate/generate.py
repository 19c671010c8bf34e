"""Synthetic news days whose truth is known: events, duplicates, follow-ups. The same seed gives the same bytes.

A day has events of several kinds, each reported by one to six outlets in their own wording, order and house style,
among background that speaks of other stories of the same vendor or topic. A few vendors and topics are in many
unrelated events, as on real days. Nothing in it is true; companies, people and products are invented.

What it does not cover: images, spelling errors, and the breadth of real vocabulary; ``generate_hard`` has days of what
is hard to tell apart.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

from afterlore.brief.article import Article
from afterlore.brief.evaluate.generate_words import (
    BACKGROUND,
    DEEDS,
    EVENTS,
    FILLER,
    HOUSES,
    NAME_HEADS,
    NAME_TAILS,
    PEOPLE,
    PRODUCTS,
    ROUNDUPS,
    THINGS,
    TOPICS,
)
from afterlore.core import digest

__all__ = [
    "Day",
    "Event",
    "Month",
    "World",
    "article",
    "background",
    "day",
    "edited",
    "month",
    "number",
    "plain_article",
    "reposted",
]

_SYLLABLES = (
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "ri",
    "so",
    "tu",
    "va",
    "wen",
    "xi",
    "yor",
)
_ZONE = timezone(timedelta(hours=8))
_HAN = (
    "的一是在不了有和人这中大为上个国我以要他时来用们生到作地于出就分对成会可主发年动"
    "同工也能下过子说产种面而方后多定行学法所民得经"
)


class Day(NamedTuple):
    """``clusters`` holds every article's id once, singletons included."""

    articles: tuple[Article, ...]
    clusters: tuple[tuple[str, ...], ...]


class Month(NamedTuple):
    """``followups`` holds (day, cluster) of a story and of the earlier story that it continues."""

    days: tuple[Day, ...]
    followups: tuple[tuple[tuple[int, int], tuple[int, int]], ...]


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its kind, the values of its slots, and which of its facts are known."""

    kind: str
    values: Mapping[str, str]
    facts: tuple[int, ...]
    news: tuple[str, ...] = field(default=())
    """Sentences of a follow-up that were in no earlier report."""


class World:
    """The names of one seed. Early names are drawn far more often: the day's big vendors."""

    def __init__(self, rng: random.Random, events: int) -> None:
        heads = list(NAME_HEADS)
        rng.shuffle(heads)
        size = max(24, events)
        # A huge day needs more names than there are words for them: coined ones, of Latin syllables.
        self.companies = list(
            dict.fromkeys((heads[i] + rng.choice(NAME_TAILS)) if i < len(heads) else _coined(rng) for i in range(size))
        )
        products = list(PRODUCTS)
        rng.shuffle(products)
        self.products = products

    def company(self, rng: random.Random) -> str:
        """Zipf-like: the first few vendors make most of the news."""
        return self.companies[int(len(self.companies) * rng.random() ** 2.5)]

    def latin(self, rng: random.Random) -> str:
        """A coined Latin name."""
        return _coined(rng)

    def values(self, rng: random.Random) -> dict[str, str]:
        """One value for every slot."""
        c, d = self.company(rng), self.company(rng)
        while d == c:
            d = rng.choice(self.companies)
        p, q = rng.sample(PEOPLE, 2)
        product = rng.choice(self.products)
        if len(self.companies) > len(PRODUCTS):
            product = rng.choice((product, _coined(rng)))
        version = rng.choice(("", "-{a}", " {a}.{b}", "{a}", "-{a}.{b}")).format(
            a=rng.randint(1, 9), b=rng.randint(0, 9)
        )
        numbers = {f"n{i}": number(rng) for i in range(1, 6)}
        return {
            "c": c,
            "d": d,
            "p": p,
            "q": q,
            "v": product + version,
            "m": rng.choice(TOPICS),
            "k": rng.choice(("天使轮", "A轮", "B轮", "C轮", "战略")),
            "b": rng.choice(("OfficeArena", "CodeHarbor", "LongDesk", "ToolMaze", "RoboBench")),
            "y": str(rng.randint(2014, 2028)),
            **numbers,
        }


def _coined(rng: random.Random) -> str:
    return "".join(rng.choices(_SYLLABLES, k=rng.randint(2, 4))).capitalize()


def number(rng: random.Random) -> str:
    """A figure as news has it."""
    return rng.choice(
        (f"{rng.randint(2, 99)}", f"{rng.randint(2, 99)}.{rng.randint(1, 9)}", f"{rng.randint(100, 980)}")
    )


def day(n: int, seed: int, *, length: int = 1500, date: str = "2027-03-01", roundups: bool = True) -> Day:
    """A day of exactly ``n`` articles of about ``length`` characters, published from ``date`` 00:00 (+08:00) on."""
    rng = random.Random(f"day {seed}")
    world = World(rng, n)
    events: list[Event] = []
    sizes: list[int] = []
    while sum(sizes) < n:
        sizes.append(min(rng.choices((1, 2, 3, 4, 5, 6), (60, 14, 10, 8, 5, 3))[0], n - sum(sizes)))
        kind = rng.choice(list(EVENTS))
        events.append(Event(kind, world.values(rng), tuple(range(len(EVENTS[kind][1])))))
    return _told(events, sizes, rng, world, length, date, roundups)


def _told(
    events: Sequence[Event],
    sizes: Sequence[int],
    rng: random.Random,
    world: World,
    length: int,
    date: str,
    roundups: bool,
) -> Day:
    start = datetime.fromisoformat(date).replace(tzinfo=_ZONE)
    articles: list[Article] = []
    clusters: list[tuple[str, ...]] = []
    houses = list(HOUSES)
    for number, (event, size) in enumerate(zip(events, sizes, strict=True)):
        outlets = rng.sample(houses, size)
        broke = start + timedelta(minutes=rng.randrange(1200))
        ids = []
        for outlet in outlets:
            when = broke + timedelta(minutes=rng.randrange(240))
            if roundups and size == 1 and number > 8 and rng.random() < 0.03:
                told = _roundup(rng.sample(events[:number], 6), outlet, when, rng, world, date)
            else:
                told = article(event, outlet, when, rng, world, length)
            articles.append(told)
            ids.append(told.id)
        clusters.append(tuple(ids))
    articles.sort(key=lambda told: (told.published or start, told.id))
    return Day(tuple(articles), tuple(clusters))


def article(
    event: Event, outlet: str, when: datetime, rng: random.Random, world: "World", length: int = 1500
) -> Article:
    """One outlet's report of one event, in its own words. Flashes are short, however long ``length`` is."""
    opening, closing, links, titles = HOUSES[outlet]
    heads, facts = EVENTS[event.kind]
    values = event.values
    known = list(event.facts)
    # The first fact is the event itself; of the others an outlet tells two thirds.
    told = known[:1] + [i for i in known[1:] if rng.random() < 0.67]
    lines = [rng.choice(facts[i]).format_map(values) for i in told]
    lines[1:] = rng.sample(lines[1:], len(lines) - 1)
    lines += rng.sample(event.news, max(1, len(event.news) - 1)) if event.news else []
    title = rng.choice(titles).format(t=rng.choice(heads).format_map(values))
    if length > 400 and rng.random() < 0.15:
        length = rng.randint(120, 300)
    target = length - len(opening) - len(closing)
    return _article(
        outlet, title, when, opening, "\n".join([*_spread(lines, values, links, target, rng, world)]), closing
    )


def _spread(
    facts: Sequence[str],
    values: Mapping[str, str],
    links: Sequence[str],
    target: int,
    rng: random.Random,
    world: "World",
) -> Iterator[str]:
    """Paragraphs: the facts spread over background, the first of them at the top."""
    sentences: list[str] = list(facts)
    size = sum(map(len, sentences))
    other = world.values(rng)
    things, deeds = rng.sample(THINGS, 60), rng.sample(DEEDS, 15)
    while size < target:
        roll = rng.random()
        if roll < 0.05:
            slots = {**other, "n": number(rng), "c": values["c"], "m": rng.choice((values["m"], other["m"]))}
            extra = rng.choice(BACKGROUND).format_map(slots)
        elif roll < 0.1:
            # A fact is taken up again further down, as news does.
            extra = rng.choice(facts)
        else:
            extra = background(things, deeds, links, rng)
        sentences.insert(rng.randint(1, len(sentences)), extra)
        size += len(extra)
    while sentences:
        taken = rng.randint(1, 4)
        yield "".join(sentences[:taken])
        sentences = sentences[taken:]


def background(things: Sequence[str], deeds: Sequence[str], links: Sequence[str], rng: random.Random) -> str:
    """A sentence of what the field always says, or one of the article's own scene."""
    subject, verb, thing, end = (rng.choice(words) for words in FILLER)
    a, b, c = rng.choice(things), rng.choice(things), rng.choice(things)
    deed, other = rng.choice(deeds), rng.choice(deeds)
    link = rng.choice(links)
    return rng.choice(
        (
            f"{link}{subject}{verb}{thing}，就像{deed}{a}一样。",
            f"{thing}，{subject}{verb}，{end}，{a}和{b}也在其中。",
            f"{link}从{a}到{b}，从{deed}到{other}，{subject}都{verb}{thing}。",
            f"{subject}先{deed}{a}，再{other}{b}，{end}。",
            f"有人{deed}{a}，有人把{b}{other}成了{c}。",
            f"{link}{a}旁边的{b}提醒{subject}，{c}还没有{deed}。",
        )
    )


def _article(
    outlet: str,
    title: str,
    when: datetime,
    opening: str,
    body: str,
    closing: str,
    kind: Literal["news", "roundup", "notice"] = "news",
) -> Article:
    return plain_article(outlet, title, when, f"{opening}\n{body}\n{closing}", kind=kind)


def plain_article(
    outlet: str,
    title: str,
    when: datetime,
    text: str,
    language: Literal["zh", "en"] = "zh",
    *,
    kind: Literal["news", "roundup", "notice"] = "news",
) -> Article:
    """An article of exactly this text; its id follows from all that is given."""
    key = digest(f"{outlet}\n{title}\n{when.isoformat()}\n{text}")[:16]
    return Article(
        id=key,
        url=f"https://news.example/{key}",
        outlet=outlet,
        title=title,
        published=when,
        language=language,
        text=text,
        sha256=digest(text),
        source="generated",
        kind=kind,
    )


def _roundup(
    events: Sequence[Event], outlet: str, when: datetime, rng: random.Random, world: World, date: str
) -> Article:
    del world
    heads = [rng.choice(EVENTS[event.kind][0]).format_map(event.values) for event in events]
    title = rng.choice(ROUNDUPS).format(house=outlet, date=date, a=heads[0], b=heads[1], c=heads[2])
    parts = []
    for number, (event, head) in enumerate(zip(events, heads, strict=True), 1):
        facts = EVENTS[event.kind][1]
        parts.append(f"{number}、{head}")
        parts.append("".join(rng.choice(facts[i]).format_map(event.values) for i in event.facts[:3]))
    return _article(outlet, title, when, HOUSES[outlet][0], "\n".join(parts), HOUSES[outlet][1], "roundup")


def month(days: int = 30, per_day: int = 20, seed: int = 0, *, length: int = 800) -> Month:
    """Days in a row. About a fifth of the stories continue one of the last fourteen days, with sentences of their
    own.
    """
    rng = random.Random(f"month {seed}")
    world = World(rng, per_day * days // 2)
    first = datetime(2027, 3, 1, tzinfo=UTC)
    history: list[list[Event]] = []
    out: list[Day] = []
    links: list[tuple[tuple[int, int], tuple[int, int]]] = []
    told: set[tuple[str, str]] = set()
    for number in range(days):
        events: list[Event] = []
        while len(events) < per_day:
            if history and rng.random() < 0.2:
                back = rng.randint(max(0, number - 14), number - 1)
                place = rng.randrange(len(history[back]))
                links.append(((number, len(events)), (back, place)))
                events.append(_continued(history[back][place], rng))
            else:
                events.append(_unheard(rng, world, told))
        sizes = [rng.choices((1, 2, 3), (70, 20, 10))[0] for _ in events]
        date = (first + timedelta(days=number)).date().isoformat()
        out.append(_told(events, sizes, rng, world, length, date, roundups=False))
        history.append(events)
    return Month(tuple(out), tuple(links))


def _unheard(rng: random.Random, world: World, told: set[tuple[str, str]]) -> Event:
    """An event such that no company has two of one kind: a second listing within weeks would be the same story."""
    while True:
        kind, values = rng.choice(list(EVENTS)), world.values(rng)
        if (kind, values["c"]) not in told:
            told.add((kind, values["c"]))
            return Event(kind, values, tuple(range(len(EVENTS[kind][1]))))


def _continued(event: Event, rng: random.Random) -> Event:
    """The same story some days later: the event itself again, fewer of its facts, and two to three pieces of news."""
    c, v, p = event.values["c"], event.values["v"], event.values["p"]
    q = rng.choice([name for name in PEOPLE if name != p])
    news = (
        f"最新进展是，{c}就此回应称，将在{rng.randint(2, 29)}天内公布{v}的后续方案。",
        f"知情人士{q}透露，相关金额已上调至{number(rng)}亿元。",
        f"{q}随后补充说，{v}的用户已经增加到{number(rng)}万。",
    )
    return replace(event, facts=event.facts[:1] + event.facts[1:][: rng.randint(0, 2)], news=tuple(rng.sample(news, 2)))


def edited(text: str, rate: float, rng: random.Random) -> str:
    """``text`` with ``round(rate * len(text))`` single characters replaced, removed or put in, at places drawn at
    random.
    """
    characters = list(text)
    for place in sorted(rng.sample(range(len(characters)), round(rate * len(characters))), reverse=True):
        roll = rng.random()
        if roll < 0.5:
            characters[place] = rng.choice(_HAN)
        elif roll < 0.75:
            del characters[place]
        else:
            characters.insert(place, rng.choice(_HAN))
    return "".join(characters)


def reposted(original: Article, rng: random.Random, *, rate: float = 0.0, framed: bool = False) -> Article:
    """Another outlet's copy of an article, an hour later: with edits, and with a header and footer when ``framed``."""
    outlet = rng.choice([name for name in HOUSES if name != original.outlet])
    text = edited(original.text, rate, rng)
    if framed:
        opening, closing, _, _ = HOUSES[outlet]
        text = (
            f"{opening}\n本文转载自{original.outlet}，仅供读者参考\n{text}\n{closing}\n声明：本文观点不代表{outlet}立场"
        )
    key = digest(f"{original.id} {rng.random()}")[:16]
    when = original.published + timedelta(hours=1) if original.published else None
    return original.model_copy(
        update={
            "id": key,
            "url": f"https://copy.example/{key}",
            "outlet": outlet,
            "text": text,
            "sha256": digest(text),
            "published": when,
        }
    )
