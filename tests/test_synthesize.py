"""Questions made from a corpus: what each rests on is there, it has one answer, and it does not tell it."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.app import cli
from afterlore.core import InputError, Page, digest
from afterlore.llm.scripted import Body, ScriptedEndpoint, Turn
from afterlore.research.search.corpus import open_corpus
from afterlore.research.synthesize import chinese, english
from afterlore.research.synthesize.blur import blur, without_times
from afterlore.research.synthesize.check import tells
from afterlore.research.synthesize.decontaminate import Known, read_known
from afterlore.research.synthesize.entities import Entity, Names, entity
from afterlore.research.synthesize.made import Made
from afterlore.research.synthesize.reword import worse
from afterlore.research.synthesize.synthesize import Recipe, Synthesis

ROOT = Path(__file__).parents[1]
SAMPLE = ROOT / "samples" / "research" / "corpus"
WIKI = ROOT.parent / "shared" / "data" / "multihop" / "2wiki_corpus.json"
TOWN = {
    "Elm Ferry": "Elm Ferry is a river town in the north. Its bridge was opened in 1871.",
    "Ada Pell": "Ada Pell is an engineer. She was born in Elm Ferry in 1951.",
    "Pell Lamps": "Pell Lamps is a company that sells lamps. It was founded in 1987 by Ada Pell.",
    "Glimmer Six": "Glimmer Six is a lamp. It was designed by Otto Brand and is made by Pell Lamps.",
}


def pages(texts: dict[str, str]) -> list[Entity]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [Page(address=t, title=t, text=text, sha256=digest(text), retrieved=now) for t, text in texts.items()]
    return [one for at, page in enumerate(rows) if (one := entity(at, page)) is not None]


def lines(folder: Path, texts: dict[str, str], name: str = "corpus.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(json.dumps({"title": t, "text": text}) + "\n" for t, text in texts.items()), "utf-8")
    return path


def made(corpus: Path, data: Path, n: int, known: Known | None = None, **recipe: Any) -> tuple[list[Made], Synthesis]:
    with open_corpus(corpus, data=data) as opened:
        work = Synthesis(opened, Recipe(n, **recipe), known or Known())
        return list(work.make()), work


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="module")
def sample(data: Path) -> tuple[list[Made], Synthesis]:
    return made(SAMPLE, data, 50)


# ---- what holds of every question


def check(questions: list[Made], work: Synthesis) -> None:
    assert questions
    texts = {one.address: one for one in work.graph.entities}
    for one in questions:
        assert one.hops == len(one.supporting) == len(one.constraints)
        assert 2 <= one.hops <= 5
        assert 1 <= one.depth <= one.hops
        assert len({support.sha256 for support in one.supporting}) > 1
        assert one.answer not in one.question
        assert one.question[-1] in "?？"
        assert one.unique_by in ("links", "words")
        for support in one.supporting:
            page = texts[support.address]
            assert support.sha256 == digest(page.text) == page.sha256
            assert page.text[slice(*support.span)] == support.quote
        for fact in one.constraints:
            assert one.answer in (fact.subject, fact.object) or fact.subject != fact.object
        assert Made.from_json(one.to_json()) == one
    assert len({one.id for one in questions}) == len(questions) == len({one.question for one in questions})


def test_what_a_question_rests_on_is_in_the_corpus(sample: tuple[list[Made], Synthesis]) -> None:
    questions, work = sample
    check(questions, work)
    assert {one.vagueness for one in questions} == {0, 1, 2, 3}
    assert {one.language for one in questions} == {"en", "zh"}
    assert {one.hops for one in questions} >= {2, 3, 4}


def test_a_seed_gives_the_same_questions_and_fewer_are_the_first_of_more(
    data: Path, sample: tuple[list[Made], Synthesis]
) -> None:
    questions, _ = sample
    assert made(SAMPLE, data, 20)[0] == questions[:20]
    assert [one.id for one in made(SAMPLE, data, 20, seed=1)[0]] != [one.id for one in questions[:20]]


def test_each_level_hides_what_it_says(sample: tuple[list[Made], Synthesis]) -> None:
    questions, work = sample
    for one in questions:
        said = {at for mention in work.graph.names.find(one.question) for at in mention.entities}
        named = {work.graph.entities[at].name for at in said}
        between = {name for fact in one.constraints for name in (fact.subject, fact.object)} - {one.answer}
        if one.vagueness == 3:
            assert named == set()
            assert not re.search(r"\d", one.question)
        elif one.vagueness == 0:
            assert named == between
        elif one.depth > 1:
            assert named < between
        if one.vagueness == 2:
            assert not re.search(r"\b(?:1\d|20)\d[1-9]\b|\d年(?!代)", one.question)


def test_each_fact_is_needed_at_the_root(sample: tuple[list[Made], Synthesis]) -> None:
    """No question is answered by a page that it names and one sentence of it alone: both ends would be in one fact."""
    questions, _ = sample
    for one in questions:
        ends = [fact for fact in one.constraints if one.answer in (fact.subject, fact.object)]
        others = {name for fact in ends for name in (fact.subject, fact.object)} - {one.answer}
        if one.depth > 1 and len(ends) == 1 and one.vagueness > 0:
            assert all(name not in one.question for name in others)


# ---- one answer


def test_a_second_answer_is_seen(tmp_path: Path) -> None:
    alone, _ = made(lines(tmp_path, TOWN), tmp_path, 10, hops=(2, 2), vagueness=(1, 1))
    wanted = "Which company was founded in 1987 by the engineer who was born in Elm Ferry in 1951?"
    assert wanted in [one.question for one in alone]
    rival = {"Bo Reed": "Bo Reed is a doctor. He was born in Elm Ferry in 1960.", "Reed Inn": "Reed Inn is a hotel."}
    both, work = made(lines(tmp_path, TOWN | rival, "two.jsonl"), tmp_path, 10, hops=(2, 2), vagueness=(1, 1))
    assert wanted not in [one.question for one in both]
    assert work.dropped["not unique"] > 0


def test_a_rival_counts_whatever_its_sentence_says_first(tmp_path: Path) -> None:
    """Another entity in a sentence with the same names: unique by words, no longer by links."""
    chosen = "Which company was founded in 1987 by the engineer who was born in Elm Ferry in 1951?"
    rival = {"Old Mill": "Old Mill is a restaurant. It once employed Ada Pell, and Pell Lamps lit it."}
    for texts, how in ((TOWN, "links"), (TOWN | rival, "words")):
        path = lines(tmp_path, texts, f"{how}.jsonl")
        questions, _ = made(path, tmp_path, 10, hops=(2, 2), vagueness=(1, 1))
        found = [one.unique_by for one in questions if one.question == chosen]
        # Elm Ferry is linked to Ada Pell too: by links alone it could answer, were it not named.
        assert found == [how]


@pytest.mark.parametrize("seed", range(3))
def test_a_twin_of_the_answer_is_always_seen(sample: tuple[list[Made], Synthesis], tmp_path: Path, seed: int) -> None:
    """Whatever is said of the answer anywhere is said of another thing too: the question is not made again."""
    questions, work = sample
    texts = {one.name: one.text for one in work.graph.entities[: work.graph.pages]}
    for one in [one for one in questions if one.vagueness][seed::3][:4]:
        twin = "Orla Finch" if one.language == "en" else "双影记"
        changed = {
            name: f"{text}\n\n"
            + "\n\n".join(said.replace(one.answer, twin) for said in text.split("\n") if one.answer in said)
            for name, text in texts.items()
        }
        changed[twin] = texts[one.answer].replace(one.answer, twin)
        path = lines(tmp_path, changed, f"{one.id}.jsonl")
        again, _ = made(path, tmp_path, 30, hops=(one.hops, one.hops), vagueness=(one.vagueness, one.vagueness))
        assert one.question not in [other.question for other in again]


def test_the_answer_is_not_told() -> None:
    (one,) = pages({"Harrowmere Instruments": "Harrowmere Instruments is a company."})
    kind = english.kind_of(one)
    assert tells("Who founded Harrowmere instruments?", one, kind)
    assert tells("Which firm is in Harrowmere?", one, kind)
    assert not tells("Which company makes instrument cases?", one, kind)
    (museum,) = pages({"青砚博物馆": "青砚博物馆收藏砚台，2006年开放。它在桥东。"})
    assert tells("青砚镇的博物馆叫什么名字？", museum, chinese.kind_of(museum))
    assert not tells("以裴知微为馆长的博物馆叫什么名字？", museum, chinese.kind_of(museum))


# ---- names and facts


def test_a_name_is_found_whole() -> None:
    names = Names(pages({"York": "A city.", "Elm Ferry": "A town.", "Peter Reed": "A man.", "北京大学": "一所大学。"}))

    def found(text: str) -> list[str]:
        return [text[one.start : one.end] for one in names.find(text)]

    assert found("She left York for Elm Ferry.") == ["York", "Elm Ferry"]
    assert found("She left New York for York-on-Sea with Peter Reed Smith and the Elm Ferry's crew") == ["Elm Ferry"]
    assert found("The Duke of York, King Peter Reed") == ["York", "King Peter Reed"]
    assert found("他毕业于北京大学，后来在北京工作") == ["北京大学"]


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("Ada Pell is an engineer. She was born in Elm Ferry in 1951.", ("was born in ", " in 1951")),
        ("Ada Pell is an engineer. Her father was a smith. She was born in Elm Ferry.", ("was born in ", "")),
        ("Ada Pell (born 1951) is an engineer who works in Elm Ferry.", ("works in ", "")),
        ("Ada Pell is an engineer. She moved to Rome and worked in Elm Ferry.", ("worked in ", "")),
        ("Ada Pell is an engineer. Bo Reed met her. She was born in Elm Ferry.", None),
        ("Ada Pell is an engineer. She was never in Elm Ferry.", None),
        ("Ada Pell is an engineer. She sold her brother Elm Ferry.", None),
        ("Ada Pell is an engineer. The house that she sold stood in Elm Ferry.", None),
    ],
)
def test_a_fact_is_the_page_entitys(text: str, fact: tuple[str, str] | None) -> None:
    entities = pages({"Ada Pell": text, "Elm Ferry": "Elm Ferry is a town."})
    found = list(english.read(entities[0], english.kind_of(entities[0]), Names(entities)))
    assert [(one.before, one.after) for one in found] == ([] if fact is None else [fact])


@given(st.text(max_size=300), st.sampled_from(["Elm Ferry", "北京大学"]))
def test_any_page_can_be_read(text: str, name: str) -> None:
    entities = pages(
        {"Ada Pell": f"Ada Pell is an engineer. {text} {name}", name: "An old place.", "沈澜": f"沈澜，{text}"}
    )
    names = Names(entities)
    for one in entities:
        for language in (english, chinese):
            for fact in language.read(one, language.kind_of(one), names):
                assert one.text[fact.start : fact.end] == fact.quote
                assert fact.object != one.at


def test_a_name_without_a_page_ends_a_question(tmp_path: Path) -> None:
    texts = {
        "Ada Pell": "Ada Pell is an engineer. She was born in North Quay in 1951.",
        "Pell Lamps": "Pell Lamps is a company that sells lamps. It was founded in 1987 by Ada Pell.",
    }
    questions, work = made(lines(tmp_path, texts), tmp_path, 9, hops=(2, 2), vagueness=(1, 1))
    wanted = "Which company was founded in 1987 by the engineer who was born in North Quay in 1951?"
    assert [one.question for one in questions] == [wanted]
    assert work.graph.pages == 2
    # Somebody else of that place: no longer the only one by links, and not the only one at all where the words agree.
    for more, found in (
        ("Bo Reed is a baker. He was born in North Quay.", False),
        ("Bo Reed sings of North Quay.", True),
    ):
        path = lines(tmp_path, texts | {"Bo Reed": more, "Reed Inn": "Reed Inn is a hotel run by Bo Reed."}, "b.jsonl")
        again, _ = made(path, tmp_path, 9, hops=(2, 2), vagueness=(1, 1))
        assert (wanted in [one.question for one in again]) is found


def test_passages_of_one_title_are_about_one_thing(tmp_path: Path) -> None:
    path = tmp_path / "parts.jsonl"
    rows = [("Ada Pell", "Ada Pell is an engineer."), ("Ada Pell", "Ada Pell was born in North Quay in 1951.")]
    rows += [("Pell Lamps", "Pell Lamps is a company that sells lamps. It was founded in 1987 by Ada Pell.")]
    path.write_text("".join(json.dumps({"title": t, "text": text}) + "\n" for t, text in rows), "utf-8")
    (one,), work = made(path, tmp_path, 1, hops=(2, 2), vagueness=(1, 1))
    assert one.question == "Which company was founded in 1987 by the engineer who was born in North Quay in 1951?"
    assert [support.title for support in one.supporting] == ["Pell Lamps", "Ada Pell"]
    assert one.supporting[1].quote == rows[1][1]
    assert one.supporting[1].sha256 == digest(rows[1][1])
    assert len(set(work.graph.whose)) == 2


def test_a_thing_of_the_same_name_is_not_taken_where_it_makes_no_sense() -> None:
    film = pages(
        {"Ada Pell": "Ada Pell is an actress. She starred in Quay. She was buried at Quay.", "Quay": "Quay is a film."}
    )
    kinds = [english.kind_of(one) for one in film]
    facts = list(english.read(film[0], kinds[0], Names(film)))
    assert [fact.before for fact in facts if english.plausible(fact, kinds[1])] == ["starred in "]


# ---- vagueness


@given(st.integers(21, 999_999), st.sampled_from(["", "about ", "some "]))
def test_a_blurred_number_is_true(number: int, word: str) -> None:
    said = blur(f"it has {word}{number} doors", "en").replace(",", "")
    bounds = [int(found) for found in re.findall(r"\d+", said)]
    if "a little over" in said:
        assert bounds[0] <= number <= 1.3 * bounds[0] + 1
    elif "over" in said:
        assert bounds[0] <= number < 2 * bounds[0]
    elif "nearly" in said:
        assert 0.7 * bounds[0] <= number <= bounds[0]
    else:
        # Years of four figures read as such, whole tens as about.
        assert said in (f"it has about {number} doors", f"it has {word}{number // 10 * 10}s doors")


@given(st.integers(21, 999))
def test_a_bound_stays_true(number: int) -> None:
    over, below = (
        int(blur(f"has {word} {number} doors", "en").replace(",", "").split()[-2]) for word in ("over", "nearly")
    )
    assert over <= number < below
    assert blur(f"has over {number} doors", "en").startswith("has over ")


@given(st.integers(1500, 2029))
def test_a_blurred_year_is_its_decade(year: int) -> None:
    assert blur(f"was born on 3 May {year} in", "en") == f"was born in the {year // 10 * 10}s in"
    assert blur(f"was born in {year} in", "en") == f"was born in the {year // 10 * 10}s in"
    assert without_times(f"was born in {year} in", "en") == "was born in"
    assert str(year) not in blur(f"于{year}年创立", "zh") or year % 10 == 0
    assert without_times(f"{year}年出生于", "zh") == "出生于"


# ---- against what is known


def test_what_a_test_set_asks_is_left_out(data: Path, sample: tuple[list[Made], Synthesis], tmp_path: Path) -> None:
    questions, _ = sample
    file = tmp_path / "known.jsonl"
    file.write_text("".join(f"{one.to_json()}\n" for one in questions[:10]), "utf-8")
    again, work = made(SAMPLE, data, 50, read_known([file]))
    assert not {one.question for one in again} & {one.question for one in questions[:10]}
    assert work.dropped["in --against: wording"] + work.dropped["in --against: answer and entity"] > 0


def test_overlap_is_of_wording_or_of_answer_and_entity(tmp_path: Path) -> None:
    file = tmp_path / "known.json"
    rows = [
        {"question": "Which company did the engineer born in Elm Ferry found?", "answer": "Pell Lamps"},
        {
            "question": "Where?",
            "answer": "Oak",
            "paragraphs": [
                {"title": "Bo Reed", "paragraph_text": "…", "is_supporting": True},
                {"title": "Ash", "paragraph_text": "…", "is_supporting": False},
            ],
        },
    ]
    file.write_text(json.dumps(rows), "utf-8")
    known = read_known([file])
    words = "Tell me: which company did the engineer born in Elm Ferry found, and when?"
    assert known.overlap(words, ["Other"], []) == "wording"
    assert known.overlap("What did she begin?", ["pell lamps"], ["Elm Ferry"]) == "answer and entity"
    assert known.overlap("What did she begin?", ["Pell Lamps"], ["Ada Pell"]) == ""
    assert known.overlap("What grew?", ["Oak"], ["Bo Reed"]) == "answer and entity"
    assert known.overlap("What grew?", ["Oak"], ["Ash"]) == ""
    with pytest.raises(InputError, match="no such file"):
        read_known([tmp_path / "none.json"])


# ---- a model's wording


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("In 1987, which company did the engineer from Elm Ferry found?", ""),
        ("In 1988, which company did the engineer from Elm Ferry found?", "figures changed"),
        ("In 1987, which company did the engineer found?", "a name is gone"),
        ("1987年埃尔姆渡口的工程师创立了什么公司？", "another language"),
        ("It was Pell Lamps.", "no question"),
        ("", "no question"),
    ],
)
def test_a_wording_that_changes_something_is_not_taken(text: str, why: str) -> None:
    question = "Which company was founded in 1987 by the engineer who was born in Elm Ferry?"
    assert worse(question, text, ["Elm Ferry"]) == why


@pytest.fixture
def configured(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedEndpoint]:
    with ScriptedEndpoint(_polite, key="the-dummy-key-123") as served:
        monkeypatch.setenv("AFTERLORE_MODELS__WRITER__BASE_URL", served.base_url)
        monkeypatch.setenv("AFTERLORE_MODELS__WRITER__MODEL", "scripted")
        monkeypatch.setenv("AFTERLORE_MODELS__WRITER__API_KEY", "the-dummy-key-123")
        monkeypatch.setenv("AFTERLORE_MODELS__WRITER__PRICES", '{"input": 0}')
        yield served


def _polite(body: Body) -> Turn:
    return Turn(text="Tell me, please: " + json.loads(body["messages"][-1]["content"])["question"])


def test_a_model_may_reword(tmp_path: Path, configured: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    words = ["research", "synth", "--corpus", str(lines(tmp_path, TOWN)), "--n", "3", "--hops", "2", "--json"]
    words += ["--model", "writer", "--out", str(out), "--data-dir", str(tmp_path / "data"), "--vagueness", "0-2"]
    assert cli.run(words) == 0
    first = json.loads(capsys.readouterr().out)
    questions = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert first["reworded"]["taken"] == 3
    assert all(one["question"].startswith("Tell me, please: ") and one["wording"] == "writer" for one in questions)
    assert configured.count() == 3
    # What was asked is known: a second run asks nothing and writes the same.
    before = out.read_bytes()
    assert cli.run(words) == 0
    capsys.readouterr()
    assert configured.count() == 3
    assert out.read_bytes() == before
    assert b"the-dummy-key-123" not in b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())


def test_a_model_that_tells_the_answer_is_not_believed(
    tmp_path: Path, configured: ScriptedEndpoint, capsys: pytest.CaptureFixture[str]
) -> None:
    corpus = lines(tmp_path, TOWN)
    questions, _ = made(corpus, tmp_path, 1, hops=(2, 2), vagueness=(1, 1))
    configured.play(lambda body: Turn(text=f"Was it {questions[0].answer}? {_polite(body).text}"))
    words = ["research", "synth", "--corpus", str(corpus), "--n", "1", "--hops", "2", "--vagueness", "1", "--json"]
    assert cli.run([*words, "--model", "writer", "--data-dir", str(tmp_path / "data")]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["reworded"] == {"the answer stands in it": 1, "calls": 1, "tokens": row["reworded"]["tokens"]}
    assert row["questions"][0]["question"] == questions[0].question
    assert row["questions"][0]["wording"] == "template"


# ---- the command


def test_what_is_written_can_be_written_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "deep" / "synth.jsonl"
    words = ["research", "synth", "--corpus", str(SAMPLE), "--n", "12", "--seed", "7", "--out", str(out)]
    assert cli.run([*words, "--data-dir", str(tmp_path)]) == 0
    first = out.read_bytes()
    assert len(first.splitlines()) == 12
    assert cli.run([*words, "--data-dir", str(tmp_path)]) == 0
    assert out.read_bytes() == first
    assert [one.name for one in out.parent.iterdir()] == ["synth.jsonl"]
    assert "seconds" in capsys.readouterr().out


def test_a_small_corpus_gives_what_it_has_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["research", "synth", "--corpus", str(lines(tmp_path, TOWN)), "--n", "500", "--data-dir", str(tmp_path)]
    assert cli.run(words) == 1
    shown = capsys.readouterr()
    assert re.fullmatch(r"afterlore: \d+ of 500 questions: .+\n", shown.err)
    assert shown.out.count("→") == int(shown.err.split()[1])


@pytest.mark.parametrize(
    ("texts", "more", "why"),
    [
        ({"A": "Nothing here.", "B": "Nor here."}, [], "links two of them"),
        (TOWN, ["--hops", "5"], "no question of these hops"),
        (TOWN, ["--hops", "1-3"], "write a number from 2 to 5"),
        (TOWN, ["--vagueness", "3-1"], "write a number from 0 to 3"),
        (TOWN, ["--against", "none.json"], "no such file"),
        (TOWN, ["--budget", "calls=3"], "--budget is for --model"),
        (TOWN, ["--model", "none"], "configured"),
    ],
)
def test_what_cannot_be_made_is_one_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], texts: dict[str, str], more: list[str], why: str
) -> None:
    corpus = lines(tmp_path, texts)
    assert cli.run(["research", "synth", "--corpus", str(corpus), "--n", "3", "--data-dir", str(tmp_path), *more]) == 2
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1


# ---- real text


@pytest.mark.skipif(not WIKI.exists(), reason="shared/data is not there")
def test_encyclopedia_passages(tmp_path: Path) -> None:
    questions, work = made(WIKI, tmp_path, 40, hops=(2, 3), vagueness=(1, 2))
    check(questions, work)
    assert len(questions) == 40
    assert len(work.graph.entities) > 6_000
    assert sum(one.unique_by == "links" for one in questions) > 20
