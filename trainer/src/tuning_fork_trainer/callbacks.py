"""What happens around each step: messages, validation, checkpoints, commands of the parent, early stop."""

from __future__ import annotations

import json
import math
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from .early_stop import Watch
from .job import Job
from .plan import Plan
from .protocol import Channel, Commands, Refusal, finite, rank, world_size
from .validation import Validation, sample_places

# Names of the libraries that have a name of the product; others keep theirs, with "/" as "_".
NAMES = {"loss": "train_loss", "mean_token_accuracy": "train_mean_token_accuracy", "reward": "train_reward"}
DROPPED = {"num_tokens", "epoch", "total_flos", "step_time"}
ORDER_OF_COMMANDS = (None, "pause", "cancel")


class Cancelled(Exception):
    """Cancel between two parts of a batch: nothing of the step is kept."""


@dataclass
class Outcome:
    """How the training ended: `done`, `early`, `paused` or `cancelled`."""

    kind: str = "done"
    last_checkpoint: str | None = None


class Progress(TrainerCallback):
    """Callback of the training loop. One object a training; `outcome` tells how it ended."""

    def __init__(
        self,
        job: Job,
        plan: Plan,
        channel: Channel,
        commands: Commands,
        validation: Validation | None,
        ready: dict[str, Any],
    ) -> None:
        self.outcome = Outcome(last_checkpoint=str(job.resume) if job.resume else None)
        self.watch = Watch.load(job.resume / "watch.json") if job.resume and job.early_stop else Watch()
        self.trainer: Any = None
        self._job = job
        self._plan = plan
        self._channel = channel
        self._commands = commands
        self._validation = validation
        self._ready = ready
        self._sample = (
            sample_places(validation.count, job.advanced.validation_sample, job.seed) if validation is not None else []
        )
        self._tokens_before = _tokens_of(job.resume)
        self._tokens = self._tokens_before
        self._started = 0.0
        self._seconds = 0.0
        self._scores: dict[str, Any] = {}
        self._metric: dict[str, Any] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Tell that the training begins, with every resolved setting."""
        steps = {"total_steps": state.max_steps, "steps_done": state.global_step}
        self._channel.emit("ready", **{**self._ready, **steps})

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Set the order of the examples by the epoch, in a resumed process too."""
        sampler = getattr(self.trainer, "sampler_of_epochs", None)
        if sampler is not None:
            sampler.set_epoch(state.global_step // self._plan.steps_per_epoch)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Start the clock of a step; validation is not part of it."""
        self._started = time.perf_counter()

    def on_substep_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Honour a cancel between two parts of a batch. Several workers must agree, which they do after the step."""
        if world_size() == 1 and self._commands.wanted == "cancel":
            raise Cancelled

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> Any:
        """Validate when it is due, and decide whether the training goes on and what is saved."""
        if state.global_step > 0 and self._device().type == "cuda":
            torch.cuda.synchronize()
        self._seconds = time.perf_counter() - self._started
        step = state.global_step
        last = step >= state.max_steps
        epoch_ends = step % self._plan.steps_per_epoch == 0 or last
        self._scores = {}
        if self._validation is not None and (epoch_ends or step % self._plan.validation_every == 0):
            self._validate(step, full=epoch_ends)
        control.should_save = epoch_ends
        if self._job.early_stop and self.watch.should_stop and not last:
            self.outcome.kind = "early"
            control.should_training_stop = True
        wanted = self._agreed()
        if wanted == "cancel":
            self.outcome.kind = "cancelled"
            control.should_training_stop, control.should_save = True, False
        elif wanted == "pause" and not last and self.outcome.kind == "done":
            self.outcome.kind = "paused"
            control.should_training_stop, control.should_save = True, True
        return control

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        """Tell the figures of a step; a loss that is no number ends the training before anything is saved."""
        if logs is None or "loss" not in logs:
            return  # Summary of the library after its last step.
        if not math.isfinite(logs["loss"]) or not math.isfinite(logs.get("grad_norm", 0.0)):
            raise not_a_number(state.global_step, self.outcome.last_checkpoint)
        now = self._tokens_before + int(logs.get("num_tokens", 0))
        values = {
            NAMES.get(name, name.replace("/", "_")): value
            for name, value in logs.items()
            if name not in DROPPED and isinstance(value, int | float)
        }
        if "train_mean_token_accuracy" in values:
            values["train_mean_token_accuracy"] = min(1.0, values["train_mean_token_accuracy"])
        self._metric = {
            "step": state.global_step,
            "total_steps": state.max_steps,
            "epoch": state.epoch,
            **finite(values),
            **self._scores,
            "tokens": now,
            "tokens_per_second": max(0.0, (now - self._tokens) / max(self._seconds, 1e-9)),
        }
        self._tokens = now
        self._channel.emit("metric", **self._metric)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Mark the checkpoint as whole, and tell it. A process killed while it saves leaves no mark."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if rank() == 0:
            self.watch.save(folder / "watch.json")
            mark = json.dumps({"step": state.global_step, "tokens": self._tokens})
            (folder / "complete.json").write_text(mark, encoding="utf-8")
        self.outcome.last_checkpoint = str(folder)
        self._channel.emit(
            "checkpoint", step=state.global_step, path=str(folder), metrics={"type": "metric", **self._metric}
        )

    def _validate(self, step: int, *, full: bool) -> None:
        assert self._validation is not None  # noqa: S101 - asked by the caller
        places = list(range(self._validation.count)) if full else self._sample
        score = self._validation.score(places)
        if not all(math.isfinite(mean) for mean in score.means.values()):
            raise not_a_number(step, self.outcome.last_checkpoint)
        prefix = "full_valid_" if full else "valid_"
        self._scores = {prefix + name: mean for name, mean in score.means.items()}
        if full:
            sample = [score.losses[place] for place in self._sample]
            if "loss" in score.means:
                self._scores["examples_losses"] = score.losses
                weighed = _mean(sample)
            else:
                weighed = -score.means["reward"]
        else:
            weighed = _mean(score.losses) if "loss" in score.means else -score.means["reward"]
        # Both looks weigh examples alike, so that an epoch's end can be compared with the steps between.
        if self._job.early_stop and weighed is not None and self.watch.add(step, weighed) and rank() == 0:
            self._keep_best(step)

    def _keep_best(self, step: int) -> None:
        folder = self._job.output / "best"
        fresh = self._job.output / "best.new"
        shutil.rmtree(fresh, ignore_errors=True)
        self.trainer.model.save_pretrained(fresh)
        (fresh / "best.json").write_text(json.dumps({"step": step}), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)

    def _device(self) -> torch.device:
        device: torch.device = self.trainer.accelerator.device
        return device

    def _agreed(self) -> str | None:
        """Command that all workers follow; only the first one hears the parent."""
        wanted = self._commands.wanted
        if world_size() == 1:
            return wanted
        number = torch.tensor(ORDER_OF_COMMANDS.index(wanted), device=self._device())
        torch.distributed.all_reduce(number, op=torch.distributed.ReduceOp.MAX)
        return ORDER_OF_COMMANDS[int(number)]


def not_a_number(step: int, checkpoint: str | None) -> Refusal:
    """Refusal of a training whose loss is NaN or infinite."""
    kept = f" The checkpoint {Path(checkpoint).name} is kept." if checkpoint else ""
    return Refusal(
        "nan-loss",
        f"The loss of step {step} is not a number.{kept}",
        'Lower "learning_rate_multiplier", and start again.',
    )


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _tokens_of(resume: Path | None) -> int:
    if resume is None:
        return 0
    return int(json.loads((resume / "complete.json").read_text(encoding="utf-8"))["tokens"])
