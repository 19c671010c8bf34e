"""Self-contained HTML pages: one base template, one set of colours and type, and text that cannot misbehave.

A page is one file: styles and scripts stand inside it, named by their digest in its Content-Security-Policy, and
nothing is loaded from elsewhere. Everything that it says can be read without JavaScript. No I/O but the package's own
files.
"""

from afterlore.report.design import DARK, LIGHT, stylesheet
from afterlore.report.page import Page, asset, environment, source_hash
from afterlore.report.text import clean, one_line

__all__ = ["DARK", "LIGHT", "Page", "asset", "clean", "environment", "one_line", "source_hash", "stylesheet"]
