"""How large known models are, so that a run is planned without a download: facts from their published configurations.

A model that is not in the table is read from the ``config.json`` of its folder.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from afterlore.core import InputError

__all__ = ["ARCHITECTURES", "MATRICES", "Architecture", "architecture"]

MATRICES = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""Of each layer, by the names that an adapter's targets have."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A decoder with gated layers and grouped queries, as Qwen's and Llama's are."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head: int
    """Width of one head."""
    inner: int
    """Width of the gated layers."""
    vocabulary: int
    tied: bool
    """Whether the output shares the input's matrix."""
    positions: int
    """Tokens of a prompt and its answer, at most."""
    bias: bool = False
    """On queries, keys and values (Qwen2)."""
    norms: bool = False
    """Of queries and keys (Qwen3)."""

    @property
    def queries(self) -> int:
        """Width of all heads' queries."""
        return self.heads * self.head

    @property
    def keys(self) -> int:
        """Width of all heads' keys, and of their values."""
        return self.kv_heads * self.head

    @property
    def parameters(self) -> int:
        """All of them."""
        queries, keys = self.queries, self.keys
        attention = 2 * self.hidden * queries + 2 * self.hidden * keys
        attention += self.bias * (queries + 2 * keys) + self.norms * 2 * self.head
        layer = attention + 3 * self.hidden * self.inner + 2 * self.hidden
        return self.vocabulary * self.hidden * (1 if self.tied else 2) + self.layers * layer + self.hidden

    def adapter(self, rank: int, targets: Sequence[str] = MATRICES) -> int:
        """Parameters of an adapter of that rank on those matrices of every layer (LoRA, arXiv 2106.09685)."""
        hidden, queries, keys, inner = self.hidden, self.queries, self.keys, self.inner
        ends = (hidden + queries, hidden + keys, hidden + keys, queries + hidden, *[hidden + inner] * 3)
        return rank * self.layers * sum(size for name, size in zip(MATRICES, ends, strict=True) if name in targets)


def _qwen3(hidden: int, layers: int, heads: int, inner: int, *, tied: bool) -> Architecture:
    return Architecture(hidden, layers, heads, 8, 128, inner, 151_936, tied, 32_768, norms=True)


def _qwen2(hidden: int, layers: int, heads: int, kv_heads: int, inner: int, vocabulary: int) -> Architecture:
    tied = vocabulary == 151_936
    return Architecture(hidden, layers, heads, kv_heads, hidden // heads, inner, vocabulary, tied, 32_768, bias=True)


ARCHITECTURES = {
    "Qwen/Qwen3-0.6B": _qwen3(1024, 28, 16, 3072, tied=True),
    "Qwen/Qwen3-1.7B": _qwen3(2048, 28, 16, 6144, tied=True),
    "Qwen/Qwen3-4B": _qwen3(2560, 36, 32, 9728, tied=True),
    "Qwen/Qwen3-8B": _qwen3(4096, 36, 32, 12_288, tied=False),
    "Qwen/Qwen3-14B": _qwen3(5120, 40, 40, 17_408, tied=False),
    "Qwen/Qwen2.5-0.5B": _qwen2(896, 24, 14, 2, 4864, 151_936),
    "Qwen/Qwen2.5-1.5B": _qwen2(1536, 28, 12, 2, 8960, 151_936),
    "Qwen/Qwen2.5-3B": _qwen2(2048, 36, 16, 2, 11_008, 151_936),
    "Qwen/Qwen2.5-7B": _qwen2(3584, 28, 28, 4, 18_944, 152_064),
    "meta-llama/Llama-3.2-1B": Architecture(2048, 16, 32, 8, 64, 8192, 128_256, True, 131_072),
    "meta-llama/Llama-3.2-3B": Architecture(3072, 28, 24, 8, 128, 8192, 128_256, True, 131_072),
    "meta-llama/Llama-3.1-8B": Architecture(4096, 32, 32, 8, 128, 14_336, 128_256, False, 131_072),
}
"""By name; variants that end in ``-Base`` or ``-Instruct`` are as large. Positions are the fewest of any variant's."""

_FAMILIES = {"qwen3": (False, True), "qwen2": (True, False), "llama": (False, False)}


def architecture(model: str) -> Architecture:
    """Of a known name, or of a folder with a ``config.json``. Raises InputError that names what is known."""
    plain = model.removesuffix("-Base").removesuffix("-Instruct")
    if plain in ARCHITECTURES:
        return ARCHITECTURES[plain]
    file = Path(model) / "config.json"
    if not file.is_file():
        known = ", ".join(ARCHITECTURES)
        raise InputError(f"no size is known of {model!r}; name a folder with its config.json, or one of: {known}")
    try:
        said = json.loads(file.read_bytes())
        bias, norms = _FAMILIES[said["model_type"]]
        return Architecture(
            hidden=said["hidden_size"],
            layers=said["num_hidden_layers"],
            heads=said["num_attention_heads"],
            kv_heads=said["num_key_value_heads"],
            head=said.get("head_dim") or said["hidden_size"] // said["num_attention_heads"],
            inner=said["intermediate_size"],
            vocabulary=said["vocab_size"],
            tied=said.get("tie_word_embeddings", False),
            positions=said["max_position_embeddings"],
            bias=bias,
            norms=norms,
        )
    except (ValueError, KeyError, TypeError) as error:
        families = ", ".join(_FAMILIES)
        raise InputError(f"{str(file)!r} cannot be read as one of {families} ({error!r})") from error
