"""Settings of a training, with every `auto` resolved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .job import AUTO, Job
from .protocol import Refusal

BASE_LEARNING_RATE = 2e-4
"""Learning rate of a multiplier of 1: usual for LoRA with Adam."""

# Preferences and rewards push harder on few tokens; at the full rate both lose the language of the model.
AUTO_MULTIPLIER = {"supervised": 1.0, "dpo": 0.1, "reinforcement": 0.1}
AUTO_BETA = {"dpo": 0.1, "reinforcement": 0.0}

# Tokens of one forward pass after which a device gains no speed by more of them.
USEFUL_TOKENS = {"cpu": 512, "mps": 2048, "cuda": 8192}

GENERATIONS = {"cpu": 4, "mps": 4, "cuda": 8}
"""Answers that reinforcement samples and compares for each prompt."""

MAX_COMPLETION = 256
"""Tokens of a sampled answer at most; half of `max_length` where that is less."""


@dataclass(frozen=True)
class Plan:
    """Numbers of a training. Lengths are in tokens; `micro_batch` counts examples of one forward pass on one device."""

    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float | None
    micro_batch: int
    gradient_accumulation: int
    max_length: int
    validation_every: int
    steps_per_epoch: int
    checkpointing: bool = False

    @property
    def total_steps(self) -> int:
        """Optimizer steps of the whole job."""
        return self.n_epochs * self.steps_per_epoch

    @property
    def learning_rate(self) -> float:
        """Rate of the first step; it falls evenly to 0."""
        return BASE_LEARNING_RATE * self.learning_rate_multiplier

    @property
    def max_completion(self) -> int:
        """Tokens of a sampled answer at most (reinforcement)."""
        return max(1, min(MAX_COMPLETION, self.max_length // 2))

    def hyperparameters(self) -> dict[str, Any]:
        """Resolved values under OpenAI's names."""
        values: dict[str, Any] = {
            "n_epochs": self.n_epochs,
            "batch_size": self.batch_size,
            "learning_rate_multiplier": self.learning_rate_multiplier,
        }
        return values if self.beta is None else {**values, "beta": self.beta}

    def advanced(self, job: Job) -> dict[str, Any]:
        """Resolved values of the advanced group."""
        given = job.advanced
        return {
            "lora_rank": given.lora_rank,
            "lora_alpha": given.lora_alpha,
            "target_modules": given.target_modules,
            "load_in_4bit": given.load_in_4bit,
            "gradient_accumulation": self.gradient_accumulation,
            "max_length": self.max_length,
            "packing": given.packing,
            "group_by_length": given.group_by_length,
            "validation_every": self.validation_every,
            "validation_sample": given.validation_sample,
        }


def max_length_of(job: Job, lengths: list[int], limit: int) -> int:
    """Resolve `max_length`: `auto` is the longest example, as far as the model goes. Raises Refusal (`bad-job`)."""
    given = job.advanced.max_length
    if given == AUTO:
        # Sampled answers come on top of the prompts of reinforcement.
        room = MAX_COMPLETION if job.method == "reinforcement" else 0
        return min(limit, max(lengths) + room)
    if int(given) > limit:
        raise Refusal("bad-job", f"The model takes {limit} tokens at most.", f'Set "max_length" to {limit} or less.')
    return int(given)


def plans(job: Job, lengths: list[int], max_length: int, device: str, workers: int) -> Iterator[Plan]:
    """Plans for the examples of these lengths, the one that needs most memory (and least time) first.

    Raises Refusal (`bad-job`) where the batch cannot be divided among the workers.
    """
    count = len(lengths)
    given = job.hyperparameters
    size = _batch_size(given.batch_size, count, workers)
    if job.method == "reinforcement":
        # Its sampler leaves out the rest of an epoch that fills no batch.
        size = max(workers, min(size, count // workers * workers))
    epochs = _epochs(count) if given.n_epochs == AUTO else int(given.n_epochs)
    per_epoch = max(1, count // size) if job.method == "reinforcement" else math.ceil(count / size)
    multiplier = given.learning_rate_multiplier
    every = job.advanced.validation_every
    beta = None if job.method == "supervised" else AUTO_BETA[job.method] if given.beta == AUTO else float(given.beta)
    for micro, checkpointing in _micro_batches(job, size // workers, sum(lengths) / count, device):
        yield Plan(
            n_epochs=epochs,
            batch_size=size,
            learning_rate_multiplier=AUTO_MULTIPLIER[job.method] if multiplier == AUTO else float(multiplier),
            beta=beta,
            micro_batch=micro,
            gradient_accumulation=size // workers // micro,
            max_length=max_length,
            validation_every=_every(epochs * per_epoch, size, job.advanced.validation_sample)
            if every == AUTO
            else int(every),
            steps_per_epoch=per_epoch,
            checkpointing=checkpointing,
        )


def _batch_size(given: int | str, count: int, workers: int) -> int:
    if given == AUTO:
        # 25 steps an epoch at least, so that small files are learned at all.
        return math.ceil(min(8, max(1, count // 25)) / workers) * workers
    if int(given) % workers != 0:
        raise Refusal(
            "bad-job",
            f"A batch of {given} cannot be divided among {workers} devices.",
            f'Set "batch_size" to a multiple of {workers}.',
        )
    return int(given)


def _every(total: int, batch: int, sample: int) -> int:
    """Steps between two looks: a twentieth of all, or more, so that they cost a tenth of the training at most.

    A look has no backward pass, so an example of it costs a third of a trained one.
    """
    return max(1, total // 20, math.ceil(sample / (3 * 0.1 * batch)))


def _epochs(count: int) -> int:
    """3 epochs; more where the file is so small that they would be fewer than 100 examples, as the provider does."""
    return 3 if count >= 34 else min(25, math.ceil(100 / count))


def _micro_batches(job: Job, size: int, mean_length: float, device: str) -> Iterator[tuple[int, bool]]:
    """Sizes of one forward pass, falling; then one example whose activations are computed twice to save memory."""
    given = job.advanced.gradient_accumulation
    if given != AUTO:
        if size % int(given) != 0:
            raise Refusal(
                "bad-job",
                f"A batch of {size} for each device cannot be divided into {given} equal parts.",
                'Set "gradient_accumulation" to a divisor of it.',
            )
        yield size // int(given), False
        yield size // int(given), True
        return
    divisors = [part for part in range(size, 0, -1) if size % part == 0]
    useful = [part for part in divisors if part == 1 or part * mean_length <= USEFUL_TOKENS[device]]
    if job.method == "reinforcement":
        useful = [1]  # One prompt is several answers.
    for part in useful:
        yield part, False
    yield 1, True
