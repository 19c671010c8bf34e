"""How sure a model is of what it wrote: entropy and self-certainty of its tokens, which reward functions never see.

Self-certainty is that of Zhao et al., "Learning to Reason without External Rewards" (Intuitor, arXiv 2505.19590): the
mean over tokens of KL(uniform ‖ π). One more forward pass without gradients, whose
logits are taken a few tokens at a time: a batch's whole would be tens of GB at a vocabulary of 150,000.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from accelerate.utils import is_peft_model
from torch import Tensor, nn
from torch.nn.functional import log_softmax
from trl.trainer.utils import pad

__all__ = ["Certainty", "certainty"]


class Certainty(NamedTuple):
    """Means over the tokens of one roll-out."""

    entropy: float
    """Nats a token."""
    certainty: float
    """KL(uniform ‖ π), nats a token; 0 for a uniform distribution."""


_TILE = 512
"""Tokens whose whole distribution stands in memory at once."""


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
    """Of each roll-out, from token ids without padding; ``chunk`` roll-outs go through the model at once.

    For models whose head is one matrix, as Qwen's and Llama's: no soft cap, no scale of logits.
    """
    whole: Any = model
    plain = whole.get_base_model() if is_peft_model(whole) else whole
    device = next(model.parameters()).device
    found: list[Certainty] = []
    for start in range(0, len(prompts), chunk):
        before = [torch.tensor(ids) for ids in prompts[start : start + chunk]]
        after = [torch.tensor(ids) for ids in completions[start : start + chunk]]
        mask = pad([torch.ones_like(ids) for ids in after], 0, "right").to(device)
        ids = torch.cat([pad(before, padding, "left"), pad(after, padding, "right")], dim=1).to(device)
        seen = torch.cat([pad([torch.ones_like(ids) for ids in before], 0, "left").to(device), mask], dim=1)
        hidden = plain.base_model(input_ids=ids, attention_mask=seen, use_cache=False).last_hidden_state
        tokens = hidden[:, -mask.size(1) - 1 : -1][mask.bool()]
        tiles = [_spread(plain.get_output_embeddings()(tile) / temperature) for tile in tokens.split(_TILE)]
        lengths = [len(ids) for ids in after]
        found += [Certainty(*one.mean(0).tolist()) for one in torch.split(torch.cat(tiles), lengths)]
    return found


def _spread(logits: Tensor) -> Tensor:
    """Entropy and self-certainty of each token: (tokens, vocabulary) to (tokens, 2)."""
    logs = log_softmax(logits.float(), dim=-1)
    return torch.stack([-(logs.exp() * logs).sum(-1), -(logs.mean(-1) + math.log(logs.size(-1)))], dim=-1)
