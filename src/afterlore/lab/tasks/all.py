"""The 16 tasks of the laboratory, by level; those that can be done already, and those that are only named."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from afterlore.core import InputError
from afterlore.lab.robots.arm import Arm
from afterlore.lab.robots.arms import arm
from afterlore.lab.tasks.lids import LIDS
from afterlore.lab.tasks.pickup import PickUpTube
from afterlore.lab.tasks.task import Level, Task

__all__ = ["TASKS", "Entry", "task"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One of the 16."""

    id: str
    level: Level
    says: str
    """What has to be so in the end."""
    task: Task | None = None
    """None for one that is not there yet."""


def _ready(one: Task) -> Entry:
    return Entry(one.id, one.level, one.says, one)


TASKS: Mapping[str, Entry] = {
    entry.id: entry
    for entry in (
        *(_ready(one) for one in LIDS),
        _ready(PickUpTube()),
        Entry("UnscrewCap", "medium", "the thread disengaged, the cap held, the tube in place"),
        Entry("AspirateSample", "medium", "the set volume in the tip within 5 %, no air, the tip withdrawn"),
        Entry("TransferTube", "medium", "the tube seated in the target slot, upright, released, stable for 1 s"),
        Entry("RunVortexMixer", "medium", "the speed set within tolerance, the tube held on it for the set time"),
        Entry("ScrewCap", "hard", "the thread engaged, seated to its torque, released"),
        Entry("OperateThermalMixer", "hard", "temperature, time and speed as asked, read from the live display"),
        Entry("LoadRotor", "hard", "the tube in the slot opposite the loaded one, the imbalance below its limit"),
    )
}
"""By id."""


def task(name: str, robot: str | Arm = "ur5e") -> Task:
    """The task of an id, done by an arm or that of a name.

    Raises InputError for other names, and for a task that is not there yet.
    """
    ready = ", ".join(entry.id for entry in TASKS.values() if entry.task)
    if name not in TASKS:
        raise InputError(f"no task {name!r}; there are: {ready}")
    made = TASKS[name].task
    if made is None:
        raise InputError(f"the task {name!r} is not there yet; there are: {ready}")
    # Every task is a frozen dataclass, which the protocol cannot say.
    done: Task = replace(made, arm=arm(robot) if isinstance(robot, str) else robot)  # type: ignore[type-var]
    return done
