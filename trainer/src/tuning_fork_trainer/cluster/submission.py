"""Job of Ray's that trains a run: one for it alone, or the one of its sweep."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from . import run_folder as names
from .dashboard import ENDED, Dashboard
from .document import Cluster
from .source import zip_source
from .storage import Storage


@dataclass(frozen=True)
class Sweep:
    """Sweep that a run belongs to: its id, and the count of its runs."""

    id: str
    runs: int


class Submission:
    """Job of Ray's for one run. Methods raise Unreachable or Refusal."""

    def __init__(self, dashboard: Dashboard, cluster: Cluster, run: str) -> None:
        self._dashboard = dashboard
        self._cluster = cluster
        self._name = run

    def submit(self) -> None:
        """Start it."""
        self._submit("driver", self._cluster.storage, self._name)

    def state(self) -> dict[str, Any] | None:
        """What is known of the run: `status`, `message`, and `refusal` where one was written down; None where nothing is."""
        return self._dashboard.state(self._name)

    def logs(self) -> str:
        """Output of the driver."""
        return self._dashboard.logs(self._name)

    def stop(self) -> None:
        """Stop it with its workers."""
        self._dashboard.stop(self._name)

    def is_over(self) -> bool:
        """Whether nothing of the run goes on, or will begin."""
        return _has_ended(self.state())

    def tidy(self) -> None:
        """Remove what it needed in the storage beside the run's folder."""

    def _submit(self, driver: str, *arguments: str) -> None:
        name, content = zip_source()
        uri = self._dashboard.send_package(name, content)
        self._dashboard.submit(
            {
                # Without a shell between, which could be lost in its place.
                "entrypoint": f"exec python {shlex.join(['-m', f'tuning_fork_trainer.cluster.{driver}', *arguments])}",
                "submission_id": self._name,
                "runtime_env": {
                    "working_dir": uri,
                    "env_vars": {
                        # Without it each process takes all cores of its machine.
                        "OMP_NUM_THREADS": str(self._cluster.cpus_per_worker),
                        # A round of looks at the workers ends a training that has nothing more to do, or restarts one that lost a worker.
                        "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "1",
                        # Curves are told by the run's messages.
                        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
                    },
                },
            }
        )


class SweepSubmission(Submission):
    """Job of Ray's that trains all runs of a sweep, seen from one of them. The first run that has its files in the storage starts it."""

    def __init__(self, dashboard: Dashboard, cluster: Cluster, run: str, sweep: Sweep, place: Storage) -> None:
        super().__init__(dashboard, cluster, names.sweep_name(sweep.id))
        self._run = run
        self._runs = sweep.runs
        self._sweep = sweep.id
        self._place = place

    def submit(self) -> None:
        """Join the sweep."""
        self._place.write(f"{self._name}/{names.RUNS}/{self._run}", b"")
        if self._dashboard.state(self._name) is None:
            self._submit("sweep_driver", self._cluster.storage, self._sweep, str(self._runs), self._run)

    def state(self) -> dict[str, Any] | None:
        """State of this run where it has ended, else that of the sweep."""
        end = self._read(names.END)
        if end is None:
            return super().state()
        refusal = json.loads(end)
        return {"status": "FAILED", "refusal": refusal} if refusal else {"status": "SUCCEEDED"}

    def left_out(self, state: dict[str, Any] | None) -> bool:
        """Whether the sweep has ended without this run, which came too late."""
        ended = state is not None and state.get("status") in ("SUCCEEDED", "FAILED")
        return ended and self._read(names.ANSWER) is None and self._read(names.END) is None

    def stop(self) -> None:
        """Nothing: the others go on, and this run's workers obey the command in its folder."""

    def is_over(self) -> bool:
        """Whether this run has ended, or has not begun: it does not, then, when its files are gone."""
        return self._read(names.ANSWER) is None or super().is_over()

    def tidy(self) -> None:
        """Remove the sweep's folder where its job has ended; its driver does, but may have been lost."""
        if _has_ended(super().state()):
            self._place.remove(self._name)

    def _read(self, name: str) -> bytes | None:
        return self._place.read(f"{self._run}/{name}")


def _has_ended(state: dict[str, Any] | None) -> bool:
    return state is None or state.get("status") in ENDED
