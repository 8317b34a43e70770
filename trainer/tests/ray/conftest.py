"""Cluster of two nodes on this machine, which the tests of this folder share, and the command `ray` as a process."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ..support import Job, finish, say
from .local_cluster import LocalCluster

HANGS = 900.0
"""Seconds that only a job that hangs takes."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of the cluster in one process, one after the other: there is one cluster, and some kill parts of it."""
    for item in items:
        if "two_nodes" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("cluster"))


@pytest.fixture(scope="session")
def two_nodes() -> Iterator[LocalCluster]:
    """Two nodes with one CPU each."""
    cluster = LocalCluster(2)
    try:
        yield cluster
    finally:
        cluster.stop()


@dataclass
class Started:
    """Command `ray` as a process, with the messages that were read so far."""

    process: subprocess.Popen[str]
    messages: list[dict[str, Any]]

    def until(self, there: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Read up to the first message of this kind."""
        assert self.process.stdout
        for line in self.process.stdout:
            self.messages.append(json.loads(line))
            if there(self.messages[-1]):
                return self.messages[-1]
        assert self.process.stderr
        raise AssertionError(f"ended too early: {self.messages[-3:]}\n{self.process.stderr.read()[-3000:]}")

    def say(self, kind: str) -> None:
        """Send a command."""
        say(self.process, kind)

    def finish(self) -> list[dict[str, Any]]:
        """Read to the end, keeping the input open; all messages."""
        self.messages += finish(self.process)
        return self.messages


Start = Callable[..., Started]


@pytest.fixture
def start(job: Job, tmp_path: Path) -> Iterator[Start]:
    """Start the command on a cluster; `words` are its further arguments, `changes` those of the job file. Processes end with the test."""
    running: list[subprocess.Popen[str]] = []
    limits: list[threading.Timer] = []

    def begin(
        cluster: dict[str, Any], token: str | None = None, words: tuple[str, ...] = (), **changes: Any
    ) -> Started:
        document = tmp_path / "cluster.json"
        document.write_text(
            json.dumps({"version": 1, "storage": str(tmp_path / "storage"), "workers": 2, **cluster}), encoding="utf-8"
        )
        # A file of its own: it is read after the next one may have been started.
        file = tmp_path / f"job-{len(running)}.json"
        shutil.copy(job.write(**changes), file)
        process = subprocess.Popen(
            [sys.executable, "-m", "tuning_fork_trainer", "ray", "--job", file, "--cluster", document, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", **({"TUNING_FORK_RAY_TOKEN": token} if token else {})},
        )
        running.append(process)
        limits.append(threading.Timer(HANGS, process.kill))
        limits[-1].daemon = True
        limits[-1].start()
        return Started(process, [])

    yield begin
    for limit in limits:
        limit.cancel()
    for process in running:
        if process.poll() is None:
            process.kill()
            process.wait(timeout=60)
