"""The trainer on a tiny model: what TRL makes of our rewards, several processes, resuming, and what goes wrong."""

import json
import math
import os
import random
import resource
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM, Qwen3ForCausalLM, TrainerCallback

import tiny_run
from afterlore.core import InputError
from afterlore.train.certainty import certainty
from afterlore.train.methods import METHODS
from afterlore.train.pairs import PairSampler
from afterlore.train.rewards import advantages
from afterlore.train.schedule import alpha
from afterlore.train.teacher import FILE, Teacher
from afterlore.train.trainer import VoteTrainer
from tiny_run import GROUP, Recorded, trainer

STEPS = 6


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_run.base(tmp_path_factory.mktemp("base"))


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: weight.detach().clone() for name, weight in model.named_parameters()}


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def seen(made: VoteTrainer, name: str) -> list[float]:
    return [row[name] for row in made.state.log_history if name in row]


@pytest.mark.parametrize("method", METHODS)
def test_every_method_trains(method: str, base: Path, tmp_path: Path) -> None:
    made = trainer(base, tmp_path, method, max_steps=2)
    before = weights(made.model)
    made.train()
    assert len(seen(made, "agreement")) == len(seen(made, "label_accuracy")) == 2
    # What nobody could read earns nothing and teaches nothing.
    assert same(before, weights(made.model)) == all(one == 0 for one in seen(made, "grad_norm"))


def test_advantages_through_trl_are_ours(base: Path, tmp_path: Path) -> None:
    made = trainer(base, tmp_path, "random")
    made.model.train()
    rewards: list[float] = []
    own = made._reward

    def remembered(**given: Any) -> list[float]:
        rewards.extend(own(**given))
        return rewards

    made.reward_funcs = [remembered]
    rng = random.Random(1)
    data = tiny_run.rows()
    inputs = [data[rng.randrange(len(data))] for _ in range(256)]
    found = made._generate_and_score_completions([row for row in inputs for _ in range(GROUP)])["advantages"].tolist()
    assert len(found) == 256 * GROUP
    for start in range(0, len(found), GROUP):
        for one, other in zip(found[start : start + GROUP], advantages(rewards[start : start + GROUP]), strict=True):
            assert one == pytest.approx(other, rel=1e-3)


def test_two_processes_reward_as_one_does(base: Path, tmp_path: Path) -> None:
    program = [sys.executable, str(Path(tiny_run.__file__))]
    alone, together = tmp_path / "alone", tmp_path / "together"
    subprocess.run([*program, str(base), str(alone), str(2 * GROUP)], check=True, capture_output=True)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with ExitStack() as stack:
        runs = []
        for rank in range(2):
            world = {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2"}
            environment = {**os.environ, **world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
            environment |= {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true"}
            words = [*program, str(base), str(together), str(GROUP)]
            run = stack.enter_context(subprocess.Popen(words, env=environment, stderr=subprocess.PIPE))
            stack.callback(run.kill)
            runs.append(run)
        for run in runs:
            _, said = run.communicate(timeout=120)
            assert run.returncode == 0, said.decode()[-2000:]
    parts = [json.loads((together / f"rewards-{rank}.json").read_text()) for rank in range(2)]
    # One form of each question was on one process, the other on the other.
    assert not parts[0].keys() & parts[1].keys()
    assert {key.rpartition(" ")[0] for key in parts[0]} == {key.rpartition(" ")[0] for key in parts[1]}
    whole = json.loads((alone / "rewards-0.json").read_text())
    assert {**parts[0], **parts[1]} == whole
    assert 0 < sum(map(sum, whole.values())) < STEPS * 2 * GROUP


class _Stopped(TrainerCallback):
    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        if state.global_step == 4:
            raise KeyboardInterrupt


@pytest.mark.parametrize("method", ["co-rewarding-ii", "entropy"])
@pytest.mark.parametrize("lora", [False, True])
def test_a_run_that_was_stopped_goes_on_as_if_it_were_not(method: str, lora: bool, base: Path, tmp_path: Path) -> None:
    def made(name: str, **changes: Any) -> VoteTrainer:
        kind = Recorded if method == "co-rewarding-ii" else VoteTrainer
        policy = adapted(base) if lora else None
        saved = {"save_strategy": "steps", "save_steps": 3}
        return trainer(base, tmp_path / name, method, kind=kind, policy=policy, **saved, **changes)

    whole = made("whole")
    start = weights(whole.model)
    whole.train()
    assert not same(start, weights(whole.model))
    with pytest.raises(KeyboardInterrupt):
        made("parts", callbacks=[_Stopped()]).train()
    again = made("parts")
    again.train(resume_from_checkpoint=str(again._checkpoints.last()))
    assert same(weights(whole.model), weights(again.model))
    if whole.teacher:
        assert again.teacher
        assert same(weights(whole.teacher.model), weights(again.teacher.model))
    assert seen(whole, "reward") == seen(again, "reward")
    assert [folder.name for folder in again._checkpoints.whole()] == ["checkpoint-3", "checkpoint-6"]


def adapted(base: Path) -> PeftModel:
    torch.manual_seed(1)
    return get_peft_model(Qwen3ForCausalLM.from_pretrained(base), LoraConfig(r=4, target_modules="all-linear"))


def test_lora_with_a_teacher_leaves_the_model_alone_and_loads_again(base: Path, tmp_path: Path) -> None:
    saved = {"save_strategy": "steps", "save_steps": 2, "max_steps": 2}
    made = trainer(base, tmp_path, "co-rewarding-ii", kind=Recorded, policy=adapted(base), **saved)
    before = weights(made.model)
    made.train()
    after = weights(made.model)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    assert all("lora" in name for name in moved)
    assert {name.split(".")[-2] for name in moved} == {"default", "ref"}
    again = PeftModel.from_pretrained(AutoModelForCausalLM.from_pretrained(base), tmp_path / "checkpoint-2")
    assert same(
        {name: weight for name, weight in weights(again).items() if "lora" in name},
        {name: weight for name, weight in after.items() if ".default." in name},
    )


def test_a_checkpoint_is_a_plain_model(base: Path, tmp_path: Path) -> None:
    saved = {"save_strategy": "steps", "save_steps": 2, "max_steps": 2}
    made = trainer(base, tmp_path, "co-rewarding-ii", kind=Recorded, **saved)
    made.train()
    assert same(weights(made.model), weights(AutoModelForCausalLM.from_pretrained(tmp_path / "checkpoint-2")))


def test_the_teacher_follows_as_its_schedule_says(base: Path, tmp_path: Path) -> None:
    made = trainer(base, tmp_path, "co-rewarding-ii", kind=Recorded)
    assert made.teacher
    expected = weights(made.model)
    path: list[dict[str, torch.Tensor]] = []

    class Remember(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            path.append(weights(made.model))

    made.add_callback(Remember())
    made.train()
    for step, policy in enumerate(path, 1):
        share = alpha(step, STEPS)
        expected = {name: expected[name] * share + policy[name] * (1 - share) for name in expected}
    found = weights(made.teacher.model)
    assert all(torch.allclose(found[name], expected[name], atol=1e-6) for name in expected)


@pytest.mark.parametrize("lora", [False, True])
def test_policy_and_teacher_each_speak_for_themselves(lora: bool, base: Path, tmp_path: Path) -> None:
    made = trainer(base, tmp_path, "co-rewarding-ii", max_steps=1, policy=adapted(base) if lora else None)
    assert made.teacher
    spoke: list[str] = []

    def listening(model: Any, name: str) -> None:
        own = model.generate

        def generate(*args: Any, **kwargs: Any) -> Any:
            spoke.append(model.active_adapter if lora else name)
            return own(*args, **kwargs)

        model.generate = generate

    listening(made.model, "policy")
    if not lora:
        listening(made.teacher.model, "teacher")
    made.train()
    assert spoke == (["default", "ref"] if lora else ["policy", "teacher"])
    trained = {name for name, weight in made.model.named_parameters() if weight.requires_grad}
    assert trained
    assert not any(".ref." in name for name in trained)
    assert not lora or all(".default." in name for name in trained)
    assert len(made._spoken) == 4 * GROUP


def test_a_teacher_follows_steps_that_half_precision_cannot_tell(base: Path) -> None:
    policy, average = (Qwen3ForCausalLM.from_pretrained(base, dtype=torch.bfloat16) for _ in range(2))
    teacher = Teacher(policy, average)
    before = weights(teacher.model)
    with torch.no_grad():
        for weight in policy.parameters():
            weight.add_(1)
    for _ in range(10):
        teacher.follow(1 - 1e-5)
    for name, weight in weights(teacher.model).items():
        moved = weight - before[name]
        assert torch.allclose(moved, torch.full_like(moved, 1e-4), rtol=0.05)


def test_certainty_is_that_of_the_distribution(base: Path) -> None:
    model = Qwen3ForCausalLM.from_pretrained(base).eval()
    prompts, completions = [[5, 6], [4, 5, 6, 7]], [[7, 8, 9], [2, 1]]
    found = certainty(model, prompts, completions, padding=0, chunk=2)
    for prompt, completion, one in zip(prompts, completions, found, strict=True):
        with torch.no_grad():
            logits = model(torch.tensor([prompt + completion])).logits[0, len(prompt) - 1 : -1].double()
        shares = torch.softmax(logits, -1)
        entropy = -(shares * shares.log()).sum(-1).mean().item()
        uniform = torch.full_like(shares, 1 / shares.size(-1))
        assert one.entropy == pytest.approx(entropy, abs=1e-5)
        assert one.certainty == pytest.approx((uniform * (uniform / shares).log()).sum(-1).mean().item(), abs=1e-5)
    torch.nn.init.zeros_(model.lm_head.weight)
    assert certainty(model, prompts, completions, padding=0, chunk=1)[0] == pytest.approx(
        (math.log(model.config.vocab_size), 0), abs=1e-5
    )


def test_the_forms_of_a_question_are_neighbours_whatever_the_order() -> None:
    sampler = PairSampler(10, questions=2, forms=2, group=3, steps=5, seed=1, repeats=2)
    found = list(sampler)
    assert len(found) == len(sampler) == 5 * 2 * 2 * 3 * 2
    assert found == list(sampler) != list(PairSampler(10, questions=2, forms=2, group=3, steps=5, seed=2, repeats=2))
    for start in range(0, len(found), 12):
        step = found[start : start + 12]
        assert [one // 2 for one in step[::3]] == [step[0] // 2] * 2 + [step[6] // 2] * 2
        assert step[0] // 2 != step[6] // 2
    with pytest.raises(InputError, match="takes 4 questions in 2 forms, but there are 6 prompts"):
        PairSampler(6, questions=4, forms=2, group=3, steps=5, seed=1)


def test_a_disk_that_is_full_leaves_the_last_checkpoint_whole(base: Path, tmp_path: Path) -> None:
    class Full(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
            if state.global_step == 4:
                # No file may grow beyond this: what a full disk does in the middle of one.
                resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))

    made = trainer(base, tmp_path, "co-rewarding-ii", save_strategy="steps", save_steps=2, callbacks=[Full()])
    try:
        with pytest.raises(InputError, match=r"checkpoint-4' cannot be written .*checkpoint-2' is whole"):
            made.train()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert made._checkpoints.last().name == "checkpoint-2"
    assert not (tmp_path / "checkpoint-4").exists()


def test_a_loss_that_is_no_number_ends_the_run(base: Path, tmp_path: Path) -> None:
    class Broken(TrainerCallback):
        def on_step_end(self, args: Any, state: Any, control: Any, model: Any, **_: Any) -> None:  # noqa: ARG002
            if state.global_step == 2:
                model.model.layers[1].mlp.down_proj.weight.data[0, 0] = math.nan

    saved = {"save_strategy": "steps", "save_steps": 1}
    made = trainer(base, tmp_path, "random", kind=Recorded, callbacks=[Broken()], **saved)
    with pytest.raises(InputError, match=r"the loss is nan at step 3; lower the learning rate"):
        made.train()


def test_a_teacher_that_is_not_this_model_s_is_refused(base: Path, tmp_path: Path) -> None:
    made = trainer(base, tmp_path, "co-rewarding-ii")
    assert made.teacher
    with pytest.raises(InputError, match=f"holds no {FILE}"):
        made.teacher.load(tmp_path)
    (tmp_path / FILE).write_bytes(b"torn")
    with pytest.raises(InputError, match="cannot be read"):
        made.teacher.load(tmp_path)
    other = trainer(base, tmp_path, "co-rewarding-ii", policy=adapted(base))
    assert other.teacher
    other.teacher.save(tmp_path)
    with pytest.raises(InputError, match="is the teacher of another model"):
        made.teacher.load(tmp_path)


def test_what_a_method_needs_is_said_before_it_trains(base: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is what the KL is against; set it above 0"):
        trainer(base, tmp_path, "co-rewarding-ii", beta=0.0)
    made = trainer(base, tmp_path, "majority")
    with pytest.raises(InputError, match="holds no whole checkpoint; begin without --resume"):
        made._checkpoints.last()
