"""The page of a run as it goes: what the monitor saw, as small multiples, and the alarm with its reasons.

Two files, replaced atomically: ``run.html``, self-contained, which reads itself again every 15 seconds while the run
goes on, and ``plot.svg``, the same pictures as one. It takes milliseconds to write (docs/train.md); whoever trains
writes it every so many seconds rather than at every step.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from markupsafe import Markup

from afterlore.report import Page, asset, environment, one_line
from afterlore.report.plot import STYLES, Line, Panel, Rule, figure
from afterlore.train.monitor import ENOUGH, FIRST, WINDOW, Alarm, Observation, levels

__all__ = ["write"]

_PACKAGE = "afterlore.train"
_WORDS = {"skip": "Skip to the run", "dark": "Dark"}


@dataclass(frozen=True, slots=True)
class _Shown:
    field: str
    title: str
    unit: str = ""
    share: bool = True


_FIELDS = (
    _Shown("reward", "Reward", share=False),
    _Shown("label_accuracy", "Label accuracy", "of labels, by gold answers"),
    _Shown("accuracy", "Accuracy", "of roll-outs, by gold answers"),
    _Shown("agreement", "Agreement", "within a group"),
    _Shown("top_answer_share", "Top answer", "share over different questions"),
    _Shown("length", "Length", "tokens", share=False),
    _Shown("entropy", "Entropy", "nats per token", share=False),
    _Shown("kl", "KL to the reference", "nats per token", share=False),
    _Shown("unanswered", "Unanswered", "share of roll-outs"),
    _Shown("truncated", "Cut off at the length limit", "share"),
    _Shown("alpha", "Teacher's α", share=False),
)


def write(
    folder: Path, history: Sequence[Observation], alarm: Alarm | None, title: str, *, ended: bool = False
) -> Path:
    """Writes both files into ``folder``, which is made if it is not there; the page's path.

    What nobody knows (label accuracy without gold answers) is left out. ``ended``: the page rests.
    """
    window = _window(len(history))
    known = [shown for shown in _FIELDS if any(getattr(one, shown.field) is not None for one in history)]
    panels = [_panel(shown, history, alarm, window) for shown in known]
    page = _page().render(
        lang="en",
        title=one_line(title),
        words=_WORDS,
        ended=ended,
        step=history[-1].step if history else 0,
        alarm=alarm,
        # Ours, and every text in it is escaped.
        charts=[Markup(figure([panel], legend="none")) for panel in panels],
        window=window,
        few=ENOUGH if levels(history[-WINDOW:]).get("questions", ENOUGH) < ENOUGH else 0,
        rows=[_row(shown, history) for shown in known],
    )
    folder.mkdir(parents=True, exist_ok=True)
    if panels:
        _replace(folder / "plot.svg", figure(panels, columns=4, legend="none", title=one_line(title), alone=True))
    return _replace(folder / "run.html", page)


@cache
def _page() -> Page:
    css = f"{STYLES}\n{asset(_PACKAGE, 'monitor.css')}"
    return Page(environment(_PACKAGE), "monitor.html", css=css, js=asset(_PACKAGE, "monitor.js"))


def _window(steps: int) -> int:
    """How many steps a mean is taken over: odd, and about a fortieth of all."""
    return max(WINDOW, steps // 40 | 1)


def _panel(shown: _Shown, history: Sequence[Observation], alarm: Alarm | None, window: int) -> Panel:
    found = [(float(one.step), value) for one in history if (value := getattr(one, shown.field)) is not None]
    within = all(0 <= value <= 1 for _, value in found)
    signs = {sign.field: sign.words for sign in alarm.found} if alarm else {}
    return Panel(
        shown.title,
        [Line(shown.title, _means(found, window), style=0), Line(shown.title, found, style=0, faint=True)],
        y_range=(0.0, 1.0) if within and (shown.share or shown.field == "reward") else None,
        unit=shown.unit,
        rules=[Rule(alarm.step, signs.get(shown.field, ""))] if alarm else [],
    )


def _means(found: Sequence[tuple[float, float]], window: int) -> list[tuple[float, float]]:
    """Over ``window`` points around each, over fewer at the ends. Of many points not all: neighbours hardly differ."""
    sums = [0.0, *accumulate(value for _, value in found)]
    half, last = window // 2, len(found)
    means = []
    for place in (*range(0, last - 1, window // WINDOW), last - 1):
        low, high = max(0, place - half), min(last, place + half + 1)
        means.append((found[place][0], (sums[high] - sums[low]) / (high - low)))
    return means


def _row(shown: _Shown, history: Sequence[Observation]) -> dict[str, str]:
    values = [value for one in history if (value := getattr(one, shown.field)) is not None]
    figures = {
        "first": levels(history[:FIRST]).get(shown.field),
        "now": levels(history[-WINDOW:]).get(shown.field),
        "least": min(values),
        "most": max(values),
    }
    return {"title": shown.title, "unit": shown.unit, **{name: _said(value) for name, value in figures.items()}}


def _said(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"


def _replace(path: Path, text: str) -> Path:
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    return part.replace(path)
