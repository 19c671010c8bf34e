"""What a run would take, before anything is downloaded: memory by part, roll-outs, steps, and the teacher's schedule.

Memory is arithmetic over the architecture and was not measured on a GPU: allocators, kernels and fragmentation come on
top, for which a tenth is set aside. What weights, gradients and Adam's two averages take, and who keeps which share of
them, follows Rajbhandari et al., "ZeRO" (arXiv 1910.02054), §3. Activations are what PyTorch keeps of the layers that
``transformers`` has for Qwen and Llama, counted tensor by tensor on a CPU: the tests do it again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from afterlore.core import InputError
from afterlore.train.architectures import MATRICES, Architecture, architecture
from afterlore.train.launch import command
from afterlore.train.methods import method
from afterlore.train.schedule import alpha
from afterlore.train.settings import Settings

__all__ = ["Part", "Plan", "cached", "kept", "plan"]

GIB = 2**30
SPARE = 0.10
"""Share of a GPU's memory that is left alone."""
_TILE = (4096, 32_768)
"""Tokens, and words of the vocabulary, whose logits TRL's head holds at once (``trl.kernels.chunked_logprob``)."""
_CERTAIN = 512
"""Tokens whose whole distribution a method that rewards it holds at once, three times in fp32: see ``certainty``."""


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
    launch: str
    """The line that starts it, up to the name of its configuration."""
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
    """What ``settings`` would take, with so many questions.

    Raises InputError for a model whose size is not known, and for texts that are longer than it can read.
    """
    size = architecture(settings.model)
    length = settings.rollouts.max_prompt_tokens + settings.rollouts.max_tokens
    if length > size.positions:
        raise InputError(
            f"rollouts.max_tokens: with rollouts.max_prompt_tokens they are {length} tokens, and {settings.model!r} "
            f"reads {size.positions}; take {size.positions - settings.rollouts.max_prompt_tokens} or less"
        )
    targets = MATRICES if settings.lora.targets == "all-linear" else settings.lora.targets
    trainable = size.adapter(settings.lora.rank, targets) if settings.lora.rank else size.parameters
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
        launch=command(settings),
        schedule=tuple((step, alpha(step, steps or 1, **weights)) for step in shown),
        memory=(*_states(settings, size, trainable), *_passing(settings, size, length)),
        available=settings.hardware.memory * (1 - SPARE),
    )


def _states(settings: Settings, size: Architecture, trainable: int) -> Iterator[Part]:
    """What is there from one step to the next, and gradients."""
    lora, strategy, each = bool(settings.lora.rank), settings.hardware.strategy, settings.processes
    half = 2 if settings.hardware.precision == "bf16" else 4
    deepspeed = strategy.startswith("deepspeed")
    whole = each if strategy in ("deepspeed-zero3", "fsdp") else 1
    stated = each if deepspeed else whole
    # All weights are trained in fp32 and computed with in half precision. DeepSpeed keeps both and shares the first;
    # elsewhere autocast makes the second anew on every pass. Under an adapter only the adapter is in fp32.
    if lora or deepspeed:
        yield Part("weights", (half * size.parameters / whole + 4 * trainable / stated) / GIB, True, True)
    else:
        yield Part("weights", 4 * size.parameters / whole / GIB, True, True)
    if not lora and half == 2 and strategy in ("single", "ddp"):
        yield Part("weights in half precision", 2 * size.parameters / GIB, True, True)
    if strategy == "deepspeed-zero3" and settings.generation.engine == "transformers":
        yield Part("weights of the other GPUs", half * size.parameters * (1 - 1 / each) / GIB, False, True)
    # DDP keeps gradients a second time, in the buckets that it exchanges.
    yield Part("gradients", trainable * (8 if strategy == "ddp" else 4) / stated / GIB, True, False)
    yield Part("optimiser (Adam)", trainable * 8 / stated / GIB, True, True)
    if settings.optimizer.kl and (not lora or method(settings.method).teacher):
        yield Part("teacher or reference", (trainable if lora else size.parameters) * 4 / whole / GIB, True, True)


def _passing(settings: Settings, size: Architecture, length: int) -> Iterator[Part]:
    """What comes and goes within a step."""
    hardware, lora, generation = settings.hardware, settings.lora.rank, settings.generation
    half = 2 if hardware.precision == "bf16" else 4
    tokens, scored = hardware.batch * length, hardware.batch * settings.rollouts.max_tokens
    layer = kept(size, half, lora)
    inputs = size.hidden * (half if lora else 4)
    activations = inputs * size.layers + layer if hardware.checkpointing else layer * size.layers
    yield Part("activations", tokens * activations / GIB, True, False)
    tile = min(scored, _TILE[0]) * min(size.vocabulary, _TILE[1]) * half
    if method(settings.method).logits:
        tile = max(tile, 3 * 4 * min(scored, _CERTAIN) * size.vocabulary)
    # Its gradients are summed in fp32.
    head = 4 * size.hidden * (scored + (0 if lora else size.vocabulary))
    yield Part("logits of a tile, and the head's gradients", (tile + head) / GIB, True, False)
    if generation.engine == "transformers":
        at_once = settings.rollouts_per_step // settings.processes
        # A layer's are copied as they grow.
        cache = size.keys * cached(settings) * (size.layers + 1)
        yield Part("cache of keys and values", at_once * length * cache / GIB, False, True)
    elif generation.engine == "vllm-colocate":
        yield Part("vLLM", generation.memory * hardware.memory, True, True)


def kept(size: Architecture, half: int, rank: int) -> int:
    """Bytes that one token leaves in one layer for the way back, computed with in numbers of ``half`` bytes.

    In the order of their sizes: the gate, what goes through it, and their product; queries, keys, values and what
    attention makes of them; the stream between layers and its two norms, in fp32 where weights are; norms of queries
    and keys; an adapter's inputs, which are cast.
    """
    width = size.queries + size.keys
    inner = half * (4 * size.inner + 2 * width)
    if not rank:
        return inner + (26 if half == 2 else 24) * size.hidden + size.norms * width * (4 + half)
    cast = half * (size.queries + size.hidden) if half == 2 else 0
    return inner + 16 * size.hidden + size.norms * width * 4 + cast + half * len(MATRICES) * rank


def cached(settings: Settings) -> int:
    """Bytes of a number among keys and of one among values, together, while roll-outs are sampled."""
    half = 2 if settings.hardware.precision == "bf16" else 4
    if settings.lora.rank:
        return 2 * half
    if settings.hardware.strategy.startswith("deepspeed"):
        # It makes the policy's weights bf16; the teacher's stay fp32, and nothing casts what they make.
        return 8 if method(settings.method).teacher else 2 * half
    # Keys are turned by their positions in fp32 where weights are fp32; values come out of autocast.
    return 4 + half
