"""Pictures: whatever the data, sound SVG that says the same in words, in colours that everybody can tell apart."""

import math
import xml.etree.ElementTree as ET
from itertools import combinations, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser

from afterlore.report import DARK, LIGHT
from afterlore.report.plot import HEIGHT, WIDTH, Level, Line, Panel, Rule, figure, ticks
from afterlore.report.strokes import ALONE, HUES

SVG = "{http://www.w3.org/2000/svg}"
# Machado, Oliveira and Fernandes (2009), severity 1: how linear RGB looks to those who lack one kind of cone.
VISIONS = {
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no red": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no green": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no blue": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
anything = st.floats(allow_nan=True, allow_infinity=True)
lines = st.builds(
    Line,
    st.text(),
    st.lists(st.tuples(anything, anything), max_size=12),
    st.lists(st.tuples(anything, anything, anything), max_size=4),
    st.none() | st.integers(0, 20),
    st.booleans(),
)
drawings = st.builds(
    Panel,
    st.text(),
    st.lists(lines, max_size=9),
    unit=st.text(max_size=9),
    rules=st.lists(st.builds(Rule, anything, st.text()), max_size=2),
    levels=st.lists(st.builds(Level, anything, st.text()), max_size=2),
)


def linear(colour: str) -> list[float]:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def luminance(colour: str) -> float:
    return sum(share * part for share, part in zip((0.2126, 0.7152, 0.0722), linear(colour), strict=True))


def lab(colour: str, vision: str) -> tuple[float, float, float]:
    seen = [sum(a * b for a, b in zip(row, linear(colour), strict=True)) for row in VISIONS[vision]]
    r, g, b = (max(0.0, min(1.0, part)) for part in seen)
    x, y, z = (
        part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116
        for part in (
            (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.95047,
            0.2126 * r + 0.7152 * g + 0.0722 * b,
            (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.08883,
        )
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def coordinates(svg: ET.Element) -> list[float]:
    paths = [path.get("d", "") for path in svg.iter(f"{SVG}path")]
    return [float(word) for path in paths for word in "".join(" " if c in "MLHVZhv" else c for c in path).split()]


@given(st.lists(drawings, min_size=1, max_size=3), st.integers(1, 4), st.sampled_from(["top", "ends", "none"]))
def test_whatever_the_data_it_is_sound(panels: list[Panel], columns: int, legend: str) -> None:
    drawn = figure(panels, columns=columns, legend=legend, alone=True)  # type: ignore[arg-type]
    svg = ET.fromstring(drawn)
    assert all(map(math.isfinite, coordinates(svg)))
    assert max(map(abs, coordinates(svg)), default=0) < 1e5, "a renderer counts in single precision"
    assert {name.removeprefix(SVG) for name in (element.tag for element in svg.iter())} <= {
        *("svg", "title", "desc", "style", "rect", "g", "path", "text", "tspan")
    }
    assert drawn == figure(panels, columns=columns, legend=legend, alone=True)  # type: ignore[arg-type]


@given(st.floats(-1e6, 1e6), st.floats(1e-2, 1e6), st.integers(2, 8))
def test_ticks_are_round_few_and_inside(low: float, span: float, about: int) -> None:
    found = ticks(low, low + span, about)
    assert about / 2.5 - 1 <= len(found) <= about + 1
    assert all(low - span * 1e-6 <= tick <= low + span * (1 + 1e-6) for tick in found)


@pytest.mark.parametrize(
    ("low", "high", "said"), [(0, 1, "0.00 0.25 0.50 0.75 1.00"), (-3, 3, "−2 0 2"), (0, 3_000, "0 1,000 2,000 3,000")]
)
def test_figures_of_the_axis(low: float, high: float, said: str) -> None:
    drawn = figure([Panel("p", [Line("a", [(0, low), (1, high)])], y_range=(low, high))], alone=True)
    found = [text.text for text in ET.fromstring(drawn).iter(f"{SVG}text") if text.get("text-anchor") == "end"]
    assert " ".join(map(str, found)) == said


def test_a_gap_stays_a_gap_and_a_lone_point_is_seen() -> None:
    points = [(0, 1.0), (1, 2.0), (2, math.nan), (3, 3.0), (4, math.inf), (5, 1.0), (6, 2.0)]
    drawn = figure([Panel("p", [Line("a", points)])])
    line = drawn.split('<path class="line l0" d="')[2].split('"')[0]
    assert line.count("M") == 2
    assert 'class="line l0 dot"' in drawn


def test_many_points_keep_every_peak() -> None:
    points = [(float(x), float(x == 1_234)) for x in range(20_000)]
    drawn = figure([Panel("p", [Line("a", points)], y_range=(0, 1))], legend="none")
    assert f" {0}L" in drawn.split('<path class="line l0" d="')[1], "the one peak reaches the upper edge"
    assert len(drawn) < 12_000


def test_a_label_is_drawn_alike_everywhere() -> None:
    one, two = Line("one", [(0, 1), (1, 2)]), Line("two", [(0, 2), (1, 1)])
    drawn = figure([Panel("p", [one, two]), Panel("q", [two])])
    assert drawn.count('class="line l1"') == 3  # legend and both panels


def test_texts_are_data_and_the_picture_is_said_in_words() -> None:
    panel = Panel("奖励 <script>", [Line("多数投票&\u202e", [(0, 0.25), (9, 1)])], unit="占比", rules=[Rule(5, "警报")])
    svg = ET.fromstring(figure([panel], alone=True, title="训练"))
    assert svg.findtext(f"{SVG}title") == "训练"
    assert svg.findtext(f"{SVG}desc") == "奖励 <script> (占比): 多数投票&: 0.25 to 1; 警报 at step 5."
    assert "奖励 <script>" in [text.text for text in svg.iter(f"{SVG}text")]


def test_labels_at_the_ends_do_not_touch() -> None:
    same = [Line(f"method {n}", [(0, 0.5), (1, 0.5 + n / 1e4)]) for n in range(9)]
    svg = ET.fromstring(figure([Panel("p", same, y_range=(0, 1))], legend="ends", alone=True))
    places = sorted(float(t.get("y", "")) for t in svg.iter(f"{SVG}text") if (t.text or "").startswith("method"))
    assert len(places) == 9
    assert min(b - a for a, b in pairwise(places)) >= 12
    assert places[0] >= 0
    assert places[-1] <= HEIGHT + 8


@pytest.mark.parametrize(("scheme", "paper"), [(0, LIGHT["paper"]), (1, DARK["paper"])], ids=["light", "dark"])
def test_colours_are_told_apart_by_everybody(scheme: int, paper: str) -> None:
    for pair in HUES:
        low, high = sorted((luminance(pair[scheme]), luminance(paper)))
        assert (high + 0.05) / (low + 0.05) >= 3, pair
    for vision in VISIONS:
        for one, other in combinations([pair[scheme] for pair in HUES], 2):
            # About 2 can just be seen side by side.
            assert math.dist(lab(one, vision), lab(other, vision)) >= 15, (vision, one, other)


def test_nothing_is_drawn_without_a_panel() -> None:
    with pytest.raises(ValueError):
        figure([])
    with pytest.raises(ValueError):
        figure([Panel("p", [])], columns=0)


def test_texts_stay_within_the_picture(browser: Browser) -> None:
    names = ["金标准", "co-rewarding-i+ii", "一个很长很长很长很长的方法名字", "self-certainty", "W" * 60]
    panels = [
        Panel("标题 " * 30, [Line(name, [(0, 0), (1, n)]) for n, name in enumerate(names)], rules=[Rule(1, "长" * 60)]),
        Panel("Entropy", [Line("a", [(0, -12345.5), (1e6, 99999)])], unit="nats per token " * 3),
    ]
    page = browser.new_page()
    for legend in ("top", "ends"):
        page.set_content(figure(panels, columns=1, legend=legend, alone=True))  # type: ignore[arg-type]
        outside = page.evaluate(
            """() => { const all = document.querySelector("svg.plot").getBoundingClientRect();
            return [...document.querySelectorAll("text")].filter(text => { const at = text.getBoundingClientRect();
            return at.left < all.left || at.right > all.right || at.top < all.top || at.bottom > all.bottom; })
            .map(text => text.textContent); }"""
        )
        assert outside == []
    page.close()


def test_a_file_of_its_own_brings_all_it_needs() -> None:
    drawn = figure([Panel("p", [Line("a", [(0, 0), (1, 1)])])], alone=True)
    assert ALONE in drawn
    assert "var(" not in drawn
    assert f'M0 {HEIGHT}H{WIDTH}"' in drawn
    assert "<style>" not in figure([Panel("p", [])]), "a page's policy lets no style stand inside it"
