"""A synthetic day made of what is hard to keep apart, or to bring together. The same seed gives the same bytes.

One vendor's conference with several products, each an event of its own; two versions of one product; papers of one
laboratory; funding flashes of one template; opinion pieces on one topic whose titles name nothing; a preview and
the report of what it announced; reports in English; articles of which only a digest is at hand.

Not covered: reports that are wrong, and events that a reader would be unsure of.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from afterlore.brief.article import Article
from afterlore.brief.evaluate.generate import Day, Event, World, article, background, number, plain_article
from afterlore.brief.evaluate.generate_words import (
    DEEDS,
    EVENTS,
    HOUSES,
    NAME_HEADS,
    NAME_TAILS,
    PEOPLE,
    PRODUCTS,
    THINGS,
    TOPICS,
)
from afterlore.core import digest

__all__ = ["CASES", "flashes", "hard_day"]

_START = datetime(2027, 3, 1, 1, tzinfo=UTC)

# English wordings of the facts of some kinds, in the order of ``EVENTS``; {l} is the company's Latin name, {w} the
# product's.
_ENGLISH = {
    "funding": (
        "{l} raises {n1} billion yuan in new funding",
        (
            "{l} said on Monday that it had raised {n1} billion yuan in a new round.",
            "The deal values the company at about {n2} billion yuan, two people familiar with the terms said.",
            "Proceeds will pay for the development of {w} and for more engineers, the founder said.",
            "Founded in {y}, {l} has about {n3} employees and sells mostly to manufacturers.",
        ),
    ),
    "release": (
        "{l} unveils {w}, its newest model",
        (
            "{l} released its new model {w} on Monday and opened it to developers at once.",
            "{w} has {n1} billion parameters in total, of which {n2} billion are active.",
            "On the benchmark {b} it scored {n3}, up from {n4} for the model before it.",
            "Access costs {n5} yuan per million tokens, the company said, and early customers are paying.",
        ),
    ),
    "outage": (
        "{w} goes dark for {n1} hours",
        (
            "{w}, run by {l}, was unreachable for {n1} hours on Monday after a faulty configuration change.",
            "About {n2} thousand users were affected, most of them businesses that had built it into their work.",
            "{l} apologised and promised customers {n3} days of credit, without saying who would be paid first.",
        ),
    ),
}
_ENGLISH_FILLER = (
    "Analysts said the move would put pressure on rivals that had been slower to cut their prices.",
    "The market has grown crowded, and customers have learned to wait for the next announcement.",
    "Two executives at competing firms, who asked not to be named, said they had expected it sooner.",
    "Spending of this kind rarely pays back within a year, according to people who follow the sector.",
    "The company did not respond to a request for comment before this article was published.",
    "Much depends on whether buyers renew when their first contracts run out.",
    "Regulators have asked questions about similar products but have not opened a case.",
    "Hiring in the sector slowed last winter, and the people who left have mostly started firms of their own.",
    "Older suppliers answer that their machines last longer and are cheaper to repair.",
    "A survey in the spring found that most buyers could not say what they had saved.",
    "Its founders met at a robotics club and still answer support mail on Sundays.",
    "Energy bills have become the second largest item after wages, and few contracts cap them.",
    "Lawyers expect the first test cases to reach a higher court next year.",
    "What matters to hospitals and banks, one consultant said, is whom they can call at night.",
)
_ENGLISH_OUTLETS = ("The Signal Post", "Harbour Wire", "Northlight Daily")
_OPINIONS = (
    "为什么说{a}被误读了",
    "别再谈{a}了，先把账算清楚",
    "{a}的尽头是什么",
    "写给还在犹豫的人",
    "潮水退去之后，谁在裸泳",
    "那些没有说出口的代价",
    "我们为什么需要慢下来",
)
_ASIDES = (
    "{m}像一台{t}，谁都想按下开关。",
    "{c}在{m}上花的钱，够买下几条街的{t}。",
    "一位朋友把{m}比作{t}，我没有反驳。",
    "{p}讲过一个关于{t}的故事，放在{m}上也说得通。",
    "如果{m}有答案，大概藏在{t}里。",
    "从{t}的历史看，{m}走得并不快。",
)
_ASTRAY = (
    ("{l} opens an office in {q}", "{l} opened an office in {q} and plans to hire {n1} people there within a year."),
    ("{l} settles a dispute over {q}", "A court in {q} closed a case against {l} after both sides reached terms."),
    ("{l} backs a school in {q}", "Pupils in {q} will learn to program with the help of volunteers from {l}."),
)
_TOWNS = ("Port Ellery", "Marrow Bay", "Castleby", "Dunmere", "Oxlade", "Tarn Hill")
_CONFERENCE = (
    "在今天开幕的{c}年度大会上，{p}做了主题演讲，台下坐着数千名开发者。",
    "{p}在{c}年度大会上连续发布了多款产品，包括{others}。",
    "这是{c}第七次举办年度大会，现场还展示了{others}。",
)
CASES = ("conference", "versions", "lab", "flashes", "opinions", "preview", "english", "digests", "plain")
"""What a hard day is made of."""


def hard_day(seed: int, cases: Sequence[str] = CASES, *, scale: int = 1, length: int = 1200) -> Day:
    """About 12 articles for each of ``cases``, times ``scale``. Raises KeyError for a case that there is not."""
    rng = random.Random(f"hard {seed}")
    world = World(rng, 60 * scale)
    articles: list[Article] = []
    clusters: list[tuple[str, ...]] = []
    for case in cases:
        for _ in range(scale):
            for group in _MAKERS[case](rng, world, length):
                articles += group
                clusters.append(tuple(one.id for one in group))
    articles.sort(key=lambda one: (one.published or _START, one.id))
    return Day(tuple(articles), tuple(clusters))


def _event(kind: str, world: World, rng: random.Random, **values: str) -> Event:
    return Event(kind, world.values(rng) | values, tuple(range(len(EVENTS[kind][1]))))


def _reports(event: Event, size: int, rng: random.Random, world: World, length: int) -> list[Article]:
    outlets = rng.sample(list(HOUSES), size)
    return [article(event, outlet, _when(rng), rng, world, length) for outlet in outlets]


def _when(rng: random.Random) -> datetime:
    return _START + timedelta(minutes=rng.randrange(600))


def _size(rng: random.Random) -> int:
    return rng.choice((1, 2, 3))


def _with(one: Article, addition: str) -> Article:
    """The article with a paragraph behind its lead, as ``article`` would have made it."""
    lines = one.text.split("\n")
    return plain_article(one.outlet, one.title, one.published or _START, "\n".join([*lines[:2], addition, *lines[2:]]))


def _conference(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    c, p = world.company(rng), world.values(rng)["p"]
    names = [f"{name}-{rng.randint(1, 9)}" for name in rng.sample(PRODUCTS, 5)]
    for name, kind in zip(names, ("release", "device", "open", "outage", "partner"), strict=True):
        event = _event(kind, world, rng, c=c, p=p, v=name)
        others = "、".join(rng.sample([one for one in names if one != name], 2))
        said = rng.choice(_CONFERENCE).format(c=c, p=p, others=others)
        yield [_with(one, said) for one in _reports(event, _size(rng), rng, world, length)]


def _versions(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    c, product, first = world.company(rng), rng.choice(PRODUCTS), rng.randint(2, 7)
    for version in (f"{first}", f"{first + 1}", f"{first}.5"):
        event = _event("release", world, rng, c=c, v=f"{product}-{version}")
        yield _reports(event, _size(rng), rng, world, length)


def _lab(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    shared = {key: world.values(rng)[key] for key in ("c", "d", "p", "m", "b")}
    for name in rng.sample(PRODUCTS, 4):
        yield _reports(_event("open", world, rng, v=name, **shared), rng.choice((1, 1, 2)), rng, world, length)


def _flashes(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    del world, length
    yield from ([one] for one in flashes(12, rng.randrange(10**6)))


def _opinions(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    topic = rng.choice(TOPICS)
    for title in rng.sample(_OPINIONS, 6):
        values = world.values(rng) | {"m": topic}
        lines = [f"最近大家都在谈{topic}。"]
        things, deeds = rng.sample(THINGS, 60), rng.sample(DEEDS, 15)
        while sum(map(len, lines)) < length:
            lines.append(background(things, deeds, ("",), rng))
            if rng.random() < 0.1:
                lines.append(rng.choice(_ASIDES).format_map({**values, "t": rng.choice(things)}))
        text = "\n".join("".join(lines[at : at + 4]) for at in range(0, len(lines), 4))
        yield [plain_article(rng.choice(list(HOUSES)), title.format(a=topic), _when(rng), text)]


def _preview(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    for _ in range(3):
        event = _event("device", world, rng)
        values = event.values
        ahead = (
            "外界预计，{c}将于明天的发布会上推出{v}，起售价有望定在{n1}元。\n"
            "据爆料，{v}即将支持{m}，芯片或将来自{d}。发布会倒计时一天，悬念仍在，值得期待。"
        ).format_map(values)
        title = f"{values['c']}明天发布会前瞻：{values['v']}值得期待"
        yield [plain_article("零号观察", title, _START - timedelta(hours=rng.randint(10, 20)), ahead)]
        yield _reports(event, 2, rng, world, length)


def _english(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    latin = world.latin(rng)
    for kind, (head, facts) in _ENGLISH.items():
        c, w = world.company(rng), f"{rng.choice(PRODUCTS[:20])}-{rng.randint(1, 9)}"
        # Chinese reports call the product by its Latin name, and one in two explains the company's.
        event = _event(kind, world, rng, c=c, v=w)
        values = {**event.values, "l": latin, "w": w}
        if kind == "funding":
            values["n1"], values["n2"] = (f"{float(values[key]) / 10:.6g}" for key in ("n1", "n2"))
        if kind == "outage":
            values["n2"] = f"{float(values['n2']) * 10:.6g}"
        told = [facts[0], *rng.sample(facts[1:], len(facts) - 1), *rng.sample(_ENGLISH_FILLER, 5)]
        text = "\n".join(told).format_map(values)
        found = _reports(event, 2, rng, world, length)
        found = [_with(one, f"{c}（{latin}）是本次事件的主角，{c}总部位于江北。") for one in found]
        yield [*found, plain_article(rng.choice(_ENGLISH_OUTLETS), head.format_map(values), _when(rng), text, "en")]
        # The same company in another story, in English alone.
        values["q"] = rng.choice(_TOWNS)
        title, lead = (part.format_map(values) for part in rng.choice(_ASTRAY))
        filler = "\n".join(rng.sample(_ENGLISH_FILLER, 4))
        yield [plain_article(rng.choice(_ENGLISH_OUTLETS), title, _when(rng), f"{lead}\n{filler}", "en")]
        latin = world.latin(rng)


def _digests(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    del length
    for _ in range(5):
        kind = rng.choice(list(EVENTS))
        event = _event(kind, world, rng)
        short = replace(event, facts=event.facts[:3])
        yield [*_reports(short, 1, rng, world, 140), *_reports(event, 1, rng, world, 1200)]


def _plain(rng: random.Random, world: World, length: int) -> Iterator[list[Article]]:
    for _ in range(6):
        yield _reports(_event(rng.choice(list(EVENTS)), world, rng), _size(rng), rng, world, length)


_MAKERS = {
    "conference": _conference,
    "versions": _versions,
    "lab": _lab,
    "flashes": _flashes,
    "opinions": _opinions,
    "preview": _preview,
    "english": _english,
    "digests": _digests,
    "plain": _plain,
}


_FLASHES = (
    "{c}今日宣布完成{n1}亿元{k}融资，由{d}领投，{e}跟投。本轮资金将用于产品研发与市场拓展。{c}成立于{y}年，创始人为{p}。",
    "{date}，{c}股价收盘上涨{n2}%，报{n3}元，成交额{n1}亿元，总市值约{n4}亿元。截至发稿，{c}暂未就股价异动作出回应。",
    "【{c}发布{v}】{c}今日发布新一代大模型{v}，上下文长度提升至{n4}K，接口价格下调{n2}%。{p}表示，{v}即日起向全部开发者开放。",
    "据知情人士透露，{c}正与{d}就{m}业务展开谈判，交易金额或达{n1}亿美元。双方均未回应置评请求，谈判仍可能破裂。",
    "天眼查信息显示，{c}近日发生工商变更，注册资本由{n1}万元增至{n4}万元，{p}新增为董事。该公司由{d}全资持股。",
    "{c}公告，公司拟以{n1}亿元收购{d}{n2}%股权。交易完成后，{d}将成为公司控股子公司。本次交易不构成重大资产重组。",
)


def flashes(n: int, seed: int) -> list[Article]:
    """``n`` short flashes from a handful of templates, every one about another event."""
    rng = random.Random(f"flashes {seed}")
    names = [head + tail for head in NAME_HEADS for tail in NAME_TAILS]
    found: list[Article] = []
    start = datetime(2027, 3, 1, 1, tzinfo=UTC)
    for place in range(n):
        c, d, e = rng.sample(names, 3)
        values = {
            "c": c,
            "d": d,
            "e": e,
            "p": rng.choice(PEOPLE),
            "v": f"{rng.choice(PRODUCTS)}-{rng.randint(1, 9)}",
            "m": rng.choice(TOPICS),
            "k": rng.choice(("天使轮", "A轮", "B轮", "C轮")),
            "y": str(rng.randint(2012, 2027)),
            "date": f"{rng.randint(1, 12)}月{rng.randint(1, 28)}日",
            **{f"n{i}": number(rng) for i in range(1, 5)},
        }
        text = _FLASHES[place % len(_FLASHES)].format_map(values)
        key = digest(f"{place} {text}")[:16]
        found.append(
            Article(
                id=key,
                url=f"https://flash.example/{key}",
                outlet="蓝鲸快讯",
                title=text[:24],
                published=start + timedelta(minutes=place),
                language="zh",
                text=text,
                sha256=digest(text),
                source="generated",
            )
        )
    return found
