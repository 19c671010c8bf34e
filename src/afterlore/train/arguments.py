"""Our settings as TRL's: the one place that knows the names of its options."""

from typing import Any

from peft import LoraConfig
from trl import GRPOConfig

from afterlore.core import InputError
from afterlore.train.settings import Settings

__all__ = ["adapter", "arguments"]


def arguments(settings: Settings, steps: int) -> GRPOConfig:
    """For a run of ``steps`` steps. Raises InputError where PyTorch would share a process among several GPUs.

    ``dapo`` is the mean over all tokens of a step that the authors' trainer takes; TRL's ``grpo`` is a mean over
    roll-outs of the means over their tokens, in which short ones weigh more.
    """
    rollouts, hardware, optimizer = settings.rollouts, settings.hardware, settings.optimizer
    told = GRPOConfig(
        output_dir=settings.output,
        seed=settings.seed,
        max_steps=steps,
        per_device_train_batch_size=hardware.batch,
        gradient_accumulation_steps=settings.accumulation,
        num_generations=rollouts.group,
        max_completion_length=rollouts.max_tokens,
        temperature=rollouts.temperature,
        top_p=rollouts.top_p,
        learning_rate=optimizer.learning_rate,
        weight_decay=optimizer.weight_decay,
        lr_scheduler_type="cosine",
        warmup_steps=int(optimizer.warmup * steps),
        beta=optimizer.kl,
        epsilon=optimizer.clip,
        loss_type="dapo",
        scale_rewards="group",
        bf16=hardware.precision == "bf16",
        use_cpu=not hardware.gpus,
        activation_checkpointing=hardware.checkpointing,
        logging_steps=1,
        save_strategy="steps",
        save_steps=settings.monitor.save_every,
        eval_strategy="steps" if settings.monitor.evaluate_every and settings.data.evaluation else "no",
        eval_steps=settings.monitor.evaluate_every or None,
        per_device_eval_batch_size=hardware.batch * rollouts.group,
        report_to=[],
        disable_tqdm=True,
        **_engine(settings),
    )
    if told.n_gpu > 1:
        # It would multiply the batch by their number.
        raise InputError(f"one process sees {told.n_gpu} GPUs; leave it one of them, as CUDA_VISIBLE_DEVICES=0 does")
    return told


def _engine(settings: Settings) -> dict[str, Any]:
    generation = settings.generation
    if generation.engine == "transformers":
        return {}
    if generation.engine == "vllm-server":
        return {
            "use_vllm": True,
            "vllm_mode": "server",
            "vllm_server_host": generation.host,
            "vllm_server_port": generation.port,
        }
    return {
        "use_vllm": True,
        "vllm_mode": "colocate",
        "vllm_gpu_memory_utilization": generation.memory,
        # Else it sets a cache aside for the longest text that the model could read.
        "vllm_max_model_length": settings.rollouts.max_prompt_tokens + settings.rollouts.max_tokens,
    }


def adapter(settings: Settings) -> LoraConfig | None:
    """The adapter's; None where all weights are trained."""
    lora = settings.lora
    if not lora.rank:
        return None
    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        task_type="CAUSAL_LM",
    )
