"""What a part is: parameters that build themselves into a model, and a step over n worlds with explicit state.

A part is a frozen dataclass of parameters (SI units, radians). ``build`` adds it to a body of a ``MjSpec``; ``bind``
looks up its ids in the compiled model and gives what steps it. What it knows beyond MuJoCo's own state is a plain
``State``: arrays of shape (n, …) by name, so that saving, copying and resetting some worlds need no code of the
part. Commands to a part (a set point, a lock) are entries of its state too.

``Worlds`` is what is needed of ``mujoco.batch.Batch``; ``One`` gives the same view of a single ``MjData``. A loop over
worlds looks like this::

    worlds = Views(batch)
    batch.step(stage=mujoco.mjtStage.mjSTAGE_VEL)   # one physics step; xpos … are those of the new qpos
    for bound, state in parts:
        bound.step(worlds, state, dt)               # reads qpos, xpos …; writes qfrc_applied, eq_active …

``Rig`` is that loop. With a single ``MjData`` the parts stand between ``mj_step1`` and ``mj_step2``, where the
constraints of the step are made already: what a part switches on or off then acts one step later, its forces at once.

Parts whose ``rate`` is ``physics`` are stepped after every physics step, those whose ``rate`` is ``control`` may be
stepped once a control step, with its ``dt``. A part owns what it builds: it alone sets ``qfrc_applied`` of its joints
and ``xfrc_applied`` of its bodies, so that nobody has to clear or add forces of others.
"""

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Protocol

import mujoco
import numpy as np
from numpy.typing import NDArray

from afterlore.core import InputError

__all__ = [
    "Array",
    "Bound",
    "Drawing",
    "One",
    "Part",
    "Rate",
    "State",
    "Upload",
    "Views",
    "Worlds",
    "blank",
    "ident",
    "massive",
    "reset",
    "upload",
]

Array = NDArray[Any]
State = dict[str, Array]
"""Arrays of shape (n, …), the first axis being the world. ``numpy.savez(file, **state)`` saves it."""
Rate = Literal["physics", "control"]


class Worlds(Protocol):
    """n worlds of one model. ``mujoco.batch.Batch`` is one."""

    def bind(self, name: str) -> Array:
        """A live (n, …) view of a field of ``MjData``."""
        ...

    def expand(self, name: str) -> Array:
        """A live (n, …) view of a field of ``MjModel``, which each world has for itself."""
        ...


class Views:
    """The views of other worlds, looked up once: ``Batch`` makes them anew at every call, for microseconds each."""

    def __init__(self, worlds: Worlds) -> None:
        self._worlds = worlds
        self._bound: dict[str, Array] = {}
        self._expanded: dict[str, Array] = {}

    def own(self, model: Any, world: int) -> dict[str, Array]:
        """What a world has for itself, by name: fields that are otherwise than the model's."""
        fields = {name: values[world] for name, values in sorted(self._expanded.items())}
        return {name: value for name, value in fields.items() if not np.array_equal(value, getattr(model, name))}

    def restore(self, model: Any, ids: Array) -> None:
        """Let the worlds of ``ids`` have what the model has."""
        for name, values in self._expanded.items():
            values[ids] = getattr(model, name)

    def bind(self, name: str) -> Array:
        """As ``Worlds`` says."""
        found = self._bound.get(name)
        if found is None:
            found = self._bound[name] = self._worlds.bind(name)
        return found

    def expand(self, name: str) -> Array:
        """As ``Worlds`` says."""
        found = self._expanded.get(name)
        if found is None:
            found = self._expanded[name] = self._worlds.expand(name)
        return found


class One:
    """A single model and its data, seen as one world."""

    def __init__(self, model: Any, data: Any) -> None:
        self.model = model
        self.data = data

    def bind(self, name: str) -> Array:
        """A view of shape (1, …), live for every field but ``time``."""
        return np.asarray(getattr(self.data, name))[None]

    def expand(self, name: str) -> Array:
        """A live view of shape (1, …) of the model's own field."""
        return np.asarray(getattr(self.model, name))[None]


class Bound(Protocol):
    """A part in a compiled model. It holds ids and parameters, and no state."""

    rate: ClassVar[Rate]

    def initial(self, n: int) -> State:
        """The state of n worlds before anything happened."""
        ...

    def step(self, worlds: Worlds, state: State, dt: float) -> None:
        """Advance by ``dt`` seconds: read the worlds, write to them and to ``state`` in place."""
        ...


Upload = tuple[Literal["texture", "mesh"], int]
"""What of a model changed, and its id."""


class Drawing(Bound, Protocol):
    """A bound part whose looks change."""

    def draw(self, model: Any, state: State, world: int) -> Upload | None:
        """Write the looks of one world into ``model``: what is then to be uploaded, None if it was there already."""
        ...


class Part(Protocol):
    """Parameters of a part, a frozen dataclass."""

    def build(self, spec: Any, body: Any, prefix: str = "") -> Any:
        """Add the part at the origin of ``body`` (an ``MjsBody`` of ``spec``); names begin with ``prefix``.

        Gives the body that moves (lid, knob, cap …), to which geoms may be added, or ``body`` where nothing does.
        """
        ...

    def bind(self, model: Any, prefix: str = "") -> Bound:
        """Find the part again in the compiled model. Raises InputError where it is not."""
        ...


def reset(bound: Bound, state: State, ids: Array) -> None:
    """Put the worlds of ``ids`` (indices, or a mask of shape (n,)) back to the beginning."""
    n = len(next(iter(state.values())))
    for name, first in bound.initial(n).items():
        state[name][ids] = first[ids]


def ident(model: Any, kind: str, name: str) -> int:
    """Id of a named ``body``, ``joint``, ``equality`` … Raises InputError that lists the names that are there."""
    try:
        return int(getattr(model, kind)(name).id)
    except KeyError as error:
        raise InputError(f"no {kind} {name!r} in the model: {error.args[0]}") from error


def blank(timestep: float = 0.002) -> Any:
    """An empty ``MjSpec`` as every part expects it: radians, and ``timestep`` in seconds."""
    spec = mujoco.MjSpec()
    # MjSpec reads angles as degrees unless it is told.
    spec.compiler.degree = False
    spec.option.timestep = timestep
    spec.option.integrator = mujoco.mjtIntegrator.mjINT_IMPLICITFAST
    return spec


def massive(
    parent: Any, name: str, mass: float, inertia: Sequence[float], centre: Sequence[float] = (0, 0, 0), **more: Any
) -> Any:
    """A new body with mass (kg), principal moments (kg·m²) and centre of mass said, whatever geoms are added to it."""
    # Where it is not said, the compiler takes the body's own place for that of its centre of mass.
    return parent.add_body(name=name, explicitinertial=True, mass=mass, inertia=inertia, ipos=centre, **more)


def upload(model: Any, context: Any, what: Upload) -> None:
    """Bring what ``draw`` wrote to the renderer's ``MjrContext``."""
    kind, number = what
    (mujoco.mjr_uploadTexture if kind == "texture" else mujoco.mjr_uploadMesh)(model, context, number)
