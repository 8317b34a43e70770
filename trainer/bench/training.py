"""Bench of the training: this package beside a plain TRL script, same data and settings, alternately in one run.

`python trainer/bench/training.py --model FOLDER [--data FILE.jsonl] [--rounds 3] [--four-bit]`
Goals: tokens/s at least 0.97 of the script's, 1.3 of it in batches of like length or packed at a validation loss within 1 %,
peak memory at most 1.1 of it. The script pads, at an effective batch of 8. Losses of the two are measured on the same rows.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

Figures = dict[str, float]


def rows_of_mixed_length(count: int, seed: int) -> list[dict[str, Any]]:
    """Prices of made-up goods; lengths spread as in descriptions of shops, from a line to several hundred tokens."""
    random_of = random.Random(seed)  # noqa: S311 - no secret
    words = [
        "steel",
        "oak",
        "compact",
        "portable",
        "classic",
        "heavy",
        "light",
        "rugged",
        "quiet",
        "bright",
        "folding",
        "spare",
        "lamp",
        "drill",
        "kettle",
        "chair",
    ]
    made = []
    for _ in range(count):
        text = " ".join(random_of.choice(words) for _ in range(min(400, int(random_of.lognormvariate(3.6, 0.9)) + 4)))
        price = 5 + sum(len(word) for word in text.split()[:6]) * random_of.uniform(0.8, 1.2)
        made.append(
            {
                "messages": [
                    {"role": "user", "content": f"What does this cost, to the nearest dollar?\n\n{text}"},
                    {"role": "assistant", "content": f"Price is ${price:.2f}"},
                ]
            }
        )
    return made


def plain(folder: Path, given: argparse.Namespace) -> Figures:
    """One run of the plain script."""
    command = [sys.executable, str(Path(__file__).with_name("plain_trl.py")), "--model", given.model]
    command += ["--train", str(folder / "train.jsonl"), "--valid", str(folder / "valid.jsonl"), "--batch", "8"]
    command += ["--four-bit"] if given.four_bit else []
    command += ["--threads", str(given.threads)] if given.threads else []
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603
    figures: Figures = json.loads(said.splitlines()[-1])
    return figures


def ours(folder: Path, given: argparse.Namespace, **advanced: object) -> Figures:
    """One run of this package."""
    job = {
        "version": 1,
        "method": "supervised",
        "model": given.model,
        "training_file": str(folder / "train.jsonl"),
        "validation_file": str(folder / "valid.jsonl"),
        "output": str(folder / "out"),
        "seed": 42,
        "hyperparameters": {"n_epochs": 1, "batch_size": 8, "learning_rate_multiplier": 1},
        "advanced": {"gradient_accumulation": 1, "validation_every": 10**6, "load_in_4bit": given.four_bit, **advanced},
        "threads": given.threads,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, "-m", "tuning_fork_trainer", "train", "--job", str(folder / "job.json")]
    # A closed input would mean that the parent has died.
    reading, writing = os.pipe()
    try:
        done = subprocess.run(command, capture_output=True, text=True, stdin=reading, check=False)  # noqa: S603
    finally:
        os.close(reading)
        os.close(writing)
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    if not messages or messages[-1]["type"] != "model":
        raise SystemExit(f"The trainer failed: {messages[-1:]} {done.stderr[-2000:]}")
    metrics = [each for each in messages if each["type"] == "metric"]
    before = 0
    seconds = 0.0
    for each in metrics:
        seconds += (each["tokens"] - before) / each["tokens_per_second"]
        before = each["tokens"]
    return {
        "tokens": before,
        "seconds": seconds,
        "loss": metrics[-1]["full_valid_loss"],
        "memory": messages[-1]["peak_memory"],
    }


WAYS: dict[str, dict[str, object]] = {
    "same order": {"group_by_length": False, "packing": False},
    "like lengths": {"group_by_length": True, "packing": False},
    "packed": {"group_by_length": False, "packing": True},
}


def main() -> None:
    """Print a table of ratios, each the median over the rounds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, help="rows of chat messages; made up when absent")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--four-bit", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if given.data:
            rows = [json.loads(line) for line in given.data.read_text(encoding="utf-8").splitlines()]
        else:
            rows = rows_of_mixed_length(given.rows + 40, 1)
        for file, part in (("train", rows[40 : 40 + given.rows]), ("valid", rows[:40])):
            text = "".join(json.dumps(row) + "\n" for row in part)
            (folder / f"{file}.jsonl").write_text(text, encoding="utf-8")
        found: dict[str, list[Figures]] = {"plain script": [], **{way: [] for way in WAYS}}
        for _ in range(given.rounds):
            found["plain script"].append(plain(folder, given))
            for way, advanced in WAYS.items():
                found[way].append(ours(folder, given, **advanced))
    base = found["plain script"]
    print("| way | tokens/s | of the script | validation loss | of the script | peak memory | of the script |")  # noqa: T201
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")  # noqa: T201
    for way, runs in found.items():
        speed = statistics.median(run["tokens"] / run["seconds"] for run in runs)
        ratio = statistics.median(
            run["tokens"] / run["seconds"] / (peer["tokens"] / peer["seconds"])
            for run, peer in zip(runs, base, strict=True)
        )
        loss, peer_loss = runs[0]["loss"], base[0]["loss"]
        memory, peer_memory = (statistics.median(run["memory"] for run in each) for each in (runs, base))
        print(  # noqa: T201
            f"| {way} | {speed:,.0f} | {ratio:.2f} | {loss:.4f} | {loss / peer_loss:.4f} "
            f"| {memory / 1e9:.2f} GB | {memory / peer_memory:.2f} |"
        )


if __name__ == "__main__":
    main()
