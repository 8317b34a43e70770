"""Messages of the workers on this machine: each told once, with checkpoints and the model brought home before they are named."""

from __future__ import annotations

import json
from typing import Any

from ..job import Job
from ..protocol import Channel
from . import run_folder as names
from .mailbox import Inbox
from .storage import Storage

LAST = ("model", "paused", "cancelled")


class Home:
    """Reader of a run's messages. Training that starts again from a checkpoint repeats steps, which are told once."""

    def __init__(self, run: Storage, job: Job, channel: Channel) -> None:
        self.came = False
        """Whether the last call of `read` had a message."""
        self._run = run
        self._job = job
        self._channel = channel
        self._inbox = Inbox(run.child(names.MESSAGES))
        self._checkpoint = None if job.resume is None else job.resume.name
        self._told = {self._checkpoint}
        self._step = (names.step_of(self._checkpoint) or 0) if self._checkpoint else 0
        self._ready = False
        self._notices: set[str] = set()

    def read(self) -> bool:
        """Tell all messages that have come; whether one was the last of the training."""
        self.came = False
        for writer, message in self._inbox.read():
            self.came = True
            if self._take(writer, message):
                return True
        return False

    def notice(self, message: dict[str, Any]) -> None:
        """Tell a notice, once."""
        key = json.dumps(message, sort_keys=True)
        if key not in self._notices:
            self._notices.add(key)
            self._emit(message)

    def cancelled(self) -> None:
        """Tell that the job was cancelled, with the last checkpoint that is whole."""
        latest = names.last_checkpoint(self._run)
        if latest is not None and latest not in self._told:
            told = names.told_of(self._run, latest)
            if told is not None:
                self._bring(told)
        path = None if self._checkpoint is None else str(self._folder(self._checkpoint))
        self._channel.emit("cancelled", path=path, step=self._step)

    def how_to_go_on(self) -> str:
        """End of an action: from where to start again."""
        if self._checkpoint is None:
            return "start again."
        return f"resume from {self._checkpoint}."

    def _take(self, writer: int, message: dict[str, Any]) -> bool:
        kind = message.get("type")
        if kind == "begin":
            self._begin(writer, message)
        elif kind == "ready" and not self._ready:
            self._ready = True
            self._emit(message)
        elif kind == "notice":
            self.notice(message)
        elif kind == "metric" and message["step"] > self._step:
            self._step = int(message["step"])
            self._emit(message)
        elif kind == "checkpoint":
            self._bring(message)
        elif kind in LAST:
            self._end(message)
            return True
        return False

    def _begin(self, writer: int, message: dict[str, Any]) -> None:
        """Workers have begun, the second time and later after some were lost."""
        if message.get("checkpoint") is not None:
            self._bring(message["checkpoint"])
        if writer > 0:
            self._channel.notice(
                "warn",
                "worker-lost",
                f"A worker of the cluster was lost at step {self._step}; the training goes on from step {message['step']}.",
            )

    def _bring(self, message: dict[str, Any]) -> None:
        name = str(message["path"])
        if name in self._told or names.step_of(name) is None:
            return
        metrics = message["metrics"]
        if metrics["step"] > self._step:
            self._step = int(metrics["step"])
            self._emit(metrics)
        self._fetch(f"{names.CHECKPOINTS}/{name}", name)
        self._told.add(name)
        self._checkpoint = name
        self._emit({**message, "path": str(self._job.output / name)})
        # Workers go on from the last one only, and all of them have it by now.
        for other in self._run.names(names.CHECKPOINTS):
            if (names.step_of(other) or 0) < (names.step_of(name) or 0):
                self._run.remove(f"{names.CHECKPOINTS}/{other}")

    def _end(self, message: dict[str, Any]) -> None:
        if message["type"] == "model":
            self._fetch(names.MODEL, names.MODEL)
            self._emit({**message, "path": str(self._job.output / names.MODEL)})
            return
        name = message["path"] if names.step_of(str(message["path"])) is not None else None
        if name is not None and name not in self._told:
            self._fetch(f"{names.CHECKPOINTS}/{name}", name)
        self._emit({**message, "path": None if name is None else str(self._folder(name))})

    def _folder(self, name: str) -> Any:
        """Folder of a checkpoint on this machine; that of the job it resumed may be another one's."""
        resume = self._job.resume
        return resume if resume is not None and resume.name == name else self._job.output / name

    def _fetch(self, path: str, name: str) -> None:
        self._job.output.mkdir(parents=True, exist_ok=True)
        self._run.download(path, self._job.output / name)

    def _emit(self, message: dict[str, Any]) -> None:
        self._channel.emit(**{"kind" if key == "type" else key: value for key, value in message.items()})
