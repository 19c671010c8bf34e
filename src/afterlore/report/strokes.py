"""Colours, dashes and type of the pictures that ``plot`` draws: as styles of a page, and of a file of its own."""

from string import Template

from afterlore.report.design import DARK, LIGHT

__all__ = ["ALONE", "HUES", "STYLES"]

_FACE = (
    '-apple-system,"Segoe UI",Roboto,"Noto Sans",Helvetica,Arial,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",'
    "sans-serif"
)

# Contrast against paper is at least 3 to 1, and any two are told apart by readers who see no red, no green or no blue
# (tests/test_plot.py): found by a search from Okabe and Ito's set for the largest least difference.
HUES = (
    ("#4a52c4", "#3f7ab8"),
    ("#e63200", "#eb6127"),
    ("#034413", "#8dc57b"),
    ("#6b0e61", "#ad87ff"),
    ("#b5744d", "#eec804"),
    ("#1d1c1a", "#f2eee5"),
    ("#bc1b59", "#e37ba0"),
    ("#0093cc", "#27dffe"),
    ("#94808f", "#9c8868"),
)
_DASHES = ("", "7 3", "2 2", "9 3 2 3", "14 4", "4 2", "1.2 3.2", "9 2 2 2 2 2", "5 5")

_RULES = Template(
    ".plot{font-family:$face;font-size:11.5px;font-variant-numeric:tabular-nums}"
    ".plot text{fill:$soft}.plot .name{fill:$ink;font-size:13px;font-weight:600}"
    ".plot .tick,.plot .unit{fill:$faint;font-weight:400}.plot .unit{font-size:11.5px}"
    ".plot .ground{fill:$paper}.plot .grid{stroke:$rule;stroke-width:1}.plot .axis{stroke:$faint;stroke-width:1}"
    ".plot .line{fill:none;stroke-width:1.9;stroke-linejoin:round;stroke-linecap:butt}"
    + "".join(
        f".plot .l{number}{{stroke:$hue{number}"
        + (f";stroke-dasharray:{dashes}" if dashes else "")
        + f"}}.plot .b{number}{{fill:$hue{number}}}"
        for number, dashes in enumerate(_DASHES)
    )
    + ".plot .dot{stroke-width:4;stroke-linecap:round;stroke-dasharray:none}"
    ".plot .faint{stroke-width:1;stroke-opacity:.35;stroke-dasharray:none}"
    ".plot .band{stroke:none;fill-opacity:.14}"
    ".plot .level{stroke:$faint;stroke-width:1;stroke-dasharray:1 3}"
    ".plot .rule{stroke:$accent;stroke-width:1.4}.plot .said{fill:$accent;font-weight:600}"
    ".plot .over{stroke:$paper;stroke-width:3.5px;stroke-linejoin:round;paint-order:stroke}"
)


def _coloured(scheme: int) -> str:
    hues = {f"hue{number}": pair[scheme] for number, pair in enumerate(HUES)}
    return _RULES.substitute((LIGHT, DARK)[scheme], **hues, face=_FACE)


def _page_styles() -> str:
    names = (*LIGHT, *(f"hue{number}" for number in range(len(HUES))))
    light, dark = ("".join(f"--hue{n}:{pair[scheme]};" for n, pair in enumerate(HUES)) for scheme in (0, 1))
    return (
        f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{{dark}}}}}\n"
        ".plot{display:block;width:100%;height:auto}\n"
        + _RULES.substitute({name: f"var(--{name})" for name in names}, face="inherit")
    )


STYLES = _page_styles()
"""Of the pictures in a page: its colours are those of ``report.stylesheet``. A page takes it once, as ``Page.css``."""
ALONE = f"{_coloured(0)}\n@media (prefers-color-scheme:dark){{{_coloured(1)}}}"
"""Of a picture that is a file: colours themselves, since not every program that draws SVG knows variables."""
