"""The tasks as environments of Gymnasium: ``gymnasium.make("afterlore/PickUpTube-v0")`` after this module's import.

::

    import gymnasium
    import afterlore.lab.env

    env = gymnasium.make("afterlore/PickUpTube-v0", cameras=("front", "wrist"))
    observation, info = env.reset(seed=1)

An observation has ``state`` (angles of the joints, radians, and the width between the fingers, metres), a picture
(224, 224, 3) for each camera that was asked for, and ``prompt``. The reward is 1 in the step in which the task is done,
which terminates the episode; its time limit truncates it. Arrays are copies: none changes after it was given.
"""

import string
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import seeding
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space

from afterlore.core import InputError
from afterlore.lab.actions import Mode
from afterlore.lab.bench import RATE
from afterlore.lab.laboratory import Laboratory
from afterlore.lab.parts.part import Array
from afterlore.lab.randomise import Randomisation, ranges
from afterlore.lab.robots.arm import Arm
from afterlore.lab.scene import CAMERAS
from afterlore.lab.tasks.all import TASKS, task

__all__ = ["Environment", "Environments", "register"]

Observation = dict[str, Any]
_LONGEST, _LETTERS = 120, string.ascii_letters + string.digits + string.punctuation + " "
"""Characters of a prompt, of any task: spaces of tasks with one arm are alike."""


class _Lab:
    """What both kinds of environment share: a laboratory, its spaces, its observations."""

    def __init__(
        self,
        name: str,
        arm: str | Arm,
        n: int,
        cameras: Sequence[str],
        mode: Mode,
        randomisation: str | Mapping[str, float] | Randomisation | None,
        threads: int,
        size: int,
    ) -> None:
        for camera in [cameras] if isinstance(cameras, str) else cameras:
            if camera not in CAMERAS:
                raise InputError(f"no camera {camera!r}; there are: {', '.join(CAMERAS)}")
        drawn = randomisation
        if not isinstance(drawn, Randomisation):
            drawn = ranges(drawn) if isinstance(drawn, str) else Randomisation.of(drawn or {})
        self.cameras = (cameras,) if isinstance(cameras, str) else tuple(cameras)
        self.lab = Laboratory(task(name, arm), n, threads=threads, mode=mode, randomisation=drawn, size=size)
        low, high = self.lab.action.low, self.lab.action.high
        self.action_space = spaces.Box(low.astype(np.float32), high.astype(np.float32), dtype=np.float32)
        # Joint angles or a finger that contact pushes past its limit are still in the space.
        links = self.lab.task.arm.links
        least = np.array([*(link.low - 1 for link in links), -0.05], dtype=np.float32)
        most = np.array([*(link.high + 1 for link in links), self.lab.width + 0.05], dtype=np.float32)
        self.observation_space = spaces.Dict(
            {
                "state": spaces.Box(least, most, dtype=np.float32),
                **{camera: spaces.Box(0, 255, (size, size, 3), np.uint8) for camera in self.cameras},
                "prompt": spaces.Text(_LONGEST, charset=_LETTERS),
            }
        )

    def info(self) -> dict[str, Array]:
        """The success, whether each condition holds, and what live displays show, (n,) each."""
        held = {f"holds: {name}": value for name, value in self.lab.conditions.items()}
        shown = {f"shows: {name}": value for name, value in self.lab.displays.items()}
        return {"success": self.lab.success, **held, **shown}

    def seeds(self, seed: int | Sequence[int | None] | None, noise: np.random.Generator) -> list[int]:
        """One for each world, from one for all, from a list, or drawn."""
        n = self.lab.n
        if isinstance(seed, str | float):
            raise InputError(f"a seed is a whole number from 0 on, or one for each environment, not {seed!r}")
        if seed is not None and not isinstance(seed, int | np.integer):
            if len(seed) != n:
                raise InputError(f"a seed for each of {n} environments, not {len(seed)}")
            return [_drawn(noise) if one is None else one for one in seed]
        return [_drawn(noise) for _ in range(n)] if seed is None else [int(seed) + at for at in range(n)]


class Environment(gymnasium.Env[Observation, Array]):
    """One world of one task. ``render_mode="rgb_array"`` shows what the fixed camera sees.

    The time limit is that of the specification, which ``gymnasium.make`` keeps by a wrapper, and this class does not.
    """

    # Gymnasium declares it so.
    metadata = {"render_modes": ["rgb_array"], "render_fps": RATE}  # noqa: RUF012

    def __init__(
        self,
        task: str,
        *,
        arm: str | Arm = "ur5e",
        cameras: Sequence[str] = CAMERAS,
        mode: Mode = "joint_abs",
        randomisation: str | Mapping[str, float] | Randomisation | None = None,
        size: int = 224,
        render_mode: str | None = None,
    ) -> None:
        """``arm`` is the robot's, or its name. Without ``cameras`` it draws nothing. ``randomisation`` are ranges that
        differ from the usual ones.
        """
        self._own = _Lab(task, arm, 1, cameras, mode, randomisation, 1, size)
        self.observation_space, self.action_space = self._own.observation_space, self._own.action_space
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise InputError(f"no render mode {render_mode!r}; there is: rgb_array")
        self.render_mode = render_mode

    @property
    def lab(self) -> Laboratory:
        """The laboratory behind it: what nobody but an expert may look at."""
        return self._own.lab

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """As Gymnasium says; a seed names one beginning."""
        del options
        super().reset(seed=seed)
        self.lab.reset(seeds=self._own.seeds(seed, self.np_random))
        return self._observe(), self._first()

    def step(self, action: Array) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """20 ms. Raises InputError for what is no action."""
        self.lab.step(np.asarray(action)[None])
        done = bool(self.lab.success[0])
        return self._observe(), float(done), done, False, self._first()

    def render(self) -> Array:
        """A picture (size, size, 3)."""
        return self.lab.frame("front")

    def close(self) -> None:
        """Free what it draws with."""
        self.lab.close()

    def _observe(self) -> Observation:
        lab = self.lab
        pictures = {camera: lab.frame(camera) for camera in self._own.cameras}
        return {"state": lab.proprioception[0], **pictures, "prompt": lab.prompts[0]}

    def _first(self) -> dict[str, Any]:
        return {name: value[0].item() for name, value in self._own.info().items()}


class Environments(VectorEnv[Observation, Array, Array]):
    """n worlds of one task, stepped together on ``threads`` threads: the same for any number of them.

    A world whose episode ended is reset in the next step, whose action it ignores.
    """

    metadata = {  # noqa: RUF012
        "render_modes": [],
        "render_fps": RATE,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        num_envs: int,
        task: str,
        *,
        arm: str | Arm = "ur5e",
        cameras: Sequence[str] = CAMERAS,
        mode: Mode = "joint_abs",
        randomisation: str | Mapping[str, float] | Randomisation | None = None,
        size: int = 224,
        threads: int = 1,
        max_episode_steps: int | None = None,
    ) -> None:
        self._own = _Lab(task, arm, num_envs, cameras, mode, randomisation, threads, size)
        self.num_envs = num_envs
        self._limit = max_episode_steps or self._own.lab.limit
        self.single_observation_space, self.single_action_space = self._own.observation_space, self._own.action_space
        self.observation_space = batch_space(self._own.observation_space, num_envs)
        self.action_space = batch_space(self._own.action_space, num_envs)
        self._ended = np.zeros(num_envs, dtype=bool)
        self._noises: list[np.random.Generator] = []

    @property
    def lab(self) -> Laboratory:
        """The laboratory behind them."""
        return self._own.lab

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """As Gymnasium says: one seed is that of the first world, the others have those that follow."""
        del options
        # Each world goes on from its own seed, as environments do one by one.
        if seed is None and self._noises:
            seeds = [_drawn(noise) for noise in self._noises]
        else:
            seeds = self._own.seeds(seed, self.np_random)
        self.lab.reset(seeds=seeds)
        if seed is not None or not self._noises:
            self._noises = [seeding.np_random(int(one))[0] for one in seeds]
        self._ended[:] = False
        return self._observe(), self._info()

    def step(self, actions: Array) -> tuple[Observation, Array, Array, Array, dict[str, Any]]:
        """20 ms in every world. Raises InputError for what is no action."""
        before = np.flatnonzero(self._ended)
        actions = self.lab.action.checked(actions, self.num_envs)
        # What is asked of a world that ended is not done.
        actions[before] = self.lab.action.nothing(self.lab.command)[before]
        self.lab.step(actions)
        self.lab.reset(before.tolist(), [_drawn(self._noises[world]) for world in before])
        done = self.lab.success.copy()
        late = (self.lab.steps >= self._limit) & ~done
        self._ended = done | late
        return self._observe(), done.astype(np.float64), done, late, self._info()

    def _info(self) -> dict[str, Any]:
        info = self._own.info()
        # Gymnasium's convention: which worlds a value is there for.
        return {**info, **{f"_{name}": np.ones(self.num_envs, dtype=bool) for name in info}}

    def close_extras(self, **_: Any) -> None:
        """Free what they draw with."""
        self.lab.close()

    def _observe(self) -> Observation:
        lab, worlds = self.lab, range(self.num_envs)
        pictures = {name: np.stack([lab.frame(name, world) for world in worlds]) for name in self._own.cameras}
        return {"state": lab.proprioception, **pictures, "prompt": tuple(lab.prompts)}


def _drawn(noise: np.random.Generator) -> int:
    return int(noise.integers(2**31))


def register() -> None:
    """Tell Gymnasium of every task that is there; twice is once."""
    for entry in TASKS.values():
        if entry.task and f"afterlore/{entry.id}-v0" not in gymnasium.registry:
            gymnasium.register(
                f"afterlore/{entry.id}-v0",
                entry_point="afterlore.lab.env:Environment",
                vector_entry_point="afterlore.lab.env:Environments",
                kwargs={"task": entry.id},
                max_episode_steps=round(entry.task.seconds * RATE),
            )


register()
