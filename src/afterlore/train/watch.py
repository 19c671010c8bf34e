"""Puts what each step shows where people and machines look: the history, TensorBoard, the page, the alarm."""

import json
import time
from pathlib import Path
from statistics import fmean
from typing import Any

from transformers import TrainerCallback

from afterlore.core import Progress
from afterlore.train import page
from afterlore.train.monitor import History, Monitor, Observation, TensorBoard

__all__ = ["Watch", "observed"]

REDRAWN = 5.0
"""Seconds between two drawings of the page, at least."""

_NAMES = {
    "completions/mean_length": "length",
    "completions/clipped_ratio": "truncated",
    "top_answer_share": "top_answer_share",
    "label_accuracy": "label_accuracy",
    "unanswered": "unanswered",
    "questions": "questions",
    "agreement": "agreement",
    "accuracy": "accuracy",
    "entropy": "entropy",
    "reward": "reward",
    "alpha": "alpha",
    "kl": "kl",
}


def observed(step: int, logs: dict[str, Any]) -> Observation | None:
    """What TRL and the trainer logged of a training step; None for other logs."""
    if "reward" not in logs or "agreement" not in logs:
        return None
    return Observation(step, **{ours: logs[name] for name, ours in _NAMES.items() if logs.get(name) is not None})


class Watch(TrainerCallback):  # type: ignore[misc]
    """Of one run, in its folder; only the process that writes does."""

    def __init__(self, folder: Path, title: str, *, stop: bool, tensorboard: bool, progress: Progress) -> None:
        self._folder, self._title, self._stop, self._progress = folder, title, stop, progress
        self._tensorboard = tensorboard
        self._sinks: list[History | TensorBoard] = []
        self._seen: list[Observation] = []
        self._drawn = -REDRAWN
        self.monitor = Monitor()

    @property
    def page(self) -> Path:
        """Where a person looks."""
        return self._folder / "run.html"

    @property
    def unread(self) -> float:
        """Share of all roll-outs without an answer that could be read; 0 before the first step."""
        return fmean(one.unanswered for one in self._seen) if self._seen else 0.0

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._progress.stage("train", state.max_steps)
        self._progress.advance(state.global_step)
        if not state.is_world_process_zero:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        history = History(self._folder / "observations.jsonl", upto=state.global_step)
        self._seen = list(history.observations)
        self.monitor = Monitor(self._seen)
        self._sinks = [history]
        if self._tensorboard:
            self._sinks.append(TensorBoard(self._folder / "tensorboard", upto=state.global_step))

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any], **_: Any) -> None:  # noqa: ARG002
        if "eval_accuracy" in logs and self._sinks:
            self._evaluated(state.log_history)
        seen = observed(state.global_step, logs)
        if seen is None:
            return
        self._progress.advance()
        for sink in self._sinks:
            sink.append(seen)
        self._seen.append(seen)
        if self.monitor.observe(seen) and self._stop:
            # What it has come to is kept: the next to last checkpoint may be from before.
            control.should_training_stop = control.should_save = True
        if self._sinks and time.monotonic() - self._drawn >= REDRAWN:
            self._draw(ended=False)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        for sink in self._sinks:
            sink.close()
        if self._sinks:
            self._draw(ended=True)

    def _draw(self, *, ended: bool) -> None:
        page.write(self._folder, self._seen, self.monitor.alarm, self._title, ended=ended)
        self._drawn = time.monotonic()

    def _evaluated(self, history: list[dict[str, Any]]) -> None:
        """Written whole, so that a run that was stopped and goes on has each evaluation once."""
        rows = [{"step": row["step"], "accuracy": row["eval_accuracy"]} for row in history if "eval_accuracy" in row]
        part = self._folder / "evaluations.jsonl.part"
        part.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
        part.replace(self._folder / "evaluations.jsonl")
