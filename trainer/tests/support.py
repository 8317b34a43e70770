"""Makers of tiny models, rows and jobs, and a process of the trainer with its messages."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any

CHATML = (
    "{% if tools %}{{ '<|im_start|>system\\nTools: ' + (tools | tojson) + '<|im_end|>\\n' }}{% endif %}"
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] }}"
    "{% for call in message.get('tool_calls') or [] %}{{ '<call>' + (call['function'] | tojson) }}{% endfor %}"
    "{{ '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
NO_SYSTEM = CHATML.replace(
    "{% for message in messages %}", "{% for message in messages if message['role'] != 'system' %}"
)


def byte_level(special_tokens: list[str], texts: list[str]) -> Any:
    """Byte-level BPE with a few merges, as most models have; every text has tokens."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special_tokens,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def tiny_llama(tokenizer: Any, *, seed: int, context: int, spread: float, **more: Any) -> Any:
    """Llama with two layers and random weights of this standard deviation."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=context,
        initializer_range=spread,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **more,
    )
    return LlamaForCausalLM(config)


def make_tokenizer(template: str | None = CHATML, *, end: bool = True) -> Any:
    """Tokenizer with a chat template; without `end` it has no end token."""
    from transformers import PreTrainedTokenizerFast

    texts = ["system user assistant Price is $ How much is item"] * 20
    tokenizer = byte_level(["<|im_start|>", "<|im_end|>", "<pad>"], texts)
    special = {"eos_token": "<|im_end|>"} if end else {}
    made = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", model_max_length=512, **special)
    made.chat_template = template
    return made


def make_model(folder: Path, template: str | None = CHATML, *, end: bool = True) -> Path:
    """Save a tiny Llama and its tokenizer, as safetensors."""
    tokenizer = make_tokenizer(template, end=end)
    # Wider than usual, so that an adapter alone can move the predictions of so small a model.
    tiny_llama(tokenizer, seed=0, context=512, spread=0.2).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def chat_row(number: int) -> dict[str, Any]:
    """Row whose length varies with its number."""
    words = " ".join(["very"] * (number % 7))
    return {
        "messages": [
            {"role": "system", "content": "Answer with a price."},
            {"role": "user", "content": f"How much is {words} item {number}?"},
            {"role": "assistant", "content": f"Price is ${number % 10}.00"},
        ]
    }


def preference_row(number: int) -> dict[str, Any]:
    """Row that prefers a price to a refusal."""
    return {
        "input": {"messages": chat_row(number)["messages"][:2]},
        "preferred_output": [{"role": "assistant", "content": f"Price is ${number % 10}.00"}],
        "non_preferred_output": [{"role": "assistant", "content": "I do not know."}],
    }


def task_row(number: int) -> dict[str, Any]:
    """Row of reinforcement with a reference."""
    return {"messages": chat_row(number)["messages"][:2], "answer": f"Price is ${number % 10}.00"}


def write_rows(path: Path, count: int, *, first: int = 0, make: Any = chat_row) -> Path:
    """Write rows as JSONL."""
    path.write_text("".join(json.dumps(make(first + at)) + "\n" for at in range(count)), encoding="utf-8")
    return path


@dataclass
class Job:
    """Job file that a test changes before it starts it."""

    path: Path
    values: dict[str, Any]

    @property
    def output(self) -> Path:
        """Folder of the results."""
        return Path(self.values["output"])

    def write(self, **changes: Any) -> Path:
        """Write the file with changes; objects are merged with those that are there."""
        for key, value in changes.items():
            if isinstance(value, dict) and isinstance(self.values.get(key), dict):
                self.values[key] = {**self.values[key], **value}
            else:
                self.values[key] = value
        self.path.write_text(json.dumps(self.values), encoding="utf-8")
        return self.path

    def run(self, commands: Any = None, **changes: Any) -> list[dict[str, Any]]:
        """Train in this process; return the messages. An error is raised as the trainer raises it."""
        from tuning_fork_trainer.job import load_job
        from tuning_fork_trainer.protocol import Channel, Commands
        from tuning_fork_trainer.train import run

        out = StringIO()
        try:
            run(load_job(self.write(**changes)), Channel(out), commands or Commands())
        finally:
            self.messages = [json.loads(line) for line in out.getvalue().splitlines()]
        return self.messages


def of(messages: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    """Messages of a type."""
    return [message for message in messages if message["type"] == kind]


def start(path: Path, *, launcher: list[str] | None = None, **options: Any) -> subprocess.Popen[str]:
    """Start the trainer as the product does, with pipes."""
    return subprocess.Popen(
        [sys.executable, *(launcher or []), "-m", "tuning_fork_trainer", "train", "--job", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        **options,
    )


def say(process: subprocess.Popen[str], kind: str) -> None:
    """Send a command."""
    assert process.stdin
    process.stdin.write(json.dumps({"type": kind}) + "\n")
    process.stdin.flush()


def finish(process: subprocess.Popen[str]) -> list[dict[str, Any]]:
    """Wait for the end, keeping its input open; the messages. Standard error is shown where a test fails."""
    assert process.stdin and process.stdout and process.stderr
    lines = process.stdout.read().splitlines()
    process.stdin.close()
    sys.stderr.write(process.stderr.read()[-4000:])
    process.wait(timeout=60)
    return [json.loads(line) for line in lines]


def run_command(name: str, path: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command on a job file to its end, as the product does: without an input."""
    return subprocess.run(
        [sys.executable, "-m", "tuning_fork_trainer", name, "--job", str(path)],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1"} if env is None else env,
    )
