"""Rounds: what one found is not lost to what another does, and what is decided rests on verified evidence."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from afterlore.core import Budget, InputError, ModelError, Reply, Request
from afterlore.journal import Event, Head, Run, Runs
from afterlore.research.browse import browsing
from afterlore.research.loop import Limits, begin
from afterlore.research.rounds.log import Progress
from afterlore.research.rounds.methods import method
from afterlore.research.rounds.rounds import Plan, Rounds, RoundsResult
from afterlore.research.rounds.state import Standing, Status
from scripted_model import Library, Played, call, calls, says

PAGES = {
    "lib/ada": "Ada Lovelace wrote the first program in 1843. She was born in London.",
    "lib/babbage": "Charles Babbage designed the Analytical Engine. It was never built.",
    "lib/london": "London is a city. Ada Lovelace was born there in 1815.",
}
QUESTION = "Who wrote the first program and was born in 1815?"
CONSTRAINTS = ["wrote the first program", "was born in 1815"]
OVERFLOW = ModelError("played", "context_overflow", "too long", status=400, recoverable=False)
OUTAGE = ModelError("played", "unavailable", "it is down", status=503)


def compressing(request: Request) -> bool:
    return request.messages[0].content.startswith("You keep the")


def turn(request: Request) -> int:
    """How many results the searcher has had in this round."""
    return sum(message.role.value == "tool" for message in request.messages)


def update(**lists: object) -> Reply:
    return says(json.dumps(lists))


def quoted(key: str, quote: str, address: str = "lib/ada") -> dict[str, str]:
    return {"key": key, "claim": quote, "quote": quote, "address": address}


def supports(
    constraint: int, evidence: str, verdict: str = "supports", candidate: str = "Ada Lovelace"
) -> dict[str, object]:
    return {
        "candidate": candidate,
        "constraint": CONSTRAINTS[constraint],
        "verdict": verdict,
        "evidence": [evidence],
    }


FIRST = update(
    constraints=CONSTRAINTS,
    candidates=["Ada Lovelace"],
    evidence=[quoted("n1", "Ada Lovelace wrote the first program in 1843.")],
    cells=[supports(0, "n1")],
    branches=[{"lead": "her birth"}, {"lead": "Babbage"}],
    plan=["find her birth year"],
)
SECOND = update(
    evidence=[quoted("n1", "Ada Lovelace was born there in 1815.", "lib/london")], cells=[supports(1, "n1")]
)


class Script:
    """A model that searches, reads a page and answers in each round, and keeps the record as it is told."""

    def __init__(self, pages: list[str], records: list[Reply | ModelError], answers: list[Reply | ModelError]) -> None:
        self.pages, self.records, self.answers = pages, records, answers
        self.opened: list[str] = []
        """What each round's first request said."""
        self.compressed = 0

    def __call__(self, request: Request) -> Reply | ModelError:
        if compressing(request):
            self.compressed += 1
            return self.records[min(self.compressed, len(self.records)) - 1]
        number = len(self.opened) - 1
        if turn(request) == 0:
            self.opened.append(request.messages[1].content)
            return calls(call("search", queries=[f"program {len(self.opened)}"]))
        if turn(request) == 1:
            return calls(call("visit", urls=[self.pages[number % len(self.pages)]], goal="who"))
        return self.answers[min(number, len(self.answers) - 1)]


def answer(text: str, *quotes: tuple[str, str]) -> Reply:
    evidence = [{"address": address, "quote": quote} for address, quote in quotes]
    return calls(call("answer", answer=text, evidence=evidence))


ADA = answer("Ada Lovelace", ("lib/ada", "Ada Lovelace wrote the first program in 1843."))


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with Runs(tmp_path / "runs.sqlite") as opened:
        yield opened


@pytest.fixture
def go(runs: Runs) -> Callable[..., RoundsResult]:
    def work(
        part: object,
        *,
        plan: Plan | None = None,
        budget: Budget | None = None,
        limits: Limits | None = None,
        library: Library | None = None,
    ) -> RoundsResult:
        shelf = library or Library(PAGES)
        rounds = Rounds(Played(part), browsing(shelf, shelf), plan or Plan(rounds=3), limits or Limits())
        with begin(runs, QUESTION, budget=budget or Budget(), agent_version="1", settings={}) as run:
            return asyncio.run(rounds.run(run))

    return work


def progress_of(runs: Runs, result: RoundsResult) -> Progress:
    row = runs.find(result.run)
    progress = Progress(Head.from_json(row.head))
    for event in runs.events(row.id):
        progress.apply(event)
    return progress


def test_the_search_stops_when_verified_evidence_covers_one_candidate(go: Callable[..., RoundsResult]) -> None:
    script = Script(["lib/ada", "lib/london"], [FIRST, SECOND], [ADA])
    result = go(script, plan=Plan(rounds=8))
    assert (result.answer, result.stop_reason, result.rounds) == ("Ada Lovelace", "answered", 2)
    assert result.standing is Standing.COVERED
    texts = [piece.quote for piece in result.evidence]
    assert "Ada Lovelace was born there in 1815." in texts
    for piece in result.evidence:
        assert piece.span is not None
        assert PAGES[piece.address][slice(*piece.span)] == piece.quote
    first, second = script.opened
    assert first == QUESTION
    assert second.startswith(QUESTION)
    for known in ("find her birth year", "Ada Lovelace wrote the first program in 1843.", "wrote the first program"):
        assert known in second


def test_a_claim_of_evidence_stops_nothing(go: Callable[..., RoundsResult]) -> None:
    forged = update(
        constraints=CONSTRAINTS,
        evidence=[quoted("n1", "Ada Lovelace wrote the first program in 1842."), quoted("n2", "born in 1815", "lib/x")],
        cells=[supports(0, "n1"), supports(1, "n2")],
    )
    result = go(Script(["lib/ada"], [forged], [answer("Ada Lovelace")]))
    assert (result.stop_reason, result.rounds, result.standing) == ("limit:rounds", 3, Standing.UNKNOWN)
    assert result.evidence
    assert {result.state.status(piece) for piece in result.evidence} == {Status.UNVERIFIED}


@pytest.mark.parametrize("fault", [OVERFLOW, OUTAGE], ids=["overflow", "outage"])
def test_what_the_last_round_loses_is_not_the_answer(go: Callable[..., RoundsResult], fault: ModelError) -> None:
    script = Script(["lib/ada"], [FIRST, fault], [ADA, fault])
    result = go(script, plan=Plan(rounds=2))
    assert result.answer == "Ada Lovelace"
    assert result.stop_reason == ("limit:rounds" if fault is OVERFLOW else "failed:unavailable")
    assert [piece.quote for piece in result.evidence if piece.verified]
    assert result.rounds == 2


@pytest.mark.parametrize(
    "record",
    [
        says("I have found a lot, it went well!"),
        says(""),
        says('{"name": "search", "arguments": {"queries": ["x"]}}'),
        calls(call("search", queries=["x"])),
        says('{"candidates": ["Babba'),
        OVERFLOW,
        OUTAGE,
    ],
    ids=["prose", "empty", "call as text", "call", "cut off", "overflow", "outage"],
)
def test_a_record_that_is_garbage_loses_nothing(
    go: Callable[..., RoundsResult], runs: Runs, record: Reply | ModelError
) -> None:
    result = go(Script(["lib/ada"], [record], [ADA]), plan=Plan(rounds=2))
    assert (result.answer, result.stop_reason) == ("Ada Lovelace", "limit:rounds")
    (piece,) = (piece for piece in result.evidence if piece.verified)
    assert piece.quote == "Ada Lovelace wrote the first program in 1843."
    assert [query.text for query in result.state.queries] == ["program 1", "program 2"]
    assert {visit.address for visit in result.state.visits} == {"lib/ada"}
    assert result.state.failures
    assert {merged.by for merged in progress_of(runs, result).merged} == {"code"}


def test_a_record_is_asked_for_once_more(go: Callable[..., RoundsResult], runs: Runs) -> None:
    script = Script(["lib/ada"], [says("Here it is."), FIRST], [ADA])
    result = go(script, plan=Plan(rounds=1))
    assert [merged.by for merged in progress_of(runs, result).merged] == ["model"]
    assert script.compressed == 2
    assert result.standing is Standing.SUPPORTED


def test_a_retraction_undoes_what_rested_on_it(go: Callable[..., RoundsResult]) -> None:
    def played(request: Request) -> Reply | ModelError:
        known = re.findall(r"(e[0-9a-f]{12}): Ada Lovelace wrote", request.messages[1].content)
        if compressing(request) and script.compressed:
            return update(retractions=[{"evidence": known[0], "reason": "another Ada"}])
        return script(request)

    script = Script(["lib/ada"], [FIRST], [answer("Ada Lovelace")])
    result = go(played, plan=Plan(rounds=2))
    assert result.standing is Standing.UNKNOWN
    assert result.evidence == ()
    assert [piece.reason for piece in result.state.retractions] == ["another Ada"]


def test_a_trajectory_that_does_not_fit_is_compressed_in_chunks(go: Callable[..., RoundsResult]) -> None:
    long = {address: text + " It goes on and on." * 2000 for address, text in PAGES.items()}
    seen: list[str] = []

    def played(request: Request) -> Reply | ModelError:
        if compressing(request):
            seen.append(request.messages[1].content)
        return script(request)

    script = Script(["lib/ada"], [FIRST], [ADA])
    result = go(played, plan=Plan(rounds=1), limits=Limits(context=6_000, shown=30_000), library=Library(long))
    assert len(seen) > 1
    assert all(f"(part {number} of {len(seen)})" in text for number, text in enumerate(seen, start=1))
    assert result.standing is Standing.SUPPORTED
    assert all(len(text) < 4 * 6_000 for text in seen)


def test_an_answer_may_cite_a_page_of_an_earlier_round(go: Callable[..., RoundsResult], runs: Runs) -> None:
    cites = answer("Ada", ("lib/ada", "She was born in London."), ("lib/london", "London is a city."))
    script = Script(["lib/ada", "lib/babbage"], [says("?")], [answer("Bob"), cites])
    result = go(script, plan=Plan(rounds=2))
    assert result.answer == "Ada"
    assert [(piece.quote, piece.verified) for piece in result.evidence] == [
        ("She was born in London.", True),
        ("London is a city.", False),
    ]
    one, two = progress_of(runs, result).trajectories(result.run)
    assert (one.task.prompt, two.task.prompt) == tuple(script.opened)
    assert [one.outcome and one.outcome.answer, two.outcome and two.outcome.answer] == ["Bob", "Ada"]
    assert one.usage.attempts + two.usage.attempts + script.compressed == result.usage.attempts


def test_branches_run_side_by_side_and_share_one_budget(go: Callable[..., RoundsResult], runs: Runs) -> None:
    script = Script(["lib/ada", "lib/babbage"], [FIRST], [ADA])
    received: list[Request] = []

    def played(request: Request) -> Reply | ModelError:
        received.append(request)
        if not compressing(request) and turn(request) > 1:
            return calls(call("search", queries=[f"again {len(received)}"]))
        return script(request)

    result = go(played, plan=Plan(rounds=8, branches=4), budget=Budget(calls=40))
    assert len(received) <= 40
    assert result.usage.attempts == len(received)
    assert result.stop_reason in ("limit:calls", "limit:rounds")
    leads = [now.leads for now in progress_of(runs, result).rounds]
    assert leads[0] == ("", "", "", "")
    assert set(leads[1]) >= {"her birth", "Babbage"}
    assert any("Follow this line of inquiry first" in text for text in script.opened)


SEEDS = [*range(20), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(20, 1000))]


@pytest.mark.parametrize("seed", SEEDS)
def test_no_more_is_sent_than_was_allowed(runs: Runs, seed: int) -> None:
    shelf = Library(PAGES)
    model = Played(Script(["lib/ada", "lib/london"], [FIRST, says("?")], [ADA]), faults=0.3, seed=seed)
    rounds = Rounds(model, browsing(shelf, shelf), Plan(rounds=8, branches=4))
    with begin(runs, QUESTION, budget=Budget(calls=40), agent_version="1", settings={}) as run:
        result = asyncio.run(rounds.run(run))
    assert model.received <= 40
    assert result.stop_reason


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_run_that_was_killed_anywhere_ends_as_if_it_was_not(runs: Runs) -> None:
    models: list[Played] = []

    def rounds(library: Library, watch: Callable[[Progress, Event], None] = lambda _p, _e: None) -> Rounds:
        models.append(Played(Stateless(["lib/ada", "lib/london"], [FIRST, SECOND])))
        return Rounds(models[-1], browsing(library, library), Plan(rounds=3), watch=watch)

    def key(result: RoundsResult) -> tuple[object, ...]:
        return result.state, result.answer, result.stop_reason, result.evidence

    shelf = Library(PAGES)
    with begin(runs, QUESTION, budget=Budget(), agent_version="1", settings={}) as run:
        whole = asyncio.run(rounds(shelf).run(run))
        count = len(run.events())
    assert whole.stop_reason == "answered"
    for last in range(count):
        library = Library(PAGES)

        def kill(_: Progress, event: Event, last: int = last) -> None:
            if event.seq == last:
                raise Killed

        with begin(runs, QUESTION, budget=Budget(), agent_version="1", settings={}) as run:
            id = run.id
            with pytest.raises(BaseException) as caught:
                asyncio.run(rounds(library, kill).run(run))
            assert (
                caught.group_contains(Killed)
                if isinstance(caught.value, BaseExceptionGroup)
                else caught.errisinstance(Killed)
            )
        with runs.resume(id) as run:
            again = asyncio.run(rounds(library).run(run))
        assert key(again) == key(whole), last
        assert library.searched == shelf.searched, last
        assert len(library.read_) == len(shelf.read_), last
        assert models[-1].received + models[-2].received <= models[0].received + 1, last


class Stateless(Script):
    """Tells the round from what is sent, as a model does."""

    def __init__(self, pages: list[str], records: list[Reply]) -> None:
        super().__init__(pages, list(records), [ADA])

    def __call__(self, request: Request) -> Reply | ModelError:
        text = request.messages[1].content
        number = 1 if "find her birth year" in text else 0
        if compressing(request):
            return self.records[number]
        if turn(request) == 0:
            return calls(call("search", queries=[f"program {number}"]))
        if turn(request) == 1:
            return calls(call("visit", urls=[self.pages[number]], goal="who"))
        return ADA


def test_an_ended_run_is_opened_again_after_an_outage(runs: Runs) -> None:
    shelf = Library(PAGES)

    def rounds(part: object) -> Rounds:
        return Rounds(Played(part), browsing(shelf, shelf), Plan(rounds=4))

    with begin(runs, QUESTION, budget=Budget(), agent_version="1", settings={}) as run:
        down = asyncio.run(rounds(lambda _: OUTAGE).run(run))
        id = run.id
    assert (down.answer, down.stop_reason, down.rounds) == (None, "failed:unavailable", 2)
    with runs.resume(id) as run:
        up = asyncio.run(rounds(Stateless(["lib/ada", "lib/london"], [FIRST, SECOND])).run(run))
    assert (up.answer, up.stop_reason, up.rounds) == ("Ada Lovelace", "answered", 4)


def test_a_cancelled_run_keeps_what_it_has(runs: Runs) -> None:
    shelf = Library(PAGES)
    script = Script(["lib/ada"], [FIRST], [ADA])

    def watch(_: Progress, event: Event) -> None:
        if event.kind == "merged":
            runs.cancel(id)

    with begin(runs, QUESTION, budget=Budget(), agent_version="1", settings={}) as run:
        id = run.id
        result = asyncio.run(Rounds(Played(script), browsing(shelf, shelf), Plan(rounds=8), watch=watch).run(run))
    assert (result.answer, result.stop_reason, result.rounds) == ("Ada Lovelace", "limit:cancelled", 1)


@pytest.mark.parametrize(
    ("name", "given"), [("majority", "Ada"), ("notes", "Cyd"), ("forced", "Cyd"), ("single", "Ada")]
)
def test_the_baselines_choose_as_they_are_said_to(go: Callable[..., RoundsResult], name: str, given: str) -> None:
    script = Script(["lib/ada"], [says("the notes so far")], [answer(text) for text in ("Ada", "Bob", "ada", "Cyd")])
    result = go(script, plan=Plan(method=method(name), rounds=4))
    assert result.answer == given
    assert result.rounds == (1 if name == "single" else 4)
    assert script.compressed == (3 if name == "notes" else 0)
    later = script.opened[1:]
    assert all(("the notes so far" in text) == (name == "notes") for text in later)
    assert all(("- Ada" in text) == (name == "forced") for text in later)


def test_best_of_n_tells_an_attempt_nothing_of_the_others(go: Callable[..., RoundsResult]) -> None:
    script = Script(["lib/ada"], [FIRST, update(plan=["x"])], [ADA, answer("Bob")])
    result = go(script, plan=Plan(method=method("best-of-n"), rounds=3))
    assert (result.answer, result.standing) == ("Ada Lovelace", Standing.SUPPORTED)
    assert set(script.opened) == {QUESTION}


def test_a_method_that_there_is_not() -> None:
    with pytest.raises(InputError, match="rounds, notes, single, forced, majority, best-of-n"):
        method("luck")
    with pytest.raises(InputError, match="rounds must be 1 or more"):
        Plan(rounds=0)
    with pytest.raises(InputError, match="64 tokens or more"):
        Plan(known=10)


def test_a_plan_is_kept_in_the_settings() -> None:
    plan = Plan(method=method("majority"), rounds=3, branches=2, turns=7, known=900)
    assert Plan.from_settings(json.loads(json.dumps(plan.settings))) == plan
    with pytest.raises(InputError, match="no plan of rounds"):
        Plan.from_settings({"rounds": 3})


def test_a_full_disk_is_one_clear_error(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Library(PAGES)
    script = Script(["lib/ada"], [FIRST], [ADA])

    def full(*_: object, **__: object) -> None:
        raise InputError("the journal cannot be written; free space, then resume")

    def watch(_: Progress, event: Event) -> None:
        if event.kind == "part":
            monkeypatch.setattr(Run, "append", full)

    with begin(runs, QUESTION, budget=Budget(), agent_version="1", settings={}) as run:
        rounds = Rounds(Played(script), browsing(shelf, shelf), Plan(branches=2), watch=watch)
        with pytest.raises(InputError, match="free space, then resume"):
            asyncio.run(rounds.run(run))
