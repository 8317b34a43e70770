"""Driver of a job on the cluster: `python -m tuning_fork_trainer.cluster.driver STORAGE RUN`, started by Ray's job server.

Its settings are in the run's folder. What went wrong is the last marked line of its output, and its exit code is 1.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

from ..protocol import Refusal
from . import run_folder as names
from .mailbox import new_outbox
from .room import Room, answer, check_packages, resources_of, tell
from .storage import Storage


def main(arguments: list[str]) -> int:
    """Train the run; return 0, or 1 after the reason was printed."""
    storage, run = arguments
    return reported(lambda: drive(storage, run))


def reported(work: Callable[[], None]) -> int:
    """Do the work of a driver; return 0, or 1 after the reason was printed."""
    try:
        check_packages("The cluster's Python")
        work()
    except Refusal as refusal:
        tell(refusal)
        return 1
    except Exception as error:
        tell(explain_failure(error))
        raise
    return 0


def drive(place: str, name: str) -> None:
    """Check both sides' storage, wait for room, and train. Raises Refusal."""
    answer(Storage.open(place).child(name), place, "the head node")
    connect()

    def give_up(refusal: Refusal) -> None:
        tell(refusal)
        os._exit(1)

    train(place, name, give_up)


def connect() -> None:
    """Become a driver of the cluster. Raises Refusal."""
    import ray

    # Before Ray has threads: libraries that are loaded beside them have damaged the memory of this process.
    import ray.train.torch

    try:
        ray.init(log_to_driver=False)
    except Exception as error:
        raise explain_start(error) from error


def train(place: str, name: str, give_up: Callable[[Refusal], None]) -> None:
    """Train the run on the workers for which there is room. Raises Refusal; `give_up` ends this process."""
    run = Storage.open(place).child(name)
    outbox = new_outbox(run.child(names.DRIVER))
    try:
        settings = json.loads(run.read(names.SETTINGS) or b"{}")
        room = Room(settings, run, outbox)
        if not room.wait():
            return
        room.check_nodes(place, name)
        threading.Thread(target=room.watch, args=(give_up,), daemon=True, name="room").start()
        failure = fit(place, name, settings)
    finally:
        outbox.close()
    refused = run.names(names.REFUSED)
    if refused:
        raise Refusal(**json.loads(run.read(f"{names.REFUSED}/{refused[0]}") or b"{}"))
    if failure is not None:
        raise failure


def explain_start(error: Exception) -> Refusal:
    """Refusal for a driver that does not get into its cluster."""
    text = " ".join(str(error).split())
    if "ersion mismatch" in text:
        return Refusal(
            "ray-version",
            f"The cluster's Python has another Ray than the cluster: {text[:300]}",
            "Install one version of Ray on every node, and start the cluster again.",
        )
    return Refusal("cluster-lost", f"The driver found no cluster: {text[:300]}", "Check the head node of the cluster.")


def fit(place: str, name: str, settings: dict[str, Any]) -> Refusal | None:
    """Train with Ray Train; return the Refusal of a training that failed, else None."""
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from .worker import train_worker

    trainer = TorchTrainer(
        train_worker,
        train_loop_config={
            "storage": place,
            "run": name,
            "threads": settings["cpus_per_worker"],
            "device": "cuda" if settings["use_gpu"] else "cpu",
            "model": settings["model"],
        },
        torch_config=TorchConfig(backend="nccl" if settings["use_gpu"] else "gloo"),
        scaling_config=ScalingConfig(
            num_workers=settings["workers"],
            use_gpu=settings["use_gpu"],
            resources_per_worker=resources_of(settings),
            placement_strategy="SPREAD",
        ),
        run_config=RunConfig(
            **ray_storage(Storage.open(place).child(name)),
            failure_config=FailureConfig(max_failures=settings["restarts"]),
        ),
    )
    try:
        trainer.fit()
    except Exception as error:  # noqa: BLE001 - told by the caller
        return explain_failure(error)
    return None


def ray_storage(folder: Storage) -> dict[str, Any]:
    """Settings of a RunConfig for what Ray itself writes down."""
    from pyarrow.fs import FSSpecHandler, PyFileSystem

    files, root = folder.parts
    return {"name": "ray", "storage_path": root, "storage_filesystem": PyFileSystem(FSSpecHandler(files))}


def explain_failure(error: BaseException) -> Refusal:
    """Refusal for a training that Ray gave up."""
    found = getattr(error, "worker_failures", None) or {0: error}
    lost = [
        each for each in found.values() if "Died" in type(each).__name__ or "ActorUnavailable" in type(each).__name__
    ]
    if lost:
        return Refusal(
            "worker-lost",
            f"Workers of the cluster were lost too often: {_line(lost[0])}",
            "Look at the memory of the nodes; lower the batch size or use larger ones, and resume from the last checkpoint.",
        )
    each = next(iter(found.values()))
    return Refusal(
        "internal",
        f"The training on the cluster failed: {type(each).__name__}: {_line(each)}",
        "Read the log of the job on the cluster's dashboard, and report this with it.",
    )


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return (lines[-1] if lines else type(error).__name__)[:300]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
