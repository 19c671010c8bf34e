"""What a run would take: sizes against transformers and published totals, memory against what PyTorch keeps, TRL's
options by their names, and how accelerate starts it.
"""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils.launch import prepare_deepspeed_cmd_env, prepare_multi_gpu_env
from peft import get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config
from trl import GRPOConfig
from trl.kernels.chunked_logprob import TOKEN_CHUNK_SIZE
from trl.trainer.utils import _CHUNKED_LOGPROB_CHUNK_SIZE

from afterlore.app import cli
from afterlore.core import InputError
from afterlore.train import plan as planning
from afterlore.train.architectures import ARCHITECTURES, architecture
from afterlore.train.arguments import adapter, arguments
from afterlore.train.launch import check, command
from afterlore.train.plan import cached, kept, plan
from afterlore.train.settings import SHIPPED, Settings, read_settings
from conftest import ROOT

PUBLISHED = {
    "Qwen/Qwen3-0.6B": 596_049_920,
    "Qwen/Qwen3-1.7B": 1_720_574_976,
    "Qwen/Qwen3-4B": 4_022_468_096,
    "Qwen/Qwen3-8B": 8_190_735_360,
    "Qwen/Qwen3-14B": 14_768_307_200,
    "Qwen/Qwen2.5-0.5B": 494_032_768,
    "Qwen/Qwen2.5-1.5B": 1_543_714_304,
    "Qwen/Qwen2.5-3B": 3_085_938_688,
    "Qwen/Qwen2.5-7B": 7_615_616_512,
    "meta-llama/Llama-3.2-1B": 1_235_814_400,
    "meta-llama/Llama-3.2-3B": 3_212_749_824,
    "meta-llama/Llama-3.1-8B": 8_030_261_248,
}
"""Parameters of the weights on the hub, embeddings included."""

TINY = {
    "vocab_size": 100,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
}


def settings(**changes: Any) -> Settings:
    said: dict[str, Any] = {
        "method": "co-rewarding-ii",
        "model": "Qwen/Qwen3-1.7B-Base",
        "output": "out",
        "data": {"questions": "questions.jsonl"},
        "optimizer": {"steps": 100},
    }
    for key, value in changes.items():
        *path, last = key.split("__")
        tree = said
        for part in path:
            tree = tree.setdefault(part, {})
        tree[last] = value
    return Settings.model_validate(said)


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_sizes_are_those_that_were_published(name: str) -> None:
    assert ARCHITECTURES[name].parameters == PUBLISHED[name]
    assert architecture(f"{name}-Instruct") == architecture(name)


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("config", [Qwen3Config, Qwen2Config, LlamaConfig])
def test_sizes_are_those_of_the_model(config: type, tied: bool, tmp_path: Path) -> None:
    made = config(**TINY, tie_word_embeddings=tied, **({"head_dim": 16} if config is Qwen3Config else {}))
    made.save_pretrained(tmp_path)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(made)
    size = architecture(str(tmp_path))
    assert size.parameters == sum(weight.numel() for weight in model.parameters())
    assert size.positions == made.max_position_embeddings


@pytest.mark.parametrize("targets", ["all-linear", ["q_proj", "v_proj"], ["down_proj"]])
def test_sizes_are_those_of_the_adapter(targets: Any, tmp_path: Path) -> None:
    made = Qwen3Config(**TINY, head_dim=16)
    made.save_pretrained(tmp_path)
    with torch.device("meta"):
        model = AutoModelForCausalLM.from_config(made)
    said = settings(model=str(tmp_path), lora__rank=4, lora__targets=targets)
    lora = adapter(said)
    assert lora is not None
    trained = [weight for weight in get_peft_model(model, lora).parameters() if weight.requires_grad]
    assert plan(said).trainable == sum(weight.numel() for weight in trained)


def test_a_size_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no size is known of 'gpt-2'; name a folder"):
        architecture("gpt-2")
    (tmp_path / "config.json").write_text('{"model_type": "gpt2"}')
    with pytest.raises(InputError, match="cannot be read as one of qwen3, qwen2, llama"):
        architecture(str(tmp_path))


def test_memory_is_what_it_is_made_of() -> None:
    def parts(**changes: Any) -> dict[str, float]:
        return {part.name: part.gib for part in plan(settings(**changes)).memory}

    weights = PUBLISHED["Qwen/Qwen3-1.7B"] / 2**30
    whole = parts()
    assert whole["weights"] == whole["teacher or reference"] == pytest.approx(4 * weights)
    assert whole["optimiser (Adam)"] == pytest.approx(8 * weights)
    # An adapter leaves the weights in half precision, and has little to keep beside them.
    lora = parts(lora__rank=16)
    assert lora["weights"] < 0.55 * whole["weights"]
    assert lora["optimiser (Adam)"] < 0.02 * whole["optimiser (Adam)"]
    # The cache grows with roll-outs and with their length.
    twice = parts(rollouts__questions=32)["cache of keys and values"]
    assert twice == pytest.approx(2 * whole["cache of keys and values"])
    shared = parts(hardware__gpus=8, hardware__strategy="deepspeed-zero2")
    assert shared["gradients"] == pytest.approx(whole["gradients"] / 8)
    assert "cache of keys and values" not in parts(generation__engine="vllm-server")
    assert parts(hardware__checkpointing=False)["activations"] > 10 * whole["activations"]


FAMILIES = {"qwen3": Qwen3Config, "qwen2": Qwen2Config, "llama": LlamaConfig}
WIDE = {"vocab_size": 64, "hidden_size": 128, "intermediate_size": 256, "num_attention_heads": 4}


def build(family: str, layers: int, precision: str, rank: int = 0) -> Any:
    """A model as a run has it: all weights in fp32, or an adapter over weights in what is computed with."""
    more = {"head_dim": 64} if family == "qwen3" else {}
    made = FAMILIES[family](**WIDE, num_hidden_layers=layers, num_key_value_heads=2, **more)
    model = AutoModelForCausalLM.from_config(made)
    if not rank:
        return model
    lora = adapter(settings(lora__rank=rank))
    assert lora is not None
    get_peft_model(model.bfloat16() if precision == "bf16" else model, lora)
    return model


def saved(model: Any, length: int, precision: str) -> int:
    """Bytes that PyTorch keeps of a pass over one text, beside weights."""
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    seen: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in own:
            seen[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    ids = torch.zeros((1, length), dtype=torch.long)
    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"),
    ):
        model.model(input_ids=ids, use_cache=False)
    return sum(tensor.untyped_storage().nbytes() for tensor in seen.values())


def grown(family: str, precision: str, rank: int, *, checkpointing: bool) -> float:
    """Bytes for each token and layer: what two more layers add, less what weights of any length add."""
    found = {}
    for layers in (1, 3):
        model = build(family, layers, precision, rank).train()
        if checkpointing:
            model.gradient_checkpointing_enable({"use_reentrant": False})
        found[layers] = [saved(model, length, precision) for length in (32, 64)]
    (short, long), (shorter, longer) = found[3], found[1]
    return ((long - longer) - (short - shorter)) / 2 / 32


@pytest.mark.parametrize("rank", [0, 8])
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("family", FAMILIES)
def test_activations_are_what_pytorch_keeps(family: str, precision: str, rank: int, tmp_path: Path) -> None:
    build(family, 1, precision).config.save_pretrained(tmp_path)
    size, half = architecture(str(tmp_path)), 2 if precision == "bf16" else 4
    assert grown(family, precision, rank, checkpointing=False) == pytest.approx(kept(size, half, rank), rel=0.02)
    inputs = size.hidden * (half if rank else 4)
    assert grown(family, precision, rank, checkpointing=True) == pytest.approx(inputs, rel=0.02)


@pytest.mark.parametrize("rank", [0, 8])
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_cache_holds_numbers_as_wide_as_planned(family: str, precision: str, rank: int) -> None:
    model = build(family, 1, precision, rank)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, enabled=precision == "bf16"):
        layer = model(torch.zeros((1, 8), dtype=torch.long), use_cache=True).past_key_values.layers[0]
    said = cached(settings(lora__rank=rank, hardware__precision=precision))
    assert said == layer.keys.element_size() + layer.values.element_size()


def test_the_head_s_tiles_are_trl_s() -> None:
    assert (TOKEN_CHUNK_SIZE, _CHUNKED_LOGPROB_CHUNK_SIZE) == planning._TILE


def test_who_keeps_what_of_the_weights() -> None:
    def parts(strategy: str, **changes: Any) -> dict[str, float]:
        gpus = 1 if strategy == "single" else 8
        said = settings(method="gold", hardware__gpus=gpus, hardware__strategy=strategy, **changes)
        return {part.name: part.gib for part in plan(said).memory}

    one = PUBLISHED["Qwen/Qwen3-1.7B"] / 2**30
    assert parts("single")["weights"] + parts("single")["weights in half precision"] == pytest.approx(6 * one)
    assert parts("ddp")["gradients"] == pytest.approx(2 * parts("single")["gradients"])
    assert parts("deepspeed-zero2")["weights"] == pytest.approx((2 + 4 / 8) * one)
    assert parts("deepspeed-zero3")["weights"] == pytest.approx((2 + 4) / 8 * one)
    # To sample, every GPU has all of them once more.
    assert parts("deepspeed-zero3")["weights of the other GPUs"] == pytest.approx(2 * one * 7 / 8)
    assert "weights of the other GPUs" not in parts("deepspeed-zero3", generation__engine="vllm-server")
    assert parts("fsdp")["weights"] == pytest.approx(4 / 8 * one)
    tile = "logits of a tile, and the head's gradients"
    assert parts("single", lora__rank=8)[tile] < parts("single")[tile] - 0.99 * 4 * 151_936 * 2048 / 2**30


def test_texts_that_the_model_cannot_read() -> None:
    with pytest.raises(InputError, match=r"they are 33024 tokens, and '\S+' reads 32768; take 31744"):
        plan(settings(rollouts__max_tokens=32_000))


def test_steps_come_from_epochs_and_questions() -> None:
    by_epochs = settings(optimizer__steps=0, optimizer__epochs=2.0)
    assert plan(by_epochs).steps is None
    assert plan(by_epochs, 160).steps == 20
    assert plan(settings(method="co-rewarding-i"), 160).rollouts == 2 * plan(settings(method="gold"), 160).rollouts
    assert plan(settings(method="gold")).schedule == ()


def test_our_settings_are_trl_s_options() -> None:
    told = arguments(settings(hardware__gpus=0, hardware__precision="fp32", rollouts__questions=4), 100)
    assert (told.num_generations, told.per_device_train_batch_size, told.gradient_accumulation_steps) == (8, 8, 4)
    # A step is one sampling: nothing of a batch is left when a checkpoint is written.
    assert told.steps_per_generation == told.gradient_accumulation_steps
    assert (told.max_steps, told.warmup_steps, told.beta, told.epsilon) == (100, 10, 0.005, 0.2)
    assert (told.loss_type, told.scale_rewards, told.num_iterations) == ("dapo", "group", 1)
    assert adapter(settings()) is None


@pytest.mark.parametrize("engine", ["vllm-server", "vllm-colocate"])
def test_vllm_is_asked_for_by_trl_s_names(engine: str) -> None:
    cpu = {"hardware__gpus": 0, "hardware__precision": "fp32"}
    told = arguments(settings(generation__engine=engine, generation__port=8123, generation__memory=0.4, **cpu), 10)
    assert told.use_vllm
    if engine == "vllm-server":
        assert (told.vllm_mode, told.vllm_server_host, told.vllm_server_port) == ("server", "127.0.0.1", 8123)
    else:
        assert (told.vllm_mode, told.vllm_gpu_memory_utilization) == ("colocate", 0.4)
        # Room for the longest text of the run, not of the model.
        assert told.vllm_max_model_length == 1024 + 3072


def test_a_process_is_not_spread_over_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GRPOConfig, "n_gpu", 2)
    with pytest.raises(InputError, match="one process sees 2 GPUs; leave it one of them, as CUDA_VISIBLE_DEVICES=0"):
        arguments(settings(hardware__gpus=0, hardware__precision="fp32"), 10)


# -- how it is started ------------------------------------------------------------------------------------------------


def environment(line: str) -> dict[str, str]:
    """The variables of a process that accelerate starts by that line; torchrun adds how many there are."""
    words = shlex.split(line.partition("accelerate launch ")[2])
    given = launch_command_parser().parse_args([*words, "x"])
    said, *_ = _validate_launch_command(given)
    said.deepspeed_fields_from_accelerate_config = ""
    made = prepare_deepspeed_cmd_env(said)[1] if said.use_deepspeed else prepare_multi_gpu_env(said)
    return {**made, "WORLD_SIZE": str(said.num_processes)}


@pytest.mark.parametrize("strategy", ["ddp", "deepspeed-zero2", "deepspeed-zero3", "fsdp"])
def test_a_run_is_started_as_its_settings_say(strategy: str) -> None:
    said = settings(method="gold", hardware__gpus=4, hardware__strategy=strategy)
    assert plan(said).launch == command(said)
    started = environment(command(said))
    check(said, started)
    if strategy == "deepspeed-zero3":
        assert started["ACCELERATE_DEEPSPEED_ZERO3_SAVE_16BIT_MODEL"] == "true"
    for other in (
        settings(method="gold", hardware__gpus=2, hardware__strategy=strategy),
        settings(method="gold", hardware__gpus=4, hardware__strategy="ddp" if strategy == "fsdp" else "fsdp"),
        settings(method="gold"),
    ):
        with pytest.raises(InputError, match=f"and this was started as 4 x '{strategy}'; start it by: a"):
            check(other, started)


def test_a_run_on_one_gpu_is_started_alone() -> None:
    check(settings(), {})
    with pytest.raises(InputError, match=r"says 4 x 'ddp', and this was started as 1 x 'single'; start it by:"):
        check(settings(hardware__gpus=4, hardware__strategy="ddp"), {})
    with pytest.raises(InputError, match="start it by: afterlore train run"):
        check(settings(hardware__gpus=0), {"WORLD_SIZE": "2"})


@pytest.mark.parametrize("file", list(SHIPPED.glob("*.toml")), ids=lambda file: file.stem)
def test_what_is_shipped_says_how_it_is_started(file: Path) -> None:
    text = file.read_text("utf-8")
    said = read_settings(file.stem)
    assert said == read_settings(str(file))
    assert f"# {command(said)} {file.stem}" in text


# -- a plan sees the questions too -------------------------------------------------------------------------------------


def test_a_plan_says_what_the_questions_lack(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    rows = [{"id": "a", "prompt": "?", "gold": "1"}, {"id": "b", "prompt": "?"}]
    Path("questions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def planned(*changes: str) -> int:
        words = ["--set", "optimizer.steps=0", "--set", "optimizer.epochs=16"]
        return cli.run(["train", "run", "qwen3-0.6b-24gb", "--dry-run", "--json", *words, *changes])

    assert planned("--set", "method=gold") == 2
    assert "'b' has no gold answer, which 'gold' needs" in capsys.readouterr().err
    assert planned("--set", "method=gold", "--set", "data.leave_out=true") == 0
    # Of one question, not of two.
    assert json.loads(capsys.readouterr().out)["steps"] == 2
    assert planned("--set", "method=co-rewarding-i") == 2
    assert "has no rewording" in capsys.readouterr().err
    assert planned("--set", "data.rewordings=nowhere.jsonl") == 2
    assert "no such file: 'nowhere.jsonl'" in capsys.readouterr().err


def test_the_docs_tell_the_peaks_that_are_planned() -> None:
    page = (ROOT / "docs" / "train.md").read_text("utf-8")
    told = dict(re.findall(r"^\| `(qwen3-\S+)` \|.*\| ([\d.]+) GiB \|$", page, re.MULTILINE))
    assert told == {file.stem: f"{plan(read_settings(file.stem)).peak:.1f}" for file in SHIPPED.glob("*.toml")}
