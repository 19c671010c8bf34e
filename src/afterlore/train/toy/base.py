"""The base that every method starts from: trained from scratch on the flawed corpus, in under a minute."""

import random
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import BatchEncoding, Qwen3ForCausalLM, get_cosine_schedule_with_warmup

from afterlore.train.toy.model import model, tokenizer
from afterlore.train.toy.task import END, VIEWS, Corpus, Problem

__all__ = ["LONGEST_ANSWER", "pretrained", "sampled"]

BATCH, RATE = 128, 3e-3
LONGEST_ANSWER = 24
"""Tokens of a completion, the end included."""


def pretrained(corpus: Corpus, problems: Sequence[Problem], seed: int, steps: int) -> Qwen3ForCausalLM:
    """A model of ``steps`` steps over ``BATCH`` solutions each, drawn anew from the corpus, in both views."""
    rng = random.Random(f"corpus {seed}")
    learner = model(seed)
    optimizer = torch.optim.AdamW(learner.parameters(), lr=RATE, weight_decay=0.01)
    rates = get_cosine_schedule_with_warmup(optimizer, steps // 10, steps)
    for _ in range(steps):
        batch, labels = _batch(corpus, problems, rng)
        logits = learner(**batch).logits
        cross_entropy(logits[:, :-1].flatten(0, 1), labels[:, 1:].flatten()).backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(learner.parameters(), 1.0)
        optimizer.step()
        rates.step()
        optimizer.zero_grad()
    return learner.eval()


def _batch(corpus: Corpus, problems: Sequence[Problem], rng: random.Random) -> tuple[BatchEncoding, Tensor]:
    """Token ids of prompts with their solutions, padded on the right; only the solution is learned."""
    chosen = [(rng.choice(problems), rng.choice(VIEWS)) for _ in range(BATCH)]
    prompts = [problem.prompt(view) for problem, view in chosen]
    solutions = [corpus.solution(problem, view, rng) for problem, view in chosen]
    texts = [f"{prompt} {solution} {END}" for prompt, solution in zip(prompts, solutions, strict=True)]
    batch = tokenizer()(texts, padding=True, padding_side="right", return_tensors="pt", return_token_type_ids=False)
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    for row, prompt in enumerate(prompts):
        labels[row, : len(prompt.split())] = -100
    return batch, labels


@torch.no_grad()
def sampled(learner: Qwen3ForCausalLM, prompts: Sequence[str], seed: int, *, chunk: int = 512) -> list[str]:
    """One completion of each prompt, at temperature 1."""
    torch.manual_seed(seed)
    words = tokenizer()
    found: list[str] = []
    for start in range(0, len(prompts), chunk):
        batch = words(prompts[start : start + chunk], padding=True, return_tensors="pt", return_token_type_ids=False)
        ids = learner.generate(**batch, do_sample=True, temperature=1.0, top_k=0, max_new_tokens=LONGEST_ANSWER)
        found += words.batch_decode(ids[:, batch["input_ids"].size(1) :], skip_special_tokens=True)
    return found
