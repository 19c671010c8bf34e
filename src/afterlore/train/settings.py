"""What a training run is told, from a TOML file: every key, its unit, and the rules that hold between keys.

All bad settings are said at once, each with its fix. Nothing here needs torch.
"""

import tomllib
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from afterlore.core import ConfigError
from afterlore.grading import Mode, Ties
from afterlore.train.methods import METHODS, method

__all__ = ["SHIPPED", "SYSTEM", "Settings", "read_settings"]

SHIPPED = Path(__file__).parent / "configs"
"""Configurations that come with Afterlore."""

SYSTEM = "Reason step by step, and put the final answer in \\boxed{}."
"""Said before questions that bring no system message of their own."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(_Section):
    """Where questions come from."""

    questions: str
    """A file of questions: Parquet or JSON lines."""
    rewordings: str = ""
    """A file of their rewordings, where they do not stand in the first one."""
    evaluation: str = ""
    """A file of questions with gold answers, to measure on as the run goes."""
    system: str = SYSTEM
    """Said before questions that bring no system message of their own; empty for none."""
    limit: Annotated[int, Field(ge=0)] = 0
    """The first so many questions; 0 for all."""
    leave_out: bool = False
    """Questions that lack what the method needs, and prompts that are too long, are left out; else they are errors."""


class Rollouts(_Section):
    """What is sampled."""

    questions: Count = 16
    """For each step of the optimiser."""
    group: Annotated[int, Field(ge=2)] = 8
    """Roll-outs of each prompt, G."""
    max_tokens: Count = 3072
    """Of an answer; a longer one is cut off and has no vote."""
    max_prompt_tokens: Count = 1024
    """Longer prompts are an error: they would be trained on without their end."""
    temperature: Positive = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0


class Optimizer(_Section):
    """How the policy is moved."""

    steps: Annotated[int, Field(ge=0)] = 0
    """Steps of the whole run; 0 to go by ``epochs``."""
    epochs: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.0
    """Passes over the questions; 0 to go by ``steps``."""
    learning_rate: Positive = 3e-6
    """Highest; it warms up, then falls along a cosine."""
    warmup: Share = 0.1
    """Share of the steps."""
    kl: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.005
    """Weight of the KL to the reference; to the teacher where the method has one."""
    clip: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """How far the ratio of new to old probabilities counts."""


class Labels(_Section):
    """How votes are counted: see ``grading.vote``."""

    ties: Ties = "first"
    minimum: Share = 0.0
    mode: Mode = "canonical"
    algebra: bool = False
    """Whether x+1 and 1+x are one answer: see ``grading.algebra``."""


class Teacher(_Section):
    """Weight of the policy in the teacher, from the first step to the end."""

    first: Share = 0.01
    last: Share = 1e-5


class Lora(_Section):
    """An adapter in place of all weights."""

    rank: Annotated[int, Field(ge=0)] = 0
    """0 trains all weights."""
    alpha: Count = 32
    dropout: Share = 0.0
    targets: str | list[str] = "all-linear"


class Generation(_Section):
    """What samples. The vLLM engines are written against TRL's options and were not run on a GPU yet."""

    engine: Literal["transformers", "vllm-colocate", "vllm-server"] = "transformers"
    memory: Share = 0.3
    """Of the GPU, for ``vllm-colocate``."""
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8000
    """Of ``vllm-server``."""


class Hardware(_Section):
    """What it runs on."""

    gpus: Annotated[int, Field(ge=0)] = 1
    """0 for a CPU."""
    memory: Positive = 24.0
    """Of each GPU, in GiB; of the machine without one."""
    precision: Literal["bf16", "fp32"] = "bf16"
    batch: Count = 8
    """Roll-outs that go through a GPU at once."""
    checkpointing: bool = True
    """Activations are computed anew on the way back, to save memory."""
    strategy: Literal["single", "ddp", "deepspeed-zero2", "deepspeed-zero3", "fsdp"] = "single"


class Monitor(_Section):
    """What is watched, and kept."""

    evaluate_every: Annotated[int, Field(ge=0)] = 0
    """Steps; 0 for never."""
    save_every: Count = 50
    """Steps."""
    keep: Count = 2
    """Checkpoints on disk."""
    stop_on_collapse: bool = False
    tensorboard: bool = True


class Settings(_Section):
    """One run."""

    method: str
    """A name of ``methods.METHODS``."""
    model: str
    """A folder, or a name on a model hub."""
    output: str
    """A folder for checkpoints and what was seen."""
    seed: Annotated[int, Field(ge=0)] = 0
    data: Data
    rollouts: Rollouts = Rollouts()
    optimizer: Optimizer = Optimizer()
    labels: Labels = Labels()
    teacher: Teacher = Teacher()
    lora: Lora = Lora()
    generation: Generation = Generation()
    hardware: Hardware = Hardware()
    monitor: Monitor = Monitor()

    @property
    def forms(self) -> int:
        """Prompts of one question: 2 for a method that compares it with its rewording."""
        return 2 if method(self.method).rewordings else 1

    @property
    def processes(self) -> int:
        """One for each GPU."""
        return max(1, self.hardware.gpus)

    @property
    def rollouts_per_step(self) -> int:
        """Of the policy, over all processes; a teacher samples as many again."""
        return self.rollouts.questions * self.forms * self.rollouts.group

    @property
    def accumulation(self) -> int:
        """Batches whose gradients make one step."""
        return self.rollouts_per_step // (self.processes * self.hardware.batch)


def read_settings(name: str, changes: Sequence[str] = ()) -> Settings:
    """From a TOML file, or from one that comes with Afterlore by its name, with ``key=value`` changes on top.

    Raises ConfigError that says all that is wrong, each with its fix.
    """
    file = Path(name) if name.endswith(".toml") else SHIPPED / f"{name}.toml"
    if not file.is_file():
        shipped = ", ".join(sorted(one.stem for one in SHIPPED.glob("*.toml")))
        raise ConfigError(f"no such configuration: {name!r}; name a .toml file, or one that is shipped: {shipped}")
    try:
        tree = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{str(file)!r} is not TOML: {error}") from error
    for change in changes:
        _change(tree, change)
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        raise _said(file, [_told(one) for one in error.errors()]) from error
    wrong = list(_conflicts(settings))
    if wrong:
        raise _said(file, wrong)
    return settings


def _said(file: Path, wrong: Sequence[str]) -> ConfigError:
    return ConfigError("\n".join([f"{str(file)!r} has {len(wrong)} bad settings:", *(f"- {one}" for one in wrong)]))


def _change(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise ConfigError(f"--set {change!r}: write it as optimizer.learning_rate=1e-6")
    *path, last = key.strip().split(".")
    for part in path:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {change!r}: {part!r} is no section")
    try:
        tree[last] = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        # A word without quotes is a word.
        tree[last] = text.strip()


def _told(error: Any) -> str:
    where = ".".join(map(str, error["loc"]))
    if error["type"] != "extra_forbidden":
        return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}, not {error['input']!r}"
    model: type[BaseModel] = Settings
    for part in error["loc"][:-1]:
        kind = model.model_fields[part].annotation
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else model
    near = get_close_matches(str(error["loc"][-1]), model.model_fields, 1) or [", ".join(model.model_fields)]
    return f"{where}: there is no such key; did you mean {near[0]}?"


def _conflicts(settings: Settings) -> Iterator[str]:
    if settings.method not in METHODS:
        yield f"method: no method {settings.method!r}; there are {', '.join(METHODS)}"
        return
    how, hardware, optimizer = method(settings.method), settings.hardware, settings.optimizer
    if bool(optimizer.steps) == bool(optimizer.epochs):
        yield "optimizer: give either steps or epochs"
    if settings.rollouts_per_step % (settings.processes * hardware.batch):
        yield (
            f"hardware.batch: {settings.rollouts_per_step} roll-outs a step do not divide among {settings.processes} x "
            f"{hardware.batch}; take a divisor of {settings.rollouts_per_step // settings.processes or 1}"
        )
    if how.teacher and not optimizer.kl:
        yield f"optimizer.kl: the KL of {how.name!r} is against its teacher; set it above 0"
    if settings.labels.algebra and settings.labels.mode == "authors":
        yield "labels.algebra: the authors vote on raw strings; leave it out, or take mode 'canonical'"
    if settings.teacher.first < settings.teacher.last:
        yield "teacher.first: the policy's weight falls from first to last; swap them"
    if hardware.strategy == "single" and hardware.gpus > 1:
        yield f"hardware.strategy: 'single' leaves {hardware.gpus - 1} GPUs idle; take 'ddp' or another"
    if hardware.strategy != "single" and hardware.gpus < 2:
        yield f"hardware.strategy: {hardware.strategy!r} shares work among GPUs; with {hardware.gpus} take 'single'"
    if not hardware.gpus and (hardware.precision != "fp32" or settings.generation.engine != "transformers"):
        yield "hardware.gpus: without a GPU take precision 'fp32' and the engine 'transformers'"
    if how.teacher and hardware.strategy in ("deepspeed-zero3", "fsdp"):
        yield (
            f"hardware.strategy: under {hardware.strategy!r} no process holds all weights for the teacher to follow; "
            "take 'ddp' or 'deepspeed-zero2'"
        )
