"""Parts that a method of training is built from, and the settings that all methods share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peft import LoraConfig

from .job import Job
from .plan import Plan
from .sampling import EpochSampler
from .validation import Validation


@dataclass(frozen=True)
class Material:
    """Examples of a job in the form of its method, and their lengths in tokens."""

    train: Any
    valid: Any | None
    lengths: list[int]


@dataclass(frozen=True)
class Parts:
    """Trainer of a library with the validation of its method."""

    trainer: Any
    validation: Validation | None


class InOrder:
    """Mix-in of trainers: the order of the examples comes from our sampler."""

    sampler_of_epochs: EpochSampler | None = None

    def _get_train_sampler(self, *_: Any, **__: Any) -> EpochSampler | None:
        return self.sampler_of_epochs


def lora(job: Job) -> LoraConfig:
    """Adapter of the job. No dropout: a resumed training then needs no random numbers of the interrupted one."""
    return LoraConfig(
        r=job.advanced.lora_rank,
        lora_alpha=job.advanced.lora_alpha,
        target_modules=job.advanced.target_modules,
        lora_dropout=0.0,
        bias="none",
        task_type="CAUSAL_LM",
    )


def shared_arguments(job: Job, plan: Plan, device: str, *, half: bool) -> dict[str, Any]:
    """Arguments of the trainer's configuration that do not depend on the method."""
    return {
        "output_dir": str(job.output),
        "seed": job.seed,
        "num_train_epochs": plan.n_epochs,
        "per_device_train_batch_size": plan.micro_batch,
        "gradient_accumulation_steps": plan.gradient_accumulation,
        "gradient_checkpointing": plan.checkpointing,
        "learning_rate": plan.learning_rate,
        "lr_scheduler_type": "linear",
        "logging_steps": 1,
        # A loss that is no number ends the training; the library would hide it in the mean of the others.
        "logging_nan_inf_filter": False,
        # Validation and checkpoints are decided by our callback.
        "save_strategy": "no",
        "eval_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "use_cpu": device == "cpu",
        "bf16": half,
        "dataloader_pin_memory": device == "cuda",
        "push_to_hub": False,
    }


def sampler(job: Job, plan: Plan, lengths: list[int]) -> EpochSampler:
    """Order of the examples by seed and epoch."""
    return EpochSampler(lengths, plan.batch_size, job.seed, grouped=job.advanced.group_by_length)
