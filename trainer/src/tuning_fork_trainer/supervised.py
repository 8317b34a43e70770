"""Supervised fine-tuning: cross-entropy of the answers, by TRL's SFTTrainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from datasets import Dataset
from trl import SFTConfig, SFTTrainer

from .chat import Unusable
from .common import InOrder, Material, Parts, lora, sampler, shared_arguments
from .encoding import Encoded, encode
from .job import Job
from .models import dtype_of
from .plan import Plan, max_length_of
from .protocol import Channel, Refusal
from .rows import read_conversations, refuse_line
from .validation import SupervisedValidation


class OrderedSFTTrainer(InOrder, SFTTrainer):
    """SFTTrainer with our order of examples."""


def prepare(job: Job, tokenizer: Any, limit: int, channel: Channel) -> tuple[Material, int]:
    """Read and encode the files; return the examples and the maximum length. Raises Refusal.

    Examples that are too long are cut at their end, with a notice; those without any answer token left are not trained.
    """
    train = _encode_file(job.training_file, tokenizer)
    max_length = max_length_of(job, [len(example.input_ids) for example in train], limit)
    kept = [example for given in train if (example := given.cut(max_length)).answer_tokens > 0]
    _tell_cuts(train, kept, max_length, channel)
    if not kept:
        raise Refusal(
            "bad-file", f"No answer fits into {max_length} tokens.", 'Raise "max_length", or shorten the prompts.'
        )
    valid = None
    if job.validation_file is not None:
        # All are kept, in file order, so that losses of two models can be paired.
        valid = [example.cut(max_length) for example in _encode_file(job.validation_file, tokenizer)]
        if not any(example.answer_tokens for example in valid):
            raise Refusal("bad-file", f"No validation answer fits into {max_length} tokens.", 'Raise "max_length".')
    return Material(kept, valid, [len(example.input_ids) for example in kept]), max_length


def build(job: Job, plan: Plan, material: Material, model: Any, tokenizer: Any, device: str) -> Parts:
    """Make the trainer. Its examples are encoded already, so the library's own preparation is skipped."""
    data = Dataset.from_dict(
        {
            "input_ids": [example.input_ids for example in material.train],
            "labels": [example.labels for example in material.train],
        }
    )
    trainer = OrderedSFTTrainer(
        model=model,
        processing_class=tokenizer,
        train_dataset=data,
        peft_config=lora(job),
        args=SFTConfig(
            **shared_arguments(job, plan, device, half=str(dtype_of(device)) == "torch.bfloat16"),
            max_length=None,
            # Examples of a batch are laid end to end, each with places of its own: nothing is padded, a batch stays the
            # same examples, and the loss the same number.
            padding_free=job.advanced.packing,
            dataset_kwargs={"skip_prepare_dataset": True},
        ),
    )
    trainer.sampler_of_epochs = sampler(job, plan, material.lengths)
    validation = None
    if material.valid is not None:
        validation = SupervisedValidation(material.valid, lambda: trainer.model, tokenizer.pad_token_id)
    return Parts(trainer, validation)


def _encode_file(path: Path, tokenizer: Any) -> list[Encoded]:
    examples = []
    for number, row in enumerate(read_conversations(path), start=1):
        try:
            examples.append(encode(tokenizer, row))
        except Unusable as error:
            raise refuse_line(path, number, error) from error
    return examples


def _tell_cuts(train: list[Encoded], kept: list[Encoded], max_length: int, channel: Channel) -> None:
    long = sum(len(example.input_ids) > max_length for example in train)
    gone = len(train) - len(kept)
    if long > 0:
        channel.notice(
            "warn",
            "examples-cut",
            f"{long} of {len(train)} examples are longer than {max_length} tokens and are cut at their end.",
        )
    if gone > 0:
        channel.notice(
            "warn",
            "examples-dropped",
            f"{gone} of {len(train)} examples have no answer within {max_length} tokens and are not trained.",
        )
