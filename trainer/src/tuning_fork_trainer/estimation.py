"""Command `estimate`: what a training needs, told as `train` tells it before its first step, without training."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from .job import Job
from .preparation import Prepared, prepare_job, steps_done
from .protocol import Channel
from .train import command


def main(arguments: list[str]) -> int:
    """Tell notices and `ready` of the job of `--job FILE`; return 0, or 1 for a refusal that was told."""
    return command("estimate", arguments, run)


def run(job: Job, channel: Channel) -> None:
    """Prepare a job and tell its figures. Writes nothing into its folder. Raises Refusal, or what the libraries raise."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = prepare_job(job, channel, Path(folder))
        plan, done = prepared.plan, steps_done(job)
        ready = dict(prepared.ready)
        if job.method == "reinforcement":
            ready["seconds_estimate"] = _seconds_of_one_step(prepared) * max(0, plan.total_steps - done)
        channel.emit("ready", **ready, total_steps=plan.total_steps, steps_done=done)


def _seconds_of_one_step(prepared: Prepared) -> float:
    """Train one step and forget it: answers are sampled, so no part of a step tells the time of the whole one."""
    from transformers import PrinterCallback, TrainerCallback

    class OneStep(TrainerCallback):
        """Clock that ends the training at its first step."""

        def __init__(self) -> None:
            self.started = 0.0
            self.seconds = 0.0

        def on_step_begin(self, *_: Any, **__: Any) -> None:
            self.started = time.perf_counter()

        def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
            self.seconds = time.perf_counter() - self.started
            control.should_training_stop = True
            return control

    clock = OneStep()
    trainer = prepared.parts.trainer
    trainer.remove_callback(PrinterCallback)
    trainer.add_callback(clock)
    trainer.train()
    return clock.seconds
