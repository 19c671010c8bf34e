"""What a model says a round has found, checked piece by piece before it may enter the state.

The model writes an ``Update``; code makes the state's pieces of it: quotes are looked for in the pages that were read,
names are resolved, and what does not resolve is left out with a complaint that says why. Nothing that a model writes
can remove evidence, mark a quote as verified, or change a piece that is there.
"""

from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic import ValidationError

from afterlore.core import InputError, Page, Record
from afterlore.research.mend import Unfit, read_arguments
from afterlore.research.rounds.state.items import (
    Branch,
    BranchStatus,
    Candidate,
    Constraint,
    Evidence,
    Link,
    Note,
    Origin,
    Retraction,
    Verdict,
    fold,
)
from afterlore.research.rounds.state.known import State, merge

__all__ = ["Locate", "NewBranch", "NewCell", "NewEvidence", "NewRetraction", "Update", "accept", "read_update"]

Locate = Callable[[str, str], tuple[int, int] | None]
"""Of a quote and a text: the span of the quote in the text, in code points, or None where it does not stand there."""


class NewEvidence(Record):
    """A claim with the words that bear it out."""

    key: str
    """A name for it within this update."""
    claim: str
    quote: str
    address: str


class NewCell(Record):
    """Evidence speaks for or against a candidate in a constraint."""

    candidate: str
    """Id or answer."""
    constraint: str
    """Id or text."""
    verdict: Literal["supports", "contradicts"]
    evidence: tuple[str, ...]
    """Ids, or keys of this update."""


class NewRetraction(Record):
    """Evidence that turned out wrong."""

    evidence: str
    reason: str


class NewBranch(Record):
    """A line of inquiry, or a new word on one."""

    lead: str
    """Id or text."""
    status: BranchStatus = BranchStatus.OPEN
    reason: str = ""


class Update(Record):
    """The three facets of Re-TRAC: what was concluded, on what evidence, and what is open or was tried in vain."""

    constraints: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()
    evidence: tuple[NewEvidence, ...] = ()
    cells: tuple[NewCell, ...] = ()
    retractions: tuple[NewRetraction, ...] = ()
    branches: tuple[NewBranch, ...] = ()
    conclusions: tuple[str, ...] = ()
    uncertainties: tuple[str, ...] = ()
    plan: tuple[str, ...] = ()


def read_update(text: str) -> tuple[Update, tuple[str, ...]]:
    """The update that a reply spells, mended where only one reading is possible, and complaints about the items that do
    not fit and are left out.

    Raises InputError, for the model to be asked again, where no object can be read or nothing usable stands in it.
    """
    try:
        update, _ = read_arguments(text, Update)
        complaints: list[str] = []
    except Unfit as unfit:
        if unfit.parsed is None:
            raise InputError(str(unfit)) from unfit
        update, complaints = _fitting(unfit.parsed)
    if update == Update():
        raise InputError(
            f"it holds none of: {', '.join(Update.model_fields)}" + "".join(f"; {c}" for c in complaints[:3])
        )
    return update, tuple(complaints)


def _fitting(value: dict[str, Any]) -> tuple[Update, list[str]]:
    """Item by item, what fits."""
    kept: dict[str, list[object]] = {}
    complaints: list[str] = []
    for name in Update.model_fields:
        items = value.get(name, [])
        for number, item in enumerate(items if isinstance(items, list) else [items]):
            try:
                Update.model_validate({name: [item]})
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(map(str, (name, number, *first["loc"][2:])))
                complaints.append(f"{where}: {first['msg']}")
            else:
                kept.setdefault(name, []).append(item)
    return Update.model_validate(kept), complaints


def accept(
    update: Update, known: State, pages: Iterable[Page], origin: Origin, locate: Locate
) -> tuple[State, tuple[str, ...]]:
    """What the update adds to ``known`` (merge the two), and complaints about what was left out.

    ``pages``: those that were read, by this round or an earlier one; a quote is looked for in the page at its address.
    """
    complaints: list[str] = []
    by_address = {page.address: page for page in pages}
    constraints = _texts(update.constraints)
    added = State(
        constraints=tuple(Constraint(origin=origin, text=text) for text in constraints),
        candidates=tuple(Candidate(origin=origin, answer=text) for text in _texts(update.candidates)),
        notes=tuple(
            Note(origin=origin, kind=kind, text=text)
            for kind, texts in (
                ("conclusion", update.conclusions),
                ("uncertainty", update.uncertainties),
                ("plan", update.plan),
            )
            for text in _texts(texts)
        ),
        branches=tuple(_branches(update.branches, known, origin)),
    )
    keys: dict[str, Evidence] = {}
    for item in update.evidence:
        if not fold(item.quote):
            complaints.append(f"evidence {item.key!r} has no quote")
        elif item.key in keys or item.key in known.evidence_by_id:
            complaints.append(f"evidence key {item.key!r} is taken; give each piece its own")
        else:
            keys[item.key] = _gate(item, by_address.get(item.address), origin, locate)
    added = merge(added, State(evidence=tuple(keys.values())))
    known = merge(known, added)
    ids = {**{id: id for id in known.evidence_by_id}, **{key: piece.id for key, piece in keys.items()}}
    retractions = []
    for dropped in update.retractions:
        if dropped.evidence in ids:
            retractions.append(Retraction(origin=origin, evidence=ids[dropped.evidence], reason=fold(dropped.reason)))
        else:
            complaints.append(f"no evidence {dropped.evidence!r} to retract")
    links, named = _links(update.cells, known, ids, origin, complaints)
    return merge(added, State(retractions=tuple(retractions), links=links, candidates=named)), tuple(complaints)


def _gate(item: NewEvidence, page: Page | None, origin: Origin, locate: Locate) -> Evidence:
    """The piece of evidence, verified where the page holds the quote."""
    span = None if page is None else locate(item.quote, page.text)
    if page is None or span is None:
        return Evidence(origin=origin, claim=fold(item.claim), quote=fold(item.quote), address=item.address)
    return Evidence(
        origin=origin,
        claim=fold(item.claim),
        quote=page.text[span[0] : span[1]],
        address=item.address,
        sha256=page.sha256,
        span=span,
    )


def _texts(texts: Iterable[str]) -> list[str]:
    return [text for text in map(fold, texts) if text]


def _branches(items: Iterable[NewBranch], known: State, origin: Origin) -> Iterable[Branch]:
    leads = {branch.id: branch.lead for branch in known.branches}
    for item in items:
        lead = leads.get(item.lead, fold(item.lead))
        if lead:
            yield Branch(origin=origin, lead=lead, status=item.status, reason=fold(item.reason))


def _links(
    cells: Iterable[NewCell], known: State, ids: dict[str, str], origin: Origin, complaints: list[str]
) -> tuple[tuple[Link, ...], tuple[Candidate, ...]]:
    """The links, and the candidates that a cell alone names."""
    candidates = {candidate.id for candidate in known.candidates}
    constraints = {constraint.id: constraint.id for constraint in known.constraints}
    constraints |= {fold(constraint.text).casefold(): constraint.id for constraint in known.constraints}
    links: list[Link] = []
    named: list[Candidate] = []
    for cell in cells:
        constraint = constraints.get(cell.constraint) or constraints.get(fold(cell.constraint).casefold())
        if constraint is None:
            complaints.append(f"no constraint {cell.constraint!r}; name one that is listed")
            continue
        candidate = cell.candidate
        if candidate not in candidates:
            if not fold(candidate):
                complaints.append("a cell names no candidate")
                continue
            one = Candidate(origin=origin, answer=fold(candidate))
            candidate = one.id
            if candidate not in candidates:
                named.append(one)
        for evidence in cell.evidence:
            if evidence not in ids:
                complaints.append(f"no evidence {evidence!r}; use an id that is listed or a key of this update")
                continue
            links.append(
                Link(
                    origin=origin,
                    candidate=candidate,
                    constraint=constraint,
                    verdict=Verdict(cell.verdict),
                    evidence=ids[evidence],
                )
            )
    return tuple(links), tuple(named)
