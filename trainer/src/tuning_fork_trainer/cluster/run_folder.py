"""Folder of one run in the storage: its names, and what both sides do with them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from .storage import Storage

NONCE = "nonce"
ANSWER = "answer"
JOB = "job.json"
SETTINGS = "cluster.json"
TRAINING = "training.jsonl"
VALIDATION = "validation.jsonl"
COMMAND = "command"
BEAT = "beat"
MESSAGES = "messages"
DRIVER = "driver"
CHECKPOINTS = "checkpoints"
REFUSED = "refused"
BEST = "best"
MODEL = "model"
END = "end.json"
"""Written when a run of a sweep has ended on the cluster: fields of its refusal, or nothing."""

RUNS = "runs"
"""In the folder of a sweep: a file for each of its runs, by the run's name."""

MODELS = "tuning-fork-models"
"""Folder beside the runs, where models are kept for the next job."""

COMPLETE = "complete.json"
"""File of a whole checkpoint, written last; of a whole model."""
TOLD = "message.json"
"""Message of a checkpoint, in its folder: a process that is killed before it told the checkpoint tells it later."""

MARK = "TUNING_FORK "
"""Beginning of a line of the driver's log that is a message: what could not be told by the storage."""


def answer_of(nonce: bytes) -> bytes:
    """Answer that proves that the driver has read the nonce."""
    return hashlib.sha256(b"tuning fork " + nonce).hexdigest().encode()


def sweep_name(sweep: str) -> str:
    """Name of a sweep's folder in the storage, and of its job on the cluster."""
    return f"tuning-fork-sweep-{sweep}"


def step_of(name: str) -> int | None:
    """Step of a checkpoint by its name."""
    kind, _, step = name.rpartition("-")
    return int(step) if kind == "checkpoint" and step.isdigit() else None


def last_checkpoint(run: Storage) -> str | None:
    """Name of the last whole checkpoint."""
    names = sorted(
        ((step_of(name), name) for name in run.names(CHECKPOINTS) if step_of(name) is not None), reverse=True
    )
    return next((name for _, name in names if run.read(f"{CHECKPOINTS}/{name}/{COMPLETE}") is not None), None)


def told_of(run: Storage, name: str) -> dict[str, Any] | None:
    """Message of a checkpoint."""
    content = run.read(f"{CHECKPOINTS}/{name}/{TOLD}")
    return None if content is None else dict(json.loads(content))
