"""A run that is killed at each of its events and goes on: one process that forks a child for each, so that what is
heavy is imported once. Prints, as JSON, how each run ended and which tool calls were made.
"""

import asyncio
import json
import os
import re
import signal
import sys
from pathlib import Path
from typing import Any

from afterlore.core import Budget, ModelError, Reply, Request
from afterlore.journal import Event, Head, Run, Runs, fold
from afterlore.research.browse import browsing
from afterlore.research.loop import Loop, begin
from afterlore.research.tools import Tool
from scripted_model import Library, Played, call, calls

PAGES = {f"lib/{n}": f"Ada {n} wrote program {n}. " + "More is said of engines. " * 60 for n in range(4)}
PART = (
    calls(call("search", id="a", queries=["Ada", "engines"]), call("search", id="a", queries="program")),
    calls(call("visit", urls=["lib/0", "lib/1"]), call("note", text="two read"), call("nothing"), text="Let me read."),
    calls(call("visit", urls=["lib/2", "down:3"]), call("search", queries=["Ada", "engines"])),
    calls(call("answer", answer="Ada 2", evidence=[{"address": "lib/2", "quote": "Ada 2 wrote program 2."}])),
)
_OVERFLOW = 4_500
"""Characters that are too many for the endpoint."""


def policy(request: Request) -> Reply | ModelError:
    """A pure function of what was sent: an endpoint remembers nothing."""
    if sum(len(message.content) for message in request.messages) > _OVERFLOW:
        return ModelError("played", "context_overflow", "too long", status=400)
    return PART[sum(message.role == "assistant" for message in request.messages)]


class Killed(Run):
    """A run whose process dies before or after its n-th append."""

    dies_at = (-1, "")
    appended = 0

    def append(self, *arguments: Any, **named: Any) -> Event:
        """As Run, unless it is time."""
        number, moment = Killed.dies_at
        if Killed.appended == number and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        event = super().append(*arguments, **named)
        if Killed.appended == number and moment == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        Killed.appended += 1
        return event


def work(folder: Path, log: Path) -> None:
    """Begin the folder's run, or go on with it, until it ends."""

    def noted(line: str) -> None:
        with log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    class Logged(Library):
        async def search(self, query: str, *, limit: int = 10) -> Any:
            noted(f"search {query}")
            return await super().search(query, limit=limit)

        async def read(self, address: str) -> Any:
            noted(f"read {address}")
            return await super().read(address)

    async def note(text: str) -> str:
        """Note something."""
        noted(f"note {text}")
        return f"noted: {text}"

    library = Logged(PAGES)
    loop = Loop(Played(policy), (*browsing(library, library), Tool.of(note)))
    with Runs(folder / "runs.sqlite") as runs:
        known = runs.ls()
        run = (
            runs.resume(known[0].id) if known else begin(runs, "Who?", budget=Budget(), agent_version="1", settings={})
        )
        run.__class__ = Killed
        asyncio.run(loop.run(run))


def state(folder: Path, log: Path) -> dict[str, Any]:
    """What is on record at the end, apart from times and the run's own id."""
    with Runs(folder / "runs.sqlite") as runs:
        (row,) = runs.ls()
        events = runs.events(row.id)
    trajectory = fold(row.id, Head.from_json(row.head), events).model_dump(mode="json")
    for step in trajectory["steps"]:
        for name in ("at", "seconds", "context"):
            del step[name]
        for result in step["results"]:
            result["content"] = _unmarked(result["content"])
            del result["seconds"]
    return {
        "steps": trajectory["steps"],
        "outcome": trajectory["outcome"],
        "attempts": trajectory["usage"]["attempts"],
        "evidence": [json.loads(event.body) for event in events if event.kind == "checked"],
        "events": [event.kind for event in events],
        "made": log.read_text(encoding="utf-8").splitlines(),
    }


def _unmarked(text: str) -> str:
    """The mark of outside text differs from run to run."""
    return re.sub(r"(?<=data )[0-9a-f]{12}>", ">", text)


def main(folder: Path) -> dict[str, Any]:
    """The whole run, then the run killed at each of its events, before and after it is put down."""
    whole = _whole(folder / "whole")
    killed = {}
    for number in range(len(whole["events"])):
        for moment in ("before", "after"):
            place = folder / f"{number}-{moment}"
            place.mkdir()
            child = os.fork()
            if not child:
                Killed.dies_at, Killed.appended = (number, moment), 0
                work(place, place / "log")
                os._exit(1)
            _, status = os.waitpid(child, 0)
            assert os.WIFSIGNALED(status), (number, moment, status)
            (place / "log").touch()
            completed = _completed(place)
            work(place, place / "log")
            killed[f"{number} {moment}"] = state(place, place / "log") | {"completed": completed}
    return {"whole": whole, "killed": killed}


def _completed(place: Path) -> list[str]:
    """The calls that are on record as done, as the log names them."""
    with Runs(place / "runs.sqlite") as runs:
        bodies = [json.loads(event.body) for row in runs.ls() for event in runs.events(row.id) if event.kind == "done"]
    return [
        line
        for body in bodies
        for line in (
            *(f"search {query}" for query in body["queries"]),
            *(f"read {page['address']}" for page in body["pages"]),
            *(["note two read"] if body["result"]["name"] == "note" else []),
        )
    ]


def _whole(place: Path) -> dict[str, Any]:
    place.mkdir()
    work(place, place / "log")
    return state(place, place / "log")


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]))))  # noqa: T201
