"""How a run is started: what shares the work among GPUs is said to ``accelerate launch``, before there is a process.

So settings only say what it ought to be. A run that was started otherwise would train with other batches, or with a
teacher that sees a part of the weights.
"""

from collections.abc import Mapping

from afterlore.core import InputError
from afterlore.train.settings import Settings, Strategy

__all__ = ["check", "command"]

_OPTIONS: Mapping[Strategy, str] = {
    "ddp": "--multi_gpu",
    "deepspeed-zero2": "--use_deepspeed --zero_stage 2",
    # Without the last one a checkpoint is no model that transformers can load.
    "deepspeed-zero3": "--use_deepspeed --zero_stage 3 --zero3_init_flag true --zero3_save_16bit_model true",
    "fsdp": "--use_fsdp --fsdp_version 2 --fsdp_auto_wrap_policy TRANSFORMER_BASED_WRAP "
    "--fsdp_state_dict_type FULL_STATE_DICT",
}


def command(settings: Settings) -> str:
    """The line that starts it, up to the name of its configuration."""
    hardware = settings.hardware
    if hardware.strategy == "single":
        return "afterlore train run"
    options = f"--num_processes {hardware.gpus} --mixed_precision {hardware.precision.replace('fp32', 'no')}"
    return f"accelerate launch {options} {_OPTIONS[hardware.strategy]} -m afterlore.app train run"


def check(settings: Settings, environment: Mapping[str, str]) -> None:
    """Raises InputError where the variables that accelerate sets tell of another start than ``settings``."""
    started = int(environment.get("WORLD_SIZE", 1)), _strategy(environment)
    wanted = settings.processes, settings.hardware.strategy
    if started != wanted:
        said, is_ = (f"{processes} x {strategy!r}" for processes, strategy in (wanted, started))
        raise InputError(f"hardware says {said}, and this was started as {is_}; start it by: {command(settings)} …")


def _strategy(environment: Mapping[str, str]) -> str:
    if environment.get("ACCELERATE_USE_DEEPSPEED") == "true":
        return f"deepspeed-zero{environment.get('ACCELERATE_DEEPSPEED_ZERO_STAGE', '?')}"
    if environment.get("ACCELERATE_USE_FSDP") == "true":
        return "fsdp"
    return "ddp" if int(environment.get("WORLD_SIZE", 1)) > 1 else "single"
