"""What a step of training costs beside TRL's own, at the same model and batch, and how that grows.

Processor time of one thread. Every way takes the same sums, samples as many roll-outs of the policy, and steps as
often; the ways take turns, so that whatever else the machine does falls on all. Of a method with a teacher, what the
teacher's own sampling takes is told apart.

::

    python benchmarks/train.py
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import torch
from datasets import Dataset
from transformers import PrinterCallback, Qwen3ForCausalLM, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from afterlore.train.hush import hush
from afterlore.train.methods import METHODS
from afterlore.train.teacher import Teacher
from afterlore.train.toy.model import model, tokenizer
from afterlore.train.toy.task import VIEWS, problems, read
from afterlore.train.trainer import Objective, VoteTrainer

WARM, STEPS = 2, 8
TOKENS = 24
WAYS = ("TRL", "majority", "co-rewarding-i", "co-rewarding-ii", "self-certainty")


class Clock(TrainerCallback):
    """Processor time of each step, that of the teacher's sampling apart."""

    def __init__(self) -> None:
        self.steps: list[float] = []
        self.taught: list[float] = []
        self.sampling = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        self._began, self.sampling = time.process_time(), 0.0

    def on_step_end(self, *_: Any, **__: Any) -> None:
        self.steps.append(time.process_time() - self._began)
        self.taught.append(self.sampling)


class Timed(VoteTrainer):
    clock: Clock

    @contextmanager
    def _speaking(self, teacher: Teacher) -> Iterator[None]:
        began = time.process_time()
        with super()._speaking(teacher):
            yield
        self.clock.sampling += time.process_time() - began


def right(completions: list[str], gold: list[str], **_: Any) -> list[float]:
    return [float(read(text) == answer) for text, answer in zip(completions, gold, strict=True)]


def run(way: str, base: Path, group: int, questions: int, clock: Clock) -> None:
    with tempfile.TemporaryDirectory() as out:
        config = GRPOConfig(
            output_dir=out,
            per_device_train_batch_size=questions * len(VIEWS) * group,
            num_generations=group,
            max_steps=WARM + STEPS,
            max_completion_length=TOKENS,
            # No end of text: every roll-out is as long, whatever a way has learned.
            generation_kwargs={"min_new_tokens": TOKENS},
            beta=0.005,
            learning_rate=1e-5,
            logging_steps=1,
            report_to=[],
            save_strategy="no",
            use_cpu=True,
            bf16=False,
            activation_checkpointing=False,
            disable_tqdm=True,
        )
        rows = Dataset.from_list(
            [
                {"prompt": problem.prompt(view), "question": problem.id, "form": form, "gold": problem.gold}
                for problem in problems(1)[1]
                for form, view in enumerate(VIEWS)
            ]
        )
        policy = Qwen3ForCausalLM.from_pretrained(base)
        if way == "TRL":
            trainer = GRPOTrainer(policy, [right], config, rows, processing_class=tokenizer(), callbacks=[clock])
        else:
            objective = Objective(METHODS[way], read, forms=len(VIEWS))
            trainer = Timed(policy, config, rows, tokenizer(), objective, callbacks=[clock])
            trainer.clock = clock
        trainer.remove_callback(PrinterCallback)
        trainer.train()


def measure(width: int, group: int, questions: int, rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        made = model(1, width=width)
        made.save_pretrained(folder)
        steps: dict[str, list[float]] = {way: [] for way in WAYS}
        taught: dict[str, list[float]] = {way: [] for way in WAYS}
        for _ in range(rounds):
            for way in WAYS:
                clock = Clock()
                run(way, Path(folder), group, questions, clock)
                steps[way] += clock.steps[WARM:]
                taught[way] += clock.taught[WARM:]
    plain = median(steps["TRL"])
    ways = {
        way: {
            "ms": round(median(steps[way]) * 1e3, 1),
            "of that the teacher's sampling": round(median(taught[way]) * 1e3, 1),
            "x TRL without it": round((median(steps[way]) - median(taught[way])) / plain, 3),
        }
        for way in WAYS
    }
    parameters = sum(weight.numel() for weight in made.parameters())
    return {"parameters": parameters, "G": group, "roll-outs": questions * len(VIEWS) * group, "ways": ways}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    hush()
    torch.set_num_threads(1)
    found = [measure(64, 8, 16, options.rounds)]
    found += [measure(64, group, 16, options.rounds) for group in (2, 4, 16)]
    found += [measure(width, 8, 16, options.rounds) for width in (128, 256)]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
