"""``afterlore train run`` from settings to checkpoints, on a tiny model whose words are whole answers."""

import json
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from afterlore.app import cli
from afterlore.core import Silent
from afterlore.train.monitor import read
from afterlore.train.settings import SHIPPED, read_settings
from afterlore.train.watch import Watch

WORDS = ["<pad>", "<end>", "?", *map(str, range(20)), "+", "和", *(rf"\boxed{{{number}}}" for number in range(8))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, and questions with rewordings, in a folder with a Chinese name."""
    place = tmp_path_factory.mktemp("训练")
    words = Tokenizer(models.WordLevel({word: at for at, word in enumerate(WORDS)}, unk_token="?"))
    words.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=words, pad_token="<pad>", eos_token="<end>")
    tokenizer.save_pretrained(place / "tiny")
    torch.manual_seed(1)
    sizes = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Qwen3Config(vocab_size=len(WORDS), num_key_value_heads=1, head_dim=16, eos_token_id=1, **sizes)
    Qwen3ForCausalLM(config).save_pretrained(place / "tiny")
    rng = random.Random(1)
    with (place / "questions.jsonl").open("w", encoding="utf-8") as file:
        for number in range(8):
            one, other = rng.randint(0, 3), rng.randint(0, 3)
            row = {"id": f"q{number}", "prompt": f"{one} + {other} ?", "gold": one + other}
            file.write(json.dumps({**row, "rewording": f"{other} 和 {one} ?"}, ensure_ascii=False) + "\n")
    (place / "run.toml").write_text(
        f"""
method = "co-rewarding-ii"
model = {json.dumps(str(place / "tiny"))}
output = "out"
[data]
questions = {json.dumps(str(place / "questions.jsonl"))}
system = ""
[rollouts]
questions = 2
group = 4
max_tokens = 6
max_prompt_tokens = 8
[optimizer]
steps = 4
learning_rate = 1e-3
[hardware]
gpus = 0
precision = "fp32"
batch = 4
checkpointing = false
[monitor]
save_every = 2
""",
        "utf-8",
    )
    return place


def sets(out: Path, **changes: Any) -> list[str]:
    pairs = {"output": str(out), **{key.replace("__", "."): value for key, value in changes.items()}}
    return [word for key, value in pairs.items() for word in ("--set", f"{key}={json.dumps(value)}")]


def run(folder: Path, out: Path, *words: str, **changes: Any) -> int:
    return cli.run(["train", "run", str(folder / "run.toml"), *sets(out, **changes), *words])


@pytest.mark.parametrize("method", ["gold", "co-rewarding-i", "co-rewarding-ii"])
def test_a_run_leaves_a_model_and_what_was_seen(
    method: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert run(folder, out, "--json", method=method) == 0
    done = json.loads(capsys.readouterr().out)
    assert done["alarm"] is None
    AutoModelForCausalLM.from_pretrained(done["checkpoint"])
    seen = read(out / "observations.jsonl")
    assert [one.step for one in seen] == [1, 2, 3, 4]
    assert all(one.accuracy is not None and one.entropy for one in seen)
    assert any(one.agreement for one in seen)
    assert [one.alpha is not None for one in seen] == [method == "co-rewarding-ii"] * 4
    assert Path(done["page"]).is_file()
    assert list((out / "tensorboard").iterdir())


def test_a_run_goes_on_and_is_not_begun_over(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    steps = {"optimizer__steps": 4, "monitor__tensorboard": False}
    assert run(folder, whole, "--json", **steps) == 0
    assert run(folder, parts, "--json", **steps) == 0
    (parts / "checkpoint-4" / "complete").unlink()
    capsys.readouterr()
    assert run(folder, parts, **steps) == 2
    assert "is not empty; go on with --resume" in capsys.readouterr().err
    assert run(folder, parts, "--resume", **steps) == 0
    assert (parts / "observations.jsonl").read_bytes() == (whole / "observations.jsonl").read_bytes()
    for name in ("model.safetensors", "teacher.safetensors"):
        assert (parts / "checkpoint-4" / name).read_bytes() == (whole / "checkpoint-4" / name).read_bytes()


def test_a_run_that_had_no_checkpoint_yet_is_begun_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, steps = tmp_path / "out", {"optimizer__steps": 2, "monitor__tensorboard": False}
    assert run(folder, out, rollouts__max_prompt_tokens=2, **steps) == 2
    assert run(folder, out, "--resume", **steps) == 2
    assert "holds no whole checkpoint; begin without --resume" in capsys.readouterr().err
    assert run(folder, out, "--json", **steps) == 0
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    assert run(folder, tmp_path / "other", **steps) == 2
    assert [file.name for file in (tmp_path / "other").iterdir()] == ["thesis.txt"]


def test_a_collapse_stops_the_run_where_that_is_asked_for(tmp_path: Path) -> None:
    state = SimpleNamespace(max_steps=60, global_step=0, is_world_process_zero=True, log_history=[])
    for stop in (True, False):
        watch = Watch(tmp_path / str(stop), "<i>训练", stop=stop, tensorboard=False, progress=Silent())
        control = SimpleNamespace(should_training_stop=False, should_save=False)
        watch.on_train_begin(None, state, control)
        for step in range(1, 60):
            state.global_step, bad = step, min(1.0, step / 30)
            seen = {"reward": 0.5 + bad / 2, "agreement": 0.5 + bad / 2, "top_answer_share": bad, "unanswered": 0.0}
            seen |= {"label_accuracy": 1 - bad, "completions/mean_length": 10 - 8 * bad, "entropy": 0.2}
            watch.on_log(None, state, control, {**seen, "completions/clipped_ratio": 0.0, "questions": 16.0})
        watch.on_train_end(None, state, control)
        assert watch.monitor.alarm
        assert control.should_training_stop is control.should_save is stop
        assert len(read(tmp_path / str(stop) / "observations.jsonl")) == 59
        page = watch.page.read_text("utf-8")
        assert "<i>" not in page
        assert "训练" in page


def test_a_run_whose_answers_cannot_be_read_says_so(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"rollouts__max_tokens": 1, "rollouts__temperature": 0.01, "optimizer__steps": 2, "method": "majority"}
    assert run(folder, tmp_path / "out", "--json", monitor__tensorboard=False, **changes) == 0
    unread = json.loads(capsys.readouterr().out)["unread"]
    seen = read(tmp_path / "out" / "observations.jsonl")
    assert unread == pytest.approx(sum(one.unanswered for one in seen) / len(seen))
    assert run(folder, tmp_path / "again", monitor__tensorboard=False, **changes) == 0
    assert ("no answer could be read" in capsys.readouterr().out) == (unread > 0.9)


def test_ctrl_c_says_how_to_go_on(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ["train", "run", str(folder / "run.toml"), *sets(out, optimizer__steps=100_000)]
    process = subprocess.Popen([sys.executable, "-m", "afterlore.app", *words], stderr=subprocess.PIPE, text=True)
    stopped = threading.Timer(120, process.kill)
    stopped.start()
    try:
        while process.poll() is None and not list(out.glob("checkpoint-*/complete")):
            # Until it has written a checkpoint there is nothing to go on from.
            threading.Event().wait(0.05)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate()
    finally:
        stopped.cancel()
    assert process.returncode == 130, said
    assert "is whole: go on with --resume" in said


def test_lora_and_evaluation(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    questions = str(folder / "questions.jsonl")
    more = {"lora__rank": 4, "data__evaluation": questions, "monitor__evaluate_every": 2, "optimizer__steps": 2}
    assert run(folder, tmp_path / "out", "--json", **more) == 0
    done = json.loads(capsys.readouterr().out)
    assert (Path(done["checkpoint"]) / "adapter_model.safetensors").is_file()
    rows = [json.loads(line) for line in (tmp_path / "out" / "evaluations.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [2]
    assert 0 <= rows[0]["accuracy"] <= 1


def test_another_run_is_not_gone_on_with(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert run(folder, out, "--json", optimizer__steps=2, monitor__tensorboard=False) == 0
    assert run(folder, out, "--resume", optimizer__steps=2, method="majority") == 2
    assert "began with method = 'co-rewarding-ii', and is to go on with 'majority'" in capsys.readouterr().err
    (out / "settings.json").write_text("{")
    assert run(folder, out, "--resume", optimizer__steps=2) == 2
    assert "settings.json' cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("lora", [0, 4])
def test_a_checkpoint_is_sampled_and_evaluated(
    lora: int, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = {"lora__rank": lora, "optimizer__steps": 2, "monitor__tensorboard": False}
    assert run(folder, tmp_path / "out", "--json", **changes) == 0
    checkpoint = json.loads(capsys.readouterr().out)["checkpoint"]
    out = tmp_path / "rollouts.jsonl"
    words = ["train", "sample", checkpoint, str(folder / "questions.jsonl"), "--out", str(out), "--n", "3"]
    words += ["--max-tokens", "5"]
    assert cli.run([*words, "--limit", "2"]) == 0
    first = out.read_bytes()
    # A line that was cut off is sampled again, and comes out the same.
    out.write_bytes(first[:-7])
    assert cli.run(words) == 0
    assert out.read_bytes().startswith(first)
    capsys.readouterr()
    assert cli.run(["train", "eval", str(out), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["questions"], said["rollouts"]) == (8, 24)
    # A path, since a hub would be asked for a name, five times.
    absent = str(tmp_path / "nowhere")
    assert cli.run(["train", "sample", absent, str(folder / "questions.jsonl"), "--out", str(out)]) == 2
    assert f"no model at {absent!r}" in capsys.readouterr().err
    assert cli.run([*words[:-6], "--out", str(folder / "questions.jsonl")]) == 2
    assert "something else than roll-outs" in capsys.readouterr().err


def test_a_plan_needs_nothing_but_the_settings(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, tmp_path / "out", "--dry-run", "--json") == 0
    plan = json.loads(capsys.readouterr().out)
    model = AutoModelForCausalLM.from_pretrained(folder / "tiny")
    assert plan["parameters"] == sum(weight.numel() for weight in model.parameters())
    assert (plan["rollouts"], plan["teacher_rollouts"], plan["batches"], plan["steps"]) == (8, 8, 2, 4)
    assert plan["schedule"][0] == [1, 0.99]
    assert not (tmp_path / "out").exists()
    assert run(folder, tmp_path / "out", "--dry-run") == 0
    assert "it fits" in capsys.readouterr().out


@pytest.mark.parametrize("name", [file.stem for file in SHIPPED.glob("*.toml")])
def test_what_is_shipped_can_be_planned(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "run", name, "--dry-run", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    settings = read_settings(name)
    assert plan["fits"]
    assert plan["rollouts"] == settings.processes * settings.hardware.batch * plan["batches"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"method": "grpo"}, "method: no method 'grpo'; there are gold, random"),
        ({"optimizer__epochs": 1.0}, "optimizer: give either steps or epochs"),
        ({"rollouts__group": 1}, "rollouts.group: input should be greater than or equal to 2, not 1"),
        ({"rollouts__grup": 1}, "rollouts.grup: there is no such key; did you mean rollouts.group?"),
        ({"hardware__batch": 3}, "hardware.batch: 8 roll-outs a step do not divide among 1 x 3"),
        ({"optimizer__kl": 0.0}, "optimizer.kl: the KL of 'co-rewarding-ii' is against its teacher"),
        ({"teacher__first": 0.0}, "teacher.first: the policy's weight falls"),
        ({"hardware__precision": "bf16"}, "hardware.gpus: without a GPU take precision 'fp32'"),
        ({"hardware__gpus": 7, "rollouts__questions": 7, "hardware__strategy": "ddp"}, "was started as 1 x 'single'"),
        ({"hardware__gpus": 1}, "but PyTorch sees 0; set hardware.gpus=0"),
        ({"labels__algebra": True, "labels__mode": "authors"}, "labels.algebra: the authors vote on raw strings"),
        ({"hardware__strategy": "ddp"}, "'ddp' shares work among GPUs; with 0 take 'single'"),
        ({"optimizer__learning_rate": "fast"}, "optimizer.learning_rate: input should be a valid number, not 'fast'"),
        ({"hardware__memory": 1e-9}, "it takes"),
        ({"data__questions": "nowhere.jsonl"}, "no such file: 'nowhere.jsonl'"),
        ({"model": "nowhere"}, "no size is known of 'nowhere'"),
        ({"rollouts__max_prompt_tokens": 2}, "8 prompts have more than 2 tokens, that of 'q0' first"),
    ],
)
def test_a_bad_setting_is_named_with_its_fix(
    changes: dict[str, Any], said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(folder, tmp_path / "out", **changes) == 2
    assert said in capsys.readouterr().err


def test_a_run_that_was_started_with_other_processes(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert run(folder, tmp_path / "out") == 2
    assert "hardware says 1 x 'single', and this was started as 2 x 'ddp'" in capsys.readouterr().err


def test_all_bad_settings_are_said_at_once(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(folder, tmp_path / "out", rollouts__group=0, hardware__batch=0, seed=-1) == 2
    assert "has 3 bad settings" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.toml"], "no such configuration: 'nowhere.toml'"),
        (["qwen4"], "or one that is shipped: qwen3-0.6b-24gb"),
        (["qwen3-8b-24gb", "--set", "rollouts"], "write it as optimizer.learning_rate=1e-6"),
        (["qwen3-8b-24gb", "--set", "method.name=1"], "'method' is no section"),
    ],
)
def test_wrong_use_of_run(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["train", "run", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_no_toml(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.toml").write_text("method = \n")
    assert cli.run(["train", "run", str(tmp_path / "bad.toml")]) == 2
    assert "is not TOML: Invalid value (at line 1" in capsys.readouterr().err
