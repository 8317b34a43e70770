"""Reinforcement by TRL's GRPOTrainer: several answers to each prompt are sampled, graded and compared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from trl import GRPOConfig, GRPOTrainer

from .chat import Unusable, render
from .common import Material, Parts, lora, shared_arguments
from .graders import Grader
from .graders import build as build_grader
from .job import Job
from .models import dtype_of
from .plan import GENERATIONS, Plan, max_length_of
from .protocol import Channel, Refusal
from .rows import read_tasks, refuse_line
from .validation import Score, gather, own

ANSWERS_AT_ONCE = 8

Row = dict[str, Any]  # `prompt`: rendered text; `item`: row of the file as JSON.


def prepare(job: Job, tokenizer: Any, limit: int, channel: Channel) -> tuple[Material, int]:
    """Read and render the files; return the prompts and the maximum length. Raises Refusal."""
    build_grader(job.graders)  # Refused before anything else takes time.
    rows, lengths = _render_file(job.training_file, tokenizer)
    max_length = max_length_of(job, lengths, limit)
    kept = [place for place, length in enumerate(lengths) if length < max_length]
    if len(kept) < len(rows):
        gone = len(rows) - len(kept)
        channel.notice(
            "warn", "examples-dropped", f"{gone} of {len(rows)} prompts leave no room within {max_length} tokens."
        )
    if not kept:
        raise Refusal(
            "bad-file", f"No prompt leaves room for an answer within {max_length} tokens.", 'Raise "max_length".'
        )
    valid = _render_file(job.validation_file, tokenizer)[0] if job.validation_file is not None else None
    return Material([rows[place] for place in kept], valid, [lengths[place] for place in kept]), max_length


def build(job: Job, plan: Plan, material: Material, model: Any, tokenizer: Any, device: str) -> Parts:
    """Make the trainer. A prompt with all of its answers is one forward pass."""
    grader = build_grader(job.graders)
    answers = GENERATIONS[device]

    def reward(completions: list[str], item: list[str], **_: Any) -> list[float]:
        return [grader(json.loads(row), text) for row, text in zip(item, completions, strict=True)]

    arguments = shared_arguments(job, plan, device, half=str(dtype_of(device)) == "torch.bfloat16")
    arguments["per_device_train_batch_size"] = plan.micro_batch * answers
    trainer = GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        reward_funcs=[reward],
        train_dataset=Dataset.from_list(material.train),
        peft_config=lora(job),
        args=GRPOConfig(
            **arguments,
            beta=plan.beta,
            num_generations=answers,
            max_completion_length=plan.max_completion,
            log_completions=False,
        ),
    )
    validation = None
    if material.valid is not None:
        validation = RewardValidation(material.valid, lambda: trainer.model, tokenizer, grader, plan.max_completion)
    return Parts(trainer, validation)


class RewardValidation:
    """Reward of the most probable answer to each prompt."""

    def __init__(self, rows: list[Row], model: Callable[[], Any], tokenizer: Any, grader: Grader, limit: int) -> None:
        self._rows = rows
        self._model = model
        self._tokenizer = tokenizer
        self._grader = grader
        self._limit = limit

    @property
    def count(self) -> int:
        """Prompts of the validation file."""
        return len(self._rows)

    @property
    def tokens(self) -> int:
        """Tokens of all prompts, and of the longest answers to them."""
        return sum(len(self._tokenizer(row["prompt"])["input_ids"]) + self._limit for row in self._rows)

    def score(self, places: list[int]) -> Score:
        """Mean reward; there is no loss."""
        model = self._model()
        figures = torch.zeros(len(places), 1, dtype=torch.float64)
        mine = own(places)
        training = model.training
        model.eval()
        for start in range(0, len(mine), ANSWERS_AT_ONCE):
            batch = mine[start : start + ANSWERS_AT_ONCE]
            rows = [self._rows[places[at]] for at in batch]
            for at, row, answer in zip(batch, rows, self._answers(model, rows), strict=True):
                figures[at, 0] = self._grader(json.loads(row["item"]), answer)
        model.train(training)
        total = gather(figures)
        return Score([None] * len(places), {"reward": float(total.mean())})

    def _answers(self, model: Any, rows: list[Row]) -> list[str]:
        inputs = self._tokenizer(
            [row["prompt"] for row in rows], return_tensors="pt", padding=True, padding_side="left"
        ).to(model.device)
        with torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16, enabled=model.device.type == "cuda"):
            out = model.generate(
                input_ids=inputs["input_ids"],
                attention_mask=inputs["attention_mask"],
                do_sample=False,
                max_new_tokens=self._limit,
                pad_token_id=self._tokenizer.pad_token_id,
            )
        texts: list[str] = self._tokenizer.batch_decode(
            out[:, inputs["input_ids"].shape[1] :], skip_special_tokens=True
        )
        return texts


def _render_file(path: Path, tokenizer: Any) -> tuple[list[Row], list[int]]:
    rows, lengths = [], []
    for number, task in enumerate(read_tasks(path), start=1):
        try:
            text = render(tokenizer, task.prompt, task.item.get("tools"), prompt=True)
        except Unusable as error:
            raise refuse_line(path, number, error) from error
        text = _without_double_start(tokenizer, text)
        rows.append({"prompt": text, "item": json.dumps(task.item, ensure_ascii=False)})
        lengths.append(len(tokenizer(text)["input_ids"]))
    return rows, lengths


def _without_double_start(tokenizer: Any, text: str) -> str:
    """Remove a start token that the template wrote where the tokenizer adds one itself."""
    start = tokenizer.bos_token
    adds = start and tokenizer("x")["input_ids"][:1] == [tokenizer.bos_token_id]
    return text.removeprefix(start) if adds else text
