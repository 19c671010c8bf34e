"""The docs are true: every command, option, setting and error stands in them, and what they show to run, runs."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import typer
from typer.main import get_command

from afterlore.app import cli
from afterlore.app.config import Settings
from afterlore.core import errors

ROOT = Path(__file__).parents[1]
PAGES = {path: path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))}
ALL = "\n".join(PAGES.values())
FENCE = re.compile(r"```console\n(?P<body>.*?)```", re.S)


def commands(command: Any = None, path: str = "afterlore") -> list[tuple[str, Any]]:
    command = command or get_command(cli.app)
    inner = getattr(command, "commands", {})
    if not inner:
        return [(path, command)]
    return [found for name, child in sorted(inner.items()) for found in commands(child, f"{path} {name}")]


@pytest.mark.parametrize(("path", "command"), commands(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_command_and_option_is_described(path: str, command: Any) -> None:
    assert f"`{path}" in ALL
    options = {option for parameter in command.params for option in parameter.opts if option.startswith("--")}
    assert {option for option in options if option not in ALL} == set()


def test_every_command_that_is_described_is_there() -> None:
    there = {tuple(path.split()) for path, _ in commands()}
    groups = {path[:length] for path in there for length in range(1, len(path))}
    for line in re.findall(r"(?:`|\$ )(afterlore(?: [a-z]+)+)", ALL):
        words = tuple(line.split())
        while words and words not in there | groups:
            words = words[:-1]
        # What follows a command are its arguments; a group takes none.
        assert words in there or words == tuple(line.split()), line


def test_every_setting_is_described() -> None:
    assert {name for name in Settings.model_fields if f"AFTERLORE_{name.upper()}" not in ALL} == set()


def test_every_error_is_described() -> None:
    assert {name for name in errors.__all__ if f"`{name}`" not in ALL} == set()


def test_what_is_made_was_made() -> None:
    code = "import make, json; print(json.dumps({str(path): text for path, text in make.made().items()}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT / "docs", capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    stale = [path for path, text in json.loads(done.stdout).items() if (ROOT / path).read_text("utf-8") != text]
    assert stale == [], "run: make docs"


def test_the_example_is_an_instance_of_the_schema(tmp_path: Path) -> None:
    words = ["brief", "build", str(ROOT / "samples" / "2026-03-10"), "--out", str(tmp_path / "out")]
    assert cli.run([*words, "--date", "2026-03-10", "--offline", "--quiet"]) == 0
    ledger = json.loads((tmp_path / "out" / "2026-03-10" / "brief.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "docs" / "brief.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(ledger, schema, cls=jsonschema.Draft202012Validator)


def test_links_between_pages_lead_somewhere() -> None:
    lost = [
        f"{path.name}: {target}"
        for path, text in PAGES.items()
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        if not (path.parent / target).exists()
    ]
    assert lost == []


def runs() -> list[tuple[str, str]]:
    """Command lines that a page shows with a ``$``, page by page; ``make`` and ``git`` are what CI itself does."""
    found = []
    for path, text in PAGES.items():
        lines = [line[2:] for fence in FENCE.finditer(text) for line in fence["body"].split("\n") if line[:2] == "$ "]
        wanted = [line for line in lines if line.split()[0] == "afterlore" and "shared/data" not in line]
        if wanted:
            found.append((path.name, "\n".join(wanted)))
    return found


@pytest.mark.parametrize(("page", "lines"), runs(), ids=lambda value: value if value.endswith(".md") else "")
def test_what_the_docs_show_runs(page: str, lines: str, tmp_path: Path) -> None:
    for name in ("samples", "docs"):
        (tmp_path / name).symlink_to(ROOT / name)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    for line in lines.split("\n"):
        done = subprocess.run(
            shlex.split(line), cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, f"{page}: {line}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("page", [page for page in PAGES if "```python" in PAGES[page]], ids=lambda page: page.name)
def test_python_in_the_docs_runs(page: Path, tmp_path: Path) -> None:
    (tmp_path / "samples").symlink_to(ROOT / "samples")
    for code in re.findall(r"```python\n(.*?)```", PAGES[page], re.S):
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def test_the_command_line_says_its_exit_codes() -> None:
    context = typer.Context(get_command(cli.app))
    text = get_command(cli.app).get_help(context)
    for code in ("0 done", "1 a check", "2 wrong", "3 an outside", "130 interrupted"):
        assert code in " ".join(text.split())
