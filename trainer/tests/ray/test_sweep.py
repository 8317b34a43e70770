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

SWEEP = "sweep-of-five"


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


def begin(start: Start, cluster: LocalCluster, job: Job, number: int, **changes: Any) -> Reader:
    """Start one of five runs, with one worker."""
    words = ("--sweep", SWEEP, "--runs", "5")
    output = str(job.path.parent / f"run-{number}")
    return Reader(start({"address": cluster.address, "workers": 1}, words=words, output=output, **changes))


def notices(run: Reader) -> list[str]:
    """Codes of the notices so far."""
    return [message["code"] for message in of(list(run.started.messages), "notice")]


def succeeds(cluster: LocalCluster) -> None:
    """Wait for the end of the sweep's job, which succeeds whatever became of its runs."""
    job, limit = names.sweep_name(SWEEP), time.monotonic() + LIMIT
    while (status := cluster.status(job)) not in ENDED:
        assert time.monotonic() < limit
        time.sleep(0.2)
    assert status == "SUCCEEDED", cluster.dashboard.logs(job)


def wait_for(runs: list[Reader], count: int, kind: str) -> list[Reader]:
    """Runs that have told a message of a kind, once there are as many."""
    while len(found := [run for run in runs if kind in run.times]) < count:
        assert all(run.is_alive() for run in runs), [run.started.messages[-1:] for run in runs]
        runs[0].join(timeout=0.1)
    return found


def test_runs_train_two_at_a_time_and_each_ends_for_itself(
    job: Job, start: Start, two_nodes: LocalCluster, protocol: dict[str, Any], tmp_path: Path
) -> None:
    alone = losses(job.run(output=str(tmp_path / "alone")))
    write_rows(tmp_path / "empty.jsonl", 0)
    long = {"hyperparameters": {"n_epochs": 2000}, "validation_file": None}
    whole = begin(start, two_nodes, job, 0)
    refused = begin(start, two_nodes, job, 1, training_file=str(tmp_path / "empty.jsonl"))
    job.write(training_file=str(tmp_path / "train.jsonl"))
    longs = [begin(start, two_nodes, job, number, **long) for number in (2, 3, 4)]

    first, second = wait_for(longs, 2, "checkpoint")
    (third,) = (run for run in longs if run not in (first, second))
    # Two nodes with one CPU each: Ray Tune lets two runs train, and the others wait.
    assert "ready" not in third.times
    first.started.say("cancel")
    assert first.finish()[-1]["type"] == "cancelled"
    assert Path(first.started.messages[-1]["path"]).is_dir()

    wait_for([third], 1, "checkpoint")
    two_nodes.kill("ray::RayTrainWorker")
    while not (lost := [run for run in (second, third) if notices(run).count("worker-lost") == 1]):
        assert second.is_alive() and third.is_alive()
        third.join(timeout=0.1)
    at = len(lost[0].started.messages)
    while len(of(lost[0].started.messages[at:], "metric")) < 2:
        assert lost[0].is_alive()
        lost[0].join(timeout=0.1)
    for run in (second, third):
        run.started.say("cancel")
    for run in (second, third):
        messages = run.finish()
        check(protocol, messages)
        assert messages[-1]["type"] == "cancelled"
        steps = [message["step"] for message in of(messages, "metric")]
        assert steps == list(range(1, len(steps) + 1))
    assert len(lost) == 1

    last = refused.finish()[-1]
    assert (last["type"], last["code"]) == ("error", "bad-file")
    messages = whole.finish()
    check(protocol, messages)
    assert messages[-1]["type"] == "model"
    assert losses(messages) == pytest.approx(alone, rel=1e-4)
    succeeds(two_nodes)
    assert left_in(tmp_path / "storage") == []


def test_words_of_a_sweep_belong_together(job: Job, start: Start, two_nodes: LocalCluster) -> None:
    for words in (
        ("--sweep", "sweep-of-one"),
        ("--sweep", "../../etc", "--runs", "1"),
        ("--sweep", "s" * 8, "--runs", "0"),
    ):
        started = start({"address": two_nodes.address}, words=words)
        assert started.process.wait(timeout=120) == 2
