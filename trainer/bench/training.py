"""Bench of the training: this package beside a plain TRL script, same data and settings, alternately in one run.

`python trainer/bench/training.py --model FOLDER [--data FILE.jsonl] [--rounds 3] [--json FILE] [--four-bit]`
Goals: tokens/s at least 0.97 of the script's in the same order, 1.3 of it in batches of like length or packed at a validation loss
within 1 %, peak memory at most 1.1 of it. Both have the same seed and, in the same order, the same rows in each batch of 8; each
round takes another seed. The script pads a batch as a whole. The trainer does so too in the same order; otherwise it computes a
batch in the parts that it chooses by itself. Losses are measured on the same rows by the same code. The first step, which warms
up, is not counted. With `--cpu-time` the seconds are those of the processor, so that other work on the machine falls on neither
side; it goes with `--threads 1`, since threads that wait for each other take processor time, too.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from material import read_rows

from tuning_fork_trainer.sampling import order

Figures = dict[str, float]

BATCH = 8
SEED = 42
SCRIPT = "plain script"


def plain(folder: Path, given: argparse.Namespace, seed: int) -> Figures:
    """One run of the plain script. It reads the rows in the order in which the trainer takes them by this seed."""
    lines = (folder / "train.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    ordered = [lines[place] for place in order([0] * len(lines), BATCH, seed, grouped=False)]
    (folder / "ordered.jsonl").write_text("".join(ordered), encoding="utf-8")
    command = [sys.executable, str(Path(__file__).with_name("plain_trl.py")), "--model", given.model]
    command += ["--train", str(folder / "ordered.jsonl"), "--valid", str(folder / "valid.jsonl")]
    command += ["--batch", str(BATCH), "--seed", str(seed)]
    command += ["--four-bit"] if given.four_bit else []
    command += ["--threads", str(given.threads)] if given.threads else []
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        raise SystemExit(f"The plain script failed: {done.stderr[-2000:]}")
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def ours(folder: Path, given: argparse.Namespace, seed: int, advanced: dict[str, object]) -> Figures:
    """One run of this package."""
    job = {
        "version": 1,
        "method": "supervised",
        "model": given.model,
        "training_file": str(folder / "train.jsonl"),
        "validation_file": str(folder / "valid.jsonl"),
        "output": str(folder / "out"),
        "seed": seed,
        "hyperparameters": {"n_epochs": 1, "batch_size": BATCH, "learning_rate_multiplier": 1},
        "advanced": {"validation_every": 10**6, "load_in_4bit": given.four_bit, **advanced},
        "threads": given.threads,
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [sys.executable, str(Path(__file__).with_name("measured_train.py")), "--job", str(folder / "job.json")]
    command += ["--clock", str(folder / "clock.json")]
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
    return {
        "tokens": metrics[-1]["tokens"] - metrics[0]["tokens"],
        **json.loads((folder / "clock.json").read_text(encoding="utf-8")),
        "loss": metrics[-1]["full_valid_loss"],
        "memory": messages[-1]["peak_memory"],
    }


WAYS: dict[str, dict[str, object]] = {
    "same order": {"group_by_length": False, "packing": False, "gradient_accumulation": 1},
    "like lengths": {"group_by_length": True, "packing": False},
    "packed": {"group_by_length": False, "packing": True},
}


def rows_of_table(found: dict[str, list[Figures]]) -> list[str]:
    """Markdown: each figure the median over the rounds, losses their mean."""
    base = found[SCRIPT]
    lines = [
        "| way | tokens/s | of the script | validation loss | of the script | peak memory | of the script |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for way, runs in found.items():
        rate = statistics.median(run["tokens_per_second"] for run in runs)
        ratio = statistics.median(
            run["tokens_per_second"] / peer["tokens_per_second"] for run, peer in zip(runs, base, strict=True)
        )
        loss, peer_loss = (statistics.mean(run["loss"] for run in each) for each in (runs, base))
        memory, peer_memory = (statistics.median(run["memory"] for run in each) for each in (runs, base))
        lines.append(
            f"| {way} | {rate:,.0f} | {ratio:.2f} | {loss:.4f} | {loss / peer_loss:.4f} "
            f"| {memory / 1e9:.2f} GB | {memory / peer_memory:.2f} |"
        )
    return lines


def main() -> None:
    """Print each run as it ends, then a table of ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path, help="rows of chat messages; made up when absent")
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--validation", type=int, default=40, help="rows of the validation, the first of the file")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--cpu-time", action="store_true", help="count seconds of the processor, not of the clock")
    parser.add_argument("--four-bit", action="store_true")
    parser.add_argument("--json", type=Path, help="file for the figures, written after each run")
    given = parser.parse_args()
    rows: list[dict[str, Any]] = read_rows(given.data, given.rows + given.validation)
    seconds = "cpu_seconds" if given.cpu_time else "seconds"
    found: dict[str, list[Figures]] = {SCRIPT: [], **{way: [] for way in WAYS}}

    def keep(way: str, run: Figures) -> None:
        found[way].append({**run, "tokens_per_second": run["tokens"] / run[seconds]})
        padding = f", {run['padding']:.0%} padding" if "padding" in run else ""
        print(  # noqa: T201
            f"round {len(found[way])}, {way}: {run['tokens'] / run[seconds]:,.1f} tokens/s, loss {run['loss']:.4f}, "
            f"{run['memory'] / 1e9:.2f} GB{padding}",
            flush=True,
        )
        if given.json is not None:
            given.json.write_text(json.dumps(found), encoding="utf-8")

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, part in (("train", rows[given.validation :]), ("valid", rows[: given.validation])):
            text = "".join(json.dumps(row) + "\n" for row in part)
            (folder / f"{file}.jsonl").write_text(text, encoding="utf-8")
        for number in range(given.rounds):
            keep(SCRIPT, plain(folder, given, SEED + number))
            for way, advanced in WAYS.items():
                keep(way, ours(folder, given, SEED + number, advanced))
    print("\n".join(rows_of_table(found)))  # noqa: T201


if __name__ == "__main__":
    main()
