"""Line charts as small multiples, drawn as SVG: one picture that says how things went, side by side.

Why not a plotting library: a page holds its pictures as markup, follows the reader's colour scheme and loads nothing,
and the core install stays small. What a picture says is also said in words (``<title>``, ``<desc>`` and one title for
each line), for those who hear it. Lines differ by colour *and* by dashes, so that neither sight nor paper decides who
can read it. The same data give the same bytes.

What it does not do: axes by logarithm, bars, points without a line.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from typing import Literal
from unicodedata import east_asian_width

from afterlore.report.strokes import ALONE, HUES, STYLES
from afterlore.report.text import one_line

__all__ = ["STYLES", "Level", "Line", "Panel", "Rule", "figure", "ticks"]

WIDTH, HEIGHT = 270, 132
"""Of the field of a panel, in the units of the SVG: about pixels."""
LEFT, TOP, BOTTOM, GAP = 46, 34, 40, 16
"""Around the field: figures of the axis, title, ticks with the axis' name, and the distance to the next panel."""
ROW = 18
"""Height of a line of the legend."""
_SIZE = 11.5
_COLUMN = 2
"""Width within which only the first, least, greatest and last points of a line are drawn: an eye sees no more."""
_LARGEST = 1e100


@dataclass(frozen=True, slots=True)
class Line:
    """One series. Points that are no finite numbers leave a gap."""

    label: str
    points: Sequence[tuple[float, float]]
    """(x, y), x rising."""
    band: Sequence[tuple[float, float, float]] = ()
    """(x, low, high), x rising: an interval, as an area."""
    style: int | None = None
    """Which colour and dashes, 0 to 8; without one, by the order in which labels first appear in the figure."""
    faint: bool = False
    """Thin, pale and not in the legend: single measurements behind their mean."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Something that happened: a vertical line at ``x`` with a few words."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Level:
    """Something to compare with: a dotted horizontal line at ``y`` with a few words."""

    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One field of the figure."""

    title: str
    lines: Sequence[Line]
    y_range: tuple[float, float] | None = None
    """What the lower and the upper edge stand for; without it, whole ticks around all that is drawn."""
    unit: str = ""
    """Said after the title."""
    x: str = "step"
    """What goes along; panels that name the same share its range."""
    rules: Sequence[Rule] = ()
    levels: Sequence[Level] = ()


Legend = Literal["top", "ends", "none"]


def figure(
    panels: Sequence[Panel],
    *,
    columns: int = 3,
    legend: Legend = "top",
    title: str = "",
    alone: bool = False,
) -> str:
    """The panels in rows of ``columns``, as one ``<svg>``.

    ``legend``: one above all, or the label of each line at its end, or none. ``title`` is what a screen reader says
    first. ``alone``: a file of its own, with styles for both colour schemes and a ground; without it the page brings
    ``STYLES``. All texts are data. Raises ValueError where there is no panel or no column.
    """
    if not panels or columns < 1:
        raise ValueError("a figure takes one panel and one column at least")
    columns = min(columns, len(panels))
    styles = _styles(panels)
    spans = {name: _span(panel for panel in panels if panel.x == name) for name in {panel.x for panel in panels}}
    right = 34 + math.ceil(min(130, max(map(_wide, _labels(panels)), default=0))) if legend == "ends" else 12
    across, down = LEFT + WIDTH + right, TOP + HEIGHT + BOTTOM
    width = columns * across + (columns - 1) * GAP
    key, above = _legend(_labels(panels), styles, width) if legend == "top" else ("", 0)
    drawn = [key]
    for number, panel in enumerate(panels):
        row, column = divmod(number, columns)
        x, y = column * (across + GAP) + LEFT, above + row * down + TOP
        drawn.append(f'<g transform="translate({x} {y})">{_panel(panel, spans[panel.x], styles, legend == "ends")}</g>')
    height = above + math.ceil(len(panels) / columns) * down
    edge = GAP if alone else 0
    size = f'width="{width + 2 * edge}" height="{height + 2 * edge}"'
    head = f'<svg class="plot" role="img" viewBox="{-edge} {-edge} {width + 2 * edge} {height + 2 * edge}"'
    if alone:
        head += f' xmlns="http://www.w3.org/2000/svg" {size}'
        drawn.insert(0, f"<style>{ALONE}</style>")
        drawn.insert(1, f'<rect class="ground" x="{-edge}" y="{-edge}" {size}/>')
    said = title or ", ".join(panel.title for panel in panels)
    return f"{head}><title>{_text(said)}</title><desc>{_text(_words(panels))}</desc>{''.join(drawn)}</svg>\n"


def ticks(low: float, high: float, about: int = 4) -> list[float]:
    """Round numbers from ``low`` to ``high``: about so many, 1, 2, 2.5 or 5 times a power of ten apart."""
    step = _step(low, high, about)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _step(low: float, high: float, about: int) -> float:
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    return next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough * 0.999)


def _said(value: float, step: float) -> str:
    """A figure of an axis: as many decimals as its step needs."""
    if not 1e-4 <= step < 1e6:
        text = f"{value:.3g}"
    else:
        decimals = next(count for count in range(6) if math.isclose(step, round(step, count)))
        text = f"{value:,.{decimals}f}"
    return text.replace("-", "\u2212")


def _styles(panels: Sequence[Panel]) -> dict[str, int]:
    """The style of each label."""
    found: dict[str, int] = {}
    for line in (line for panel in panels for line in panel.lines):
        found.setdefault(line.label, (len(found) if line.style is None else line.style) % len(HUES))
    return found


def _labels(panels: Sequence[Panel]) -> list[str]:
    """What the legend names."""
    return list(dict.fromkeys(line.label for panel in panels for line in panel.lines if not line.faint))


def _panel(panel: Panel, xs: tuple[float, float], styles: dict[str, int], ends: bool) -> str:
    """Title, axes, then what is drawn on them; the field's upper left corner is the origin."""
    found = _range(_ys(panel))
    low, high = panel.y_range or _whole(*(found or (0.0, 1.0)))
    field = _Field(xs[0], xs[1], low, high)
    # The name is drawn larger, at 13.
    name = _cut(panel.title, (WIDTH + LEFT - 8) * _SIZE / 13)
    unit = _cut(panel.unit, WIDTH + LEFT - 15 - _wide(name) * 13 / _SIZE)
    name = f'{_text(name)}<tspan class="unit" dx="7">{_text(unit)}</tspan>'
    parts = [f'<text class="name" x="{-LEFT + 8}" y="-14">{name}</text>']
    step = _step(low, high, 4)
    for tick in ticks(low, high):
        y = _at(field.y(tick))
        parts.append(f'<path class="grid" d="M0 {y}H{WIDTH}"/>')
        parts.append(f'<text class="tick" x="-7" y="{y}" dy=".35em" text-anchor="end">{_said(tick, step)}</text>')
    step = _step(*xs, 5)
    for tick in ticks(*xs, 5):
        x = _at(field.x(tick))
        parts.append(f'<path class="axis" d="M{x} {HEIGHT}v4"/>')
        text = _said(tick, step)
        # What would stick out stays inside.
        where = 'text-anchor="middle"' if field.x(tick) + _wide(text) / 2 < WIDTH + 10 else 'dx="10" text-anchor="end"'
        parts.append(f'<text class="tick" x="{x}" y="{HEIGHT + 16}" {where}>{text}</text>')
    parts.append(f'<path class="axis" d="M0 {HEIGHT}H{WIDTH}"/>')
    parts.append(f'<text class="tick" x="{WIDTH / 2:g}" y="{HEIGHT + 31}" text-anchor="middle">{_text(panel.x)}</text>')
    inner = [_band(line, styles, field) for line in panel.lines]
    # The first line lies on top of the others: it is the one the caller cares for most.
    inner += [_line(line, styles, field) for line in reversed(panel.lines)]
    inner += [_level(level, field) for level in panel.levels]
    inner += [_rule(rule, panel, field) for rule in panel.rules]
    # An inner svg cuts off what lies outside the range, without an id that another picture of the page could have too.
    clip = f'<svg x="-2" y="-2" width="{WIDTH + 4}" height="{HEIGHT + 4}" viewBox="-2 -2 {WIDTH + 4} {HEIGHT + 4}">'
    parts.append(f"{clip}{''.join(inner)}</svg>")
    if not found:
        parts.append(f'<text class="tick" x="{WIDTH / 2:g}" y="{HEIGHT / 2:g}" text-anchor="middle">no data</text>')
    if ends:
        parts.append(_ends(panel, styles, field))
    return "".join(parts)


@dataclass(frozen=True, slots=True)
class _Field:
    left: float
    right: float
    low: float
    high: float

    def x(self, value: float) -> float:
        return WIDTH * (value - self.left) / (self.right - self.left)

    def y(self, value: float) -> float:
        # Far outside is as good as a little outside, and no renderer chokes on it.
        return max(-HEIGHT, min(2 * HEIGHT, HEIGHT * (self.high - value) / (self.high - self.low)))


def _line(line: Line, styles: dict[str, int], field: _Field) -> str:
    runs = [
        _thin([(field.x(x), field.y(y)) for x, y in run]) for sound, run in groupby(line.points, key=_sound) if sound
    ]
    path = "".join("M" + "L".join(f"{_at(x)} {_at(y)}" for x, y in run) for run in runs if len(run) > 1)
    dots = "".join(f"M{_at(run[0][0])} {_at(run[0][1])}h0" for run in runs if len(run) == 1)
    style = styles[line.label]
    drawn = f'<path class="line l{style}{" faint" * line.faint}" d="{path}"/>' if path else ""
    drawn += f'<path class="line l{style} dot" d="{dots}"/>' if dots else ""
    return f"<g><title>{_text(_in_words(line))}</title>{drawn}</g>" if drawn else ""


def _band(line: Line, styles: dict[str, int], field: _Field) -> str:
    path = ""
    for sound, run in groupby(line.band, key=_sound):
        if sound:
            held = list(run)
            upper = _thin([(field.x(x), field.y(high)) for x, _, high in held])
            lower = _thin([(field.x(x), field.y(low)) for x, low, _ in held])
            path += "M" + "L".join(f"{_at(x)} {_at(y)}" for x, y in (*upper, *reversed(lower))) + "Z"
    return f'<path class="band b{styles[line.label]}" d="{path}"/>' if path else ""


def _thin(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of the points in each column of the field: the first, the least, the greatest and the last, in their order."""
    if len(points) <= 2 * WIDTH / _COLUMN:
        return list(points)
    kept: list[tuple[float, float]] = []
    for _, group in groupby(points, key=lambda point: int(point[0] / _COLUMN)):
        column = list(group)
        heights = [y for _, y in column]
        ends = (0, heights.index(min(heights)), heights.index(max(heights)), len(column) - 1)
        kept += [column[place] for place in sorted(set(ends))]
    return kept


def _rule(rule: Rule, panel: Panel, field: _Field) -> str:
    """With its words on the side where there is room, above or below, where there are fewer lines."""
    if not _sound((rule.x,)):
        return ""
    x = field.x(rule.x)
    left = x > WIDTH / 2
    beside = [field.y(y) for line in panel.lines for at, y in line.points if _sound((at, y)) and (at < rule.x) == left]
    top = 11.0 if sum(y < HEIGHT / 2 for y in beside) * 2 <= len(beside) else HEIGHT - 35.0
    side = 'text-anchor="end" dx="-5"' if left else 'dx="5"'
    said = "".join(
        f'<tspan x="{_at(x)}" y="{_at(top + 13 * row)}" {side}>{_text(line)}</tspan>'
        for row, line in enumerate(_broken(rule.text, max(x, WIDTH - x) - 8))
    )
    return f'<path class="rule" d="M{_at(x)} 0V{HEIGHT}"/><text class="said over">{said}</text>'


def _broken(text: str, room: float) -> list[str]:
    """At most three lines, broken between words."""
    lines = [""]
    for word in one_line(text).split():
        if lines[-1] and _wide(f"{lines[-1]} {word}") > room:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return [_cut(line, room) for line in lines[:3]]


def _level(level: Level, field: _Field) -> str:
    if not _sound((level.y,)):
        return ""
    y = field.y(level.y)
    where = f'x="{WIDTH - 3}" y="{_at(y)}" dy="{-4 if y > ROW else 12}" text-anchor="end"'
    return f'<path class="level" d="M0 {_at(y)}H{WIDTH}"/><text class="tick over" {where}>{_text(level.text)}</text>'


def _ends(panel: Panel, styles: dict[str, int], field: _Field) -> str:
    """Labels beside the last points, moved apart where they would lie upon each other, each with its own stroke."""
    lasts = [(line, field.y(last[1])) for line in panel.lines if not line.faint and (last := _last(line))]
    lasts.sort(key=lambda pair: pair[1])
    gap = min(13.0, (HEIGHT + 8) / max(1, len(lasts) - 1))
    places: list[float] = []
    for _, y in lasts:
        places.append(max(min(max(y, 0), HEIGHT), places[-1] + gap if places else 0.0))
    floor = HEIGHT + 4.0
    for number in reversed(range(len(places))):
        places[number] = min(places[number], floor)
        floor = places[number] - gap
    return "".join(
        f'<path class="line l{styles[line.label]}" d="M{WIDTH + 2} {_at(min(max(y, 0), HEIGHT))}'
        f'L{WIDTH + 9} {_at(place)}H{WIDTH + 24}"/>'
        f'<text x="{WIDTH + 28}" y="{_at(place)}" dy=".35em">{_text(_cut(line.label, 130))}</text>'
        for (line, y), place in zip(lasts, places, strict=True)
    )


def _legend(labels: Sequence[str], styles: dict[str, int], width: float) -> tuple[str, int]:
    """A stroke and a name for each label, in columns of one width; and the height of it all."""
    if not labels:
        return "", 0
    names = [_cut(label, width - 52) for label in labels]
    column = max(map(_wide, names)) + 58
    across = min(len(names), max(1, int((width - 8) / column)))
    across = math.ceil(len(names) / math.ceil(len(names) / across))
    parts = []
    for number, (label, name) in enumerate(zip(labels, names, strict=True)):
        x, y = 8 + number % across * column, 10 + number // across * ROW
        parts.append(f'<path class="line l{styles[label]}" d="M{_at(x)} {y}h30"/>')
        parts.append(f'<text x="{_at(x + 37)}" y="{y}" dy=".35em">{_text(name)}</text>')
    return "".join(parts), math.ceil(len(names) / across) * ROW + 8


def _words(panels: Iterable[Panel]) -> str:
    said = []
    for panel in panels:
        lines = [_in_words(line) for line in panel.lines if not line.faint]
        lines += [f"{rule.text} at {panel.x} {rule.x:g}" for rule in panel.rules]
        lines += [f"{level.text} at {level.y:.3g}" for level in panel.levels]
        said.append(f"{panel.title}{f' ({panel.unit})' if panel.unit else ''}: {'; '.join(lines) or 'nothing drawn'}.")
    return " ".join(said)


def _in_words(line: Line) -> str:
    last, first = _last(line), next(filter(_sound, line.points), None)
    return f"{line.label}: {f'{first[1]:.3g} to {last[1]:.3g}' if first and last else 'no data'}"


def _last(line: Line) -> tuple[float, float] | None:
    return next(filter(_sound, reversed(line.points)), None)


def _span(panels: Iterable[Panel]) -> tuple[float, float]:
    """What the left and the right edge stand for."""
    held = list(panels)
    lines = [line for panel in held for line in panel.lines]
    xs = [point[0] for line in lines for point in (*line.points, *line.band) if _sound(point)]
    low, high = _range([*xs, *(rule.x for panel in held for rule in panel.rules if _sound((rule.x,)))]) or (0.0, 1.0)
    # What begins just after 0, as steps do, begins at 0.
    return (0.0 if 0 < low <= high / 20 else low), high


def _ys(panel: Panel) -> Iterable[float]:
    yield from (y for line in panel.lines for point in (*line.points, *line.band) if _sound(point) for y in point[1:])
    yield from (level.y for level in panel.levels if _sound((level.y,)))


def _range(values: Iterable[float]) -> tuple[float, float] | None:
    """The least and the greatest, apart at least so far that they can be told apart; None where there are none."""
    held = list(values)
    if not held:
        return None
    low, high = min(held), max(held)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-9):
        low, high = low - (abs(low) * 0.1 or 0.5), high + (abs(high) * 0.1 or 0.5)
    return low, high


def _whole(low: float, high: float) -> tuple[float, float]:
    step = _step(low, high, 4)
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _sound(numbers: Sequence[float]) -> bool:
    return all(-_LARGEST < number < _LARGEST for number in numbers)


def _at(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _wide(text: str) -> float:
    """About how wide a text is drawn: what Chinese takes is 1 em, most of what Latin takes about half of it."""
    return _SIZE * sum(
        1.0 if sign in "mwMW@%" or east_asian_width(sign) in "WF" else 0.7 if sign.isupper() else 0.56 for sign in text
    )


def _cut(text: str, room: float) -> str:
    """The text, its end left out where there is no room for it."""
    text = one_line(text)
    if _wide(text) <= room:
        return text
    while text and _wide(text) + _SIZE > room:
        text = text[:-1]
    return f"{text.rstrip()}…"


def _text(text: str) -> str:
    return escape(one_line(text))
