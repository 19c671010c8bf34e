"""The quote gate as laws: what stands in a text is found in whatever spelling, and nothing that says otherwise."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

from afterlore.app.research_eval import app
from afterlore.research.evaluate import quotes as evaluated
from afterlore.text.quotes import QuoteIndex, Span, locate

SAID = """
the of a ferry harbour Lantern café naïve Żeromski ﬁre km² 1995 25 3.5 1,500 $40 35% -5 10:30 can't man-eating “quoted”
(in 2010–15 10⁶ 北京大学 三十五人 5万 서울은 ひらがな end.
"""
WORDS = st.sampled_from(SAID.split())
TEXTS = st.lists(WORDS, min_size=4, max_size=25)
GAPS = st.sampled_from([" ", "  ", "\n", "\u00a0", "\u3000", "\t \n", "\u2009", " \u200b", "\ufeff "])


def spelt(word: str, how: str) -> str:
    """A word in another spelling that says the same."""
    if how == "wide":
        return "".join(chr(ord(char) + 0xFEE0) if char.isascii() and char.isalnum() else char for char in word)
    if how == "hyphenated":
        return "\u00ad".join(word)
    if how == "straight":
        return word.translate(str.maketrans("“”–", '""-'))
    return unicodedata.normalize(how, word)


@given(TEXTS, st.data())
def test_what_a_text_says_is_found_in_every_spelling(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    text = words[0] + "".join(data.draw(GAPS) + word for word in words[1:])
    quoted = words[first:last]
    assume(any(char.isalnum() for word in quoted for char in word))
    # NFKC makes another number of 10⁶; that one is refused, see below.
    hows = ["wide", "hyphenated", "straight", "NFC", "NFD", *(["NFKC", "NFKD"] * ("10⁶" not in quoted))]
    quote = "".join(data.draw(GAPS) + spelt(word, data.draw(st.sampled_from(hows))) for word in quoted)
    if data.draw(st.booleans()):
        quote = " ".join(quoted)
    span = locate(quote, text)
    assert span is not None
    assert locate(text[span.start : span.end], text) == span


@given(TEXTS, st.data())
def test_a_quote_with_another_word_is_refused(words: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(words) - 1))
    other = data.draw(WORDS)
    altered = [*words[:at], other, *words[at + 1 :]]
    folded = [unicodedata.normalize("NFKC", "".join(words)) for words in (altered, words)]
    assume(folded[0] != folded[1])
    assert locate(" ".join(altered), " ".join(words)) is None


TEXT = (
    "In 1995, about 25 people can't eat 1,500.20 at -5°C: 10⁶ cells, café‑bar, “35%” of $40; a man-eating 3–4 m shark."
)


@pytest.mark.parametrize(
    "quote",
    [
        "In 1995, about 25 people",
        "eat 1,500.20",
        "at -5°C",
        "10⁶ cells",
        'café-bar, "35%" of $40',
        "cafe\u0301-bar",
        "a man-eating 3-4 m shark",
        "Ｉｎ　１９９５，",
        "peo\u00adple",
        " people\n\ncan’t ",
    ],
)
def test_spellings_that_say_the_same(quote: str) -> None:
    span = locate(quote, TEXT)
    assert span is not None
    folded = unicodedata.normalize("NFKC", TEXT[span.start : span.end]).replace("‐", "-")
    wanted = unicodedata.normalize("NFKC", quote.replace("\u00ad", "")).split()
    assert [word.translate(str.maketrans("’“”–", '\'""-')) for word in folded.split()] == [
        word.translate(str.maketrans("’“”–", '\'""-')) for word in wanted
    ]


@pytest.mark.parametrize(
    "quote",
    [
        "5 people",  # of 25
        "500.20",
        "1,500",  # of 1,500.20
        "at -5",
        "5°C",  # without its sign
        "106 cells",  # what NFKC makes of 10⁶
        "people can",  # can't
        "cafe",
        "40",  # $40
        "“35”",
        "eating 3–4 m",
        "in 1995",
        "In 1996",
        "",
        "…",
        "-",
    ],
)
def test_what_the_text_does_not_say(quote: str) -> None:
    assert locate(quote, TEXT) is None


@pytest.mark.parametrize(
    ("quote", "text", "there"),
    [
        ("北京大学", "他在北京\n大学读书", True),
        ("北京大学,读书", "北京大学，\n读书", True),
        ("三十五人", "共三十五人", True),
        ("五人", "共三十五人", False),
        ("增长5", "增长5万", False),
        ("增长 5 万", "增长5万", False),
        ("一二", "一 二", False),
        ("가", "각", False),
        ("가", "\u1100\u1161\u11a8", False),
        ("각", "\u1100\u1161\u11a8", True),
        ("아버지가 방에", "아버지 가방에", False),
        ("1½", "11⁄2", False),
        ("500 people", "1\u00a0500 people", False),
        ("1 500 people", "1\u00a0500 people", True),
        ("in 1", "in 1\u202f500", False),
        ("people", "500\u00a0people", True),
        ("in 1995", "in 1995\u00a025 people", True),
        ("500 000", "1\u00a0500\u00a0000", False),
        ("S. Army", "the U.S. Army", False),
        ("U.S. Army", "the U.S. Army", True),
        ("He left", "it ended.He left", True),
        ("T grew", "AT&T grew", False),
        ("$40", "A$40", False),
        ("5% of", "<5% of", False),
        ("over 10", "over 10+ years", False),
        ("wrote C", "wrote C++", False),
        ("11", "1②", False),
        ("x2", "x²", True),
        ("a\u0323\u0307", "ạ\u0307", True),
        ("ﬁre", "fire", True),
    ],
)
def test_scripts_and_forms(quote: str, text: str, there: bool) -> None:
    assert (locate(quote, text) is not None) is there


def test_spans_are_of_the_text_as_it_was_given() -> None:
    text = "\ufeff  Der\u00a0Fluß  ﬂießt\u00ad so-\n»ruhig« cafe\u0301."
    index = QuoteIndex(text)
    for quote in ("Der Fluß fließt so-", "fließt", "café", "ruhig"):
        span = index.locate(quote)
        assert span is not None
        assert text[span.start : span.end].split()[0][0] in "Dﬂcr"
        assert index.locate(text[span.start : span.end]) == span
    assert index.locate("ließt") is None


# ---- the measure of the gate


def material(folder: Path) -> Path:
    texts = [
        "In 1995 about 250 people of Harrowgate took the ferry; 35% of them came back by tram at 10:30.",
        "The man-eating plant can't grow above 2,000 m, where it is -5°C, said Ms Żeromska’s “Guide to 4² gardens”.",
    ]
    file = folder / "passages.json"
    file.write_text(json.dumps([{"title": "", "text": text} for text in texts]), encoding="utf-8")
    return file


def test_the_measure_holds_and_can_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = material(tmp_path)
    result = evaluated.measure(file)
    assert result["holds"], result["mistakes"]
    assert result["passages"] == 2
    assert all(row["of"] for row in (*result["must be accepted"].values(), *result["must be refused"].values()))

    class Naive(QuoteIndex):
        def __init__(self, text: str) -> None:
            self.text = text

        def locate(self, quote: str) -> Span | None:
            at = self.text.find(quote)
            return None if at < 0 else Span(at, at + len(quote))

    monkeypatch.setattr(evaluated, "QuoteIndex", Naive)
    result = evaluated.measure(file)
    assert not result["holds"]
    assert result["must be refused"]["first word cut"]["accepted"] > 0
    assert result["must be accepted"]["full width"]["accepted"] == 0


def test_the_gate_holds_on_real_passages(shared: Path) -> None:
    result = evaluated.measure(shared / "multihop" / "hotpotqa_100.json")
    assert result["holds"], result["mistakes"]
    assert result["passages"] > 900


@pytest.mark.slow
def test_the_gate_holds_on_all_passages(shared: Path) -> None:
    result = evaluated.measure(shared / "multihop")
    assert result["holds"], result["mistakes"]
    assert result["passages"] > 9000


def test_the_measure_is_a_command(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["quotes", "--data", str(material(tmp_path)), "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout)["holds"] is True
    done = CliRunner().invoke(app, ["quotes", "--data", str(tmp_path)])
    assert "must be refused another number" in done.stdout
