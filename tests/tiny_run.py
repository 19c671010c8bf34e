"""A training run of seconds: a tiny model with random weights on sums, in both views, on one thread.

As a program it is one of several processes of such a run, whose roll-outs are recorded ones, and prints its rewards.
"""

import json
import os
import sys
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, Qwen3ForCausalLM
from trl import GRPOConfig

from afterlore.train.methods import METHODS
from afterlore.train.toy.model import model, tokenizer
from afterlore.train.toy.task import VIEWS, problems, read
from afterlore.train.trainer import Objective, VoteTrainer

torch.set_num_threads(1)
GROUP = 4


def rows(questions: int = 6) -> Dataset:
    """Each question beside its rewording."""
    return Dataset.from_list(
        [
            {"prompt": problem.prompt(view), "question": problem.id, "form": form, "gold": problem.gold}
            for problem in problems(1)[1][:questions]
            for form, view in enumerate(VIEWS)
        ]
    )


def base(folder: Path) -> Path:
    """A model with random weights, saved as every other one."""
    model(1).save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


def config(out: Path, **changes: Any) -> GRPOConfig:
    settings: dict[str, Any] = {
        "per_device_train_batch_size": 4 * GROUP,
        "num_generations": GROUP,
        "max_steps": 6,
        "max_completion_length": 8,
        "learning_rate": 1e-3,
        "beta": 0.01,
        "report_to": [],
        "logging_steps": 1,
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "activation_checkpointing": False,
        "disable_tqdm": True,
        "seed": 3,
    }
    return GRPOConfig(output_dir=str(out), **{**settings, **changes})


def trainer(
    base: Path, out: Path, method: str, *, kind: type[VoteTrainer] = VoteTrainer, **changes: Any
) -> VoteTrainer:
    policy = changes.pop("policy", None) or Qwen3ForCausalLM.from_pretrained(base)
    objective = Objective(METHODS[method], read, forms=2)
    callbacks = changes.pop("callbacks", ())
    made = kind(policy, config(out, **changes), rows(), tokenizer(), objective, callbacks=callbacks)
    made.remove_callback(PrinterCallback)
    return made


class Recorded(VoteTrainer):
    """What it samples is a function of the step, the prompt and the place in the group alone."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rewards: dict[str, list[float]] = {}

    def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> Any:
        words, seen = self.processing_class, Counter[str]()
        completions = []
        for ids in prompt_ids:
            prompt = words.decode(ids)
            seen[prompt] += 1
            view = VIEWS["&" in prompt.split()]
            at = (self.state.global_step + 1) * (seen[prompt] + len(ids) + (1 if "&" in prompt else 4))
            completions.append(words(f"{view.answer} {view.digits[at % 3]} <end>")["input_ids"])
        return completions, None

    def _reward(self, **given: Any) -> list[float]:
        found = super()._reward(**given)
        for question, form, reward in zip(given["question"], given["form"], found, strict=True):
            self.rewards.setdefault(f"{self.state.global_step} {question} {form}", []).append(reward)
        return found


def main() -> None:
    folder, out, batch = sys.argv[1:]
    made = trainer(Path(folder), Path(out), "co-rewarding-i", kind=Recorded, per_device_train_batch_size=int(batch))
    assert isinstance(made, Recorded)
    made.train()
    Path(out).mkdir(exist_ok=True)
    (Path(out) / f"rewards-{made.accelerator.process_index}.json").write_text(json.dumps(made.rewards))
    if torch.distributed.is_initialized():
        # Neither goes before the other is done; and then at once: Gloo's threads abort an interpreter that ends slowly.
        torch.distributed.barrier()
        os._exit(0)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
