"""Driver of a job on the cluster: `python -m tuning_fork_trainer.cluster.driver STORAGE RUN`, started by Ray's job server.

Its settings are in the run's folder. What went wrong is the last marked line of its output, and its exit code is 1.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from importlib.util import find_spec
from typing import Any

PACKAGES = ("fsspec", "ray", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "jsonschema", "pandas")
SAY_AFTER = 3.0
"""Seconds of waiting that are not worth a message."""
LOOK_EVERY = 2.0


def main(arguments: list[str]) -> int:
    """Train the run; return 0, or 1 after the reason was printed."""
    from ..protocol import Refusal
    from . import run_folder as names

    storage, run = arguments
    try:
        missing = missing_packages()
        if missing:
            raise Refusal(
                "no-packages",
                f"The cluster's Python has no package {', '.join(missing)}.",
                "Install the trainer's packages with ray[train] on every node; docs/scaling.md tells how.",
            )
        drive(storage, run)
    except Refusal as refusal:
        message = {"code": refusal.code, "message": refusal.message, "action": refusal.action, **refusal.facts}
        print(f"\n{names.MARK}{json.dumps(message)}", flush=True)  # noqa: T201 - the client reads it there
        return 1
    return 0


def missing_packages() -> list[str]:
    """Packages that this Python does not have."""
    return [name for name in PACKAGES if find_spec(name) is None]


def drive(place: str, name: str) -> None:
    """Check both sides' storage, wait for room, and train. Raises Refusal."""
    from ..protocol import Refusal
    from . import run_folder as names
    from .mailbox import new_outbox
    from .storage import Storage

    run = Storage.open(place).child(name)
    answer(run, place, "the head node")
    settings = json.loads(run.read(names.SETTINGS) or b"{}")
    outbox = new_outbox(run.child(names.DRIVER))
    import ray

    # Before Ray has threads: libraries that are loaded beside them have damaged the memory of this process.
    import ray.train.torch

    try:
        ray.init(log_to_driver=False)
    except Exception as error:
        raise explain_start(error) from error
    room = Room(settings, outbox)
    room.wait()
    room.check_nodes(place, name)
    threading.Thread(target=room.watch, daemon=True, name="room").start()
    failure = fit(place, name, settings)
    refused = sorted(run.names(names.REFUSED))
    if refused:
        value = json.loads(run.read(f"{names.REFUSED}/{refused[0]}") or b"{}")
        raise Refusal(value.pop("code"), value.pop("message"), value.pop("action"), **value)
    if failure is not None:
        raise failure
    outbox.close()


def answer(run: Any, place: str, who: str) -> None:
    """Answer the nonce of the client; raises Refusal (`not-shared`) where it is not there."""
    from ..protocol import Refusal
    from . import run_folder as names

    nonce = run.read(names.NONCE)
    if nonce is None:
        raise Refusal(
            "not-shared",
            f"The storage {place} of {who} is not that of the machine that started the job.",
            "Name a storage that this machine and every node reach: a shared folder, or an address such as s3://….",
        )
    run.write(names.ANSWER, names.answer_of(nonce))


def explain_start(error: Exception) -> Any:
    """Refusal for a driver that does not get into its cluster."""
    from ..protocol import Refusal

    text = " ".join(str(error).split())
    if "ersion mismatch" in text:
        return Refusal(
            "ray-version",
            f"The cluster's Python has another Ray than the cluster: {text[:300]}",
            "Install one version of Ray on every node, and start the cluster again.",
        )
    return Refusal("cluster-lost", f"The driver found no cluster: {text[:300]}", "Check the head node of the cluster.")


class Room:
    """Place of the workers on the cluster: waited for, checked, and watched."""

    def __init__(self, settings: dict[str, Any], outbox: Any) -> None:
        self._outbox = outbox
        self._workers: int = settings["workers"]
        self._limit: float = settings["wait_seconds"]
        self._each = {"CPU": settings["cpus_per_worker"], **({"GPU": 1} if settings["use_gpu"] else {})}
        self._group: Any = None

    def wait(self) -> None:
        """Wait until all workers fit at once. Raises Refusal (`no-resources`) after the limit."""
        import ray
        from ray.util import placement_group, remove_placement_group

        # Asked for as the training will, so that a cluster that grows by demand grows.
        self._group = placement_group([self._each] * self._workers, strategy="SPREAD")
        begun, said = time.monotonic(), ""
        while not self._group.wait(SAY_AFTER if said == "" else LOOK_EVERY):
            if time.monotonic() - begun > self._limit:
                remove_placement_group(self._group)
                raise self._none(ray.cluster_resources(), ray.available_resources())
            said = self._say(ray.cluster_resources(), ray.available_resources(), said)

    def check_nodes(self, place: str, name: str) -> None:
        """Check storage and packages where the workers will be; gives the place back. Raises Refusal."""
        import ray
        from ray.util import remove_placement_group
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

        from ..protocol import Refusal

        remote = ray.remote(num_cpus=self._each["CPU"])(check_node)
        checks = [
            remote.options(
                scheduling_strategy=PlacementGroupSchedulingStrategy(self._group, placement_group_bundle_index=at)
            ).remote(place, name)
            for at in range(self._workers)
        ]
        problems = [problem for problem in ray.get(checks) if problem is not None]
        remove_placement_group(self._group)
        if problems:
            raise Refusal(*problems[0])

    def watch(self) -> None:
        """While the training runs: say it when nodes that it needs are gone, and end the driver after the limit."""
        import ray

        from . import run_folder as names

        missing, said = None, ""
        while True:
            time.sleep(LOOK_EVERY)
            try:
                fits = sum(self._fits(node["Resources"]) for node in ray.nodes() if node["Alive"])
            except Exception:  # noqa: BLE001 - the head is gone, and the driver ends with it
                return
            if fits >= self._workers:
                missing, said = None, ""
                continue
            missing = missing or time.monotonic()
            waited = time.monotonic() - missing
            if waited > self._limit:
                refusal = self._none(ray.cluster_resources(), ray.available_resources())
                message = {"code": refusal.code, "message": refusal.message, "action": refusal.action}
                print(f"\n{names.MARK}{json.dumps(message)}", flush=True)  # noqa: T201 - the client reads it there
                os._exit(1)
            if waited > SAY_AFTER:
                said = self._say(ray.cluster_resources(), ray.available_resources(), said)

    def _fits(self, resources: dict[str, float]) -> int:
        return int(min(resources.get(name, 0) // need for name, need in self._each.items()))

    def _say(self, there: dict[str, float], free: dict[str, float], said: str) -> str:
        text = f"The job waits for {self._wanted()}; {self._has(there, free)}."
        if text != said:
            self._outbox.add({"type": "notice", "level": "info", "code": "waiting-resources", "message": text})
        return text

    def _none(self, there: dict[str, float], free: dict[str, float]) -> Any:
        from ..protocol import Refusal

        return Refusal(
            "no-resources",
            f"The cluster had no room for {self._wanted()} within {self._limit:.0f} seconds; {self._has(there, free)}.",
            "Lower the workers or what each takes, wait for other jobs to end, or add nodes.",
        )

    def _wanted(self) -> str:
        each = " and ".join(f"{need} {name}" for name, need in self._each.items())
        return f"{self._workers} workers with {each} each"

    def _has(self, there: dict[str, float], free: dict[str, float]) -> str:
        parts = [f"{free.get(name, 0):g} of {there.get(name, 0):g} {name}" for name in self._each]
        return f"free on the cluster: {' and '.join(parts)}"


def check_node(place: str, name: str) -> tuple[str, str, str] | None:
    """Problem of a node, as code, message and action; None where a worker can train on it."""
    import platform

    missing = missing_packages()
    if missing:
        return (
            "no-packages",
            f"The Python of the node {platform.node()} has no package {', '.join(missing)}.",
            "Install the trainer's packages with ray[train] on every node; docs/scaling.md tells how.",
        )
    from ..protocol import Refusal
    from .storage import Storage

    try:
        answer(Storage.open(place).child(name), place, f"the node {platform.node()}")
    except Refusal as refusal:
        return refusal.code, refusal.message, refusal.action
    return None


def fit(place: str, name: str, settings: dict[str, Any]) -> Any:
    """Train with Ray Train; return the Refusal of a training that failed, else None."""
    from pyarrow.fs import FSSpecHandler, PyFileSystem
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchConfig, TorchTrainer

    from .storage import Storage
    from .worker import train_worker

    files, root = Storage.open(place).child(name).parts
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
            resources_per_worker={"CPU": settings["cpus_per_worker"], **({"GPU": 1} if settings["use_gpu"] else {})},
            placement_strategy="SPREAD",
        ),
        run_config=RunConfig(
            name="ray",
            storage_path=root,
            storage_filesystem=PyFileSystem(FSSpecHandler(files)),
            failure_config=FailureConfig(max_failures=settings["restarts"]),
        ),
    )
    try:
        trainer.fit()
    except Exception as error:  # noqa: BLE001 - told by the caller
        return explain_failure(error)
    return None


def explain_failure(error: BaseException) -> Any:
    """Refusal for a training that Ray gave up."""
    from ..protocol import Refusal

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
    # A round of looks at the workers ends a training that has nothing more to do, or restarts one that lost a worker.
    os.environ.setdefault("RAY_TRAIN_HEALTH_CHECK_INTERVAL_S", "1")
    sys.exit(main(sys.argv[1:]))
