"""Bench of the cluster: two workers on a cluster of this machine beside two processes of torchrun, the way to the first step, lost workers.

`python trainer/bench/cluster.py --model FOLDER --data FILE.jsonl --json FILE [--rows 32] [--rounds 2]`
Speed is that of the steps from the second one on, by turns. The way to the first step is measured with a tiny model, on a
cluster that has done a job before, and compared with that of torchrun: what is over is the cluster's.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

sys.path[:0] = [str(Path(__file__).parents[1])]

from material import read_rows  # noqa: E402
from tests.ray.local_cluster import LocalCluster  # noqa: E402
from tests.support import make_model, write_rows  # noqa: E402

TORCHRUN = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
LONG = 240
"""Steps of the job that loses a worker, with a checkpoint after each 30."""


class Run:
    """One job, to its end. Times are in seconds since its start."""

    def __init__(self, folder: Path, job: dict[str, Any], cluster: LocalCluster | None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.killed: int | None = None
        self._cluster = cluster
        (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
        words = ["train", "--job", str(folder / "job.json")]
        if cluster is not None:
            document = {"version": 1, "address": cluster.address, "storage": str(folder / "storage"), "workers": 2}
            (folder / "cluster.json").write_text(json.dumps(document), encoding="utf-8")
            words = ["ray", *words[1:], "--cluster", str(folder / "cluster.json")]
        self._command = [sys.executable, *([] if cluster else TORCHRUN), "-m", "tuning_fork_trainer", *words]

    def go(self, *, kill_at: int | None = None) -> Run:
        """Run it; kill a worker of the cluster at a step."""
        started = time.perf_counter()
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        pipe = subprocess.PIPE
        with subprocess.Popen(  # noqa: S603
            self._command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True, env=environment
        ) as process:
            assert process.stdout  # noqa: S101
            for line in process.stdout:
                message = json.loads(line)
                self.messages.append({**message, "at": time.perf_counter() - started})
                metric = message["type"] == "metric"
                if kill_at is not None and self.killed is None and metric and message["step"] >= kill_at:
                    assert self._cluster  # noqa: S101
                    self._cluster.kill("ray::RayTrainWorker")
                    self.killed = int(message["step"])
        if self.messages[-1]["type"] != "model":
            raise SystemExit(f"The training failed: {self.messages[-1]}")
        return self

    def speed(self) -> float:
        """Tokens of a second in the steps from the second one on."""
        metrics = [message for message in self.messages if message["type"] == "metric"]
        tokens = [now["tokens"] - before["tokens"] for before, now in pairwise(metrics)]
        rates = [metric["tokens_per_second"] for metric in metrics[1:]]
        return sum(tokens) / sum(count / rate for count, rate in zip(tokens, rates, strict=True))

    def first(self, kind: str) -> float:
        """Seconds to the first message of a type."""
        return float(next(message["at"] for message in self.messages if message["type"] == kind))


def main() -> None:
    """Print each run as it ends, and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--rows", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json", type=Path, required=True)
    given = parser.parse_args()
    # A bench that is ended ends its cluster.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    figures: dict[str, list[float]] = {"torchrun": [], "ray": [], "start_torchrun": [], "start_ray": [], "lost": []}
    cluster = LocalCluster(2)
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            measure(folder, cluster, given, figures)
    finally:
        cluster.stop()
    given.json.write_text(json.dumps(figures), encoding="utf-8")


def measure(folder: Path, cluster: LocalCluster, given: argparse.Namespace, figures: dict[str, list[float]]) -> None:
    """Fill the figures; `lost` has the steps that a lost worker cost, and those since the last checkpoint."""
    rows = "".join(json.dumps(row) + "\n" for row in read_rows(given.data, given.rows))
    (folder / "rows.jsonl").write_text(rows, encoding="utf-8")
    tiny, many = str(make_model(folder / "tiny")), str(write_rows(folder / "many.jsonl", LONG))

    def job(model: str, file: str, epochs: int) -> dict[str, Any]:
        return {
            "version": 1,
            "method": "supervised",
            "model": model,
            "training_file": file,
            "output": str(folder / f"out-{time.time_ns()}"),
            "device": "cpu",
            "threads": 1,
            "hyperparameters": {"n_epochs": epochs, "batch_size": 8, "learning_rate_multiplier": 1},
            "advanced": {"gradient_accumulation": "auto"},
        }

    # The first job starts processes that the next ones find.
    Run(folder, job(tiny, many, 1), cluster).go()
    for number in range(given.rounds):
        for way, where in (("torchrun", None), ("ray", cluster)):
            start = Run(folder, job(tiny, many, 1), where).go().first("metric")
            figures[f"start_{way}"].append(start)
            speed = Run(folder, job(given.model, str(folder / "rows.jsonl"), 1), where).go().speed()
            figures[way].append(speed)
            print(f"round {number + 1}, {way}: {speed:,.1f} tokens/s, first step after {start:.1f} s", flush=True)  # noqa: T201
    lost = Run(folder, job(tiny, many, 8), cluster).go(kill_at=40)
    words = next(message["message"] for message in lost.messages if message.get("code") == "worker-lost")
    at, again = (int(word.rstrip(";.")) for word in words.split() if word.rstrip(";.").isdigit())
    figures["lost"] = [at - again, at - at // 30 * 30]
    print(words, flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
