"""Memory and time of a training, known before its first step."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from .job import Job
from .plan import GENERATIONS, Plan
from .protocol import Refusal

# Bytes of the libraries themselves: this process after its imports, or the context of a GPU.
LIBRARIES = {"cpu": 900_000_000, "mps": 900_000_000, "cuda": 700_000_000}

ENOUGH_SECONDS = 1.5
"""Seconds of counted batches after which a probe ends: on a CPU one can take seconds, for which the user waits."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a model that its memory follows from."""

    parameters: int
    trainable: int
    layers: int
    hidden: int
    intermediate: int
    vocabulary: int

    @classmethod
    def of(cls, config: Any, parameters: int, trainable: int) -> Shape:
        """Read the sizes of a configuration; names differ by architecture."""

        def first(names: tuple[str, ...], otherwise: int) -> int:
            return next(
                (int(value) for name in names if isinstance(value := getattr(config, name, None), int)), otherwise
            )

        hidden = first(("hidden_size", "n_embd", "d_model"), 1024)
        return cls(
            parameters=parameters,
            trainable=trainable,
            layers=first(("num_hidden_layers", "n_layer", "num_layers"), 24),
            hidden=hidden,
            intermediate=first(("intermediate_size", "n_inner", "ffn_dim"), 4 * hidden),
            vocabulary=first(("vocab_size",), 50_000),
        )


def memory_needed(shape: Shape, plan: Plan, job: Job, device: str, bytes_each: int, *, gguf: bool = False) -> int:
    """Bytes on one device: weights, adapter with gradients and moments, activations of the longest batch, libraries.

    An estimate from counts of tensors that a transformer with LoRA keeps for its backward pass.
    """
    weights = shape.parameters * (0.6 if job.advanced.load_in_4bit else bytes_each)
    # Two copies are there while a GGUF file is de-quantized.
    weights *= 2 if gguf else 1
    adapter = shape.trainable * 16  # Weight, gradient and Adam's two moments, in float32.
    # Two answers are compared for each preference; each prompt of reinforcement has several answers.
    sequences = plan.micro_batch * {"supervised": 1, "dpo": 2, "reinforcement": GENERATIONS[device]}[job.method]
    tokens = sequences * plan.max_length
    layer = (12 * shape.hidden + 4 * shape.intermediate) * bytes_each
    kept = shape.hidden * bytes_each * shape.layers + layer if plan.checkpointing else layer * shape.layers
    # Probabilities are computed for a part of the tokens at a time, forwards and backwards in float32.
    logits = min(tokens, 1024) * shape.vocabulary * 4 * 2
    return int(weights + adapter + tokens * kept + logits + LIBRARIES[device])


def choose_plan(
    candidates: Iterator[Plan], needed: Callable[[Plan], int], available: int, job: Job
) -> tuple[Plan, int]:
    """First plan that fits into the memory, with the bytes that it needs; raises Refusal (`no-memory`)."""
    least = None
    for plan in candidates:
        bytes_needed = needed(plan)
        least = bytes_needed if least is None else min(least, bytes_needed)
        if bytes_needed <= available:
            return plan, bytes_needed
    assert least is not None  # noqa: S101 - there is always one candidate
    raise Refusal(
        "no-memory",
        f"Training this model needs about {gigabytes(least)} of memory, and {gigabytes(available)} are free.",
        memory_advice(job, 1),
        memory_needed=least,
        memory_available=available,
    )


def memory_advice(job: Job, micro_batch: int) -> str:
    """Setting to lower when memory runs out."""
    if micro_batch > 1:
        return 'Raise "gradient_accumulation", so that fewer examples are in memory at once.'
    if job.advanced.max_length == "auto" or int(job.advanced.max_length) > 256:
        return 'Lower "max_length", or choose a smaller model.'
    return "Choose a smaller model."


def gigabytes(count: int) -> str:
    """Size in words."""
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.0f} MB"


@contextmanager
def undisturbed() -> Iterator[None]:
    """Give every generator of random numbers back in the state in which it was."""
    states = random.getstate(), np.random.get_state()
    devices = list(range(torch.cuda.device_count())) if torch.cuda.is_available() else []
    with torch.random.fork_rng(devices=devices):
        try:
            yield
        finally:
            random.setstate(states[0])
            np.random.set_state(states[1])


def probe(trainer: Any, batches: list[list[int]], device: str) -> float | None:
    """Tokens a second of forward and backward passes over a few batches; None where there are too few of them.

    The first batch warms up and is not counted; the others are, until they took ENOUGH_SECONDS. Neither weights, optimizer, metrics nor random numbers change.
    """
    if len(batches) < 2:
        return None
    model = trainer.model
    kept = deepcopy(trainer._metrics), getattr(trainer, "_total_train_tokens", 0)
    half = model.dtype if model.dtype in (torch.bfloat16, torch.float16) else torch.bfloat16
    tokens, seconds = 0, 0.0
    with undisturbed():
        model.train()
        for number, places in enumerate(batches):
            # One example warms a CPU up; a GPU chooses its kernels by the size of the batch.
            taken = places[:1] if number == 0 and device == "cpu" else places
            examples = [trainer.train_dataset[place] for place in taken]
            inputs = {
                key: value.to(trainer.accelerator.device) if isinstance(value, torch.Tensor) else value
                for key, value in trainer.data_collator(examples).items()
            }
            started = time.perf_counter()
            with torch.autocast(device, dtype=half, enabled=device == "cuda"):
                loss = trainer.compute_loss(model, inputs)
            loss.backward()
            if device == "cuda":
                torch.cuda.synchronize()
            if number > 0:
                seconds += time.perf_counter() - started
                tokens += real_tokens(inputs)
            model.zero_grad(set_to_none=True)
            if number > 0 and seconds >= ENOUGH_SECONDS:
                break
    trainer._metrics = kept[0]
    if hasattr(trainer, "_total_train_tokens"):
        trainer._total_train_tokens = kept[1]
    return tokens / seconds if seconds > 0 else None


def real_tokens(inputs: Any) -> int:
    """Tokens of a batch without padding."""
    mask = inputs.get("attention_mask")
    return int(mask.sum() if mask is not None else inputs["input_ids"].numel())
