"""Training function of Ray Train: the trainer as it is, with its files and messages in the storage of the run."""

from __future__ import annotations

import json
import shutil
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..job import Job, parse_job
from ..protocol import Channel, Commands, Refusal, rank, world_size
from . import run_folder as names
from .mailbox import Outbox, new_outbox
from .storage import Storage

ORPHANED = 900.0
"""Seconds after which a job whose client is silent pauses, as one whose parent has died."""

TOGETHER = 10.0
"""Seconds in which all workers refuse a job that is wrong for all of them."""


def train_worker(config: dict[str, Any]) -> None:
    """Train as one of the workers. Ends without an error for a job that was refused, which is not tried again.

    `config` has `storage` and `run`, `threads`, `device` (cpu or cuda) and `model` (place of the base in the storage, or None).
    """
    place = Storage.open(config["storage"])
    run = place.child(config["run"])
    if run.names(names.REFUSED):
        return
    job: Job | None = None
    from ..train import explain

    try:
        with tempfile.TemporaryDirectory(prefix="tuning-fork-") as scratch:
            nodes, checkpoint = _agree(run)
            job = _fetch(place, run, config, Path(scratch), checkpoint)
            _train(run, job, checkpoint, nodes)
    except Refusal as refusal:
        _refuse(run, refusal)
    except Exception as error:
        explained = explain(error, job)
        if explained.code == "internal":
            raise  # May be the consequence of a lost worker: Ray starts all again.
        _refuse(run, explained)


def _agree(run: Storage) -> tuple[int, str | None]:
    """Count of nodes, and the checkpoint from which all workers go on."""
    import ray
    from torch import distributed

    mine = (ray.get_runtime_context().get_node_id(), names.last_checkpoint(run) if rank() == 0 else None)
    if world_size() == 1:
        return 1, mine[1]
    all_of: list[Any] = [None] * world_size()
    distributed.all_gather_object(all_of, mine)
    return len({node for node, _ in all_of}), all_of[0][1]


def _fetch(place: Storage, run: Storage, config: dict[str, Any], scratch: Path, checkpoint: str | None) -> Job:
    """Job with its files on this machine."""
    value = json.loads(run.read(names.JOB) or b"{}")
    output = scratch / "out"
    output.mkdir()
    for key in ("training_file", "validation_file"):
        if value.get(key) is not None:
            local = scratch / value[key]
            run.get(value[key], local)
            value[key] = str(local)
    resume = None
    if checkpoint is not None:
        resume = output / checkpoint
        run.download(f"{names.CHECKPOINTS}/{checkpoint}", resume)
        if run.names(names.BEST):
            run.download(names.BEST, output / names.BEST)
    value |= {"output": str(output), "resume": None if resume is None else str(resume), "device": config["device"]}
    job = parse_job(value)
    located = None if config["model"] is None else str(_locate(place, config["model"]))
    return replace(job, located=located, threads=job.threads or config["threads"])


def _locate(place: Storage, model: str) -> Path:
    """Base on this machine: in the storage where that is a folder, else in a cache that the next job uses, too."""
    folder, _, file = model.partition("/")
    at = f"{names.MODELS}/{folder}"
    if place.is_folder:
        return place.local(at) / file
    cache = Path.home() / ".cache" / names.MODELS / folder
    if not (cache / names.COMPLETE).is_file():
        # Workers of one machine fetch beside each other; the first one to end gives its copy the name.
        fresh = cache.with_name(f"{folder}-{rank()}-{time.time_ns()}")
        place.download(at, fresh)
        try:
            fresh.rename(cache)
        except OSError:
            shutil.rmtree(fresh, ignore_errors=True)
    return cache / file


def _train(run: Storage, job: Job, checkpoint: str | None, nodes: int) -> None:
    from ..train import run as train

    commands = Commands()
    if rank() != 0:
        train(job, Channel(None), commands)
        return
    outbox = new_outbox(run.child(names.MESSAGES))
    told = None if checkpoint is None else names.told_of(run, checkpoint)
    outbox.add({"type": "begin", "checkpoint": told, "step": names.step_of(checkpoint or "") or 0})
    outbox.flush()
    threading.Thread(target=_obey, args=(run, commands), daemon=True, name="commands").start()
    try:
        train(job, RunChannel(run, outbox, job.output, nodes), commands)
    finally:
        outbox.close()


class RunChannel(Channel):
    """Channel of the first worker: messages and what they name go into the storage. Paths are names in the run's folder."""

    def __init__(self, run: Storage, outbox: Outbox, output: Path, nodes: int) -> None:
        super().__init__(None)
        self._run = run
        self._outbox = outbox
        self._output = output
        self._nodes = nodes

    def emit(self, kind: str, **fields: Any) -> None:
        """Write one message; a checkpoint is told when it is whole in the storage, after the figures of its steps."""
        message = {"type": kind, **fields}
        if kind == "ready":
            message |= {"workers": world_size(), "nodes": self._nodes}
        if fields.get("path"):
            message["path"] = Path(fields["path"]).name
        if kind == "checkpoint":
            self._keep(message)
        elif kind == "model":
            self._run.upload(Path(fields["path"]), names.MODEL)
        self._outbox.add(message)
        if kind in ("checkpoint", "model", "paused", "cancelled"):
            self._outbox.flush()

    def _keep(self, message: dict[str, Any]) -> None:
        folder = self._output / str(message["path"])
        (folder / names.TOLD).write_text(json.dumps(message), encoding="utf-8")
        self._outbox.flush()
        if (self._output / names.BEST).is_dir():
            self._run.upload(self._output / names.BEST, names.BEST)
        self._run.upload(folder, f"{names.CHECKPOINTS}/{folder.name}", last=names.COMPLETE)
        # Nobody goes on from an earlier one, and the disk of a worker may be small.
        for other in self._output.glob("checkpoint-*"):
            if other != folder:
                shutil.rmtree(other, ignore_errors=True)


def _obey(run: Storage, commands: Commands) -> None:
    """Take the client's command from the storage; a client that has been silent for long counts as one that has died."""
    pause = 0.5 if run.is_folder else 2.0
    beat, heard = run.read(names.BEAT), time.monotonic()
    looked = heard
    while commands.wanted != "cancel":
        time.sleep(pause)
        try:
            command = run.read(names.COMMAND)
            if time.monotonic() - looked > 20:
                looked = time.monotonic()
                latest = run.read(names.BEAT)
                if latest != beat:
                    beat, heard = latest, looked
        except Refusal:
            continue
        if command is not None:
            commands.take(json.dumps({"type": command.decode("utf-8", "replace")}))
        elif time.monotonic() - heard > ORPHANED:
            commands.take('{"type": "pause"}')


def _refuse(run: Storage, refusal: Refusal) -> None:
    """Leave the reason for the driver. Raises RuntimeError where other workers train on, so that Ray ends them."""
    run.write(f"{names.REFUSED}/{rank()}.json", json.dumps(refusal.fields).encode())
    limit = time.monotonic() + TOGETHER
    while len(run.names(names.REFUSED)) < world_size():
        if time.monotonic() > limit:
            raise RuntimeError(refusal.message)
        time.sleep(0.2)
