"""The house: floors, no circles, a light front door, a public surface that changes on purpose."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "afterlore"

FLOORS = (
    {"core"},
    {"text", "stats", "grading", "report"},
    {"journal", "web", "llm", "sandbox"},
    {"context", "lab"},
    {"research", "critic"},
    {"evolve", "train"},
    {"hub", "brief"},
    {"app"},
)
FLOOR = {package: number for number, floor in enumerate(FLOORS) for package in floor}
HEAVY = (
    "feedparser",
    "httpx2",
    "jinja2",
    "lxml",
    "mujoco",
    "numpy",
    "openai",
    "pydantic_ai",
    "rensa",
    "rjieba",
    "sqlalchemy",
    "starlette",
    "torch",
    "trafilatura",
    "transformers",
    "uvicorn",
)


def module_name(path: Path) -> str:
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imports(path: Path, *, at_import_time: bool) -> Iterator[tuple[str, int]]:
    """Modules that a file imports, with the line; those inside functions only when ``at_import_time`` is False."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    pending: list[ast.AST] = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield (inner if inner in MODULES else str(node.module), node.lineno)
        elif at_import_time and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        pending.extend(ast.iter_child_nodes(node))


def package_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "afterlore" and len(parts) > 1 and parts[1] in FLOOR else None


def test_every_package_has_a_floor() -> None:
    packages = {path.parent.name for path in SOURCE.glob("*/__init__.py")}
    assert packages <= FLOOR.keys()
    assert packages >= {"core", "text", "stats", "report", "journal", "web", "brief", "app"}


def test_a_package_imports_only_from_floors_below() -> None:
    wrong = []
    for name, path in MODULES.items():
        own = package_of(name)
        for target, line in imports(path, at_import_time=False):
            other = package_of(target)
            if own and other and other != own and FLOOR[other] >= FLOOR[own]:
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {target}")
    assert wrong == []


def test_no_import_cycle() -> None:
    graph = {
        name: {target for target, _ in imports(path, at_import_time=False) if target in MODULES}
        for name, path in MODULES.items()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail[trail.index(name) :], name))
        if name not in done:
            for target in graph[name]:
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_core_imports_pydantic_alone() -> None:
    for path in (SOURCE / "core").glob("*.py"):
        for target, line in imports(path, at_import_time=False):
            top = target.split(".")[0]
            assert top in {"afterlore", "pydantic"} or top in sys.stdlib_module_names, f"{path}:{line} {target}"


@pytest.mark.parametrize("module", sorted(MODULES))
def test_the_public_surface_is_said(module: str) -> None:
    tree = ast.parse(MODULES[module].read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{module} does not say why it is there"
    said = [
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and [ast.unparse(t) for t in node.targets] == ["__all__"]
    ]
    defined = {
        name
        for node in tree.body
        for name in (
            [node.name]
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            else [ast.unparse(t) for t in node.targets]
            if isinstance(node, ast.Assign)
            else [ast.unparse(node.target)]
            if isinstance(node, ast.AnnAssign)
            else [alias.asname or alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    if not said:
        assert MODULES[module].name in {"__init__.py", "__main__.py"}, f"{module} has no __all__"
        return
    assert len(said) == 1
    assert set(said[0]) <= defined, f"{module}.__all__ names what is not there: {set(said[0]) - defined}"


@pytest.mark.parametrize("statement", ["import afterlore", "from afterlore.app import cli"])
def test_the_front_door_is_light(statement: str) -> None:
    code = f"import sys; {statement}; print(*sorted({{m.split('.')[0] for m in sys.modules}} & set({HEAVY!r})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_help_is_light() -> None:
    code = (
        "import sys\nfrom afterlore.app.cli import run\n"
        "for words in (['--help'], ['brief', '--help'], ['brief', 'build', '--help']):\n    assert run(words) == 0\n"
        f"heavy = {{m.split('.')[0] for m in sys.modules}} & set({HEAVY!r})\nassert not heavy, heavy"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
