"""Log of a job on a cluster, without a cluster."""

from __future__ import annotations

import io

import pytest

from tuning_fork_trainer.cluster import job_log
from tuning_fork_trainer.cluster.dashboard import Dashboard, Unreachable
from tuning_fork_trainer.cluster.document import Cluster
from tuning_fork_trainer.cluster.job_log import JobLog
from tuning_fork_trainer.cluster.submission import Submission


class Growing(Submission):
    """Job whose log grows."""

    def __init__(self) -> None:
        cluster = Cluster("http://127.0.0.1:1", "/storage", 1)
        super().__init__(Dashboard(cluster, None), cluster, "run")
        self.log = ""
        self.answers = True

    def logs(self) -> str:
        if not self.answers:
            raise Unreachable("refused")
        return self.log


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_log, "LOOK_EVERY", 0.0)


@pytest.mark.usefixtures("often")
def test_each_line_is_told_once_when_it_is_whole() -> None:
    job, out = Growing(), io.StringIO()
    log = JobLog(job, out)
    log.look()
    job.log = "one\n\x1b[31mtwo"
    log.look()
    assert out.getvalue() == "one\n"
    job.log += "\x1b[0m\n\n"
    log.look()
    log.look()
    assert [line.strip() for line in out.getvalue().splitlines()] == ["one", "two"]
    job.log += "last"
    assert [line.strip() for line in log.end()] == ["one", "two", "last"]
    assert out.getvalue().endswith("last\n")
    assert out.getvalue().count("one") == 1


@pytest.mark.usefixtures("often")
def test_a_cluster_that_does_not_answer_leaves_what_was_told() -> None:
    job, out = Growing(), io.StringIO()
    log = JobLog(job, out)
    job.log = "one\n"
    log.look()
    job.answers = False
    log.look()
    assert log.end() == ["one"]
    assert out.getvalue() == "one\n"


def test_the_whole_log_is_not_fetched_all_the_time() -> None:
    job, out = Growing(), io.StringIO()
    log = JobLog(job, out)
    job.log = "one\n"
    log.look()
    assert out.getvalue() == ""


def test_the_end_of_a_long_log_is_told() -> None:
    job, out = Growing(), io.StringIO()
    job.log = "".join(f"line {number}\n" for number in range(100))
    assert len(JobLog(job, out).end()) == 100
    assert out.getvalue().splitlines() == [f"line {number}" for number in range(60, 100)]
