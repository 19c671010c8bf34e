"""Make what is made of the docs: the example from the samples, and the JSON Schema.

Run it as ``make docs``; ``tests/test_docs.py`` holds that it was run.
"""

import sys
import tempfile
from pathlib import Path

from afterlore.brief.pipeline import Request, build
from afterlore.brief.publish.edition import json_schema
from afterlore.brief.vertical import load_vertical
from afterlore.core import Silent

ROOT = Path(__file__).parents[1]
DAYS = ("2026-03-10", "2026-03-11")


def made() -> dict[Path, str]:
    """Every made file with its content, by path from the project's root."""
    files = {Path("docs/brief.schema.json"): json_schema()}
    with tempfile.TemporaryDirectory() as name:
        for day in DAYS:
            source, out = str(ROOT / "samples" / day), Path(name) / "out"
            request = Request.of([source], out=out, vertical=load_vertical("ai"), date=day, offline=True)
            build(request, Silent())
            files[Path(f"docs/example/{day}/brief.md")] = (out / day / "brief.md").read_text(encoding="utf-8")
    return files


def main() -> None:
    """Write the files that are not as they should be."""
    for path, content in made().items():
        target = ROOT / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if not target.is_file() or target.read_text(encoding="utf-8") != content:
            target.write_text(content, encoding="utf-8")
            sys.stdout.write(f"{path}\n")


if __name__ == "__main__":
    main()
