"""From a template and data to one HTML file. Text is escaped unless a template says otherwise, and none does."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from afterlore.report.design import stylesheet
from afterlore.report.text import clean, one_line

__all__ = ["Page", "asset", "environment", "source_hash"]


def environment(package: str) -> Environment:
    """Templates of ``package`` (its folder ``templates``) over those of this package, which has ``base.html``.

    Everything is escaped; a name that the data lacks is an error. Filters: ``clean``, ``one_line``.
    """
    made = Environment(
        loader=ChoiceLoader([PackageLoader(package), PackageLoader("afterlore.report")]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters.update(clean=clean, one_line=one_line)
    return made


def asset(package: str, name: str) -> str:
    """A file of ``package``'s folder ``assets``."""
    return (files(package) / "assets" / name).read_text(encoding="utf-8")


def source_hash(text: str) -> str:
    """How a Content-Security-Policy names an inline style or script."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@dataclass(frozen=True, slots=True)
class Page:
    """What all pages of one kind share: the template, its styles and scripts, and what it may load (nothing).

    ``base.html`` finds ``styles``, ``script`` and ``policy`` in its context.
    """

    environment: Environment
    template: str
    css: str = ""
    """After the base style sheet."""
    js: str = ""
    """After the base script, which sets the colour scheme before anything is drawn."""
    policy: Mapping[str, str] = field(default_factory=dict)
    """Further directives of the Content-Security-Policy; a served page needs ``form-action`` and ``connect-src``."""

    def render(self, **data: object) -> str:
        """The page. Raises jinja2.UndefinedError when the template asks for what ``data`` lacks."""
        styles = _inline(stylesheet(self.css))
        script = _inline("\n".join((asset("afterlore.report", "base.js"), self.js)))
        directives = {
            "default-src": "'none'",
            "style-src": source_hash(styles),
            "script-src": source_hash(script),
            "img-src": "data:",
            "base-uri": "'none'",
            "form-action": "'none'",
            **self.policy,
        }
        policy = "; ".join(f"{name} {value}" for name, value in directives.items())
        template = self.environment.get_template(self.template)
        return template.render(styles=Markup(styles), script=Markup(script), policy=policy, **data)


def _inline(text: str) -> str:
    """Styles and scripts are ours, but must not close their own element."""
    if "</" in text:
        raise ValueError("a style or script that stands inside a page cannot hold '</'")
    return f"\n{text.strip()}\n"
