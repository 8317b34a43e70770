"""Command `train`: one job file, from its first message to its last."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .job import Job, load_job
from .preparation import prepare_job
from .protocol import Channel, Commands, Refusal, rank, world_size


def main(arguments: list[str]) -> int:
    """Train the job of `--job FILE`; return 0 for a model, a pause or a cancel, 1 for a failure that was told."""

    def work(job: Job, channel: Channel) -> None:
        commands = Commands()
        if rank() == 0:
            commands.listen(sys.stdin)
        run(job, channel, commands)

    return command("train", arguments, work)


def command(name: str, arguments: list[str], work: Callable[[Job, Channel], None]) -> int:
    """Do the work of a command on the job of `--job FILE`; return 0, or 1 for a failure that was told."""
    parser = argparse.ArgumentParser(prog=f"tuning_fork_trainer {name}")
    parser.add_argument("--job", type=Path, required=True)
    given = parser.parse_args(arguments)
    _launch_workers(name, given.job)
    channel = Channel.claim_stdout()
    job: Job | None = None
    try:
        job = load_job(given.job)
        work(job, channel)
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


def _launch_workers(name: str, path: Path) -> None:
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
        words = launch_command(name, torch.cuda.device_count(), path)
        os.execv(words[0], words)  # noqa: S606 - no shell is wanted


def launch_command(name: str, workers: int, path: Path) -> list[str]:
    """Command line that trains or estimates a job with several workers of this machine."""
    module = ["-m", "tuning_fork_trainer", name, "--job", str(path)]
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(workers), *module]


def run(job: Job, channel: Channel, commands: Commands) -> None:
    """Train a job and tell everything about it. Raises Refusal, or what the libraries raise."""
    prepared = prepare_job(job, channel, job.output)

    from transformers import PrinterCallback

    from .callbacks import Cancelled, Progress
    from .devices import peak_memory

    parts = prepared.parts
    progress = Progress(job, prepared.plan, channel, commands, parts.validation, prepared.ready)
    progress.trainer = parts.trainer
    parts.trainer.remove_callback(PrinterCallback)
    parts.trainer.add_callback(progress)
    try:
        parts.trainer.train(resume_from_checkpoint=str(job.resume) if job.resume else None)
    except Cancelled:
        progress.outcome.kind = "cancelled"
    step, outcome = int(parts.trainer.state.global_step), progress.outcome
    peak = peak_memory(prepared.device)
    if outcome.kind in ("cancelled", "paused"):
        channel.emit(outcome.kind, path=outcome.last_checkpoint, step=step, peak_memory=peak)
    else:
        early = outcome.kind == "early"
        folder = _save(job, parts.trainer, early=early)
        channel.emit(
            "model",
            path=str(folder),
            step=progress.watch.best_step if early else step,
            stopped_early=early,
            peak_memory=peak,
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
