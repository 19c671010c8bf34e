"""How sure a model is of what it wrote: entropy and self-certainty of its tokens, which reward functions never see.

Self-certainty is that of Zhao et al., "Learning to Reason without External Rewards" (Intuitor, arXiv 2505.19590): the
mean over tokens of KL(uniform ‖ π). One more forward pass, without gradients, in chunks, in fp32.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import log_softmax
from trl.trainer.utils import pad

__all__ = ["Certainty", "certainty"]


class Certainty(NamedTuple):
    """Means over the tokens of one roll-out."""

    entropy: float
    """Nats a token."""
    certainty: float
    """KL(uniform ‖ π), nats a token; 0 for a uniform distribution."""


@torch.no_grad()
def certainty(
    model: nn.Module,
    prompts: Sequence[Sequence[int]],
    completions: Sequence[Sequence[int]],
    *,
    padding: int,
    chunk: int,
    temperature: float = 1.0,
) -> list[Certainty]:
    """Of each roll-out, from token ids without padding; ``chunk`` roll-outs go through the model at once."""
    device = next(model.parameters()).device
    found: list[Certainty] = []
    for start in range(0, len(prompts), chunk):
        before = [torch.tensor(ids) for ids in prompts[start : start + chunk]]
        after = [torch.tensor(ids) for ids in completions[start : start + chunk]]
        mask = pad([torch.ones_like(ids) for ids in after], padding_value=0, padding_side="right")
        ids = torch.cat([pad(before, padding, "left"), pad(after, padding, "right")], dim=1).to(device)
        seen = torch.cat([pad([torch.ones_like(ids) for ids in before], 0, "left"), mask], dim=1).to(device)
        keep = mask.size(1)
        logits = model(input_ids=ids, attention_mask=seen, logits_to_keep=keep + 1).logits[:, -keep - 1 : -1]
        logs = log_softmax(logits.float() / temperature, dim=-1)
        entropies = -(logs.exp() * logs).sum(-1).cpu()
        certainties = -(logs.mean(-1) + torch.log(torch.tensor(float(logs.size(-1))))).cpu()
        counts = mask.sum(1).clamp(min=1)
        means = [(values * mask).sum(1) / counts for values in (entropies, certainties)]
        found += [Certainty(*pair) for pair in zip(*(mean.tolist() for mean in means), strict=True)]
    return found
