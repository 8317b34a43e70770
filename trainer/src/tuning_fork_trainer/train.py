"""Command `train`: one job file, from its first message to its last."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from .job import Job, load_job
from .protocol import Channel, Commands, Refusal, rank, world_size

METHODS = {"supervised": "supervised", "dpo": "preference", "reinforcement": "reinforcement"}


def main(arguments: list[str]) -> int:
    """Train the job of `--job FILE`; return 0 for a model, a pause or a cancel, 1 for a failure that was told."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer train")
    parser.add_argument("--job", type=Path, required=True)
    given = parser.parse_args(arguments)
    _launch_workers(given.job)
    channel = Channel.claim_stdout()
    job: Job | None = None
    try:
        job = load_job(given.job)
        commands = Commands()
        if rank() == 0:
            commands.listen(sys.stdin)
        run(job, channel, commands)
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    except BaseException as error:
        explained = explain(error, job)
        channel.error(explained)
        if explained.code == "internal":
            raise
        return 1
    return 0


def _launch_workers(path: Path) -> None:
    """Become `torchrun` with one worker a GPU where there are several; the library would split batches in threads.

    Comes before standard output is claimed, which the workers inherit. A job that is wrong is told by the usual way.
    """
    if world_size() > 1 or "TORCHELASTIC_RUN_ID" in os.environ:
        return
    try:
        if load_job(path).device not in ("auto", "cuda"):
            return
    except Refusal:
        return
    import torch

    if torch.cuda.device_count() > 1:
        command = launch_command(torch.cuda.device_count(), path)
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted


def launch_command(workers: int, path: Path) -> list[str]:
    """Command line that trains a job with several workers of this machine."""
    module = ["-m", "tuning_fork_trainer", "train", "--job", str(path)]
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(workers), *module]


def run(job: Job, channel: Channel, commands: Commands) -> None:
    """Train a job and tell everything about it. Raises Refusal, or what the libraries raise."""
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
    source = models.locate(job.model, job.revision)
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
    parts = method.build(job, plan, material, model, tokenizer, device)
    parts.trainer.model.peft_config["default"].base_model_name_or_path = job.model
    parts.trainer.model.peft_config["default"].revision = job.revision
    _train(job, plan, parts, material, channel, commands, (device, needed, available, parameters))


def _train(
    job: Job,
    plan: Any,
    parts: Any,
    material: Any,
    channel: Channel,
    commands: Commands,
    facts: tuple[str, int, int, int],
) -> None:
    from transformers import PrinterCallback

    from .callbacks import Cancelled, Progress
    from .devices import peak_memory
    from .estimate import probe

    device, needed, available, parameters = facts
    speed = None
    if job.method != "reinforcement":
        speed = probe(parts.trainer, _probe_batches(plan, len(material.lengths)), device)
    speed = None if speed is None else speed * world_size()
    tokens = sum(material.lengths) * (2 if job.method == "dpo" else 1)
    done = int(job.resume.name.rsplit("-", 1)[-1]) if job.resume else 0
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
    progress = Progress(job, plan, channel, commands, parts.validation, ready)
    progress.trainer = parts.trainer
    parts.trainer.remove_callback(PrinterCallback)
    parts.trainer.add_callback(progress)
    try:
        parts.trainer.train(resume_from_checkpoint=str(job.resume) if job.resume else None)
    except Cancelled:
        progress.outcome.kind = "cancelled"
    step, outcome = int(parts.trainer.state.global_step), progress.outcome
    if outcome.kind == "cancelled":
        channel.emit("cancelled", path=outcome.last_checkpoint, step=step)
    elif outcome.kind == "paused":
        channel.emit("paused", path=outcome.last_checkpoint, step=step)
    else:
        early = outcome.kind == "early"
        folder = _save(job, parts.trainer, early=early)
        channel.emit(
            "model",
            path=str(folder),
            step=progress.watch.best_step if early else step,
            stopped_early=early,
            peak_memory=peak_memory(device),
        )


def _save(job: Job, trainer: Any, *, early: bool) -> Path:
    """Write the adapter with the tokenizer, which carries the chat template; appears under its name when it is whole."""
    folder, fresh = job.output / "model", job.output / "model.new"
    if rank() != 0:
        return folder
    shutil.rmtree(fresh, ignore_errors=True)
    if early:
        shutil.copytree(job.output / "best", fresh)
    else:
        trainer.model.save_pretrained(fresh)
    trainer.processing_class.save_pretrained(fresh)
    about = {"base": job.model, "revision": job.revision, "method": job.method}
    (fresh / "training.json").write_text(json.dumps(about), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)
    return folder


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
    job.output.mkdir(parents=True, exist_ok=True)
    needed = trainable * 4 * (3 * (epochs + 1) + 2)
    free = shutil.disk_usage(job.output).free
    if free < needed:
        from .estimate import gigabytes

        raise Refusal(
            "no-disk",
            f"The checkpoints need about {gigabytes(needed)} on the disk, and {gigabytes(free)} are free.",
            "Free some space, or train fewer epochs.",
        )


def explain(error: BaseException, job: Job | None) -> Refusal:
    """One sentence and one action for what the libraries raised."""
    text = str(error)
    no_memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if no_memory or "out of memory" in text.lower() or "can't allocate memory" in text:
        from .estimate import memory_advice

        advice = "Choose a smaller model." if job is None else memory_advice(job, _examples_at_once(job))
        return Refusal("no-memory", "The memory was not enough for a step of this training.", advice)
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Refusal("no-disk", "The disk is full.", "Free some space, and resume from the last checkpoint.")
    if "No space left on device" in text or "unexpected pos" in text:
        # PyTorch's writer reports a full disk as a file that did not grow.
        return Refusal("no-disk", "The disk is full.", "Free some space, and resume from the last checkpoint.")
    line = (text.strip().splitlines() or [""])[0][:300]
    return Refusal(
        "internal",
        f"The trainer failed: {type(error).__name__}: {line}",
        "Run the doctor; if it finds nothing, report this with the log.",
    )


def _examples_at_once(job: Job) -> int:
    size, parts = job.hyperparameters.batch_size, job.advanced.gradient_accumulation
    return int(size) // int(parts) if isinstance(size, int) and isinstance(parts, int) else 1
