"""What a run would take: sizes against transformers and published totals, memory by its parts, TRL's options."""

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import get_peft_model
from transformers import AutoModelForCausalLM, LlamaConfig, Qwen2Config, Qwen3Config

from afterlore.core import InputError
from afterlore.train.architectures import ARCHITECTURES, architecture
from afterlore.train.arguments import adapter, arguments
from afterlore.train.plan import plan
from afterlore.train.settings import Settings

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
    lora = adapter(settings(lora__rank=4))
    assert lora is not None
    trained = [weight for weight in get_peft_model(model, lora).parameters() if weight.requires_grad]
    assert size.adapter(4) == sum(weight.numel() for weight in trained)


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
    assert shared["weights"] == whole["weights"]
    assert "cache of keys and values" not in parts(generation__engine="vllm-server")
    assert parts(hardware__checkpointing=False)["activations"] > 10 * whole["activations"]


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
