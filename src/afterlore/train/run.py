"""One training run, from settings to checkpoints: reads the questions, loads the model, trains, and can be resumed."""

from pathlib import Path
from typing import Any, NamedTuple

from datasets import Dataset
from peft import get_peft_model
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase, PrinterCallback
from transformers.trainer_utils import set_seed

from afterlore.core import InputError, Interrupted, Progress
from afterlore.grading import key, read
from afterlore.train.arguments import adapter, arguments
from afterlore.train.checkpoint import Checkpoints
from afterlore.train.data import Question, check, read_questions
from afterlore.train.methods import method
from afterlore.train.monitor import Alarm
from afterlore.train.plan import plan
from afterlore.train.rewards import Voting
from afterlore.train.settings import Settings
from afterlore.train.trainer import Objective, VoteTrainer
from afterlore.train.watch import Watch

__all__ = ["Done", "train"]


class Done(NamedTuple):
    """Where a run's results are."""

    checkpoint: Path
    """The last one; its folder is a model, or an adapter, as every other."""
    page: Path
    alarm: Alarm | None


def train(settings: Settings, *, resume: bool, progress: Progress) -> Done:
    """The whole run.

    Raises InputError for what cannot be trained on, and for a folder that holds another run where ``resume`` is off.
    """
    how, out = method(settings.method), Path(settings.output)
    last = Checkpoints(out, settings.monitor.keep).last() if resume else None
    if last is None and out.is_dir() and any(out.iterdir()):
        raise InputError(f"{settings.output!r} is not empty; go on with --resume, or name another output")
    questions = _questions(settings.data.questions, settings.data.rewordings, settings.data.limit)
    check(questions, how)
    steps = plan(settings, len(questions)).steps or 1
    tokenizer = _tokenizer(settings.model)
    watch = Watch(
        out, stop=settings.monitor.stop_on_collapse, tensorboard=settings.monitor.tensorboard, progress=progress
    )
    trainer = VoteTrainer(
        _model(settings),
        arguments(settings, steps),
        _rows(questions, settings, tokenizer, settings.forms),
        tokenizer,
        Objective(
            how,
            lambda text: read(text, settings.labels.mode),
            settings.forms,
            Voting(settings.labels.ties, settings.labels.minimum, settings.seed),
            settings.teacher.first,
            settings.teacher.last,
        ),
        evaluation=_evaluation(settings, tokenizer),
        callbacks=[watch],
        keep=settings.monitor.keep,
    )
    trainer.remove_callback(PrinterCallback)
    checkpoints = Checkpoints(out, settings.monitor.keep)
    try:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped after step {trainer.state.global_step}. {checkpoints.said()}") from None
    return Done(checkpoints.last(), out / "run.html", watch.monitor.alarm)


def _questions(file: str, rewordings: str, limit: int) -> list[Question]:
    return read_questions(Path(file), Path(rewordings) if rewordings else None, limit=limit)


def _tokenizer(model: str) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(model, padding_side="left")
    except (OSError, ValueError) as error:
        raise InputError(f"no model at {model!r} ({error}); name a folder, or a name on a hub that answers") from error


def _model(settings: Settings) -> Any:
    # Without an adapter, weights are kept in fp32 and computed with in half precision: a step of 3e-6 is below what
    # bf16 can tell apart.
    dtype = "bfloat16" if settings.lora.rank and settings.hardware.precision == "bf16" else "float32"
    model = AutoModelForCausalLM.from_pretrained(settings.model, dtype=dtype)
    lora = adapter(settings)
    if lora is None:
        return model
    set_seed(settings.seed)
    return get_peft_model(model, lora)


def _rows(questions: list[Question], settings: Settings, tokenizer: PreTrainedTokenizerBase, forms: int) -> Dataset:
    rows = []
    for question in questions:
        system = question.system or settings.data.system
        for form, text in enumerate([question.prompt, question.rewording][:forms]):
            prompt = _prompt(system, text, chat=bool(tokenizer.chat_template))
            row = {"prompt": prompt, "question": question.id, "form": form}
            rows.append({**row, "gold": _gold(question, settings)})
    _short_enough(rows, settings, tokenizer)
    return Dataset.from_list(rows)


def _gold(question: Question, settings: Settings) -> str:
    return question.gold if settings.labels.mode == "authors" else key(question.gold)


def _prompt(system: str, text: str, *, chat: bool) -> Any:
    if not chat:
        return f"{system}\n\n{text}\n" if system else text
    before = [{"role": "system", "content": system}] if system else []
    return [*before, {"role": "user", "content": text}]


def _short_enough(rows: list[dict[str, Any]], settings: Settings, tokenizer: PreTrainedTokenizerBase) -> None:
    limit, long = settings.rollouts.max_prompt_tokens, []
    for row in rows:
        prompt = row["prompt"]
        text = prompt if isinstance(prompt, str) else tokenizer.apply_chat_template(prompt, tokenize=False)
        if len(tokenizer(text)["input_ids"]) > limit:
            long.append(row["question"])
    if long:
        raise InputError(
            f"{len(long)} prompts have more than {limit} tokens, that of {long[0]!r} first; "
            "raise rollouts.max_prompt_tokens, or leave them out"
        )


def _evaluation(settings: Settings, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    if not (settings.data.evaluation and settings.monitor.evaluate_every):
        return None
    questions = _questions(settings.data.evaluation, "", 0)
    check(questions, method("gold"))
    return _rows(questions, settings, tokenizer, 1)
