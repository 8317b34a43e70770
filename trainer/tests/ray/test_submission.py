"""Runs of a sweep without a cluster: who starts the job, and what its states mean for one run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.cluster import run_folder as names
from tuning_fork_trainer.cluster import sweep_driver
from tuning_fork_trainer.cluster.dashboard import Dashboard
from tuning_fork_trainer.cluster.document import Cluster
from tuning_fork_trainer.cluster.storage import Storage
from tuning_fork_trainer.cluster.submission import Sweep, SweepSubmission

JOB = "tuning-fork-sweep-sweep-id"


class Jobs(Dashboard):
    """Dashboard that keeps its jobs in this process."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster, None)
        self.status: str | None = None
        self.submitted: list[dict[str, Any]] = []

    def send_package(self, name: str, content: bytes) -> str:
        return f"gcs://{name}"

    def submit(self, submission: dict[str, Any]) -> None:
        self.submitted.append(submission)
        self.status = "PENDING"

    def state(self, job: str) -> dict[str, Any] | None:
        assert job == JOB
        return None if self.status is None else {"status": self.status}

    def stop(self, job: str) -> None:
        raise AssertionError("other runs would be stopped")


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster("http://127.0.0.1:1", str(tmp_path), 1)


@pytest.fixture
def jobs(cluster: Cluster) -> Jobs:
    return Jobs(cluster)


def run_of(jobs: Jobs, cluster: Cluster, name: str) -> SweepSubmission:
    return SweepSubmission(jobs, cluster, name, Sweep("sweep-id", 2), Storage.open(cluster.storage))


def test_the_first_run_starts_the_job_of_all(jobs: Jobs, cluster: Cluster, tmp_path: Path) -> None:
    run_of(jobs, cluster, "run-a").submit()
    run_of(jobs, cluster, "run-b").submit()
    (submission,) = jobs.submitted
    assert submission["submission_id"] == JOB
    driver = "tuning_fork_trainer.cluster.sweep_driver"
    assert submission["entrypoint"] == f"exec python -m {driver} {tmp_path} sweep-id 2 run-a"
    assert sorted(path.name for path in (tmp_path / JOB / names.RUNS).iterdir()) == ["run-a", "run-b"]


def test_a_run_has_an_end_of_its_own(jobs: Jobs, cluster: Cluster, tmp_path: Path) -> None:
    run = run_of(jobs, cluster, "run-a")
    run.submit()
    jobs.status = "RUNNING"
    # It has not begun, and does not when its files are gone.
    assert run.is_over()
    (tmp_path / "run-a").mkdir()
    (tmp_path / "run-a" / names.ANSWER).write_text("answer")
    assert not run.is_over()
    run.stop()
    assert run.state() == {"status": "RUNNING"}
    refusal = {"code": "no-resources", "message": "No room.", "action": "Wait."}
    (tmp_path / "run-a" / names.END).write_text(json.dumps(refusal))
    assert run.is_over()
    assert run.state() == {"status": "FAILED", "refusal": refusal}
    (tmp_path / "run-a" / names.END).write_text("{}")
    assert run.state() == {"status": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("status", "begun", "left_out"),
    [
        ("RUNNING", False, False),
        ("SUCCEEDED", False, True),
        ("FAILED", False, True),
        # Stopped by a person on the dashboard: nothing of it is trained elsewhere.
        ("STOPPED", False, False),
        ("FAILED", True, False),
    ],
)
def test_a_run_that_came_too_late_is_told_by_the_end_of_the_job(
    jobs: Jobs, cluster: Cluster, tmp_path: Path, status: str, begun: bool, left_out: bool
) -> None:
    run = run_of(jobs, cluster, "run-a")
    run.submit()
    jobs.status = status
    if begun:
        (tmp_path / "run-a").mkdir()
        (tmp_path / "run-a" / names.ANSWER).write_text("answer")
    assert run.left_out(run.state()) == left_out


def test_what_a_lost_driver_left_is_removed_at_the_end(jobs: Jobs, cluster: Cluster, tmp_path: Path) -> None:
    run = run_of(jobs, cluster, "run-a")
    run.submit()
    run.tidy()
    assert (tmp_path / JOB).is_dir()
    jobs.status = "FAILED"
    run.tidy()
    assert not (tmp_path / JOB).exists()


@pytest.mark.parametrize("name", [names.END, names.COMMAND, None])
def test_a_trial_of_a_run_that_has_ended_or_is_not_wanted_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    trained: list[str] = []
    monkeypatch.setattr(sweep_driver, "train", lambda _place, run, _give_up: trained.append(run))
    folder = tmp_path / "run-a"
    folder.mkdir()
    if name is not None:
        (folder / names.NONCE).write_text("nonce")
        (folder / name).write_text("cancel")
    before = (folder / names.END).read_text() if name == names.END else None
    sweep_driver.trial({"place": str(tmp_path), "run": "run-a"})
    assert trained == []
    assert not (folder / names.ANSWER).exists()
    if before is not None:
        assert (folder / names.END).read_text() == before
    (folder / names.NONCE).write_text("nonce")
    for each in (names.END, names.COMMAND):
        (folder / each).unlink(missing_ok=True)
    sweep_driver.trial({"place": str(tmp_path), "run": "run-a"})
    assert trained == ["run-a"]
    assert (folder / names.END).read_text() == "{}"
