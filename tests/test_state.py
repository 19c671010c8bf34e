"""The state of a search: what merging guarantees, whatever was found and in whatever order."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.context.tokens import count_tokens
from afterlore.core import Failure, InputError, Page, digest
from afterlore.research.rounds.state import (
    Branch,
    BranchStatus,
    Candidate,
    Constraint,
    Evidence,
    Link,
    LoggedFailure,
    NewBranch,
    NewCell,
    NewEvidence,
    NewRetraction,
    Note,
    Origin,
    Query,
    Retraction,
    Standing,
    State,
    Status,
    Update,
    Verdict,
    Visit,
    accept,
    best,
    diff,
    matrix,
    merge,
    read_update,
    render,
    settled,
)

ORIGINS = st.builds(Origin, st.integers(0, 3), st.integers(0, 1), st.integers(0, 3))
WORDS = st.sampled_from(["Łódź", "lodz", "ＬＯＤＺ", "北京 大学", "a\n b", "x"])
CONSTRAINTS = [Constraint(origin=Origin(0, 0, 0), text=text) for text in ("born there", "wrote it")]
CANDIDATES = [Candidate(origin=Origin(1, 0, 0), answer=text) for text in ("Anna", "Bob", "Cyd")]


def evidence(claim: str, quote: str, origin: Origin, verified: bool) -> Evidence:
    return Evidence(
        origin=origin,
        claim=claim,
        quote=quote,
        address="page",
        sha256=digest(quote) if verified else "",
        span=(0, len(quote)) if verified else None,
    )


EVIDENCE = st.builds(evidence, WORDS, WORDS, ORIGINS, st.booleans())
IDS = st.builds(lambda claim, quote: evidence(claim, quote, Origin(0, 0, 0), False).id, WORDS, WORDS)
LINKS = st.builds(
    Link,
    origin=ORIGINS,
    candidate=st.sampled_from([one.id for one in CANDIDATES]),
    constraint=st.sampled_from([*(one.id for one in CONSTRAINTS), ""]),
    verdict=st.sampled_from([Verdict.SUPPORTS, Verdict.CONTRADICTS]),
    evidence=IDS,
)
FAILURES = st.builds(Failure, kind=st.just("not_found"), recoverable=st.booleans(), cause=WORDS, seq=st.none())
STATES = st.builds(
    State,
    constraints=st.lists(st.sampled_from(CONSTRAINTS), max_size=2).map(tuple),
    candidates=st.lists(st.sampled_from(CANDIDATES) | st.builds(Candidate, origin=ORIGINS, answer=WORDS)).map(tuple),
    evidence=st.lists(EVIDENCE, max_size=6).map(tuple),
    retractions=st.lists(st.builds(Retraction, origin=ORIGINS, evidence=IDS, reason=WORDS), max_size=3).map(tuple),
    links=st.lists(LINKS, max_size=8).map(tuple),
    branches=st.lists(
        st.builds(Branch, origin=ORIGINS, lead=WORDS, status=st.sampled_from(BranchStatus), reason=WORDS), max_size=3
    ).map(tuple),
    queries=st.lists(
        st.builds(Query, origin=ORIGINS, text=WORDS, hits=st.lists(WORDS, max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    visits=st.lists(st.builds(Visit, origin=ORIGINS, address=WORDS, title=WORDS), max_size=3).map(tuple),
    failures=st.lists(st.builds(LoggedFailure, origin=ORIGINS, failure=FAILURES), max_size=2).map(tuple),
    notes=st.lists(
        st.builds(Note, origin=ORIGINS, kind=st.sampled_from(["conclusion", "uncertainty", "plan"]), text=WORDS),
        max_size=3,
    ).map(tuple),
)


@given(STATES)
def test_merging_again_changes_nothing(state: State) -> None:
    assert merge(state, state) == state == merge(state)
    assert merge() == State()
    assert merge(state, State()) == state


@given(STATES, STATES)
def test_the_order_does_not_matter(one: State, other: State) -> None:
    assert merge(one, other).to_json() == merge(other, one).to_json()


@given(STATES, STATES, STATES)
def test_the_grouping_does_not_matter(one: State, two: State, three: State) -> None:
    assert merge(merge(one, two), three) == merge(one, merge(two, three)) == merge(one, two, three)


@given(STATES, STATES)
def test_no_evidence_is_lost(one: State, other: State) -> None:
    merged = merge(one, other)
    assert {piece.id for piece in merged.evidence} == {piece.id for piece in one.evidence + other.evidence}
    verified = {piece.id for piece in one.evidence + other.evidence if piece.verified}
    assert {piece.id for piece in merged.evidence if piece.verified} == verified
    for name in ("candidates", "constraints", "links", "branches", "queries", "visits", "failures", "notes"):
        keys = {piece.key for piece in (*getattr(one, name), *getattr(other, name))}
        assert {piece.key for piece in getattr(merged, name)} == keys


@given(STATES)
def test_json_round_trip_is_exact(state: State) -> None:
    text = state.to_json()
    again = State.from_json(text)
    assert again == state
    assert again.to_json() == text
    assert [piece.id for piece in again.evidence] == [piece.id for piece in state.evidence]


@given(STATES)
def test_what_rests_on_retracted_evidence_is_unknown(state: State) -> None:
    gone = State(
        retractions=tuple(
            Retraction(origin=Origin(9, 0, 0), evidence=piece.id, reason="wrong") for piece in state.evidence
        )
    )
    after = merge(state, gone)
    assert {after.status(piece) for piece in after.evidence} <= {Status.RETRACTED}
    for row in matrix(after):
        assert row.standing is Standing.UNKNOWN
        assert row.evidence == ()
        assert {cell.verdict for cell in row.cells} <= {Verdict.UNKNOWN}
    assert settled(after) is None


@given(STATES, STATES, IDS)
def test_a_retraction_stands_whenever_it_arrives(one: State, other: State, wrong: str) -> None:
    tombstone = State(retractions=(Retraction(origin=Origin(2, 0, 0), evidence=wrong, reason="forged"),))
    for merged in (merge(one, other, tombstone), merge(tombstone, one, other), merge(one, tombstone, other)):
        for piece in merged.evidence:
            assert (merged.status(piece) is Status.RETRACTED) >= (piece.id == wrong)
        assert all(wrong not in (*c.supports, *c.contradicts, *c.unverified) for r in matrix(merged) for c in r.cells)


@given(STATES, st.lists(EVIDENCE, max_size=6), st.lists(LINKS, max_size=8))
def test_unverified_evidence_neither_stops_nor_rejects(state: State, pieces: list[Evidence], links: list[Link]) -> None:
    known = {piece.id for piece in state.evidence} | {link.evidence for link in state.links}
    loose = [piece for piece in pieces if not piece.verified and piece.id not in known]
    ids = {piece.id for piece in loose}
    more = State(evidence=tuple(loose), links=tuple(link for link in links if link.evidence in ids))
    before = {row.candidate.id: row.standing for row in matrix(state)}
    after = {row.candidate.id: row.standing for row in matrix(merge(state, more))}
    assert before == after
    old, new = settled(state), settled(merge(state, more))
    assert (old and old.candidate.id) == (new and new.candidate.id)


def test_the_matrix_says_what_verified_evidence_says() -> None:
    pro, con, other = (evidence(text, text, Origin(1, 0, n), True) for n, text in enumerate(["p", "c", "o"]))
    first, second = CONSTRAINTS
    anna, bob, _ = CANDIDATES

    def link(who: Candidate, what: Constraint, verdict: Any, piece: Evidence) -> Link:
        return Link(origin=Origin(1, 0, 0), candidate=who.id, constraint=what.id, verdict=verdict, evidence=piece.id)

    state = State(
        constraints=tuple(CONSTRAINTS),
        candidates=(anna, bob),
        evidence=(pro, con, other),
        links=(
            link(anna, first, Verdict.SUPPORTS, pro),
            link(anna, second, Verdict.SUPPORTS, other),
            link(bob, first, Verdict.CONTRADICTS, con),
        ),
    )
    rows = matrix(state)
    assert [(row.candidate, row.standing) for row in rows] == [(anna, Standing.COVERED), (bob, Standing.REJECTED)]
    assert set(rows[0].evidence) == {pro.id, other.id}
    assert settled(state) == best(state) == rows[0]

    disputed = merge(state, State(links=(link(anna, first, Verdict.CONTRADICTS, con),)))
    row = best(disputed)
    assert row is not None
    assert row.standing is Standing.SUPPORTED
    assert [cell.disputed for cell in row.cells] == [one.id == first.id for one in state.constraints]
    assert settled(disputed) is None

    both = merge(state, State(links=tuple(link(bob, one, Verdict.SUPPORTS, pro) for one in CONSTRAINTS)))
    gone = State(retractions=(Retraction(origin=Origin(2, 0, 0), evidence=con.id, reason="another Bob"),))
    assert settled(merge(both, gone)) is None, "two candidates are covered"


def test_evidence_fits_its_span() -> None:
    with pytest.raises(ValueError, match="does not fit a quote of 3 characters"):
        Evidence(origin=Origin(1, 0, 0), claim="c", quote="abc", address="p", sha256="0" * 64, span=(0, 2))
    with pytest.raises(ValueError, match="come together"):
        Evidence(origin=Origin(1, 0, 0), claim="c", quote="abc", address="p", span=(0, 3))


def test_the_latest_word_on_a_branch_stands() -> None:
    opened = Branch(origin=Origin(1, 0, 5), lead="The archive")
    left = Branch(origin=Origin(2, 0, 1), lead="the  archive", status=BranchStatus.ABANDONED, reason="closed")
    assert merge(State(branches=(left,)), State(branches=(opened,))).branches == (left,)


def locate(quote: str, text: str) -> tuple[int, int] | None:
    at = text.find(quote)
    return None if at < 0 else (at, at + len(quote))


PAGE = Page(
    address="corpus:1",
    title="A life",
    text="She was born in Łódź in 1881. She wrote The Salt Road.",
    sha256=digest("She was born in Łódź in 1881. She wrote The Salt Road."),
    retrieved=datetime(2026, 1, 1, tzinfo=UTC),
)
UPDATE = Update(
    constraints=("born in Łódź", "wrote The Salt Road"),
    candidates=("Anna Weil",),
    evidence=(
        NewEvidence(key="n1", claim="Anna was born in Łódź", quote="born in Łódź in 1881", address="corpus:1"),
        NewEvidence(key="n2", claim="Anna wrote it", quote="wrote The Salt Load", address="corpus:1"),
        NewEvidence(key="n3", claim="elsewhere", quote="born in Łódź in 1881", address="corpus:2"),
    ),
    cells=(
        NewCell(candidate="anna weil", constraint="Born in Łódź", verdict="supports", evidence=("n1",)),
        NewCell(candidate="Anna Weil", constraint="wrote The Salt Road", verdict="supports", evidence=("n2",)),
    ),
    branches=(NewBranch(lead="the parish register"),),
    plan=("look for the register",),
)


def test_an_update_is_gated() -> None:
    added, complaints = accept(UPDATE, State(), [PAGE], Origin(1, 0, 7), locate)
    assert complaints == ()
    one, two, three = sorted(added.evidence, key=lambda piece: piece.claim != "Anna was born in Łódź")
    assert added.status(one) is Status.QUOTE_VERIFIED
    assert one.span == (8, 28)
    assert {added.status(two), added.status(three)} == {Status.UNVERIFIED}
    (row,) = matrix(added)
    assert row.standing is Standing.SUPPORTED
    born, wrote = sorted(row.cells, key=lambda cell: not cell.supports)
    assert born.supports == (one.id,)
    assert wrote.unverified
    assert settled(added) is None
    again, _ = accept(UPDATE, added, [PAGE], Origin(2, 0, 3), locate)
    assert {piece.id for piece in merge(added, again).evidence} == {piece.id for piece in added.evidence}


def test_what_does_not_resolve_is_left_out_with_a_complaint() -> None:
    known, _ = accept(UPDATE, State(), [PAGE], Origin(1, 0, 7), locate)
    verified = next(piece for piece in known.evidence if piece.verified)
    update = Update(
        evidence=(
            NewEvidence(key="n1", claim="c", quote=" ", address="corpus:1"),
            NewEvidence(key=verified.id, claim="c", quote="She", address="corpus:1"),
        ),
        cells=(
            NewCell(candidate="Bob", constraint="is tall", verdict="supports", evidence=(verified.id,)),
            NewCell(candidate="", constraint="born in Łódź", verdict="supports", evidence=(verified.id,)),
            NewCell(candidate="Bob", constraint="born in Łódź", verdict="contradicts", evidence=(verified.id, "n9")),
        ),
        retractions=(
            NewRetraction(evidence="e000", reason="?"),
            NewRetraction(evidence=verified.id, reason="another Anna"),
        ),
    )
    added, complaints = accept(update, known, [PAGE], Origin(2, 0, 1), locate)
    assert [text.split("'")[1] if "'" in text else text for text in complaints] == [
        "n1",
        verified.id,
        "e000",
        "is tall",
        "a cell names no candidate",
        "n9",
    ]
    assert len(added.links) == 1
    after = merge(known, added)
    assert after.status(verified) is Status.RETRACTED
    assert {row.standing for row in matrix(after)} == {Standing.UNKNOWN}


JSON = UPDATE.to_json()


@pytest.mark.parametrize("text", [JSON, f"```json\n{JSON}\n```", f"\n```\n{JSON}\n```\n", JSON[:-1] + ",}", JSON[:-1]])
def test_an_update_is_read(text: str) -> None:
    assert read_update(text) == (UPDATE, ())


def test_of_an_update_what_fits_is_kept() -> None:
    update, complaints = read_update(
        '{"candidates": ["Anna", 7], "cells": [{"candidate": "Anna", "verdict": "maybe"}], "plan": "look again"}'
    )
    assert update == Update(candidates=("Anna",), plan=("look again",))
    assert [text.partition(":")[0] for text in complaints] == ["candidates.1", "cells.0.constraint"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I found nothing.",
        "{}",
        "[]",
        '{"plans": ["x"]}',
        "Here you are: {}",
        '{"candidates": ["An',
        '{"name": "search", "arguments": {"queries": ["x"]}}',
    ],
)
def test_what_only_looks_like_an_update_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        read_update(text)


@given(STATES, st.integers(64, 600))
def test_the_rendering_keeps_to_its_tokens(state: State, tokens: int) -> None:
    text = render(state, tokens)
    assert count_tokens(text) <= tokens
    assert text == render(State.from_json(state.to_json()), tokens)


@given(STATES)
def test_the_rendering_shows_every_piece_of_evidence_where_there_is_room(state: State) -> None:
    whole = render(state, 10**6)
    assert "do not fit" not in whole
    assert all(piece.id in whole for piece in state.evidence)


def test_the_rendering_shows_what_decides_first() -> None:
    known, _ = accept(UPDATE, State(), [PAGE], Origin(1, 0, 7), locate)
    noise = State(
        queries=tuple(Query(origin=Origin(1, 0, n), text=f"parish register volume {n}") for n in range(200)),
        visits=tuple(Visit(origin=Origin(1, 0, n), address=f"corpus:{n}", sha256="0" * 64) for n in range(200)),
    )
    shown = render(merge(known, noise), 400)
    assert all(constraint.id in shown for constraint in known.constraints)
    assert all(piece.id in shown for piece in known.evidence if piece.verified)
    assert "look for the register" in shown
    assert "Anna Weil" in shown
    assert shown.endswith("more lines of what is known do not fit here.)")


def test_a_state_needs_room_to_be_shown() -> None:
    with pytest.raises(InputError, match="give it 64 or more"):
        render(State(), 10)


@given(STATES, STATES)
def test_a_diff_tells_what_is_new(before: State, more: State) -> None:
    after = merge(before, more)
    told = diff(before, after)
    new = {piece.id for piece in after.evidence} - {piece.id for piece in before.evidence}
    assert {piece.id for piece in told.evidence} == new
    rebuilt = merge(
        before,
        State(
            constraints=told.constraints,
            candidates=told.candidates,
            evidence=told.evidence + told.verified,
            retractions=told.retractions,
            branches=told.branches,
            queries=told.queries,
            visits=told.visits,
            failures=told.failures,
            notes=told.notes,
            links=after.links,
        ),
    )
    assert {row.candidate.id: row.standing for row in matrix(rebuilt)} == {
        row.candidate.id: row.standing for row in matrix(after)
    }
    assert not any(diff(after, after).model_dump().values())
