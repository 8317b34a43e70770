"""Ray cluster on loopback: each node is a `ray start` of its own, with few CPUs and little memory, and ends with the test."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil

from tuning_fork_trainer.cluster.dashboard import Dashboard, Unreachable
from tuning_fork_trainer.cluster.document import Cluster

LIMIT = 120.0
"""Seconds for what takes ten on a quiet machine."""


class LocalCluster:
    """Nodes on this machine, one CPU each; the first one is the head."""

    def __init__(self, nodes: int) -> None:
        # Sockets of Ray lie in it, whose paths may have 100 characters.
        self.folder = Path(tempfile.mkdtemp(prefix="tf-ray-", dir="/tmp"))
        port, dashboard, *others = free_ports(6)
        self.address = f"http://127.0.0.1:{dashboard}"
        self.dashboard = Dashboard(Cluster(self.address, "/", 1), None)
        self._nodes = [
            self._start(
                [
                    *("--head", f"--port={port}", f"--dashboard-port={dashboard}", "--dashboard-host=127.0.0.1"),
                    *(f"--temp-dir={self.folder}", f"--ray-client-server-port={others[0]}"),
                ],
                others[1],
            )
        ]
        self._until("the dashboard of Ray", self._answers)
        for number in range(1, nodes):
            self._nodes.append(self._start([f"--address=127.0.0.1:{port}"], others[1 + number]))

    def _start(self, words: list[str], agent: int) -> subprocess.Popen[bytes]:
        common = ["--block", "--node-ip-address=127.0.0.1", "--num-cpus=1", "--num-gpus=0", "--disable-usage-stats"]
        common += ["--object-store-memory=80000000", f"--dashboard-agent-listen-port={agent}"]
        scripts = Path(sys.executable).parent
        environment = {
            **os.environ,
            # The job server starts `python` of this path.
            "PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}",
            "RAY_USAGE_STATS_ENABLED": "0",
            # Memory that other programs of this machine take must not end workers.
            "RAY_memory_monitor_refresh_ms": "0",
            # Ray's workers are nice by default, and would wait for whatever else this machine does.
            "RAY_worker_niceness": "0",
            "HF_HUB_OFFLINE": "1",
        }
        with (self.folder / f"node-{agent}.log").open("wb") as log:
            return subprocess.Popen(
                [str(scripts / "ray"), "start", *words, *common], stdout=log, stderr=log, env=environment
            )

    def processes(self, words: str) -> list[psutil.Process]:
        """Processes of the cluster whose command line or title has these words."""
        found = []
        for node in self._nodes:
            for process in _family(node.pid):
                with suppress(psutil.Error):
                    if words in " ".join(process.cmdline()):
                        found.append(process)
        return found

    def kill(self, words: str) -> None:
        """Kill the first process with these words."""
        self.processes(words)[0].send_signal(signal.SIGKILL)

    def kill_node(self, number: int) -> None:
        """Kill a node with everything that it started."""
        processes = _family(self._nodes[number].pid)
        for process in processes:
            with suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(processes, timeout=LIMIT)

    def status(self, job: str) -> str:
        """Status of a job."""
        state = self.dashboard.state(job)
        assert state is not None
        return str(state["status"])

    def stop(self) -> None:
        """End all nodes and remove what they wrote."""
        for number in reversed(range(len(self._nodes))):
            self.kill_node(number)
            self._nodes[number].wait(timeout=LIMIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._nodes[0].poll() is None, self._logs()
        try:
            self.dashboard.check_version()
        except Unreachable:
            return False
        return True

    def _until(self, what: str, there: object) -> None:
        assert callable(there)
        limit = time.monotonic() + LIMIT
        while not there():
            assert time.monotonic() < limit, f"waited for {what}:\n{self._logs()}"
            time.sleep(0.1)

    def _logs(self) -> str:
        return "\n".join(log.read_text(errors="replace")[-2000:] for log in self.folder.glob("node-*.log"))


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [*process.children(recursive=True), process]
    except psutil.NoSuchProcess:
        return []


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports
