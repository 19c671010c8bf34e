"""Roll-outs of any checkpoint on a file of questions, as ``afterlore train eval`` and ``labels`` read them."""

import json
from collections.abc import Sequence
from pathlib import Path

import torch
from peft import AutoPeftModelForCausalLM
from transformers import AutoModelForCausalLM, AutoTokenizer

from afterlore.core import InputError, Progress
from afterlore.journal import mend
from afterlore.train.data import Question
from afterlore.train.hush import hush
from afterlore.train.prompts import prompt

__all__ = ["sample"]


@torch.no_grad()
def sample(
    model: str,
    questions: Sequence[Question],
    file: Path,
    *,
    count: int,
    max_tokens: int,
    temperature: float,
    system: str,
    seed: int,
    progress: Progress,
) -> None:
    """Append ``count`` roll-outs of each question that ``file`` does not hold yet, a line each.

    A question's roll-outs are a function of the seed and its place among the questions. Raises InputError for a model
    that is not there, and for a file that holds something else.
    """
    hush()
    done = _done(file)
    progress.stage("sample", len(questions))
    try:
        adapted = (Path(model) / "adapter_config.json").is_file()
        loaded = (AutoPeftModelForCausalLM if adapted else AutoModelForCausalLM).from_pretrained(model)
        tokenizer = AutoTokenizer.from_pretrained(model, padding_side="left")
    except (OSError, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise InputError(f"no model at {model!r} ({why}); name the folder of a checkpoint") from error
    loaded = loaded.to("cuda" if torch.cuda.is_available() else "cpu").eval()
    how = {"do_sample": True, "temperature": temperature, "top_k": 0} if temperature else {"do_sample": False}
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", newline="\n") as out:
        for number, question in enumerate(questions):
            if question.id not in done:
                text = prompt(question.system or system, question.prompt, tokenizer)
                given = tokenizer([text] * count, return_tensors="pt", return_token_type_ids=False).to(loaded.device)
                torch.manual_seed(seed * 1_000_003 + number)
                ids = loaded.generate(**given, max_new_tokens=max_tokens, **how)
                after = ids[:, given["input_ids"].size(1) :]
                row = {
                    "id": question.id,
                    "gold": question.gold,
                    "rollouts": tokenizer.batch_decode(after, skip_special_tokens=True),
                    "truncated": [tokenizer.eos_token_id not in one for one in after.tolist()],
                }
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()
            progress.advance()


def _done(file: Path) -> set[str]:
    """Ids that stand in the file."""
    if not file.is_file():
        return set()
    lines = file.read_bytes().rpartition(b"\n")[0].splitlines()
    try:
        rows = [json.loads(line) for line in lines]
        if all("rollouts" in row for row in rows):
            mend(file)
            return {row["id"] for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{str(file)!r} holds no roll-outs ({error}); name another --out") from error
    raise InputError(f"{str(file)!r} holds something else than roll-outs; name another --out")
