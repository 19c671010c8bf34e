"""One training run, from settings to checkpoints: reads the questions, loads the model, trains, and can be resumed."""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from datasets import Dataset
from peft import get_peft_model
from pydantic import ValidationError
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase, PrinterCallback
from transformers.trainer_utils import set_seed

from afterlore.core import InputError, Interrupted, Progress
from afterlore.grading import key, read, representatives
from afterlore.train.arguments import adapter, arguments
from afterlore.train.checkpoint import Checkpoints
from afterlore.train.data import Question, read_questions, usable
from afterlore.train.hush import hush
from afterlore.train.methods import METHODS, method
from afterlore.train.monitor import Alarm
from afterlore.train.plan import plan
from afterlore.train.prompts import messages, prompt
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
    unread: float
    """Share of roll-outs without an answer that could be read."""


def train(settings: Settings, *, resume: bool, progress: Progress) -> Done:
    """The whole run.

    Raises InputError for what cannot be trained on, and for a folder that holds another run where ``resume`` is off.
    """
    hush()
    how, out = method(settings.method), Path(settings.output)
    checkpoints = Checkpoints(out, settings.monitor.keep)
    last = _last(settings, checkpoints, resume=resume)
    questions = _questions(settings)
    _machine(settings)
    tokenizer = _tokenizer(settings.model)
    rows = _rows(questions, settings, tokenizer, settings.forms)
    steps = plan(settings, len(rows) // settings.forms).steps or 1
    out.mkdir(parents=True, exist_ok=True)
    (out / _SETTINGS).write_text(settings.model_dump_json(indent=1), "utf-8")
    watch = Watch(
        out,
        f"{settings.method}: {Path(settings.model).name}",
        stop=settings.monitor.stop_on_collapse,
        tensorboard=settings.monitor.tensorboard,
        progress=progress,
    )
    trainer = VoteTrainer(
        _model(settings),
        arguments(settings, steps),
        Dataset.from_list(rows),
        tokenizer,
        Objective(
            how,
            lambda text: read(text, settings.labels.mode),
            settings.forms,
            Voting(settings.labels.ties, settings.labels.minimum, settings.seed),
            settings.teacher.first,
            settings.teacher.last,
            representatives if settings.labels.algebra else list,
        ),
        evaluation=_evaluation(settings, tokenizer),
        callbacks=[watch],
        keep=settings.monitor.keep,
    )
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=str(last) if last else None)
    except KeyboardInterrupt:
        raise Interrupted(f"stopped after step {trainer.state.global_step}. {checkpoints.said()}") from None
    except torch.OutOfMemoryError as error:
        raise InputError(
            f"the GPU's memory is full; take a smaller hardware.batch or rollouts.max_tokens. {checkpoints.said()}"
        ) from error
    return Done(checkpoints.last(), watch.page, watch.monitor.alarm, watch.unread)


_SETTINGS = "settings.json"
"""What a run was told, in its folder."""
_MAY_CHANGE = {"output", "generation", "hardware", "monitor"}


def _last(settings: Settings, checkpoints: Checkpoints, *, resume: bool) -> Path | None:
    """The checkpoint to go on from; None to begin. Raises InputError where neither may be."""
    out = Path(settings.output)
    if resume:
        last = checkpoints.last()
        _same_run(settings, out)
        return last
    # A run that had no checkpoint yet has nothing to lose.
    ours = (out / _SETTINGS).is_file() and not checkpoints.whole()
    if out.is_dir() and any(out.iterdir()) and not ours:
        raise InputError(f"{settings.output!r} is not empty; go on with --resume, or name another output")
    return None


def _same_run(settings: Settings, out: Path) -> None:
    """Raises InputError where another run than ``settings`` has begun in the folder."""
    try:
        before = Settings.model_validate_json((out / _SETTINGS).read_bytes(), strict=False)
    except (OSError, ValidationError) as error:
        raise InputError(f"{str(out / _SETTINGS)!r} cannot be read; begin anew in another output") from error
    one, other = (which.model_dump(exclude=_MAY_CHANGE) for which in (before, settings))
    if changed := [name for name in one if one[name] != other[name]]:
        raise InputError(
            f"{str(out)!r} began with {changed[0]} = {one[changed[0]]!r}, and is to go on with {other[changed[0]]!r}; "
            f"only {', '.join(sorted(_MAY_CHANGE))} may change"
        )


def _machine(settings: Settings) -> None:
    """Raises InputError where the machine has fewer GPUs than the settings say."""
    if settings.hardware.gpus > torch.cuda.device_count():
        raise InputError(
            f"hardware.gpus is {settings.hardware.gpus}, but PyTorch sees {torch.cuda.device_count()}; "
            "set hardware.gpus=0 and hardware.precision=fp32 to train on the processor"
        )


def _questions(settings: Settings) -> list[Question]:
    data = settings.data
    rewordings = Path(data.rewordings) if data.rewordings else None
    questions = read_questions(Path(data.questions), rewordings, limit=data.limit)
    return usable(questions, method(settings.method), leave_out=data.leave_out)


def _tokenizer(model: str) -> PreTrainedTokenizerBase:
    try:
        return AutoTokenizer.from_pretrained(model, padding_side="left")
    except (OSError, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"no model at {model!r} ({why}); name a folder, or a name on a hub that answers") from error


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


def _rows(
    questions: list[Question], settings: Settings, tokenizer: PreTrainedTokenizerBase, forms: int
) -> list[dict[str, Any]]:
    """The forms of a question side by side, for those whose prompts are short enough."""
    rows, long = [], []
    for question in questions:
        system = question.system or settings.data.system
        texts = [question.prompt, question.rewording][:forms]
        lengths = [len(tokenizer(prompt(system, text, tokenizer))["input_ids"]) for text in texts]
        if max(lengths) > settings.rollouts.max_prompt_tokens:
            long.append(question.id)
            continue
        gold = question.gold if settings.labels.mode == "authors" else key(question.gold)
        for form, text in enumerate(texts):
            # TRL applies the template itself.
            given = messages(system, text) if tokenizer.chat_template else prompt(system, text, tokenizer)
            rows.append({"prompt": given, "question": question.id, "form": form, "gold": gold})
    if (long and not settings.data.leave_out) or not rows:
        raise InputError(
            f"{len(long)} prompts have more than {settings.rollouts.max_prompt_tokens} tokens, that of {long[0]!r} "
            "first; raise rollouts.max_prompt_tokens, or set data.leave_out"
        )
    return rows


def _evaluation(settings: Settings, tokenizer: PreTrainedTokenizerBase) -> Dataset | None:
    if not (settings.data.evaluation and settings.monitor.evaluate_every):
        return None
    questions = usable(read_questions(Path(settings.data.evaluation)), METHODS["gold"])
    return Dataset.from_list(_rows(questions, settings, tokenizer, 1))
