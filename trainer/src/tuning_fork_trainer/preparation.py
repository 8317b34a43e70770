"""Everything of a job before its first step: model, examples, plan, and the figures of the message `ready`."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from typing import Any

from .job import Job
from .protocol import Channel, Refusal, world_size

METHODS = {"supervised": "supervised", "dpo": "preference", "reinforcement": "reinforcement"}


@dataclass(frozen=True)
class Prepared:
    """Job that can be trained. `ready` has the fields of that message but for the steps."""

    plan: Any
    parts: Any
    device: str
    ready: dict[str, Any]


def prepare_job(job: Job, channel: Channel, folder: Path) -> Prepared:
    """Load and check everything, and measure the speed. Raises Refusal, or what the libraries raise.

    The libraries' trainer makes `folder` and writes its checkpoints into it.
    """
    from . import devices

    device = devices.choose(job.device)
    available = devices.available_memory(device)
    devices.set_threads(job.threads)
    method = import_module(f".{METHODS[job.method]}", __package__)

    from transformers import set_seed

    from . import models
    from .chat import PLAIN_TEMPLATE, template_facts
    from .estimate import Shape, choose_plan, memory_needed

    if job.graders is not None:
        method.build_grader(job.graders)
    source = models.locate(job.located or job.model, job.revision)
    config, tokenizer = models.load_config(source), models.load_tokenizer(source)
    facts = template_facts(tokenizer)
    _tell_facts(facts, channel)
    if not facts.has_template:
        tokenizer.chat_template = PLAIN_TEMPLATE
    material, max_length = method.prepare(job, tokenizer, models.longest(config, tokenizer), channel)

    from .inspection import lora_parameters, parameters_of
    from .plan import plans

    parameters = parameters_of(source, config)
    shape = Shape.of(config, parameters, lora_parameters(config, job))
    width = 2 if models.dtype_of(device).itemsize == 2 else 4
    plan, needed = choose_plan(
        plans(job, material.lengths, max_length, device, world_size()),
        lambda candidate: memory_needed(shape, candidate, job, device, width, gguf=source.gguf is not None),
        available,
        job,
    )
    _check_disk(job, shape.trainable, plan.n_epochs)
    set_seed(job.seed)
    model = models.load_model(source, device, four_bit=job.advanced.load_in_4bit)
    parts = method.build(replace(job, output=folder), plan, material, model, tokenizer, device)
    parts.trainer.model.peft_config["default"].base_model_name_or_path = job.model
    parts.trainer.model.peft_config["default"].revision = job.revision
    speed = None
    if job.method != "reinforcement":
        from .estimate import probe

        speed = probe(parts.trainer, _probe_batches(plan, len(material.lengths)), device)
    speed = None if speed is None else speed * world_size()
    tokens = sum(material.lengths) * (2 if job.method == "dpo" else 1)
    done = steps_done(job)
    ready = {
        "version": 1,
        "device": device,
        "devices": world_size(),
        "model": job.model,
        "parameters": parameters,
        "trainable_parameters": sum(p.numel() for p in parts.trainer.model.parameters() if p.requires_grad),
        "tokens_per_epoch": tokens,
        "hyperparameters": plan.hyperparameters(),
        "advanced": plan.advanced(job),
        "seconds_estimate": None if speed is None else _seconds(plan, parts.validation, tokens, done, speed, job),
        "tokens_per_second": speed,
        "memory_needed": needed,
        "memory_available": available,
    }
    return Prepared(plan, parts, device, ready)


def steps_done(job: Job) -> int:
    """Steps of the checkpoint from which the job goes on."""
    return int(job.resume.name.rsplit("-", 1)[-1]) if job.resume else 0


def _probe_batches(plan: Any, count: int) -> list[list[int]]:
    """Places of a few batches, spread over the file: one to warm up and three to count."""
    wanted = min(4, count // plan.micro_batch)
    return [[(at + number * count // wanted) % count for at in range(plan.micro_batch)] for number in range(wanted)]


def _seconds(plan: Any, validation: Any, tokens: int, done: int, speed: float, job: Job) -> float:
    """Time of the steps to come. Validation has no backward pass, which is about two thirds of a step."""
    left = 1 - done / plan.total_steps
    trained = tokens * plan.n_epochs
    validated = 0.0
    if validation is not None:
        share = min(1.0, job.advanced.validation_sample / validation.count)
        looks = plan.total_steps // plan.validation_every - plan.n_epochs
        validated = validation.tokens * (plan.n_epochs + max(0, looks) * share) / 3
    return float(left * (trained + validated) / speed)


def _tell_facts(facts: Any, channel: Channel) -> None:
    if not facts.has_template:
        message = (
            "The model has no chat template, as base models do; a plain one is used and saved with the tuned model."
        )
        channel.notice("warn", "no-chat-template", message)
    elif facts.drops_system:
        channel.notice("warn", "drops-system-message", "The model's chat template leaves out system messages.")
    if not facts.has_end_token:
        message = "The tokenizer has no end token, so the tuned model will not know where an answer ends."
        channel.notice("warn", "no-end-token", message)


def _check_disk(job: Job, trainable: int, epochs: int) -> None:
    """Each checkpoint has the adapter and Adam's two moments in float32; the model and the best one have the adapter."""
    needed = trainable * 4 * (3 * (epochs + 1) + 2)
    free = shutil.disk_usage(next(folder for folder in (job.output, *job.output.parents) if folder.is_dir())).free
    if free < needed:
        from .estimate import gigabytes

        raise Refusal(
            "no-disk",
            f"The checkpoints need about {gigabytes(needed)} on the disk, and {gigabytes(free)} are free.",
            "Free some space, or train fewer epochs.",
        )
