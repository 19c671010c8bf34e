"""What a run would take, before anything is downloaded: memory by part, roll-outs, steps, and the teacher's schedule.

Memory is arithmetic over the architecture and was not measured on a GPU: allocators, kernels and fragmentation come on
top, for which a tenth is set aside. Activations follow Korthikanti et al., "Reducing Activation Recomputation in Large
Transformer Models" (arXiv 2205.05198), table 2, without the part that attention kernels no longer keep.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from afterlore.train.architectures import Architecture, architecture
from afterlore.train.methods import method
from afterlore.train.schedule import alpha
from afterlore.train.settings import Settings

__all__ = ["Part", "Plan", "plan"]

GIB = 2**30
SPARE = 0.10
"""Share of a GPU's memory that is left alone."""
_KEPT = 34
"""Bytes of activations for each layer, token and width, in half precision."""
_TILE = 512
"""Tokens whose logits TRL's head holds at once, about."""


class Part(NamedTuple):
    """What takes memory on one GPU."""

    name: str
    gib: float
    training: bool
    """While gradients are taken,"""
    sampling: bool
    """and while roll-outs are sampled."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Of one run."""

    parameters: int
    trainable: int
    rollouts: int
    """Of the policy, for each step."""
    teacher_rollouts: int
    tokens: int
    """At most, sampled for each step."""
    batches: int
    """Whose gradients make one step, on each GPU."""
    steps: int | None
    """None where neither steps nor the number of questions is known."""
    schedule: tuple[tuple[int, float], ...]
    """(step, α) of the teacher."""
    memory: tuple[Part, ...]
    available: float
    """GiB of one GPU that the run may fill."""

    @property
    def peak(self) -> float:
        """GiB of one GPU, while it trains or while it samples, whichever takes more."""
        return max(
            sum(part.gib for part in self.memory if part.training),
            sum(part.gib for part in self.memory if part.sampling),
        )

    @property
    def fits(self) -> bool:
        """Whether the peak is below what is there."""
        return self.peak <= self.available


def plan(settings: Settings, questions: int | None = None) -> Plan:
    """What ``settings`` would take, with so many questions. Raises InputError for a model whose size is not known."""
    size = architecture(settings.model)
    trainable = size.adapter(settings.lora.rank) if settings.lora.rank else size.parameters
    steps = settings.optimizer.steps or None
    if steps is None and questions is not None:
        steps = max(1, int(settings.optimizer.epochs * questions) // settings.rollouts.questions)
    teacher = method(settings.method).teacher
    rollouts = settings.rollouts_per_step
    weights = {"first": settings.teacher.first, "last": settings.teacher.last}
    shown = sorted({1 + steps * tenth // 4 for tenth in range(5)}) if steps and teacher else []
    return Plan(
        parameters=size.parameters,
        trainable=trainable,
        rollouts=rollouts,
        teacher_rollouts=rollouts if teacher else 0,
        tokens=rollouts * settings.rollouts.max_tokens * (2 if teacher else 1),
        batches=settings.accumulation,
        steps=steps,
        schedule=tuple((step, alpha(step, steps or 1, **weights)) for step in shown),
        memory=tuple(_memory(settings, size, trainable)),
        available=settings.hardware.memory * (1 - SPARE),
    )


def _memory(settings: Settings, size: Architecture, trainable: int) -> Iterator[Part]:
    hardware, rollouts = settings.hardware, settings.rollouts
    lora, half = bool(settings.lora.rank), 2 if hardware.precision == "bf16" else 4
    whole = hardware.strategy in ("deepspeed-zero3", "fsdp")
    shared = settings.processes if whole else 1
    stated = settings.processes if whole or hardware.strategy == "deepspeed-zero2" else 1
    length = rollouts.max_prompt_tokens + rollouts.max_tokens
    # Without an adapter, weights are kept in fp32, and computed with in half precision.
    kept = size.parameters * (half if lora else 4) + (trainable * 4 if lora else 0)
    yield Part("weights", kept / shared / GIB, True, True)
    yield Part("gradients", trainable * 4 / stated / GIB, True, False)
    yield Part("optimiser (Adam)", trainable * 8 / stated / GIB, True, True)
    if settings.optimizer.kl and (not lora or method(settings.method).teacher):
        yield Part("teacher or reference", (trainable if lora else size.parameters) * 4 / shared / GIB, True, True)
    tokens = hardware.batch * length
    layer = _KEPT * size.hidden * tokens * half / 2
    inputs = 2 * size.hidden * tokens * size.layers * half / 2
    activations = inputs + layer if hardware.checkpointing else layer * size.layers
    yield Part("activations", activations / GIB, True, False)
    yield Part("logits of a tile", 3 * 4 * _TILE * size.vocabulary / GIB, True, False)
    if settings.generation.engine == "transformers":
        at_once = settings.rollouts_per_step // settings.processes
        yield Part("cache of keys and values", at_once * length * size.cache * half / GIB, False, True)
    elif settings.generation.engine == "vllm-colocate":
        yield Part("vLLM", settings.generation.memory * hardware.memory, True, True)
