"""Validation: the loss of each example, on a fixed sample and in full."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from inspect import signature
from typing import Any, Protocol

import torch

from .encoding import IGNORED, Encoded
from .protocol import rank, world_size

TOKENS_AT_ONCE = 2048
"""Tokens, with padding, of one forward pass without gradients."""


@dataclass(frozen=True)
class Score:
    """Result over some examples. Each figure has one entry an example, None where there is nothing to compare."""

    losses: list[float | None]
    means: dict[str, float]
    """Means by name without their prefix: `loss`, `mean_token_accuracy`, `reward`, …"""


class Validation(Protocol):
    """Way of a method to score validation examples."""

    @property
    def count(self) -> int:
        """Examples of the validation file."""

    @property
    def tokens(self) -> int:
        """Tokens of all examples."""

    def score(self, places: list[int]) -> Score:
        """Score the examples at these places. Changes neither weights nor random numbers."""


def sample_places(count: int, size: int, seed: int) -> list[int]:
    """Places of the fixed sample: the same for a seed, in file order."""
    generator = torch.Generator()
    generator.manual_seed(seed)
    return sorted(torch.randperm(count, generator=generator)[:size].tolist())


def gather(figures: torch.Tensor) -> torch.Tensor:
    """Sum a tensor over all workers; each fills the rows of its own examples and leaves the others zero."""
    if world_size() > 1:
        figures = figures.to("cuda" if torch.distributed.get_backend() == "nccl" else "cpu", torch.float64)
        torch.distributed.all_reduce(figures)
    return figures.cpu()


def own(places: list[int]) -> list[int]:
    """Places in the list of places that this worker scores."""
    return list(range(rank(), len(places), world_size()))


class SupervisedValidation:
    """Cross-entropy of the answers, in nats a token."""

    def __init__(self, examples: list[Encoded], model: Callable[[], Any], pad: int) -> None:
        self._examples = examples
        self._model = model
        self._pad = pad

    @property
    def count(self) -> int:
        """Examples of the validation file."""
        return len(self._examples)

    @property
    def tokens(self) -> int:
        """Tokens of all examples."""
        return sum(len(example.input_ids) for example in self._examples)

    def score(self, places: list[int]) -> Score:
        """Mean loss and token accuracy over the answer tokens of all examples, and the loss of each."""
        # Columns: summed loss, tokens, tokens whose most probable prediction is right.
        figures = torch.zeros(len(places), 3, dtype=torch.float64)
        mine = [at for at in own(places) if self._examples[places[at]].answer_tokens > 0]
        model = self._model()
        training = model.training
        model.eval()
        with torch.no_grad(), _autocast(model):
            for batch in _batches(mine, [len(self._examples[places[at]].input_ids) for at in mine]):
                rows = _forward(model, [self._examples[places[at]] for at in batch], self._pad)
                figures[batch] = rows.cpu()
        model.train(training)
        total = gather(figures)
        nats, tokens, right = total.sum(dim=0).tolist()
        losses = [loss / count if count else None for loss, count, _ in total.tolist()]
        means = {"loss": nats / tokens, "mean_token_accuracy": right / tokens} if tokens else {}
        return Score(losses, means)


def _autocast(model: Any) -> Any:
    """Half precision on a GPU, where the adapter is in float32 and the weights are not."""
    if model.device.type != "cuda":
        return nullcontext()
    return torch.autocast("cuda", dtype=torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16)


def _batches(places: list[int], lengths: list[int]) -> list[list[int]]:
    """Examples of similar length together, as many as the limit of tokens allows with padding."""
    batches: list[list[int]] = []
    for length, place in sorted(zip(lengths, places, strict=True)):
        if batches and (len(batches[-1]) + 1) * length <= TOKENS_AT_ONCE:
            batches[-1].append(place)
        else:
            batches.append([place])
    return batches


def _forward(model: Any, examples: list[Encoded], pad: int) -> torch.Tensor:
    """Summed loss, tokens and right predictions of each example: shape (examples, 3), float64."""
    width = max(len(example.input_ids) for example in examples)
    ids = torch.full((len(examples), width), pad)
    labels = torch.full((len(examples), width), IGNORED)
    mask = torch.zeros((len(examples), width), dtype=torch.long)
    for row, example in enumerate(examples):
        size = len(example.input_ids)
        ids[row, :size] = torch.tensor(example.input_ids)
        labels[row, :size] = torch.tensor(example.labels)
        mask[row, :size] = 1
    # Predictions before the first answer are not needed, and their logits are most of the memory.
    first = int((labels[:, 1:] != IGNORED).any(dim=0).nonzero()[0])
    targets = labels[:, first + 1 :].to(model.device)
    base = model.get_base_model() if hasattr(model, "get_base_model") else model
    # A model that knows no such argument gives the logits of all places.
    keep = {"logits_to_keep": width - first} if "logits_to_keep" in signature(type(base).forward).parameters else {}
    logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device), use_cache=False, **keep).logits
    logits = logits[:, -(width - first) :][:, :-1].float()
    loss = torch.nn.functional.cross_entropy(logits.transpose(1, 2), targets, ignore_index=IGNORED, reduction="none")
    counted = targets != IGNORED
    right = (logits.argmax(dim=-1) == targets) & counted
    return torch.stack([loss.double().sum(dim=1), counted.sum(dim=1), right.sum(dim=1)], dim=1).double()
