"""What code alone can say of a branch: searches and their hits, pages read, what went wrong, and the answer with its
quotes. It is merged whether or not a model could say more, so a summary that is garbage loses nothing of this.
"""

from collections.abc import Callable, Iterator, Sequence

from afterlore.core import Failure, Outcome, Step, StepKind, ToolCall, ToolStatus
from afterlore.journal import Event
from afterlore.journal.trajectory import read_outcome
from afterlore.research.findings import Findings, PageRef, Quoted, check_quotes
from afterlore.research.rounds.state import (
    Candidate,
    Evidence,
    Link,
    LoggedFailure,
    Origin,
    Query,
    State,
    Verdict,
    Visit,
    fold,
)
from afterlore.research.state import Checked, Done

__all__ = ["harvest", "pages_read", "steps_of"]

_CAUSE = 300
"""Characters of a tool's complaint that are kept."""


def steps_of(events: Sequence[Event]) -> list[Step]:
    """The steps of a branch."""
    return [Step.from_json(event.body) for event in events if event.kind == "step"]


def pages_read(events: Sequence[Event]) -> list[PageRef]:
    """In the order in which they were read."""
    return [page for event in events if event.kind == "done" for page in Done.from_json(event.body).pages]


def harvest(events: Sequence[Event], round: int, branch: int, found: Findings, text_of: Callable[[str], str]) -> State:
    """Of the events of one branch. Quotes of its answer are looked for in the pages of ``found`` too, which earlier
    rounds read; ``text_of`` gives a stored text by its SHA-256.
    """
    queries: list[Query] = []
    visits: list[Visit] = []
    failures: list[LoggedFailure] = []
    quotes: tuple[Quoted, ...] = ()
    outcome: Outcome | None = None
    calls: dict[str, ToolCall] = {}
    seq = 0
    for event in events:
        origin = Origin(round, branch, seq)
        match event.kind:
            case "step":
                step = Step.from_json(event.body)
                seq = step.seq + 1
                calls |= {call.id: call for call in step.calls}
                failures.extend(_failures(step, Origin(round, branch, step.seq)))
            case "done":
                done = Done.from_json(event.body)
                hits = tuple(hit.address for hit in done.hits)
                queries.extend(Query(origin=origin, text=text, hits=hits) for text in done.queries)
                visits.extend(_visits(done, calls.get(done.result.call), origin))
            case "checked":
                given = Checked.from_json(event.body).quotes
                again = check_quotes([(one.address, one.quote) for one in given], found, text_of)
                quotes = tuple(one if one.start is not None else two for one, two in zip(given, again, strict=True))
            case "ended":
                outcome = read_outcome(event.body)
    answered = _answer(outcome, quotes, Origin(round, branch, seq), text_of)
    return State(
        queries=tuple(queries),
        visits=tuple(visits),
        failures=tuple(failures),
        candidates=answered.candidates,
        evidence=answered.evidence,
        links=answered.links,
    )


def _failures(step: Step, origin: Origin) -> Iterator[LoggedFailure]:
    if step.failure is not None:
        yield LoggedFailure(origin=origin, failure=step.failure)
    for result in step.results if step.kind is StepKind.OBSERVE else ():
        if result.status in (ToolStatus.FAILED, ToolStatus.TIMED_OUT, ToolStatus.DENIED):
            cause = f"{result.name}: {fold(result.content)[:_CAUSE]}"
            failure = Failure(kind=f"tool_{result.status.value}", recoverable=True, cause=cause, seq=step.seq)
            yield LoggedFailure(origin=origin, failure=failure)


def _visits(done: Done, call: ToolCall | None, origin: Origin) -> Iterator[Visit]:
    for page in done.pages:
        yield Visit(origin=origin, address=page.address, title=page.title, sha256=page.sha256)
    urls = (call.parsed or {}).get("urls") if call is not None and call.name == "visit" else None
    read = {address for page in done.pages for address in (page.address, page.asked)}
    if isinstance(urls, list):
        yield from (Visit(origin=origin, address=url) for url in urls if isinstance(url, str) and url not in read)


def _answer(outcome: Outcome | None, quotes: Sequence[Quoted], origin: Origin, text_of: Callable[[str], str]) -> State:
    answer = fold(outcome.answer or "") if outcome is not None else ""
    if not answer:
        return State()
    candidate = Candidate(origin=origin, answer=answer)
    claim = f"cited for the answer {answer!r}"
    evidence: list[Evidence] = []
    for quote in quotes:
        if quote.start is not None and quote.end is not None:
            span = (quote.start, quote.end)
            held = text_of(quote.sha256)[slice(*span)]
            piece = Evidence(
                origin=origin, claim=claim, quote=held, address=quote.address, sha256=quote.sha256, span=span
            )
            evidence.append(piece)
        elif fold(quote.quote):
            evidence.append(Evidence(origin=origin, claim=claim, quote=fold(quote.quote), address=quote.address))
    links = (
        Link(origin=origin, candidate=candidate.id, constraint="", verdict=Verdict.SUPPORTS, evidence=piece.id)
        for piece in evidence
    )
    return State(candidates=(candidate,), evidence=tuple(evidence), links=tuple(links))
