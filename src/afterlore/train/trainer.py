"""Group-relative policy optimisation with labels from a vote: a thin subclass of TRL's trainer.

TRL samples, scores, clips and steps. Here is only what it cannot know: votes of a rewording's or of a teacher's
roll-outs, gathered over all processes, and rewards on the policy's own distribution. After *Co-rewarding*
(arXiv 2508.00410), §3. What differs from the authors' script: answers are voted on by canonical keys, a group without
any answer is a group of zeros, and the teacher is part of every checkpoint.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import fmean
from typing import Any, NamedTuple

import torch
from accelerate.utils import gather_object, is_peft_model
from datasets import Dataset
from torch import Tensor, nn
from transformers import PreTrainedModel, PreTrainedTokenizerBase, TrainerCallback
from trl import GRPOConfig, GRPOTrainer

from afterlore.core import InputError
from afterlore.train import rewards
from afterlore.train.certainty import certainty
from afterlore.train.checkpoint import Checkpoints
from afterlore.train.methods import METHODS, Method
from afterlore.train.pairs import PairSampler
from afterlore.train.rewards import Answers, Group, Place, Voting
from afterlore.train.schedule import FIRST, LAST, alpha
from afterlore.train.teacher import Teacher

__all__ = ["Objective", "VoteTrainer"]


@dataclass(frozen=True, slots=True)
class Objective:
    """What is rewarded, and how answers are read and voted on."""

    method: Method
    read: Callable[[str], str]
    """A roll-out's answer; empty for none."""
    forms: int = 1
    """Neighbouring rows of the data that are one question: 2 where rewordings stand in it."""
    voting: Voting = field(default_factory=Voting)
    first: float = FIRST
    last: float = LAST
    """Weight of the policy in the teacher, at the first step and at the end."""
    merge: Callable[[Sequence[str]], list[str]] = list
    """For the answers to one question, those that stand for them: equals become one, as ``representatives`` does."""


class _Row(NamedTuple):
    """One roll-out, as all processes see it."""

    place: Place
    answer: str
    truncated: bool
    gold: str
    teacher: str
    teacher_truncated: bool


class VoteTrainer(GRPOTrainer):  # type: ignore[misc]
    """TRL's trainer over rows of ``prompt``, ``question``, ``form`` and ``gold`` (empty where it is not known).

    The two forms of a question are neighbours. ``keep`` checkpoints stay on disk. Raises InputError for a method whose
    needs are not met, for a loss that is no number, and for a checkpoint that cannot be written.
    """

    model_wrapped: Any

    def __init__(
        self,
        model: PreTrainedModel,
        args: GRPOConfig,
        data: Dataset,
        tokenizer: PreTrainedTokenizerBase,
        objective: Objective,
        *,
        evaluation: Dataset | None = None,
        callbacks: Sequence[TrainerCallback] = (),
        keep: int = 2,
    ) -> None:
        if objective.method.rewordings and objective.forms != 2:
            raise InputError(f"{objective.method.name!r} compares a question with its rewording; give it rewordings")
        if objective.method.teacher and not args.beta:
            raise InputError(f"the teacher of {objective.method.name!r} is what the KL is against; set it above 0")
        self._objective = objective
        self._checkpoints = Checkpoints(Path(args.output_dir), keep)
        self._spoken: list[tuple[str, bool]] = []
        super().__init__(
            model=model,
            reward_funcs=[self._reward],
            args=args,
            train_dataset=data,
            eval_dataset=evaluation,
            processing_class=tokenizer,
            callbacks=list(callbacks),
        )
        self.teacher = self._new_teacher() if objective.method.teacher else None
        if self.teacher:
            self.add_callback(_Follow(self.teacher, self._alpha))

    def _alpha(self, step: int) -> float:
        return alpha(step, self.state.max_steps, first=self._objective.first, last=self._objective.last)

    def _new_teacher(self) -> Teacher:
        policy = self.accelerator.unwrap_model(self.model)
        return Teacher(policy, None if is_peft_model(policy) else self.accelerator.unwrap_model(self.ref_model))

    # -- which prompts ------------------------------------------------------------------------------------------------

    def _get_train_sampler(self, dataset: Dataset | None = None) -> PairSampler:
        data = self.train_dataset if dataset is None else dataset
        slices, per_step = self.args.steps_per_generation, self.args.gradient_accumulation_steps
        return PairSampler(
            len(data),
            questions=self.args.generation_batch_size // (self.num_generations * self._objective.forms),
            forms=self._objective.forms,
            group=self.num_generations,
            steps=math.ceil(self.args.max_steps * per_step / (slices * self.num_iterations)),
            seed=self.args.seed,
            repeats=slices * self.num_iterations,
        )

    # -- roll-outs ----------------------------------------------------------------------------------------------------

    def _generate(self, prompts: list[Any]) -> Any:
        sampled = super()._generate(prompts)
        self._prompt_ids, self._completion_ids = sampled[0], sampled[1]
        self._spoken = [("", False)] * len(prompts)
        if self.teacher and self.model.training:
            with self._speaking(self.teacher):
                ids, _ = self._generate_single_turn(self._prompt_ids, None, {}, self.num_generations)
            texts = self.processing_class.batch_decode(ids, skip_special_tokens=True)
            self._spoken = [(text, self._cut(one)) for text, one in zip(texts, ids, strict=True)]
        return sampled

    @contextmanager
    def _speaking(self, teacher: Teacher) -> Iterator[None]:
        """The teacher in the policy's place, for TRL's own sampling."""
        policy = self.model_wrapped
        engine = self.vllm_generation if self.use_vllm else None
        # Under LoRA both are one model, whose adapter is changed; else TRL unwraps whatever stands here.
        self.model_wrapped = policy if teacher.model is self.accelerator.unwrap_model(policy) else teacher.model
        if engine:
            engine.model, self._last_loaded_step = self.model_wrapped, -1
        try:
            with teacher.speaking():
                yield
        finally:
            self.model_wrapped = policy
            if engine:
                engine.model, self._last_loaded_step = self.model, -1

    def _cut(self, ids: Sequence[int]) -> bool:
        return not ids or ids[-1] not in (*self.eos_token_ids, self.processing_class.pad_token_id)

    # -- rewards ------------------------------------------------------------------------------------------------------

    def _reward(
        self,
        *,
        completions: Sequence[Any],
        completion_ids: Sequence[Sequence[int]],
        question: Sequence[str],
        form: Sequence[int],
        gold: Sequence[str],
        log_metric: Callable[[str, float], None],
        **_: Any,
    ) -> list[float]:
        read = self._objective.read
        own = [
            _Row(Place(one, which), read(_text(said)), self._cut(ids), right, read(spoken), cut)
            for one, which, said, ids, right, (spoken, cut) in zip(
                question, form, completions, completion_ids, gold, self._spoken, strict=True
            )
        ]
        gathered = [_Row(Place(*row[0]), *row[1:]) for row in gather_object(own)]
        everyone = _merged(gathered, self._objective.merge)
        start = self.accelerator.process_index * len(own)
        groups = _groups(everyone)
        # Where it is only measured, the gold answer is the reward, whatever the method; and no rewording is there.
        how = self._objective.method if self.model.training else METHODS["gold"]
        labels = rewards.labels(how, groups, self._objective.voting)
        for name, value in _seen(everyone, groups, labels, self._objective.voting).items():
            log_metric(name, value)
        if self.teacher and self.model.training:
            log_metric("alpha", self._alpha(self.state.global_step + 1))
        if how.logits:
            return self._own_certainty()
        return self._verdicts(how, everyone, labels)[start : start + len(own)]

    def _verdicts(self, how: Method, everyone: Sequence[_Row], labels: dict[Place, str]) -> list[float]:
        """Of every process's roll-outs."""
        if how.name == "random":
            return rewards.at_random(len(everyone), seed=f"{self.args.seed} {self.state.global_step}")
        if how.name == "format":
            return rewards.of_form([row.answer for row in everyone])
        return [rewards.matching([row.answer], labels[row.place])[0] for row in everyone]

    def _own_certainty(self) -> list[float]:
        found = certainty(
            self.model,
            self._prompt_ids,
            self._completion_ids,
            padding=self.processing_class.pad_token_id,
            chunk=self.args.per_device_train_batch_size,
            temperature=self.temperature,
        )
        return [-one.entropy if self._objective.method.name == "entropy" else one.certainty for one in found]

    # -- steps and checkpoints ----------------------------------------------------------------------------------------

    def training_step(self, model: nn.Module, inputs: Any, num_items_in_batch: Any = None) -> Tensor:
        """TRL's, which goes on with a loss that is no number."""
        loss: Tensor = super().training_step(model, inputs, num_items_in_batch)
        if not torch.isfinite(loss):
            raise InputError(
                f"the loss is {loss.item()} at step {self.state.global_step + 1}; lower the learning rate, or train in "
                f"fp32. {self._checkpoints.said()}"
            )
        return loss

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: a checkpoint says nothing that is not measured."""

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:
        with self._checkpoints.writing(self.state.global_step, first=self.args.should_save) as folder:
            super()._save_checkpoint(model, trial)
            if self.teacher and self.args.should_save:
                self.teacher.save(folder)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if self.teacher and checkpoint is not None:
            self.teacher.load(Path(checkpoint))


class _Follow(TrainerCallback):  # type: ignore[misc]
    """The teacher follows after every step of the optimiser."""

    def __init__(self, teacher: Teacher, share: Callable[[int], float]) -> None:
        self._teacher, self._share = teacher, share

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        self._teacher.follow(self._share(state.global_step))


def _text(completion: Any) -> str:
    return completion if isinstance(completion, str) else str(completion[-1]["content"])


def _merged(everyone: Sequence[_Row], merge: Callable[[Sequence[str]], list[str]]) -> list[_Row]:
    """Each question's answers, of the policy, the teacher and the gold one, in terms that stand for them."""
    said: dict[str, dict[str, str]] = {}
    for row in everyone:
        said.setdefault(row.place.question, {}).update(dict.fromkeys((row.answer, row.gold, row.teacher), ""))
    for question, answers in said.items():
        said[question] = dict(zip(answers, merge(list(answers)), strict=True))
    merged = []
    for row in everyone:
        stands = said[row.place.question]
        merged.append(row._replace(answer=stands[row.answer], gold=stands[row.gold], teacher=stands[row.teacher]))
    return merged


def _groups(everyone: Sequence[_Row]) -> dict[Place, Group]:
    found: dict[Place, list[_Row]] = {}
    for row in everyone:
        found.setdefault(row.place, []).append(row)
    return {
        place: Group(
            Answers([row.answer for row in rows], [row.truncated for row in rows]),
            Answers([row.teacher for row in rows], [row.teacher_truncated for row in rows]),
            rows[0].gold,
        )
        for place, rows in found.items()
    }


def _seen(
    everyone: Sequence[_Row], groups: dict[Place, Group], labels: dict[Place, str], voting: Voting
) -> dict[str, float]:
    """What the monitor is told of a step: see ``monitor.Observation``."""
    votes = {place: voting.of(group.policy) for place, group in groups.items()}
    said = Counter(row.answer for row in everyone if row.answer)
    known = [place for place, group in groups.items() if group.gold]
    seen = {
        "agreement": fmean(one.agreement for one in votes.values()),
        "top_answer_share": said.most_common(1)[0][1] / said.total() if said else 0.0,
        "unanswered": fmean(not row.answer for row in everyone),
        "questions": len({place.question for place in groups}),
    }
    if known:
        seen["accuracy"] = fmean(row.answer == row.gold for row in everyone if row.gold)
        # A method without labels is judged by what its groups would vote for.
        chosen = {place: labels[place] or votes[place].label for place in known}
        seen["label_accuracy"] = fmean(chosen[place] == groups[place].gold for place in known)
    return seen
