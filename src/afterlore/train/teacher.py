"""The teacher of Co-rewarding-II (arXiv 2508.00410): a moving average of the policy, whose answers are the labels.

It is the model that TRL keeps as the reference: the policy's KL is against it, and it samples answers of its own. In
fp32, because 1 - α falls to 1e-5, which bf16 would round away. Under LoRA it is a second adapter, an average of the
first one's matrices. It is saved with every checkpoint: the authors' script starts it anew from the policy on resume.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from trl.trainer.utils import use_adapter

from afterlore.core import InputError

__all__ = ["ADAPTER", "FILE", "Teacher"]

FILE = "teacher.safetensors"
"""Its name in a checkpoint's folder."""
ADAPTER = "ref"
"""The adapter that TRL takes for the reference when a model has one of this name."""


class Teacher:
    """Follows the trainable weights of ``policy``; ``average`` is the model of its own, None for an adapter's."""

    def __init__(self, policy: nn.Module, average: nn.Module | None) -> None:
        self._policy = policy
        self.model = policy if average is None else average
        self._weights = dict(_adapters(policy) if average is None else _models(policy, average))
        if not self._weights:
            raise InputError("the policy has no weights that a teacher could follow")
        for _, own in self._weights.values():
            own.data = own.data.float()
            own.requires_grad_(False)

    @torch.no_grad()
    def follow(self, alpha: float) -> None:
        """θ' ← α θ' + (1 - α) θ."""
        for weight, own in self._weights.values():
            own.mul_(alpha).add_(weight.to(own.dtype), alpha=1 - alpha)

    @contextmanager
    def speaking(self) -> Iterator[None]:
        """While it lasts, an adapter's model is the teacher; a model of its own needs nothing."""
        if self.model is not self._policy:
            yield
            return
        trained = [weight for weight, _ in self._weights.values()]
        with use_adapter(self._policy, ADAPTER):
            yield
        # Leaving it, PEFT lets go of gradients by adapter; the teacher's weights are never trained.
        for weight in trained:
            weight.requires_grad_(True)
        for _, own in self._weights.values():
            own.requires_grad_(False)

    def save(self, folder: Path) -> None:
        """Write it beside a checkpoint's other files."""
        save_file({name: own.detach().contiguous() for name, (_, own) in self._weights.items()}, folder / FILE)

    @torch.no_grad()
    def load(self, folder: Path) -> None:
        """Take the weights that ``save`` wrote. Raises InputError for none, and for those of another model."""
        file = folder / FILE
        if not file.is_file():
            raise InputError(f"{str(folder)!r} holds no {FILE}; a run without its teacher cannot go on as it was")
        try:
            with safe_open(file, "pt") as saved:
                found = {name: saved.get_tensor(name) for name in saved.keys()}  # noqa: SIM118
        except SafetensorError as error:
            raise InputError(f"{str(file)!r} cannot be read ({error}); resume from another checkpoint") from error
        own = {name: tuple(weight.shape) for name, (_, weight) in self._weights.items()}
        theirs = {name: tuple(weight.shape) for name, weight in found.items()}
        if own != theirs:
            differ = sorted(set(own.items()) ^ set(theirs.items()))
            raise InputError(
                f"{str(file)!r} is the teacher of another model: {differ[0][0]!r} differs; "
                "name the model that the checkpoint was made with"
            )
        for name, (_, weight) in self._weights.items():
            weight.copy_(found[name])


Weights = Iterator[tuple[str, tuple[Tensor, Tensor]]]


def _models(policy: nn.Module, average: nn.Module) -> Weights:
    for (name, weight), own in zip(policy.named_parameters(), average.parameters(), strict=True):
        yield name, (weight, own)


def _adapters(policy: nn.Module) -> Weights:
    for name, weight in policy.named_parameters():
        if ".default." in name:
            yield name, (weight, policy.get_parameter(name.replace(".default.", f".{ADAPTER}.")))
