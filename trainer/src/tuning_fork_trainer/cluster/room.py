"""Place of the workers on the cluster, seen from its driver: waited for, checked, and watched."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from ..protocol import Refusal
from . import run_folder as names
from .mailbox import Outbox
from .storage import Storage

PACKAGES = ("fsspec", "ray", "torch", "transformers", "trl", "peft", "accelerate", "datasets", "jsonschema", "pandas")
SAY_AFTER = 3.0
"""Seconds of waiting that are not worth a message."""
LOOK_EVERY = 2.0


def tell(refusal: Refusal) -> None:
    """Print a refusal where the client reads it: in the log of the job, which needs no storage."""
    print(f"\n{names.MARK}{json.dumps(refusal.fields)}", flush=True)  # noqa: T201 - that log


def check_packages(whose: str) -> None:
    """Raise Refusal (`no-packages`) where this Python lacks some; `whose` begins the sentence."""
    missing = [name for name in PACKAGES if find_spec(name) is None]
    if missing:
        raise Refusal(
            "no-packages",
            f"{whose} has no package {', '.join(missing)}.",
            "Install the trainer's packages with ray[train] on every node; docs/scaling.md tells how.",
        )


def answer(run: Storage, place: str, who: str) -> None:
    """Answer the nonce of the client; raises Refusal (`not-shared`) where it is not there."""
    nonce = run.read(names.NONCE)
    if nonce is None:
        raise Refusal(
            "not-shared",
            f"The storage {place} of {who} is not that of the machine that started the job.",
            "Name a storage that this machine and every node reach: a shared folder, or an address such as s3://….",
        )
    run.write(names.ANSWER, names.answer_of(nonce))


def resources_of(settings: dict[str, Any]) -> dict[str, int]:
    """Resources of Ray's that each worker takes."""
    return {"CPU": settings["cpus_per_worker"], **({"GPU": 1} if settings["use_gpu"] else {})}


def fitting(each: dict[str, int]) -> int:
    """Count of workers for which the nodes that are alive have the resources, free or not."""
    import ray

    return sum(
        int(min(node["Resources"].get(name, 0) // need for name, need in each.items()))
        for node in ray.nodes()
        if node["Alive"]
    )


class Room:
    """Place of the workers on the cluster: waited for, checked, and watched."""

    def __init__(self, settings: dict[str, Any], run: Storage, outbox: Outbox) -> None:
        self._run = run
        self._outbox = outbox
        self._workers: int = settings["workers"]
        self._limit: float = settings["wait_seconds"]
        self._each = resources_of(settings)
        self._group: Any = None

    def wait(self) -> bool:
        """Wait until all workers fit at once; False for a run that was canceled meanwhile. Raises Refusal (`no-resources`) after the limit."""
        import ray
        from ray.util import placement_group, remove_placement_group

        # Asked for as the training will, so that a cluster that grows by demand grows.
        self._group = placement_group([self._each] * self._workers, strategy="SPREAD")
        begun, said = time.monotonic(), ""
        while not self._group.wait(SAY_AFTER if said == "" else LOOK_EVERY):
            if self._run.read(names.COMMAND) == b"cancel":
                remove_placement_group(self._group)
                return False
            if time.monotonic() - begun > self._limit:
                remove_placement_group(self._group)
                raise self._none(ray.cluster_resources(), ray.available_resources())
            said = self._say(ray.cluster_resources(), ray.available_resources(), said)
        return True

    def check_nodes(self, place: str, name: str) -> None:
        """Check storage and packages where the workers will be; gives the place back. Raises Refusal."""
        import ray
        from ray.util import remove_placement_group
        from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

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

    def watch(self, give_up: Callable[[Refusal], None]) -> None:
        """While the training runs: say it when nodes that it needs are gone, and give up after the limit."""
        import ray

        missing, said = None, ""
        while True:
            time.sleep(LOOK_EVERY)
            try:
                fits = fitting(self._each)
            except Exception:  # noqa: BLE001 - the head is gone, and the driver ends with it
                return
            if fits >= self._workers:
                missing, said = None, ""
                continue
            missing = missing or time.monotonic()
            waited = time.monotonic() - missing
            if waited > self._limit:
                give_up(self._none(ray.cluster_resources(), ray.available_resources()))
                return
            if waited > SAY_AFTER:
                said = self._say(ray.cluster_resources(), ray.available_resources(), said)

    def _say(self, there: dict[str, float], free: dict[str, float], said: str) -> str:
        text = f"The job waits for {self._wanted()}; {self._has(there, free)}."
        if text != said:
            self._outbox.add({"type": "notice", "level": "info", "code": "waiting-resources", "message": text})
        return text

    def _none(self, there: dict[str, float], free: dict[str, float]) -> Refusal:
        return Refusal(
            "no-resources",
            f"The cluster had no room for {self._wanted()} within {self._limit:.0f} seconds; {self._has(there, free)}.",
            "Lower the workers or what each takes, wait for other jobs to end, or add nodes.",
        )

    def _wanted(self) -> str:
        each = " and ".join(f"{need} {name}" for name, need in self._each.items())
        return f"1 worker with {each}" if self._workers == 1 else f"{self._workers} workers with {each} each"

    def _has(self, there: dict[str, float], free: dict[str, float]) -> str:
        parts = [f"{free.get(name, 0):g} of {there.get(name, 0):g} {name}" for name in self._each]
        return f"free on the cluster: {' and '.join(parts)}"


def check_node(place: str, name: str) -> tuple[str, str, str] | None:
    """Problem of a node, as code, message and action; None where a worker can train on it."""
    try:
        check_packages(f"The Python of the node {platform.node()}")
        answer(Storage.open(place).child(name), place, f"the node {platform.node()}")
    except Refusal as refusal:
        return refusal.code, refusal.message, refusal.action
    return None
