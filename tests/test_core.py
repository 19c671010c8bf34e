"""Trajectories and budgets: exact round trips, conservation, and unknown that stays unknown."""

import threading
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import (
    Budget,
    BudgetExhausted,
    Failed,
    Failure,
    InputError,
    Ledger,
    Message,
    Role,
    Step,
    StepKind,
    Task,
    Terminated,
    ToolCall,
    ToolResult,
    ToolStatus,
    Trajectory,
    Truncated,
    Usage,
)

amounts = st.one_of(st.none(), st.integers(0, 10**9))
usages = st.builds(
    Usage,
    requests=st.integers(0, 99),
    attempts=st.integers(0, 99),
    input_tokens=amounts,
    output_tokens=amounts,
    cached_tokens=amounts,
    cost=st.one_of(st.none(), st.decimals(0, 1000, places=6)),
)
texts = st.text(max_size=20)
calls = st.builds(
    ToolCall,
    id=texts,
    name=texts,
    arguments=texts,
    parsed=st.one_of(st.none(), st.dictionaries(texts, st.one_of(texts, st.integers(), st.booleans(), st.none()))),
)
steps = st.builds(
    Step,
    seq=st.integers(0, 9),
    kind=st.sampled_from(StepKind),
    message=st.one_of(st.none(), st.builds(Message, role=st.sampled_from(Role), content=texts, calls=st.tuples(calls))),
    calls=st.tuples(calls),
    results=st.tuples(st.builds(ToolResult, call=texts, name=texts, status=st.sampled_from(ToolStatus), content=texts)),
    usage=usages,
    at=st.datetimes(timezones=st.just(UTC)),
)
outcomes = st.one_of(
    st.none(),
    st.builds(Terminated, answer=texts),
    st.builds(Truncated, limit=st.sampled_from(["calls", "context", "cancelled"]), answer=st.one_of(st.none(), texts)),
    st.builds(Failed, failure=st.builds(Failure, kind=texts, recoverable=st.booleans(), cause=texts)),
)


@given(
    st.builds(
        Trajectory,
        id=texts,
        task=st.builds(Task, prompt=texts),
        agent=texts,
        agent_version=texts,
        steps=st.lists(steps, max_size=3).map(tuple),
        outcome=outcomes,
        usage=usages,
    )
)
def test_a_trajectory_comes_back_from_json_as_it_was(trajectory: Trajectory) -> None:
    text = trajectory.to_json()
    assert Trajectory.from_json(text) == trajectory
    assert Trajectory.from_json(text).to_json() == text


def test_outcomes_say_why_they_ended() -> None:
    failure = Failure(kind="rate_limited", recoverable=True, cause="429")
    ends = (Terminated(answer="x"), Truncated(limit="calls"), Failed(failure=failure))
    assert [end.stop_reason for end in ends] == ["answered", "limit:calls", "failed:rate_limited"]


@given(usages, usages, usages)
def test_usage_adds_up_and_unknown_stays_unknown(a: Usage, b: Usage, c: Usage) -> None:
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a
    assert a + Usage() == a
    assert (a + b).input_tokens is None or (a.input_tokens is not None and b.input_tokens is not None)
    assert (a.cost is None) <= ((a + b).cost is None)


@given(
    st.builds(Budget, calls=amounts, tokens=amounts, cost=st.one_of(st.none(), st.decimals(0, 1000, places=4))),
    st.integers(1, 9),
)
def test_a_split_conserves(budget: Budget, shares: int) -> None:
    ledger = Ledger(budget)
    parts = ledger.split(shares)
    for limit in ("calls", "tokens", "cost"):
        whole = getattr(budget, limit)
        limits = [getattr(part.budget, limit) for part in parts]
        assert limits == [None] * shares if whole is None else sum(limits) == whole
        if whole is not None:
            assert getattr(ledger.left(), limit) == 0
    for part in parts:
        part.close()
        part.close()
    left = ledger.left()
    assert (left.calls, left.tokens, left.cost) == (budget.calls, budget.tokens, budget.cost)


def test_what_a_part_consumed_is_put_down_when_it_closes() -> None:
    ledger = Ledger(Budget(calls=10))
    part = ledger.carve(calls=4)
    part.reserve(calls=1).commit(tokens=70)
    with pytest.raises(BudgetExhausted):
        ledger.reserve(calls=7)
    part.close()
    assert (ledger.calls, ledger.tokens, ledger.left().calls) == (1, 70, 9)


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from(["commit", "release", "hold"])), max_size=40))
def test_no_order_of_reservations_goes_beyond_the_limit(deeds: list[tuple[int, str]]) -> None:
    ledger, held = Ledger(Budget(calls=20)), 0
    for size, deed in deeds:
        try:
            reservation = ledger.reserve(calls=size)
        except BudgetExhausted:
            assert ledger.calls + held + size > 20
            continue
        if deed == "commit":
            reservation.commit()
        elif deed == "release":
            reservation.release()
        else:
            held += size
        assert ledger.calls + held <= 20
    assert ledger.left().calls == 20 - ledger.calls - held


def test_threads_share_a_ledger() -> None:
    ledger, done = Ledger(Budget(calls=40)), []

    def work() -> None:
        try:
            while True:
                ledger.reserve(calls=1).commit()
                done.append(1)
        except BudgetExhausted:
            pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == ledger.calls == 40


def test_time_runs_out_and_a_resumed_run_goes_on_counting() -> None:
    now = [100.0]
    ledger = Ledger(Budget(seconds=10, calls=5), seconds=4, calls=3, clock=lambda: now[0])
    now[0] += 5.5
    ledger.reserve(calls=2).release()
    now[0] += 0.5
    with pytest.raises(BudgetExhausted, match="seconds"):
        ledger.reserve()


def test_budgets_are_read_from_words() -> None:
    assert Budget.parse("calls=40, tokens=1000,cost=0.10") == Budget(calls=40, tokens=1000, cost=Decimal("0.10"))
    assert Budget.parse("") == Budget()
    for wrong in ("calls", "calls=x", "calls=-1", "cost=nan", "cost=inf", "seconds=inf", "coins=3", "calls=1,calls=2"):
        with pytest.raises(InputError):
            Budget.parse(wrong)


def test_a_time_has_an_offset() -> None:
    with pytest.raises(ValueError, match="timezone"):
        Step(seq=0, kind=StepKind.THINK, at=datetime(2026, 1, 1))
