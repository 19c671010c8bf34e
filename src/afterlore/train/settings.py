"""What a training run is told, from a TOML file: every key, its unit, and the rules that hold between keys.

All bad settings are said at once, each with its fix. Nothing here needs torch.
"""

import tomllib
from collections.abc import Iterator, Sequence
from copy import deepcopy
from difflib import get_close_matches
from math import gcd
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError

from afterlore.core import ConfigError
from afterlore.grading import Mode, Ties
from afterlore.train.architectures import MATRICES
from afterlore.train.methods import METHODS, method

__all__ = ["SHIPPED", "SYSTEM", "Settings", "read_settings"]

SHIPPED = Path(__file__).parent / "configs"
"""Configurations that come with Afterlore."""

SYSTEM = "Reason step by step, and put the final answer in \\boxed{}."
"""Said before questions that bring no system message of their own."""

Share = Annotated[float, Field(ge=0, le=1)]
Text = Annotated[str, Field(min_length=1)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


Strategy = Literal["single", "ddp", "deepspeed-zero2", "deepspeed-zero3", "fsdp"]


def _method(name: str) -> str:
    if name not in METHODS:
        said = {"name": repr(name), "all": ", ".join(METHODS)}
        raise PydanticCustomError("said", "no method {name}; there are {all}", said)
    return name


def _targets(value: Any) -> Any:
    if value == "all-linear" or (isinstance(value, list) and value and all(one in MATRICES for one in value)):
        return value
    said = {"all": ", ".join(MATRICES), "value": _short(repr(value))}
    raise PydanticCustomError("said", "take 'all-linear', or a list of {all}, not {value}", said)


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Data(_Section):
    """Where questions come from."""

    questions: Text
    """A file of questions: Parquet or JSON lines."""
    rewordings: str = ""
    """A file of their rewordings, where they do not stand in the first one."""
    evaluation: str = ""
    """A file of questions with gold answers, to measure on as the run goes."""
    system: str = SYSTEM
    """Said before questions that bring no system message of their own; empty for none."""
    limit: Annotated[int, Field(ge=0, le=10**9)] = 0
    """The first so many questions; 0 for all."""
    leave_out: bool = False
    """Questions that lack what the method needs, and prompts that are too long, are left out; else they are errors."""


class Rollouts(_Section):
    """What is sampled."""

    questions: Count = 16
    """For each step of the optimiser."""
    group: Annotated[int, Field(ge=2, le=4096)] = 8
    """Roll-outs of each prompt, G."""
    max_tokens: Count = 3072
    """Of an answer; a longer one is cut off and has no vote."""
    max_prompt_tokens: Count = 1024
    """Longer prompts are an error: they would be trained on without their end."""
    temperature: Positive = 1.0
    top_p: Annotated[float, Field(gt=0, le=1)] = 1.0


class Optimizer(_Section):
    """How the policy is moved."""

    steps: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Steps of the whole run; 0 to go by ``epochs``."""
    epochs: Annotated[float, Field(ge=0, le=10**6)] = 0.0
    """Passes over the questions; 0 to go by ``steps``."""
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 3e-6
    """Highest; it warms up, then falls along a cosine."""
    warmup: Share = 0.1
    """Share of the steps."""
    kl: Annotated[float, Field(ge=0, allow_inf_nan=False)] = 0.005
    """Weight of the KL to the reference; to the teacher where the method has one. 0.005 is that of Intuitor's scripts;
    TRL's own is 0, without a reference."""
    clip: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """How far the ratio of new to old probabilities counts."""
    weight_decay: Share = 0.0


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

    rank: Annotated[int, Field(ge=0, le=4096)] = 0
    """0 trains all weights."""
    alpha: Count = 32
    dropout: Share = 0.0
    targets: Annotated[str | list[str], BeforeValidator(_targets)] = "all-linear"
    """Of ``architectures.MATRICES``."""


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

    gpus: Annotated[int, Field(ge=0, le=4096)] = 1
    """0 for a CPU."""
    memory: Positive = 24.0
    """Of each GPU, in GiB; of the machine without one."""
    precision: Literal["bf16", "fp32"] = "bf16"
    batch: Annotated[int, Field(ge=1, le=4096)] = 8
    """Roll-outs that go through a GPU at once."""
    checkpointing: bool = True
    """Activations are computed anew on the way back, to save memory."""
    strategy: Strategy = "single"
    """How GPUs share the work, which is how the run has to be started: see ``launch``."""


class Monitor(_Section):
    """What is watched, and kept."""

    evaluate_every: Annotated[int, Field(ge=0, le=10**9)] = 0
    """Steps; 0 for never."""
    save_every: Count = 50
    """Steps."""
    keep: Count = 2
    """Checkpoints on disk."""
    stop_on_collapse: bool = False
    tensorboard: bool = True


class Settings(_Section):
    """One run."""

    method: Annotated[str, AfterValidator(_method)]
    """A name of ``methods.METHODS``."""
    model: Text
    """A folder, or a name on a model hub."""
    output: Text
    """A folder for checkpoints and what was seen."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
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
        # Editors on Windows put a mark before the first line, which is no TOML.
        tree = tomllib.loads(file.read_text("utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"{str(file)!r} is not TOML: {error}") from error
    for change in changes:
        _change(tree, change)
    try:
        settings, bad, wrong = Settings.model_validate(tree), frozenset[str](), []
    except ValidationError as error:
        settings, bad, wrong = *_mended(tree, error), [_told(one) for one in error.errors()]
    # What else is wrong is said too, but for what the bad values may have caused.
    wrong += [said for keys, said in _conflicts(settings) if not any(_within(key, bad) for key in keys.split())]
    if wrong:
        count = "a bad setting" if len(wrong) == 1 else f"{len(wrong)} bad settings"
        raise ConfigError("\n".join([f"{str(file)!r} has {count}:", *(f"- {one}" for one in wrong)]))
    return settings


def _change(tree: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    *path, last = [part.strip() for part in key.split(".")]
    if not equals or not all([*path, last]):
        raise ConfigError(f"--set {change!r}: write it as optimizer.learning_rate=1e-6")
    for part in path:
        tree = tree.setdefault(part, {})
        if not isinstance(tree, dict):
            raise ConfigError(f"--set {change!r}: {part!r} is no section")
    try:
        tree[last] = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        # A word without quotes is a word.
        tree[last] = text.strip()


def _mended(tree: dict[str, Any], error: ValidationError) -> tuple[Settings, frozenset[str]]:
    """Settings with defaults in place of what is bad, and what that is."""
    mended = deepcopy(tree)
    places = [[str(part) for part in one["loc"]] for one in error.errors()]
    for *section, key in places:
        (mended[section[0]] if section else mended).pop(key, None)
    required = {"method": "gold", "model": "?", "output": "?", "data": {}}
    mended = {**required, **mended}
    mended["data"] = {"questions": "?", **mended["data"]}
    bad = {".".join(place) for place in places} | {_meant(place) for place in places}
    return Settings.model_validate(mended), frozenset(bad - {""})


def _within(key: str, bad: frozenset[str]) -> bool:
    return any(f"{key}.".startswith(f"{one}.") or f"{one}.".startswith(f"{key}.") for one in bad)


def _told(error: Any) -> str:
    where, given = ".".join(map(str, error["loc"])), repr(error["input"])
    match error["type"]:
        case "missing":
            return f"{where}: it is missing, and has no default"
        case "model_type":
            return f"{where}: it is a section, written as [{where}], not {_short(given)}"
        case "said":
            return f"{where}: {error['msg']}"
        case "extra_forbidden":
            meant, there = _meant(error["loc"]), ", ".join(_model(error["loc"]).model_fields)
            return f"{where}: there is no such key; {f'did you mean {meant}?' if meant else f'there are {there}'}"
    return f"{where}: {error['msg'][0].lower()}{error['msg'][1:]}, not {_short(given)}"


def _short(text: str) -> str:
    return text if len(text) <= 80 else f"{text[:77]}..."


def _model(place: Sequence[Any]) -> type[BaseModel]:
    """Of the section that a key stands in."""
    model: type[BaseModel] = Settings
    for part in place[:-1]:
        kind = model.model_fields[part].annotation if part in model.model_fields else None
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else model
    return model


def _meant(place: Sequence[Any]) -> str:
    """The key that is spelt most like this one, in its section or in another; empty for none."""
    last, model = str(place[-1]), _model(place)
    if here := get_close_matches(last, model.model_fields, 1):
        return ".".join([*map(str, place[:-1]), here[0]])
    keys = {key: f"{name}.{key}" for name in Settings.model_fields for key in _model((name, "")).model_fields}
    return keys[near[0]] if (near := get_close_matches(last, keys, 1)) else ""


def _conflicts(settings: Settings) -> Iterator[tuple[str, str]]:
    """What does not go together: the keys that it hangs on, and the fix."""
    how, optimizer = method(settings.method), settings.optimizer
    if bool(optimizer.steps) == bool(optimizer.epochs):
        yield "optimizer.steps optimizer.epochs", "optimizer: give either steps or epochs"
    yield from _batches(settings)
    if how.teacher and not optimizer.kl:
        yield "method optimizer.kl", f"optimizer.kl: the KL of {how.name!r} is against its teacher; set it above 0"
    if settings.labels.algebra and settings.labels.mode == "authors":
        yield "labels", "labels.algebra: the authors vote on raw strings; leave it out, or take mode 'canonical'"
    if settings.teacher.first < settings.teacher.last:
        yield "teacher", "teacher.first: the policy's weight falls from first to last; swap them"
    if bool(settings.data.evaluation) != bool(settings.monitor.evaluate_every):
        yield (
            "data.evaluation monitor.evaluate_every",
            "monitor.evaluate_every: to measure as the run goes, set it and data.evaluation; or neither",
        )
    yield from _machines(settings)


def _machines(settings: Settings) -> Iterator[tuple[str, str]]:
    how, hardware, engine = method(settings.method), settings.hardware, settings.generation.engine
    strategy, gpus = f"hardware.strategy: {hardware.strategy!r}", hardware.gpus
    if hardware.strategy == "single" and gpus > 1:
        yield "hardware.strategy hardware.gpus", f"{strategy} leaves {gpus - 1} GPUs idle; take 'ddp' or another"
    if hardware.strategy != "single" and gpus < 2:
        yield "hardware.strategy hardware.gpus", f"{strategy} shares work among GPUs; with {gpus} take 'single'"
    if how.teacher and hardware.strategy in ("deepspeed-zero3", "fsdp"):
        yield (
            "method hardware.strategy",
            f"{strategy} leaves no process all weights for the teacher to follow; take 'ddp' or 'deepspeed-zero2'",
        )
    if not gpus and (hardware.precision != "fp32" or engine != "transformers"):
        yield (
            "hardware.gpus hardware.precision generation.engine",
            "hardware.gpus: without a GPU take precision 'fp32' and the engine 'transformers'",
        )
    if gpus and hardware.precision == "fp32" and engine != "transformers":
        yield (
            "hardware.precision generation.engine",
            "generation.engine: vLLM samples in half precision, so fp32 would learn from the roll-outs of another "
            "model; take precision 'bf16', or the engine 'transformers'",
        )


def _batches(settings: Settings) -> Iterator[tuple[str, str]]:
    """Whether a step's roll-outs divide among GPUs and batches; groups of G are whole, since a step is."""
    keys = "method rollouts.questions rollouts.group hardware.gpus hardware.batch"
    total, gpus, batch = settings.rollouts_per_step, settings.processes, settings.hardware.batch
    of_one = settings.forms * settings.rollouts.group
    if total % gpus:
        yield (
            keys,
            f"rollouts.questions: {total} roll-outs a step do not divide among {gpus} GPUs; take a multiple of "
            f"{gpus // gcd(gpus, of_one)}",
        )
    elif total % (gpus * batch):
        fits = next(size for size in range(batch, 0, -1) if not total // gpus % size)
        yield (
            keys,
            f"hardware.batch: {total} roll-outs a step do not divide among {gpus} x {batch}; take {fits}",
        )
