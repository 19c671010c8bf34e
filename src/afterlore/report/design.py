"""Colours, type and measure, once for every page. E-mail, which knows no variables, takes the same tokens from here."""

from importlib.resources import files

__all__ = ["DARK", "LIGHT", "stylesheet"]

# Contrast against "paper" and "raised" is at least 4.5 to 1 for every text colour (tests/test_report.py).
LIGHT = {
    "paper": "#fbfaf7",
    "raised": "#f3f1eb",
    "ink": "#1d1c1a",
    "soft": "#4b4844",
    "faint": "#696560",
    "rule": "#dcd8cf",
    "strong-rule": "#1d1c1a",
    "accent": "#8c2f1b",
    "link": "#1f4e79",
    "mark": "#fbe9a9",
    "mark-ink": "#1d1c1a",
    "agree": "#1f6140",
    "differ": "#97400a",
    "new": "#6a3a80",
}
DARK = {
    "paper": "#161513",
    "raised": "#201f1c",
    "ink": "#e9e5dc",
    "soft": "#c4bfb4",
    "faint": "#a09a8f",
    "rule": "#38352f",
    "strong-rule": "#8f897d",
    "accent": "#ec9a80",
    "link": "#93bde6",
    "mark": "#574612",
    "mark-ink": "#f7efd6",
    "agree": "#84c8a2",
    "differ": "#eca876",
    "new": "#cda8e0",
}


def stylesheet(*more: str) -> str:
    """The base style sheet, then ``more`` of the page's own. Colours are ``var(--ink)`` and so on."""
    light, dark = _declared(LIGHT), _declared(DARK)
    # Dark is for screens: paper is white whatever the screen was.
    tokens = (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media screen and (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f"@media screen{{:root[data-theme=dark]{{color-scheme:dark;{dark}}}}}\n"
        "@media print{:root{--paper:#fff;--raised:#fff;}}\n"
    )
    base = (files("afterlore.report") / "assets" / "base.css").read_text(encoding="utf-8")
    return "\n".join((tokens, base, *more))


def _declared(tokens: dict[str, str]) -> str:
    return "".join(f"--{name}:{value};" for name, value in tokens.items())
