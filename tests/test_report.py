"""Pages: text that cannot misbehave, colours that can be read, and a file that loads nothing."""

import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader, UndefinedError
from playwright.sync_api import Browser

from afterlore.report import DARK, LIGHT, Page, clean, environment, one_line, source_hash
from browser import serious

WORDS = {"skip": "Skip", "dark": "Dark"}
TEMPLATE = """{% extends "base.html" %}{% from "controls.html" import theme_toggle %}
{% block content %}<h1>{{ heading | clean }}</h1>{{ theme_toggle(words) }}{% endblock %}"""
VISIBLE_FORMAT = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD, *range(0x13430, 0x13440)}
"""Format characters that draw something (Arabic number signs, hieroglyph joiners): they hide nothing."""


def test_nothing_unseen_is_left() -> None:
    left = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}
        and code not in {9, 10, *VISIBLE_FORMAT}
        and chr(code) in clean(f"a{chr(code)}b")
    ]
    assert left == []


@given(st.text(st.sampled_from("a汉👩\u200d\ufe0f\u0301\u202e\r\n\x00\u2028\ud800 ")))
def test_cleaning_twice_is_cleaning_once(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert one_line(one_line(text)) == one_line(text)
    assert "\n" not in one_line(text)


@pytest.mark.parametrize(
    "text", ["霁川Jichuan-4：“降价73%”……", "👩\u200d🔬和❤\ufe0f", "naïve cafe\u0301", "a\tb\nc", "葛\U000e0101飾"]
)
def test_what_a_reader_needs_stays(text: str) -> None:
    assert clean(text) == text


def test_a_pile_of_marks_is_cut() -> None:
    assert len(clean("Z" + "\u0301" * 500 + "algo")) == 8


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(scheme: dict[str, str]) -> None:
    def contrast(a: str, b: str) -> float:
        low, high = sorted((luminance(scheme[a]), luminance(scheme[b])))
        return (high + 0.05) / (low + 0.05)

    for text in ("ink", "soft", "faint", "accent", "link", "agree", "differ", "new"):
        for ground in ("paper", "raised"):
            assert contrast(text, ground) >= 4.5, (text, ground)
    assert contrast("mark-ink", "mark") >= 7


def rendered(heading: str, **page: str) -> str:
    made = environment("afterlore.report")
    made.loader = DictLoader({"page.html": TEMPLATE, **{n: source(made, n) for n in ("base.html", "controls.html")}})
    return Page(made, "page.html", **page).render(lang="en", title="A page", heading=heading, words=WORDS)


def source(made: object, name: str) -> str:
    return made.loader.get_source(made, name)[0]  # type: ignore[attr-defined]


def test_text_is_never_markup() -> None:
    html = rendered("</h1><script>alert(1)</script>{{ 7*7 }}\u202e")
    assert "<script>alert" not in html
    assert "{{ 7*7 }}" in html
    assert "\u202e" not in html


def test_a_missing_word_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        Page(environment("afterlore.report"), "base.html").render(lang="en", title="A page")


def test_a_style_cannot_leave_its_element() -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        rendered("x", css="</style><script>")


def test_policy_names_what_stands_inside() -> None:
    html = rendered("x", css="p{margin:0}", js="console.log(1)")
    for element in ("style", "script"):
        inside = re.search(rf"<{element}>(.*?)</{element}>", html, re.S)
        assert inside
        assert source_hash(inside[1]).replace("'", "&#39;") in html


def test_the_scheme_follows_the_system_and_the_reader(browser: Browser) -> None:
    html = rendered("Schemes")
    for system, opposite in (("light", "dark"), ("dark", "light")):
        context = browser.new_context(color_scheme=system)  # type: ignore[arg-type]
        context.route("http://page.test/", lambda route: route.fulfill(body=html, content_type="text/html"))
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))

        def shown(page=page) -> str:  # type: ignore[no-untyped-def]
            return str(page.evaluate("getComputedStyle(document.body).colorScheme"))

        page.goto("http://page.test/")
        toggle = page.get_by_role("button", name="Dark")
        assert shown() == system
        assert serious(page) == []
        toggle.click()
        assert shown() == opposite
        assert toggle.get_attribute("aria-pressed") == str(opposite == "dark").lower()
        assert serious(page) == []
        page.reload()
        assert shown() == opposite, "the choice is remembered"
        page.get_by_role("button", name="Dark").click()
        assert page.evaluate("localStorage.length") == 0, "back at the system's, it follows the system"
        assert said == []
        context.close()
