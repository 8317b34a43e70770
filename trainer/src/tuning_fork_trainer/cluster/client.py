"""This machine's side of a job on a cluster: files out, the job submitted and followed, results home."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import secrets
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from ..job import Job
from ..protocol import Channel, Commands, Refusal
from . import run_folder as names
from .dashboard import ENDED, Dashboard, Unreachable, printable
from .document import Cluster
from .home import Home
from .job_log import JobLog
from .mailbox import Inbox
from .storage import Storage
from .submission import Submission, Sweep, SweepSubmission

Result = TypeVar("Result")

ASK_EVERY = 2.0
"""Seconds between two questions for the state of the job."""
BEAT_EVERY = 30.0
STOP_WITHIN = 10.0
"""Seconds that the cluster has to stop a job before the client ends."""


class Client:
    """One job on a cluster, from its files to its results."""

    def __init__(
        self, cluster: Cluster, job: Job, channel: Channel, commands: Commands, sweep: Sweep | None = None
    ) -> None:
        self._cluster = cluster
        self._job = job
        self._channel = channel
        self._commands = commands
        self._dashboard = Dashboard.of(cluster)
        self._place = Storage.open(cluster.storage)
        self._name = f"tuning-fork-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(4)}"
        self._run = self._place.child(self._name)
        self._nonce = secrets.token_hex(16).encode()
        self._home = Home(self._run, job, channel)
        self._driver = Inbox(self._run.child(names.DRIVER))
        self._alone = Submission(self._dashboard, cluster, self._name)
        # What is resumed trains alone: others of its sweep may be far.
        self._submission = (
            self._alone
            if sweep is None or job.resume is not None
            else SweepSubmission(self._dashboard, cluster, self._name, sweep, self._place)
        )
        self._log = JobLog(self._alone, sys.stderr)
        self._submitted = False
        self._lost = self._paused = False
        self._heard = time.monotonic()
        self._asked = self._beaten = 0.0

    def run(self) -> None:
        """Train, and tell everything about it. Raises Refusal."""
        self._reached(self._dashboard.check_version)
        try:
            if self._send():
                self._submit()
                self._follow()
            else:
                self._home.cancelled()
        finally:
            # A cluster that does not answer may still train, and then needs its files.
            if not self._lost:
                self._clean()

    def _send(self) -> bool:
        """Write the files of the job into the storage; False when it was cancelled meanwhile."""
        self._run.write(names.NONCE, self._nonce)
        job, run = self._job, self._run
        value = dataclasses.asdict(job) | {"version": 1, "resume": None, "output": names.MODEL}
        del value["located"]
        value["training_file"] = names.TRAINING
        run.upload(job.training_file, names.TRAINING)
        if job.validation_file is not None:
            value["validation_file"] = names.VALIDATION
            run.upload(job.validation_file, names.VALIDATION)
        if job.resume is not None:
            run.upload(job.resume, f"{names.CHECKPOINTS}/{job.resume.name}", last=names.COMPLETE)
            if (job.resume.parent / names.BEST).is_dir():
                run.upload(job.resume.parent / names.BEST, names.BEST)
        run.write(names.JOB, json.dumps(value, default=str).encode())
        settings = {
            name: getattr(self._cluster, name)
            for name in ("workers", "use_gpu", "cpus_per_worker", "restarts", "wait_seconds")
        }
        if self._commands.wanted == "cancel":
            return False
        run.write(names.SETTINGS, json.dumps({**settings, "model": self._send_model()}).encode())
        return self._commands.wanted != "cancel"

    def _send_model(self) -> str | None:
        """Place of the base in the storage; None for a model of the hub, which the cluster fetches itself."""
        path = Path(self._job.model).expanduser()
        if not path.exists():
            return None
        files = [path] if path.is_file() else [file for file in sorted(path.iterdir()) if file.is_file()]
        digest = hashlib.sha256()
        for file in files:
            with file.open("rb") as opened:
                digest.update(f"{file.name}\0{hashlib.file_digest(opened, 'sha256').hexdigest()}\n".encode())
        key = digest.hexdigest()[:32]
        models = self._place.child(f"{names.MODELS}/{key}")
        if models.read(names.COMPLETE) is None:
            for file in files:
                models.upload(file, file.name)
            models.write(names.COMPLETE, b"{}")
        return f"{key}/{path.name}" if path.is_file() else key

    def _submit(self) -> None:
        self._reached(self._submission.submit)
        self._submitted = True
        self._heard = time.monotonic()

    def _follow(self) -> None:
        """Pass on what comes until the last message. Raises Refusal."""
        pause = 0.1 if self._run.is_folder else 1.0
        while True:
            if self._commands.wanted == "cancel":
                self._cancel()
                return
            if self._read() or self._ended():
                return
            if self._commands.wanted == "pause" and not self._paused:
                self._paused = True
                self._run.write(names.COMMAND, b"pause")
            if time.monotonic() - self._beaten > BEAT_EVERY:
                self._beaten = time.monotonic()
                self._run.write(names.BEAT, str(self._beaten).encode())
            time.sleep(pause)

    def _read(self) -> bool:
        """Pass on all messages that are there; whether one was the last."""
        for _, notice in self._driver.read():
            self._heard = time.monotonic()
            self._home.notice(notice)
        done = self._home.read()
        if self._home.came:
            self._heard = time.monotonic()
        return done

    def _ended(self) -> bool:
        """Ask for the state of the job now and then; True when it has ended with its last message told. Raises Refusal."""
        if time.monotonic() - self._asked < ASK_EVERY:
            return False
        self._asked = time.monotonic()
        state = self._state()
        # That of a sweep is about all its runs.
        if self._submission is self._alone and state is not None:
            self._log.look()
        if state is None or state.get("status") not in ENDED:
            return False
        if self._read():
            return True
        if isinstance(self._submission, SweepSubmission) and self._submission.left_out(state):
            self._submission.tidy()
            self._submission = self._alone
            self._submit()
            return False
        raise self._failure(state)

    def _state(self) -> dict[str, Any] | None:
        """State of the job; None while the cluster does not answer. Raises Refusal (`cluster-lost`) after the limit."""
        try:
            state = self._submission.state()
        except Unreachable as error:
            limit = self._cluster.lost_seconds
            if time.monotonic() - self._heard > limit:
                self._lost = True
                raise Refusal(
                    "cluster-lost",
                    f"The cluster at {self._cluster.address} has not answered for {limit} seconds ({error}).",
                    f"Check its head node; {self._home.how_to_go_on()}",
                ) from error
            return None
        self._heard = time.monotonic()
        if state is None:
            raise Refusal(
                "cluster-lost",
                f"The cluster at {self._cluster.address} no longer knows this job: it was started again.",
                f"Check its head node; {self._home.how_to_go_on()}",
            )
        return state

    def _failure(self, state: dict[str, Any]) -> Refusal:
        """Reason of a job that ended without its last message."""
        if "refusal" in state:
            return Refusal(**state["refusal"])
        log = self._log if self._submission is self._alone else JobLog(self._submission, sys.stderr)
        for line in reversed(log.end()):
            if line.startswith(names.MARK):
                return Refusal(**json.loads(line[len(names.MARK) :]))
        if state["status"] == "STOPPED":
            return Refusal(
                "cluster-lost", "The job was stopped on the cluster.", f"To go on, {self._home.how_to_go_on()}"
            )
        if state["status"] == "SUCCEEDED" or (self._run.read(names.ANSWER) or b"") not in (b"", self._expected):
            return self._not_shared()
        said = printable(str(state.get("message") or "no reason was given")).strip().splitlines()[0]
        return Refusal(
            "cluster-lost",
            f"The job on the cluster ended before the training did: {said.split(', last available logs')[0][:300]}.",
            f"Read its log on the dashboard; {self._home.how_to_go_on()}",
        )

    @property
    def _expected(self) -> bytes:
        return names.answer_of(self._nonce)

    def _not_shared(self) -> Refusal:
        return Refusal(
            "not-shared",
            f"What the cluster writes into the storage {self._cluster.storage} does not come here.",
            "Name a storage that this machine and every node reach: a shared folder, or an address such as s3://….",
        )

    def _cancel(self) -> None:
        """Stop the job and name its last checkpoint. The storage has the command, too, should the dashboard not answer."""
        self._run.write(names.COMMAND, b"cancel")
        self._stop()
        if not self._read():
            self._home.cancelled()

    def _stop(self) -> None:
        """Stop the job on the cluster, as far as it answers."""
        try:
            self._submission.stop()
            self._ends()
        except (Unreachable, Refusal):
            return

    def _clean(self) -> None:
        """Remove the files of the run, which hold the user's rows, when its last process has ended."""
        try:
            if self._submitted and not self._ends():
                self._run.write(names.COMMAND, b"cancel")
                self._stop()
            self._run.remove()
            if self._submitted:
                self._submission.tidy()
        except (Unreachable, Refusal):
            return

    def _ends(self) -> bool:
        """Wait for the end of the job; whether it came. Raises Unreachable or Refusal."""
        limit = time.monotonic() + STOP_WITHIN
        while time.monotonic() < limit:
            if self._submission.is_over():
                return True
            time.sleep(0.2)
        return False

    def _reached(self, work: Callable[[], Result]) -> Result:
        """Do what needs an answer of the cluster. Raises Refusal (`no-cluster`) without one."""
        try:
            return work()
        except Unreachable as error:
            raise Refusal(
                "no-cluster",
                f"The cluster at {self._cluster.address} does not answer ({error}).",
                "Check the address, and that the tunnel or the network to it is open.",
            ) from error
