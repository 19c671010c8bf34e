"""Answers taken out of text, keys that say the same, and votes."""

import threading
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterlore.core import InputError
from afterlore.grading import Vote, algebra, boxes, final_answer, key, read, representatives, same, vote


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        (r"So \boxed{4} and then \boxed{\frac{1}{2}}.", r"\frac{1}{2}"),
        (r"\boxed{\text{a {nested} one}} ends", r"\text{a {nested} one}"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{12} but \boxed{13", "12"),
        (r"\boxed{ never closed \boxed{7}", "7"),
        (r"\boxed{}\boxed{ }", ""),
        (r"\boxed{3} and nothing in \boxed{}", "3"),
        ("The answer is 3.5. Done.", "3.5"),
        ("Final answer: $x^2$\nMore.", "x^2"),
        ("所以答案是42。", "42"),
        ("最终答案为：甲、乙，谢谢", "甲、乙"),
        ("the answer is 1,234 metres", "1,234 metres"),
        ("no answers here", ""),
        ("", ""),
        ("\\boxed{" * 50_000, ""),
        (r"\boxed{1 \boxed{2} \boxed{3}", "3"),
    ],
)
def test_the_answer_of_a_text(text: str, answer: str) -> None:
    assert final_answer(text) == answer


def test_boxes_in_order() -> None:
    assert boxes(r"\boxed{1} \fbox{2} \boxed {3}") == ["1", "2", "3"]


SAME = [
    ["0.5", r"\frac12", "1/2", r"50\%", "50%", ".5", r"\dfrac{1}{2}", "$0.50$", "２/４"],
    ["1,234", "1234", r"1{,}234", "1234.0", "+1234", "1,234 metres", r"\$1234"],
    ["-3/4", r"-\frac{3}{4}", r"\frac{-3}{4}", "−0.75"],
    ["1 1/2", r"1\frac12", "3/2", "1.5", "1½"],
    ["x=5", "5", "x = 5", r"5\text{ cm}", r"5^\circ", "5.", "5 cm", "5 square metres"],
    ["(1, 2)", r"\left(1,2\right)", "(1.0;2)", "（1，2）"],
    [r"\{2, 1\}", "{1,2}", r"\{1,2,2\}"],
    ["1, 2", "2,1", "2; 1"],
    ["East", "east", r"\text{East}", r"\text{ east }"],
    ["x+1", "x + 1", "$x+1$"],
    ["x²", "x^2", "x^{2}"],
    [r"\sqrt2", r"\sqrt{2}", r"\sqrt 2"],
    [r"2\text{ and }3", "2 and 3"],
]


@pytest.mark.parametrize("group", SAME, ids=lambda group: group[0])
def test_what_says_the_same_has_one_key(group: list[str]) -> None:
    assert {key(answer) for answer in group} == {key(group[0])} - {""}


def test_what_says_something_else_has_another() -> None:
    first = [key(group[0]) for group in SAME]
    assert len(set(first)) == len(first)
    different = [
        "(1,2)",
        "(2,1)",
        "[1,2]",
        "12",
        "1.2",
        "0.5",
        "5",
        "X",
        "x",
        "1/0",
        "-0.5",
        "1,23",
        "2²",
        "22",
        "x²",
        "x2",
        "x_2",
        "x^{12}",
        "2 and 3",
        "23",
    ]
    assert len({key(answer) for answer in different}) == len(different)
    assert key("") == key("$ $") == key(r"\,") == ""


@given(st.text(st.sampled_from("0123456789.,;-+/%(){}[]\\ frac$xAé一=^"), max_size=24))
def test_a_key_is_its_own_key(answer: str) -> None:
    assert key(key(answer)) == key(answer)


def test_a_key_is_made_of_anything() -> None:
    for answer in ("(" * 5_000 + "1" + ")" * 5_000, "{" * 5_000, "1" * 5_000, "1/" * 5_000, "1,2;" * 5_000):
        assert key(key(answer)) == key(answer)


@given(st.fractions(max_denominator=50))
def test_a_number_has_one_key_however_it_is_written(value: object) -> None:
    from fractions import Fraction

    assert isinstance(value, Fraction)
    written = {str(value), rf"\frac{{{value.numerator}}}{{{value.denominator}}}", rf"${value}$"}
    assert {key(one) for one in written} == {str(value)}


ANSWERS = st.lists(st.sampled_from(["", "1", "2", "3"]), min_size=1, max_size=12)


@given(ANSWERS, st.randoms())
def test_a_vote_does_not_hang_on_the_order_but_for_ties(answers: list[str], rng: object) -> None:
    import random

    assert isinstance(rng, random.Random)
    mixed = rng.sample(answers, len(answers))
    for ties in ("abstain", "random"):
        assert vote(answers, ties=ties) == vote(mixed, ties=ties)
    assert vote(answers).agreement == vote(mixed).agreement
    counts = Counter(answer for answer in answers if answer)
    won = vote(answers).label
    assert won == "" if not counts else counts[won] == max(counts.values())


def test_votes() -> None:
    assert vote(["", "", "4"]) == Vote("4", 1 / 3)
    assert vote(["", ""]) == Vote("", 0.0)
    assert vote(["2", "1", "1", "2"]).label == "2"
    assert vote(["2", "1"], ties="abstain") == Vote("", 0.5)
    assert {vote(["1", "2"], ties="random", seed=seed).label for seed in range(20)} == {"1", "2"}
    assert vote(["1", "1", "2"], minimum=0.7) == Vote("", 2 / 3)
    assert vote(["1", "1", "2"], truncated=[True, True, False]) == Vote("2", 1 / 3)
    with pytest.raises(InputError, match="give one for each"):
        vote(["1"], truncated=[True, False])
    with pytest.raises(InputError, match="a share from 0 to 1"):
        vote(["1"], minimum=2)


def test_the_authors_split_a_vote_that_is_one() -> None:
    rollouts = [r"\boxed{0.5}", r"\boxed{\frac12}", r"\boxed{1/2}", r"\boxed{3}", r"\boxed{3}"]
    assert vote([read(text, "authors") for text in rollouts]).label == "3"
    assert vote([read(text) for text in rollouts]) == Vote("1/2", 0.6)
    assert read("The answer is 3", "authors") == ""
    # A last box that was cut off is none to them; we take the one before.
    assert (read(r"\boxed{3} or \boxed{4", "authors"), read(r"\boxed{3} or \boxed{4")) == ("", "3")


ALIKE = [
    ("x+1", "1+x"),
    (r"\sqrt{8}", r"2\sqrt{2}"),
    ("(x-1)(x+1)", "x^2-1"),
    (r"\frac{\sqrt{3}}{3}", r"\frac{1}{\sqrt3}"),
    (r"\pm 2", "2, -2"),
    ("2^{10}", "1024"),
    (r"\log_2 8", "3"),
]
APART = [
    ("x+1", "x-1"),
    ("1,2", "12"),
    ("(1,2)", "(2,1)"),
    ("(0,1)", "(0,1]"),
    (r"\infty", r"-\infty"),
    (r"\frac13", "0.333333"),
    (r"10\%", "10"),
    ("", ""),
    ("是", "否"),
]
HOSTILE = [
    "10^{10^{10}}",
    "9!!!!!!!",
    "9^{9^{9^{9}}}",
    r"\left(",
    "x" * 10_000,
    r"\frac{" * 60 + "1",
    r"\int_0^{1} x^x dx",
    r"\sum_{k=1}^{99999999} k^k",
    "100000!",
    "(x+y+z)^{900}",
    r"\sqrt{" * 30,
    "\0\ud800",
    "__import__('os').system('true')",
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_algebra_makes_one_of_what_says_the_same(one: str, other: str) -> None:
    assert key(one) != key(other)
    assert same(key(one), key(other))
    assert same(key(other), key(one))


@pytest.mark.parametrize(("one", "other"), APART)
def test_algebra_keeps_apart_what_differs(one: str, other: str) -> None:
    assert not same(key(one), key(other))
    assert not same(key(other), key(one))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_answer_neither_hangs_nor_fails(text: str) -> None:
    found: list[bool] = []
    # Votes are also taken by threads and workers, where there are no signals.
    thread = threading.Thread(target=lambda: found.append(same(key(text), "x+1")), daemon=True)
    thread.start()
    thread.join(30)
    assert found == [False]
    assert same("1+x", "x+1")


def test_what_takes_too_long_is_ended_and_the_next_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    assert same("x+17", "17+x")
    first = algebra._judge._running
    monkeypatch.setattr(algebra, "SECONDS", 0.2)
    # To tell these apart sympy would multiply them out.
    assert not same("(x+y+z)^{900}", "(x+y+z)^{899}(x+y+z+1)")
    monkeypatch.undo()
    assert first is not None
    assert not first[0].is_alive()
    assert same("x+19", "19+x")


@given(st.permutations([r"\sqrt{8}", "7", r"2\sqrt{2}", "", "x+1", "1+x", "x+1"]))
def test_those_that_stand_for_others_do_not_depend_on_the_order(answers: list[str]) -> None:
    found = dict(zip(answers, representatives(answers), strict=True))
    assert found == {r"\sqrt{8}": r"\sqrt{8}", r"2\sqrt{2}": r"\sqrt{8}", "7": "7", "": "", "x+1": "1+x", "1+x": "1+x"}
    assert vote([found[one] for one in answers]).label == "1+x"
