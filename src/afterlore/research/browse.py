"""The tools of deep search: ``search`` and ``visit`` over whatever searcher and reader a run is given.

Their names and arguments are those of Re-TRAC (arXiv 2602.02486): ``search(queries)``, ``visit(urls, goal)``.
Unlike there no second model sums a page up: of a page too long to show, the passages that share most words with the
goal are shown, word for word, so that what is quoted stands on the page.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable
from typing import TypeVar

from pydantic import Field

from afterlore.context.tokens import query_terms, terms
from afterlore.core import AfterloreError, Hit, Page, Reader, Searcher, ServiceError
from afterlore.research.findings import Findings, normal_query
from afterlore.research.tools import Arguments, Datum, Output, Tool

__all__ = ["SearchArguments", "VisitArguments", "browsing"]

_log = logging.getLogger(__name__)

_CUT = re.compile(r"\n+|[.!?](?=\s)|[。！？]")
_PASSAGE = 600
"""Characters of a passage at most."""
_GAP = "\n[…]\n"
_SNIPPET = 400
_TITLE = 200
_ADDRESS = 300
_WEIGHED = 500_000
"""Characters of a page from which passages are chosen; what stands further down is not looked at."""


class SearchArguments(Arguments):
    """Of ``search``."""

    queries: list[str] = Field(min_length=1, max_length=5, description="Different queries, a few words each.")


class VisitArguments(Arguments):
    """Of ``visit``."""

    urls: list[str] = Field(min_length=1, max_length=5, description="Addresses, exactly as a search gave them.")
    goal: str = Field(default="", description="What you want to know from them.")


_T = TypeVar("_T")


def browsing(
    searcher: Searcher, reader: Reader, *, hits: int = 8, most: int = 11_000, seconds: float = 30.0
) -> tuple[Tool, Tool]:
    """``search`` giving so many hits a query, ``visit`` showing at most so many characters, of its pages together. One
    query or page may take so many seconds.
    """

    async def search(arguments: SearchArguments, findings: Findings) -> Output:
        wanted = {normal_query(query): query for query in arguments.queries if query.strip()}
        old = [query for normal, query in wanted.items() if findings.has_query(query)]
        new = [query for query in wanted.values() if query not in old]
        answers = await asyncio.gather(*(_tried(searcher.search(query, limit=hits), seconds) for query in new))
        said = [f"You searched {query!r} before; its hits stand above. Try other words." for query in old]
        data: list[Datum] = []
        found: list[Hit] = []
        done: list[str] = []
        for query, answer in zip(new, answers, strict=True):
            if isinstance(answer, AfterloreError):
                said.append(f"The search for {query!r} failed: {answer}")
                continue
            done.append(query)
            found.extend(answer)
            said.append(f"{len(answer) or 'No'} hits for {query!r}.")
            if answer:
                data.append(Datum(f"hits for {query}", "\n".join(map(_shown, answer))))
        if not wanted:
            said.append("Every query was empty; give words to search for.")
        failed = not done and not old
        return Output(
            "\n".join(said), tuple(data), failed=failed, stale=not done, queries=tuple(done), hits=tuple(found)
        )

    async def visit(arguments: VisitArguments, _: Findings) -> Output:
        addresses = list(dict.fromkeys(url.strip() for url in arguments.urls if url.strip()))
        answers = await asyncio.gather(*(_tried(reader.read(address), seconds) for address in addresses))
        said: list[str] = []
        pages = [(at, page) for at, page in zip(addresses, answers, strict=True) if isinstance(page, Page)]
        data: list[Datum] = []
        for address, page in zip(addresses, answers, strict=True):
            if isinstance(page, AfterloreError):
                said.append(f"{address[:_ADDRESS]!r} could not be read: {page}")
                continue
            share = most // len(pages)
            # Of a long page that takes a while.
            shown = await asyncio.to_thread(passages, page.text, arguments.goal, share)
            title = page.title[:_TITLE]
            note = f", passages about the goal: {len(shown):,} shown" if shown != page.text else ""
            said.append(f"{page.address[:_ADDRESS]!r} was read: {len(page.text):,} characters{note}.")
            data.append(Datum(f"page {page.address}", f"{title}\n\n{shown}" if title else shown))
        if not addresses:
            said.append("Every address was empty; give addresses that a search gave.")
        return Output("\n".join(said), tuple(data), failed=not pages, pages=tuple(pages))

    return (
        Tool("search", "Search for pages. Each query gives titles, addresses and snippets.", SearchArguments, search),
        Tool("visit", "Read pages by their addresses.", VisitArguments, visit),
    )


async def _tried(work: Awaitable[_T], seconds: float) -> _T | AfterloreError:
    """What was awaited, or the error that says why not: one page that fails takes no other with it."""
    try:
        async with asyncio.timeout(seconds):
            return await work
    except AfterloreError as error:
        return error
    except TimeoutError:
        return ServiceError(f"it took longer than {seconds:g} seconds")
    # Searchers and readers are other people's code.
    except Exception as error:  # noqa: BLE001
        _log.warning("searching or reading raised %s", type(error).__name__, exc_info=error)
        return ServiceError(f"it broke ({type(error).__name__})")


def _shown(hit: Hit) -> str:
    date = f" ({hit.published[:10]})" if hit.published else ""
    snippet = " ".join(hit.snippet.split())[:_SNIPPET]
    return f"- {' '.join(hit.title.split())[:_TITLE]}{date}\n  {hit.address}\n  {snippet}"


def passages(text: str, goal: str, most: int) -> str:
    """The text, or where it is longer than ``most`` characters its beginning and what shares most words with the goal,
    in the text's own order.
    """
    if len(text) <= most:
        return text
    spans = _spans(text[:_WEIGHED])
    wanted = set(query_terms(goal))
    scores = [len(wanted.intersection(terms(text[start:end]))) for start, end in spans]
    room = most
    chosen: list[tuple[int, int]] = []
    for at in sorted(range(len(spans)), key=lambda at: (at != 0, -scores[at], at)):
        start, end = spans[at]
        if end - start + len(_GAP) <= room:
            chosen.append((start, end))
            room -= end - start + len(_GAP)
    runs: list[tuple[int, int]] = []
    for start, end in sorted(chosen):
        if runs and runs[-1][1] == start:
            runs[-1] = (runs[-1][0], end)
        else:
            runs.append((start, end))
    return _GAP.join(text[start:end].strip() for start, end in runs)


def _spans(text: str) -> list[tuple[int, int]]:
    """The whole text in passages, cut at line ends and sentence ends where there are any."""
    spans: list[tuple[int, int]] = []
    start = 0
    while start < len(text):
        end = min(len(text), start + _PASSAGE)
        if end < len(text):
            cuts = [match.end() for match in _CUT.finditer(text, start + _PASSAGE // 3, end)]
            end = cuts[-1] if cuts else end
        spans.append((start, end))
        start = end
    return spans
