"""Articles, stories and days as nodes of the context tree: where each stands, and its title, levels and tags.

::

    ctx://resources/brief/<day>/<story>.md                     a story, as it was published
    ctx://resources/brief/<day>/others.md                      what the day only links to
    ctx://resources/articles/<its own day>/<id>-<sha256>.txt   an article, exactly as extraction left it

An article's place is made of its address and its text: reports that several days use stand there once, and a text that
a claim points into is never replaced by a later one. Text of articles is data: what is shown of it in a title or level
is one line without controls.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from afterlore.brief.article import Article
from afterlore.brief.publish.document import OTHERS, render_others, render_story
from afterlore.brief.publish.edition import ArticleEntry, Edition, StoryEntry
from afterlore.brief.publish.markdown import document
from afterlore.context.levels import ABSTRACT, OVERVIEW, Child, directory_levels
from afterlore.context.prose import shortened
from afterlore.context.records import Draft, Levels
from afterlore.context.uri import Uri
from afterlore.core import Claim
from afterlore.report import clean, one_line
from afterlore.text.sentences import sentences

__all__ = ["ARTICLES", "BRIEFS", "VERSION", "article_draft", "day_draft", "label", "place", "story_drafts"]

VERSION = "1"
"""Of how ledgers become nodes: another one has every day made again."""
ARTICLES = Uri(("resources", "articles"))
BRIEFS = Uri(("resources", "brief"))
_UNDATED = "undated"
_TITLE = 200
_OPENING = 1_000
"""Characters of an article that its L1 shows."""
_LEAD = 20
"""Characters from which on a first line is more than a dateline."""
_BRACKETS = re.compile(r"^【[^】\n]*】")
_WORDS = {
    "zh": {"colon": "：", "continues": "接续", "from": "转自"},
    "en": {"colon": ": ", "continues": "continues", "from": "first published by"},
}


def place(article: Article | ArticleEntry) -> Uri:
    """Where an article's text stands. Raises InputError for an id that is no name."""
    day = article.published.date().isoformat() if article.published else _UNDATED
    return Uri.of((*ARTICLES.parts, day, f"{article.id}-{article.sha256[:8]}.txt"))


def label(text: str) -> str:
    """The text as a tag; empty when nothing of it can be shown."""
    shown = one_line(text)[:100].strip()
    return shown if shown.isprintable() else ""


def article_draft(article: Article | ArticleEntry, text: str, tags: Sequence[str], *, whole: bool) -> Draft:
    """The article as a node. ``whole`` has it found by every word, else by its title and its lead."""
    words = _WORDS.get(article.language, _WORDS["en"])
    title = one_line(article.title)[:_TITLE] or article.id
    lead = _lead(text)
    said = [article.outlet, f"{words['from']} {article.origin}" if article.origin else ""]
    said += [f"{article.published:%Y-%m-%d %H:%M}" if article.published else "", article.url]
    facts = " · ".join(one_line(part) for part in said if part)
    overview = "\n\n".join((f"# {title}", facts, shortened(clean(text[: _OPENING + 1]), _OPENING)))
    searched = "\n".join((title, one_line(article.outlet), text if whole else lead))
    return Draft(
        text.encode(),
        text=searched,
        title=title,
        source=article.url,
        origin=one_line(article.outlet),
        tags=tuple(tags),
        levels=Levels(_titled(title, lead, words["colon"]), shortened(overview, OVERVIEW)),
        modified=article.published.isoformat() if article.published else "",
    )


def story_drafts(edition: Edition) -> Iterator[tuple[str, Draft]]:
    """The day's nodes by name, in the order of the day: its stories, then what it only links to."""
    published = document(edition)
    for entry, story in zip(edition.stories, published.stories, strict=True):
        yield f"{entry.id}.md", _story_draft(edition, entry, render_story(story))
    if edition.others:
        articles = {article.id: article for article in edition.articles}
        titles = [one_line(other.title) for other in edition.others]
        lines = [f"- {one_line(o.title)} · {one_line(articles[o.article].outlet)}" for o in edition.others]
        heading = OTHERS.removeprefix("## ")
        outlets = {articles[other.article].outlet for other in edition.others}
        body = render_others(published.others or ())
        yield (
            "others.md",
            Draft(
                body.encode(),
                text="\n".join((heading, *lines)),
                title=heading,
                type="text/markdown",
                tags=_tags(edition, *outlets),
                levels=Levels(
                    _titled(heading, "；".join(titles), "："),
                    shortened("\n".join((f"# {heading}", "", *lines)), OVERVIEW),
                ),
                modified=edition.window_end.isoformat(),
            ),
        )


def day_draft(edition: Edition, drafts: Sequence[tuple[str, Draft]], stamp: str) -> Draft:
    """The day's folder: its levels list the stories in the day's order. ``stamp`` says of which ledger it was made."""
    title = f"{one_line(edition.title)} {edition.date}"
    children = [Child(name, one.title, one.levels.abstract if one.levels else one.title) for name, one in drafts]
    made = directory_levels(title, children)
    return Draft(
        None,
        title=title,
        origin=stamp,
        tags=_tags(edition),
        levels=Levels(made.abstract, made.overview),
        modified=edition.window_end.isoformat(),
    )


def _story_draft(edition: Edition, entry: StoryEntry, body: str) -> Draft:
    words = _WORDS.get(edition.language, _WORDS["en"])
    claims = {claim.id: claim for claim in edition.claims}
    articles = {article.id: article for article in edition.articles}
    told = [("", claims[claim]) for claim in entry.insight]
    told += [(bullet.label, claims[bullet.claim]) for bullet in entry.bullets]
    cited = [articles[id] for id in dict.fromkeys((*entry.articles, *_quoted(claim for _, claim in told)))]
    number = {article.id: at for at, article in enumerate(cited, start=1)}
    title = one_line(entry.title)[:_TITLE]
    outlets = list(dict.fromkeys(article.outlet for article in cited))
    lines = [
        f"- {one_line(_labelled(name, claim.text, words['colon']))} — "
        + ", ".join(
            f"{one_line(articles[e.article].outlet)} [{number[e.article]}:{e.start}-{e.end}]" for e in claim.evidence
        )
        for name, claim in told
    ]
    sources = [f"[{number[a.id]}] {one_line(a.outlet)} · {place(a)} · {one_line(a.url)}" for a in cited]
    head = [f"# {title}", f"{edition.date} · {one_line(entry.category)}"]
    if entry.follows:
        earlier = one_line(f"{BRIEFS}/{entry.follows.date}/{entry.follows.story}.md")
        head.append(f"{words['continues']} {entry.follows.date} {one_line(entry.follows.title)} ({earlier})")
    # The claims are what is asked for; sources that do not fit stand in the ledger.
    overview = "\n\n".join(("\n".join(head), "\n".join(lines), "\n".join(sources)))
    first = one_line(claims[entry.insight[0]].text) if entry.insight else ""
    published = [a.published for a in cited if a.published]
    searched = [title, str(edition.date), entry.category, " ".join(outlets)]
    return Draft(
        body.encode(),
        text="\n".join([*searched, *(_labelled(name, claim.text, words["colon"]) for name, claim in told)]),
        title=title,
        type="text/markdown",
        tags=_tags(edition, entry.category, *outlets),
        levels=Levels(_titled(title, first, words["colon"]), shortened(overview, OVERVIEW)),
        modified=max(published, default=edition.window_end).isoformat(),
    )


def _quoted(claims: Iterator[Claim]) -> Iterator[str]:
    return (evidence.article for evidence in chain.from_iterable(claim.evidence for claim in claims))


def _labelled(name: str, text: str, colon: str) -> str:
    return f"{name}{colon}{text}" if name else text


def _tags(edition: Edition, *more: str) -> tuple[str, ...]:
    return tuple(filter(None, map(label, (edition.vertical, str(edition.date), *more))))


def _titled(title: str, sentence: str, colon: str) -> str:
    """L0: the title and one sentence; a sentence that begins with the title stands alone."""
    if not sentence or sentence == title:
        return shortened(title, ABSTRACT)
    if sentence.startswith(title):
        return shortened(sentence, ABSTRACT)
    head = f"{shortened(title, ABSTRACT // 2)}{colon}"
    return head + shortened(sentence, ABSTRACT - len(head))


def _lead(text: str) -> str:
    """The first sentence that says something, on one line."""
    # A flash repeats its title in brackets.
    found = [one_line(sentence.text) for sentence in sentences(_BRACKETS.sub("", text[: 2 * ABSTRACT]))]
    return next((one for one in found if len(one) >= _LEAD), found[0] if found else "")
