"""The tiny model: Qwen3's architecture, about 109,000 parameters, and a tokenizer of whole words."""

from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from afterlore.train.toy.task import END, PAD, VOCABULARY

__all__ = ["load", "model", "tokenizer"]


def tokenizer() -> PreTrainedTokenizerFast:
    """One token for each word between spaces; prompts are padded on the left."""
    words = Tokenizer(models.WordLevel({word: at for at, word in enumerate(VOCABULARY)}, unk_token=PAD))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(tokenizer_object=words, pad_token=PAD, eos_token=END, padding_side="left")


def model(seed: int, *, width: int = 64) -> Qwen3ForCausalLM:
    """With new weights, a function of the seed. ``width`` is that of its layers, a multiple of 16."""
    torch.manual_seed(seed)
    return Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(VOCABULARY),
            hidden_size=width,
            intermediate_size=3 * width,
            num_hidden_layers=2,
            num_attention_heads=width // 16,
            num_key_value_heads=width // 16,
            head_dim=16,
            max_position_embeddings=128,
            tie_word_embeddings=True,
            eos_token_id=VOCABULARY.index(END),
            pad_token_id=VOCABULARY.index(PAD),
            bos_token_id=None,
        )
    )


def load(folder: Path) -> Qwen3ForCausalLM:
    """As it was saved there."""
    return Qwen3ForCausalLM.from_pretrained(folder)
