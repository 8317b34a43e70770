"""Runs of a sweep on a cluster of two nodes: one job of Ray Tune's trains them, two beside each other, and each ends for itself."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.cluster import run_folder as names
from tuning_fork_trainer.cluster.dashboard import ENDED

from ..support import Job, of, write_rows
from ..test_process import losses
from ..test_supervised import check
from .conftest import Start, Started
from .local_cluster import LIMIT, LocalCluster
from .test_cluster import left_in

RATES = (5, 10, 20, 40)


class Reader(threading.Thread):
    """Reads a command to its end, with the time of each message."""

    def __init__(self, started: Started) -> None:
        super().__init__(daemon=True)
        self.started = started
        self.times: dict[str, float] = {}
        self.start()

    def run(self) -> None:
        assert self.started.process.stdout
        for line in self.started.process.stdout:
            message = json.loads(line)
            self.started.messages.append(message)
            self.times.setdefault(message["type"], time.monotonic())

    def finish(self) -> list[dict[str, Any]]:
        """All messages."""
        self.join(timeout=600)
        assert not self.is_alive()
        self.started.finish()
        return self.started.messages


def begin(
    start: Start, cluster: LocalCluster, job: Job, sweep: str, number: int, runs: int = 4, **changes: Any
) -> Reader:
    """Start a run with one worker."""
    words = ("--sweep", sweep, "--runs", str(runs))
    output = str(job.path.parent / f"{sweep}-{number}")
    return Reader(start({"address": cluster.address, "workers": 1}, words=words, output=output, **changes))


def succeeds(cluster: LocalCluster, sweep: str) -> None:
    """Wait for the end of a sweep's job, which succeeds whatever became of its runs."""
    job, limit = names.sweep_name(sweep), time.monotonic() + LIMIT
    while (status := cluster.status(job)) not in ENDED:
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert status == "SUCCEEDED", cluster.dashboard.logs(job)


def test_four_runs_are_one_job_that_trains_two_at_a_time(
    job: Job, start: Start, two_nodes: LocalCluster, protocol: dict[str, Any], tmp_path: Path
) -> None:
    changes = [{"hyperparameters": {"learning_rate_multiplier": rate, "n_epochs": 20}} for rate in RATES]
    alone = [losses(job.run(output=str(tmp_path / f"alone-{number}"), **each)) for number, each in enumerate(changes)]
    runs = [begin(start, two_nodes, job, "sweep-of-four", number, **each) for number, each in enumerate(changes)]
    for number, run in enumerate(runs):
        messages = run.finish()
        check(protocol, messages)
        assert messages[-1]["type"] == "model", messages[-1]
        assert Path(messages[-1]["path"]) == tmp_path / f"sweep-of-four-{number}" / "model"
        # Each run has its own rate, and its own curve.
        assert losses(messages) == pytest.approx(alone[number], rel=1e-4)
    assert alone[0] != pytest.approx(alone[3], rel=1e-3)
    succeeds(two_nodes, "sweep-of-four")
    spans = sorted((run.times["ready"], run.times["model"]) for run in runs)
    beside = [sum(begun < at < ended for begun, ended in spans) for at, _ in spans]
    # Two nodes with one CPU each: Ray Tune lets two begin, and the others wait.
    assert max(beside) <= 1
    assert sum(beside) >= 1
    assert left_in(tmp_path / "storage") == []


def test_a_canceled_a_refused_and_a_lost_worker_are_those_of_one_run(
    job: Job, start: Start, two_nodes: LocalCluster, tmp_path: Path
) -> None:
    write_rows(tmp_path / "empty.jsonl", 0)
    long = {"hyperparameters": {"n_epochs": 2000}, "validation_file": None}
    canceled = begin(start, two_nodes, job, "sweep-of-three", 0, 3, **long)
    refused = begin(start, two_nodes, job, "sweep-of-three", 1, 3, training_file=str(tmp_path / "empty.jsonl"))
    lasting = begin(
        start,
        two_nodes,
        job,
        "sweep-of-three",
        2,
        3,
        training_file=str(tmp_path / "train.jsonl"),
        hyperparameters={"n_epochs": 200},
    )
    last = refused.finish()[-1]
    assert last["type"] == "error"
    assert last["code"] != "internal", last
    while "checkpoint" not in canceled.times or "checkpoint" not in lasting.times:
        assert canceled.is_alive() and lasting.is_alive(), (canceled.started.messages, lasting.started.messages)
        canceled.join(timeout=0.1)
    canceled.started.say("cancel")
    assert canceled.finish()[-1]["type"] == "cancelled"
    two_nodes.kill("ray::RayTrainWorker")
    messages = lasting.finish()
    assert messages[-1]["type"] == "model", messages[-1]
    assert [message["step"] for message in of(messages, "metric")] == list(range(1, 601))
    assert [message["code"] for message in of(messages, "notice")].count("worker-lost") == 1
    succeeds(two_nodes, "sweep-of-three")
    assert left_in(tmp_path / "storage") == []


def test_a_run_that_comes_too_late_trains_alone(
    job: Job, start: Start, two_nodes: LocalCluster, tmp_path: Path
) -> None:
    assert begin(start, two_nodes, job, "sweep-that-is-over", 0, 1).finish()[-1]["type"] == "model"
    succeeds(two_nodes, "sweep-that-is-over")
    assert begin(start, two_nodes, job, "sweep-that-is-over", 1, 1).finish()[-1]["type"] == "model"
    assert left_in(tmp_path / "storage") == []


def test_words_of_a_sweep_belong_together(job: Job, start: Start, two_nodes: LocalCluster) -> None:
    for words in (
        ("--sweep", "sweep-of-one"),
        ("--sweep", "../../etc", "--runs", "1"),
        ("--sweep", "s" * 8, "--runs", "0"),
    ):
        started = start({"address": two_nodes.address}, words=words)
        assert started.process.wait(timeout=120) == 2
