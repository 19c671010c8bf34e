"""Every method on the tiny task: runs with fixed settings, over several seeds, put down as they are done.

``HEADLINE`` was fixed before any of its seeds was run; what was looked at while it was chosen are the seeds 100 to 103.
All methods see both views, and equally many roll-outs of the policy.
"""

import random
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from statistics import fmean
from typing import Any

from afterlore.core import Progress, canonical_json, digest
from afterlore.journal import read_pieces, work_pieces
from afterlore.train.methods import METHODS
from afterlore.train.toy.task import VIEWS, Corpus, Problem, problems, read

__all__ = ["HEADLINE", "LOOKED_AT", "SEEDS", "SEEN", "Cell", "Setting", "results", "work"]

LOOKED_AT = (100, 101, 102, 103)
"""Seeds on which the setting was chosen; no figure is of these."""
SEEDS = (1, 2, 3, 4, 5, 6, 7, 8)
"""Those of the figures."""
SEEN = (
    "reward",
    "accuracy",
    "label_accuracy",
    "agreement",
    "top_answer_share",
    "unanswered",
    "completions/mean_length",
    "completions/clipped_ratio",
    "entropy",
    "kl",
)
"""What is kept of every step."""


@dataclass(frozen=True, slots=True)
class Setting:
    """All but the method and the seed."""

    corpus: Corpus = field(default_factory=Corpus)
    pretraining: int = 1200
    """Steps of the base model."""
    steps: int = 120
    """Of reinforcement learning, each over questions × 2 views × group roll-outs."""
    questions: int = 16
    group: int = 8
    learning_rate: float = 5e-4
    kl: float = 0.005
    stale: int = 1
    """Steps that are taken on roll-outs of the same policy: 1 is on-policy."""
    noise: float = 0.0
    """Share of questions whose gold answer, as the reward has it, is another one's."""
    samples: int = 4
    """Of each held-out question in each view."""


HEADLINE = Setting()


@dataclass(frozen=True, slots=True)
class Cell:
    """One run. Without a method it is the base alone."""

    setting: Setting
    seed: int
    method: str = ""

    @property
    def key(self) -> str:
        """Whatever the result depends on."""
        return digest(canonical_json(asdict(self)))[:24]

    @property
    def base(self) -> "Cell":
        """The run without a method that this one begins with."""
        only = Setting(corpus=self.setting.corpus, pretraining=self.setting.pretraining, samples=self.setting.samples)
        return Cell(only, self.seed)


def work(cells: Sequence[Cell], folder: Path, *, jobs: int, progress: Progress) -> None:
    """Run what ``folder`` does not hold yet, in ``jobs`` processes of one thread each."""
    file = folder / "cells.jsonl"
    bases = {cell.base.key: cell.base for cell in cells}
    for stage, pieces in (("base", bases), ("train", {cell.key: cell for cell in cells if cell.method})):
        work_pieces(pieces, partial(_run, folder=folder), file, stage=stage, jobs=jobs, progress=progress)


def results(cells: Sequence[Cell], folder: Path) -> list[dict[str, Any]]:
    """What came out of each cell, in their order: ``accuracy``, ``steps`` and ``seconds``."""
    found = {line["key"]: line for line in read_pieces(folder / "cells.jsonl", ("accuracy", "steps", "seconds"))}
    return [found[(cell if cell.method else cell.base).key] for cell in cells]


def _run(cell: Cell, folder: Path) -> Mapping[str, Any]:
    # Here and not above: the process that puts results down does without.
    import torch

    from afterlore.train.hush import hush
    from afterlore.train.toy.model import load

    hush()
    # Two threads on a busy machine of two cores make single operations ten times slower.
    torch.set_num_threads(1)
    began = time.process_time()
    learning, tested = problems(cell.seed)
    model = load(_based(cell.base, learning, folder))
    steps = _train(cell, learning, model) if cell.method else {}
    said = {"method": cell.method, "seed": cell.seed, "accuracy": _accuracy(cell, model, tested), "steps": steps}
    return {**said, "seconds": round(time.process_time() - began, 1)}


def _based(cell: Cell, learning: Sequence[Problem], folder: Path) -> Path:
    """The folder of the base model, made when it is not there."""
    from afterlore.train.toy.base import pretrained

    place = folder / "bases" / cell.key
    if not place.is_dir():
        made = place.with_suffix(".part")
        pretrained(cell.setting.corpus, learning, cell.seed, cell.setting.pretraining).save_pretrained(made)
        made.rename(place)
    return place


def _accuracy(cell: Cell, model: Any, tested: Sequence[Problem]) -> float:
    from afterlore.train.toy.base import sampled

    asked = [(problem, view) for problem in tested for view in VIEWS for _ in range(cell.setting.samples)]
    said = sampled(model.eval(), [problem.prompt(view) for problem, view in asked], cell.seed)
    return fmean(read(text) == problem.gold for text, (problem, _) in zip(said, asked, strict=True))


def _train(cell: Cell, learning: Sequence[Problem], model: Any) -> Mapping[str, Sequence[float]]:
    """Train the model, and say what was seen at every step."""
    from transformers import PrinterCallback

    from afterlore.train.toy.model import tokenizer
    from afterlore.train.trainer import Objective, VoteTrainer

    objective = Objective(METHODS[cell.method], read, forms=len(VIEWS))
    with tempfile.TemporaryDirectory() as out:
        trainer = VoteTrainer(model, _arguments(cell, out), _rows(cell, learning), tokenizer(), objective)
        trainer.remove_callback(PrinterCallback)
        trainer.train()
    rows = [row for row in trainer.state.log_history if "reward" in row]
    return {name: [round(float(row[name]), 4) for row in rows] for name in SEEN}


def _arguments(cell: Cell, out: str) -> Any:
    from trl import GRPOConfig

    from afterlore.train.toy.base import LONGEST_ANSWER

    setting = cell.setting
    return GRPOConfig(
        output_dir=out,
        seed=cell.seed,
        max_steps=setting.steps,
        per_device_train_batch_size=setting.questions * len(VIEWS) * setting.group,
        steps_per_generation=setting.stale,
        num_generations=setting.group,
        max_completion_length=LONGEST_ANSWER,
        learning_rate=setting.learning_rate,
        lr_scheduler_type="cosine",
        warmup_steps=setting.steps // 10,
        beta=setting.kl,
        loss_type="dapo",
        logging_steps=1,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        bf16=False,
        activation_checkpointing=False,
        disable_tqdm=True,
    )


def _rows(cell: Cell, learning: Sequence[Problem]) -> Any:
    from datasets import Dataset

    rng = random.Random(f"noise {cell.seed}")
    rows = []
    for problem in dict.fromkeys(learning):
        gold = rng.choice(learning).gold if rng.random() < cell.setting.noise else problem.gold
        for form, view in enumerate(VIEWS):
            rows.append({"prompt": problem.prompt(view), "question": problem.id, "form": form, "gold": gold})
    return Dataset.from_list(rows)
