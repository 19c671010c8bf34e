"""What a person sees while a run works and when it is done. Text from articles is escaped before any markup."""

import sys
from collections.abc import Iterator
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from afterlore.brief.pipeline import Built

__all__ = ["Bar", "figures", "open_console", "report"]

_SHOWN = 12


class Bar:
    """A progress bar on standard error, one line a stage; nothing when quiet or when nobody is watching."""

    def __init__(self, *, quiet: bool) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<10}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            disable=quiet or not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._finish()
        self._progress.stop()

    def stage(self, name: str, total: int) -> None:
        """The stage before is done; this one begins."""
        self._finish()
        self._task = self._progress.add_task(name, total=total or None)

    def advance(self, items: int = 1) -> None:
        """So many items are done."""
        if self._task is not None:
            self._progress.advance(self._task, items)

    def _finish(self) -> None:
        if self._task is not None:
            task = self._progress.tasks[self._task]
            self._progress.update(self._task, total=task.completed or 1, completed=task.completed or 1)


def report(built: "Built") -> None:
    """The run's report: sources and their health, what was dropped and why, what was published."""
    console = open_console(sys.stdout)
    edition = built.edition
    table = Table(title=f"{edition.title} {edition.date}", title_justify="left", box=None, pad_edge=False)
    for column in ("source", "state", "items", "newest", "detail"):
        table.add_column(column, justify="right" if column == "items" else "left", overflow="fold")
    for source in edition.sources:
        newest = source.newest.strftime("%m-%d %H:%M") if source.newest else "–"
        detail = "; ".join(part for part in (source.detail, source.fix) if part)
        table.add_row(escape(source.source), source.state, str(source.items), newest, escape(detail))
    console.print(table)
    if edition.dropped:
        table = Table(title="dropped", title_justify="left", box=None, pad_edge=False)
        for column in ("item", "reason", "what was found", "what to do"):
            table.add_column(column, overflow="fold")
        for drop in edition.dropped:
            table.add_row(escape(drop.item), drop.reason, escape(drop.detail), escape(drop.fix))
        console.print(table)
    counts = edition.counts
    console.print(
        f"{counts.articles} articles in, {counts.in_window} in the window, {counts.duplicates} duplicates, "
        f"{counts.events} events → {counts.stories} stories, {len(edition.others)} others, {counts.claims} claims"
        + (f", {counts.rejected_claims} sentences rejected by the verifier" if counts.rejected_claims else "")
    )
    if built.outcomes:
        applied = sum(outcome.holds for outcome in built.outcomes)
        console.print(f"{applied} edits applied, {len(built.outcomes) - applied} no longer apply")
    for outcome in built.outcomes:
        if not outcome.holds:
            console.print(escape(f"  edit {outcome.edit.seq} ({outcome.edit.verb}): {outcome.why}"))
    if built.later_days:
        days = ", ".join(str(day) for day in built.later_days)
        console.print(f"built before this day and without knowing it: {days}; build them again, in order")
    for path in built.files:
        console.print(escape(str(path)), soft_wrap=True)


def open_console(stream: IO[str]) -> Console:
    """As wide as the terminal; a file or pipe gets lines that are long enough for an address. No text is turned into
    emoji: ``:heart:`` stays what was written.
    """
    return Console(file=stream, highlight=False, emoji=False, width=None if stream.isatty() else 160)


def figures(result: dict[str, Any]) -> None:
    """An evaluation: a table for each group of rows with the same columns, then lists, cut to their first items."""
    console = open_console(sys.stdout)
    tables: dict[tuple[str, ...], list[tuple[str, dict[str, Any]]]] = {}
    for name, row in _rows(result, ""):
        tables.setdefault(tuple(row), []).append((name, row))
    for columns, rows in tables.items():
        table = Table("", *columns, box=None, pad_edge=False)
        for name, row in rows:
            table.add_row(escape(name), *(_figure(row[column]) for column in columns))
        console.print(table)
    for name, items in result.items():
        if isinstance(items, list) and items:
            console.print(f"{escape(name)} ({len(items)}):")
            for item in items[:_SHOWN]:
                console.print(f"  {escape(str(item))}")
            if len(items) > _SHOWN:
                console.print(f"  … {len(items) - _SHOWN} more; --json gives all")


def _rows(value: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each object's plain figures as one row, named by where it stands."""
    plain = {name: item for name, item in value.items() if not isinstance(item, dict | list)}
    if plain:
        yield path, plain
    for name, item in value.items():
        if isinstance(item, dict):
            yield from _rows(item, f"{path} {name}".strip())


def _figure(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.3f}"
    return "–" if value is None else escape(str(value))
