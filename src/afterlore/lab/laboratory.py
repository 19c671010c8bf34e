"""n worlds of one task: reset from seeds, stepped by actions at 50 Hz, looked at through cameras.

It is what environments, experts, benchmarks and recordings stand on. Worlds know nothing of each other, so that each
is the same bit for bit whatever the others do, and however many threads step them.
"""

import hashlib
from collections.abc import Mapping, Sequence
from numbers import Integral
from types import TracebackType
from typing import Any, Self

import mujoco
import numpy as np

from afterlore.core import InputError
from afterlore.lab.actions import MODES, Action, Mode
from afterlore.lab.bench import RATE, SUBSTEPS, Bench
from afterlore.lab.parts.panel import Panel
from afterlore.lab.parts.part import Array, reset
from afterlore.lab.randomise import Randomisation, Variation
from afterlore.lab.render import Eye, Renderer
from afterlore.lab.robots.gripper import TOOL
from afterlore.lab.robots.ik import Solver
from afterlore.lab.scene import CAMERAS, GRIPPER, ROBOT, aimed
from afterlore.lab.tasks.task import SETTLED, Task

__all__ = ["Laboratory"]

_WIDTH_SPEED = 0.2
"""Of the gripper's fingers, m/s, both together."""
_USUAL = Randomisation()


class Laboratory(Bench):
    """Worlds of one task. Close it, or use it as a context, where it draws."""

    def __init__(
        self,
        task: Task,
        n: int = 1,
        *,
        threads: int = 1,
        mode: Mode = "joint_abs",
        randomisation: Randomisation = _USUAL,
        size: int = 224,
        fine: bool = False,
    ) -> None:
        """``size`` of pictures, pixels; ``fine`` ones have smooth edges.

        Raises InputError for numbers that are out of limits, and modes that are none.
        """
        for name, value, least, most in (
            ("worlds", n, 1, 4096),
            ("threads", threads, 1, 256),
            ("pixels", size, 16, 2048),
        ):
            if not isinstance(value, Integral) or not least <= value <= most:
                raise InputError(f"a laboratory has {least} to {most} {name}, not {value!r}")
        if mode not in MODES:
            raise InputError(f"no action mode {mode!r}; there are: {', '.join(MODES)}")
        self.mode = mode
        self.task, self.size, self._fine, self._ranges = task, size, fine, randomisation
        scene = task.scene()
        super().__init__(scene, n, threads)
        self._variation = Variation(self.model, scene, task.loose, task.thin)
        arm = task.arm
        self._fingers = [self.model.joint(f"{GRIPPER}{side}").qposadr[0] for side in ("left", "right")]
        self._joints = [self.model.joint(ROBOT + name).qposadr[0] for name in arm.joints]
        self._servos = [self.model.actuator(ROBOT + name).id for name in arm.joints]
        self._servos.append(self.model.actuator(f"{GRIPPER}gripper").id)
        self.width = float(self.model.actuator_ctrlrange[self._servos[-1], 1])
        """Of the open gripper, m."""
        self.action: Action = MODES[mode](arm, self.width)
        self._reach = np.array([*(link.speed for link in arm.links), _WIDTH_SPEED]) / RATE
        reached = Solver(arm, TOOL).solve(self.base_frame @ aimed(*task.ready))
        if not reached.holds:
            raise InputError(f"the arm {arm.name!r} of {task.id!r} cannot wait at {task.ready!r}")
        self._home = np.array([*reached.angles, self.width])
        self.command = np.zeros((n, len(self._servos)))
        """What servos were told last: (n, joints + 1), radians, and metres between the fingers."""
        self.memory = task.memory(n)
        self.prompts: list[str] = [""] * n
        self.steps = np.zeros(n, dtype=np.int64)
        """Since the reset,"""
        self.resets = np.zeros(n, dtype=np.int64)
        """and how many there were."""
        self._held = np.zeros(n, dtype=np.int64)
        self._renderer: Renderer | None = None
        self._models: dict[int, Any] = {}
        """Copies with each world's own colours, lights and cameras, made when it is drawn."""
        self.reset()

    @property
    def base_frame(self) -> Array:
        """(4, 4): what turns a pose in the room into one in the frame of the arm's base."""
        stand = self.model.body("stand")
        turn = np.zeros(9)
        mujoco.mju_quat2Mat(turn, stand.quat)
        made = np.eye(4)
        made[:3, :3] = turn.reshape(3, 3).T
        made[:3, 3] = -made[:3, :3] @ stand.pos
        return made

    @property
    def limit(self) -> int:
        """Control steps until an episode is cut off."""
        return round(self.task.seconds * RATE)

    def reset(self, ids: Sequence[int] | None = None, seeds: Sequence[int] | None = None) -> None:
        """Put worlds (all of them) to a beginning drawn from their seeds (0, 1, …)."""
        chosen = list(range(self.n)) if ids is None else list(ids)
        numbers = chosen if seeds is None else list(seeds)
        if len(numbers) != len(chosen):
            raise InputError(f"a seed for each world: {len(chosen)} worlds, {len(numbers)} seeds")
        for seed in numbers:
            if not isinstance(seed, Integral) or seed < 0:
                raise InputError(f"a seed is a whole number from 0 on, not {seed!r}")
        if not chosen:
            return
        at = np.array(chosen)
        self.rig.batch.reset(at, stage=mujoco.mjtStage.mjSTAGE_NONE)
        self.worlds.restore(self.model, at)
        for name, bound in self.rig.bound.items():
            reset(bound, self.state[name], at)
        fresh = self.task.memory(self.n)
        for key, values in self.memory.items():
            values[at] = fresh[key][at]
        home = self._home
        self.command[at] = home
        self.steps[at] = self._held[at] = 0
        self.resets[at] += 1
        qpos, ctrl = self.worlds.bind("qpos"), self.worlds.bind("ctrl")
        for world, seed in zip(chosen, numbers, strict=True):
            noise = np.random.default_rng(seed)
            self.prompts[world] = self.task.prompts[int(noise.integers(len(self.task.prompts)))]
            self._variation.draw(self.worlds, world, self._ranges, noise)
            qpos[world, self._joints] = home[:-1]
            qpos[world, self._fingers] = self.width / 2
            ctrl[world, self._servos] = home
            self.task.begin(self, world, noise)
            self._models.pop(world, None)
        self.rig.batch.set_const(at)
        self.rig.batch.forward(at, stage=mujoco.mjtStage.mjSTAGE_VEL)

    def step(self, actions: Array) -> None:
        """One control step, 20 ms: (n, d) actions of the mode. Raises InputError for what is no action."""
        wanted = self.action.targets(self.command, self.action.checked(actions, self.n))
        before = self.command
        after = before + np.clip(wanted - before, -self._reach, self._reach)
        ctrl = self.worlds.bind("ctrl")
        for part in range(1, SUBSTEPS + 1):
            ctrl[:, self._servos] = before + (after - before) * (part / SUBSTEPS)
            self.rig.tick()
        self.command = after
        self.steps += 1
        self.task.act(self)
        self._held = np.where(self._holds(), self._held + 1, 0)

    def _holds(self) -> Array:
        every = np.logical_and.reduce(list(self.task.conditions(self).values()))
        # Contacts are looked at last, and only where it depends on them.
        for world in np.flatnonzero(every):
            every[world] = self.task.contact_holds(self, int(world))
        return np.asarray(every)

    @property
    def conditions(self) -> dict[str, Array]:
        """Each by its name, (n,) of bool."""
        contacts = np.array([self.task.contact_holds(self, world) for world in range(self.n)])
        return {**self.task.conditions(self), self.task.last: contacts}

    @property
    def displays(self) -> dict[str, Array]:
        """What live displays show, (n,) of float each, by the name of the field."""
        return {
            field.name: self.state[name]["values"][:, column].copy()
            for name, bound in self.rig.bound.items()
            if isinstance(part := getattr(bound, "part", None), Panel)
            for column, field in enumerate(part.fields)
        }

    @property
    def success(self) -> Array:
        """(n,) of bool: whether all conditions have held for half a second."""
        return self._held >= SETTLED * RATE

    @property
    def proprioception(self) -> Array:
        """(n, joints + 1), float32: angles that the arm has, radians, and the width between its fingers, metres."""
        qpos = self.worlds.bind("qpos")
        width = qpos[:, self._fingers].sum(axis=-1, keepdims=True)
        return np.concatenate([qpos[:, self._joints], width], axis=-1).astype(np.float32)

    def frame(self, camera: str | Eye, world: int = 0) -> Array:
        """What a camera sees: a new array (size, size, 3), uint8. Raises InputError for a camera that is none."""
        if not isinstance(camera, Eye) and camera not in CAMERAS:
            raise InputError(f"no camera {camera!r}; there are: {', '.join(CAMERAS)}")
        if self._renderer is None:
            self._renderer = Renderer(self.model, self.size, self.size, fine=self._fine)
        for name, bound in self.rig.bound.items():
            if hasattr(bound, "draw"):
                self._renderer.upload(bound.draw(self.model, self.state[name], world))
        if world not in self._models:
            self._models[world] = self.rig.batch.get_model(world)
        return self._renderer.frame(self.data(world), camera, self._models[world])

    def digest(self) -> list[str]:
        """A hash of all that each world is: physics, what it has for itself, parts, memory, commands."""
        states: Mapping[str, Mapping[str, Array]] = {**self.state, "": self.memory}
        fields = [self.rig.batch.state, self.command, self.steps, self._held]
        fields += [values for state in states.values() for values in state.values()]
        return [self._digest(world, [np.asarray(field[world]) for field in fields]) for world in range(self.n)]

    def _digest(self, world: int, fields: list[Array]) -> str:
        made = hashlib.sha256(self.prompts[world].encode())
        for name, value in self.worlds.own(self.model, world).items():
            made.update(name.encode() + value.tobytes())
        for field in fields:
            made.update(field.tobytes())
        return made.hexdigest()

    def close(self) -> None:
        """Free what it draws with."""
        if self._renderer is not None:
            self._renderer.close()
            self._renderer = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()
