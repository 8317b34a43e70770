"""Direct preference optimization by TRL's DPOTrainer; the model without its adapter is the reference."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import DPOConfig, DPOTrainer

from .chat import Unusable
from .common import InOrder, Material, Parts, lora, sampler, shared_arguments
from .encoding import IGNORED, encode
from .job import Job
from .models import dtype_of
from .plan import Plan, max_length_of
from .protocol import Channel, Refusal
from .rows import Conversation, Preference, read_preferences, refuse_line
from .validation import Score, gather, own


@dataclass(frozen=True)
class Pair:
    """Tokens of a prompt and of its two answers."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]

    @property
    def length(self) -> int:
        """Tokens of the longer of both conversations."""
        return len(self.prompt) + max(len(self.chosen), len(self.rejected))


class OrderedDPOTrainer(InOrder, DPOTrainer):
    """DPOTrainer with our order of examples, and our encoding of them."""

    def _prepare_dataset(self, dataset: Dataset, *_: Any, **__: Any) -> Dataset:
        return dataset


def prepare(job: Job, tokenizer: Any, limit: int, channel: Channel) -> tuple[Material, int]:
    """Read and encode the files; return the pairs and the maximum length. Raises Refusal."""
    train = _encode_file(job.training_file, tokenizer)
    max_length = max_length_of(job, [pair.length for pair in train], limit)
    kept = [pair for pair in train if len(pair.prompt) < max_length]
    long = sum(pair.length > max_length for pair in kept)
    if long > 0:
        channel.notice(
            "warn", "examples-cut", f"{long} of {len(train)} pairs are longer than {max_length} tokens and are cut."
        )
    if len(kept) < len(train):
        gone = len(train) - len(kept)
        channel.notice(
            "warn", "examples-dropped", f"{gone} of {len(train)} prompts alone are longer than {max_length} tokens."
        )
    if not kept:
        raise Refusal(
            "bad-file", f"No answer fits into {max_length} tokens.", 'Raise "max_length", or shorten the prompts.'
        )
    valid = _encode_file(job.validation_file, tokenizer) if job.validation_file is not None else None
    # Both answers pass the model.
    lengths = [min(max_length, pair.length) for pair in kept]
    return Material(kept, valid, lengths), max_length


def build(job: Job, plan: Plan, material: Material, model: Any, tokenizer: Any, device: str) -> Parts:
    """Make the trainer."""
    trainer = OrderedDPOTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=Dataset.from_list([_row(pair) for pair in material.train]),
        peft_config=lora(job),
        args=DPOConfig(
            **shared_arguments(job, plan, device, half=str(dtype_of(device)) == "torch.bfloat16"),
            beta=plan.beta,
            max_length=plan.max_length,
        ),
    )
    trainer.sampler_of_epochs = sampler(job, plan, material.lengths)
    validation = PreferenceValidation(material.valid, lambda: trainer, plan.max_length) if material.valid else None
    return Parts(trainer, validation)


class PreferenceValidation:
    """Loss of each pair, and how often the preferred answer gained more than the other."""

    def __init__(self, pairs: list[Pair], trainer: Callable[[], Any], max_length: int) -> None:
        self._pairs = pairs
        self._trainer = trainer
        self._max_length = max_length

    @property
    def count(self) -> int:
        """Pairs of the validation file."""
        return len(self._pairs)

    @property
    def tokens(self) -> int:
        """Tokens of all conversations."""
        return sum(2 * pair.length for pair in self._pairs)

    def score(self, places: list[int]) -> Score:
        """Mean loss and share of pairs that are told apart; a pair whose prompt fills the length has no loss."""
        trainer = self._trainer()
        model = trainer.model
        figures = torch.zeros(len(places), 3, dtype=torch.float64)
        training = model.training
        model.eval()
        for at in own(places):
            pair = self._pairs[places[at]]
            if len(pair.prompt) >= self._max_length:
                continue
            with torch.no_grad():
                inputs = {key: value.to(model.device) for key, value in trainer.data_collator([_row(pair)]).items()}
                with trainer.compute_loss_context_manager(), _autocast(model):
                    loss = trainer.compute_loss(model, inputs)
            right = trainer._metrics["eval"]["rewards/accuracies"][-1]
            figures[at] = torch.tensor([float(loss), float(right), 1.0])
        trainer._metrics["eval"].clear()
        model.train(training)
        total = gather(figures)
        loss_sum, right_sum, count = total.sum(dim=0).tolist()
        losses = [loss if known else None for loss, _, known in total.tolist()]
        return Score(losses, {"loss": loss_sum / count, "reward_accuracy": right_sum / count} if count else {})


def _autocast(model: Any) -> Any:
    return torch.autocast(model.device.type, dtype=torch.bfloat16, enabled=model.device.type == "cuda")


def _row(pair: Pair) -> dict[str, Any]:
    return {"prompt_ids": pair.prompt, "chosen_ids": pair.chosen, "rejected_ids": pair.rejected}


def _encode_file(path: Path, tokenizer: Any) -> list[Pair]:
    pairs = []
    for number, row in enumerate(read_preferences(path), start=1):
        try:
            pairs.append(_encode(tokenizer, row))
        except Unusable as error:
            raise refuse_line(path, number, error) from error
    return pairs


def _encode(tokenizer: Any, row: Preference) -> Pair:
    sides = []
    for answer in (row.chosen, row.rejected):
        trained = list(range(len(row.prompt), len(row.prompt) + len(answer)))
        encoded = encode(tokenizer, Conversation(row.prompt + answer, trained, row.tools))
        start = next((at for at, label in enumerate(encoded.labels) if label != IGNORED), len(encoded.labels))
        last = max((at for at, label in enumerate(encoded.labels) if label != IGNORED), default=-1)
        sides.append((encoded.input_ids[:start], encoded.input_ids[start : last + 1]))
    (prompt, chosen), (other, rejected) = sides
    # Tokens can merge over the border: the answers begin where both conversations are no longer the same.
    shared = 0
    while shared < min(len(prompt), len(other)) and prompt[shared] == other[shared]:
        shared += 1
    return Pair(prompt[:shared], prompt[shared:] + chosen, other[shared:] + rejected)
