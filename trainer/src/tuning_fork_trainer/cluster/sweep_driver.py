"""Driver of a sweep on the cluster: `python -m tuning_fork_trainer.cluster.sweep_driver STORAGE SWEEP COUNT RUN`.

Ray Tune trains its runs, as many beside each other as the cluster has room for; each is a trial, which trains with Ray Train. RUN is the one
that started this job. A run's messages are in its folder as those of a job of its own, and its end is, too: one that fails ends alone.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from typing import Any

from ..protocol import Refusal
from . import run_folder as names
from .driver import connect, explain_failure, ray_storage, reported, train
from .room import answer, fitting, resources_of
from .storage import Storage

GATHER = 60.0
"""Seconds without a new run after which the ones that are there are trained. Later ones are trained as jobs of their own."""
LOOK_EVERY = 1.0


def main(arguments: list[str]) -> int:
    """Train the runs of the sweep; return 0, or 1 after the reason was printed."""
    place, sweep, count, first = arguments
    return reported(lambda: drive(place, sweep, int(count), first))


def drive(place: str, sweep: str, count: int, first: str) -> None:
    """Gather the runs, and train them. Raises Refusal for what holds for all of them."""
    storage = Storage.open(place)
    answer(storage.child(first), place, "the head node")
    connect()
    # A second node on this machine unpacks the package anew, and Tune asks for the folder it is in, which would be gone.
    os.chdir(tempfile.gettempdir())
    folder = storage.child(names.sweep_name(sweep))
    try:
        runs = gather(folder, count)
        settings = json.loads(storage.child(first).read(names.SETTINGS) or b"{}")
        tune_runs(place, folder, runs, settings)
        for name in runs:
            if storage.child(name).read(names.END) is None:
                lost = Refusal("cluster-lost", "The run was lost with its node on the cluster.", "Start it again.")
                end(storage.child(name), lost)
    finally:
        folder.remove()


def gather(folder: Storage, count: int) -> list[str]:
    """Names of the runs whose files are in the storage."""
    found: list[str] = []
    changed = time.monotonic()
    while len(found) < count and time.monotonic() - changed < GATHER:
        there = folder.names(names.RUNS)
        if len(there) > len(found):
            found, changed = there, time.monotonic()
        else:
            time.sleep(LOOK_EVERY)
    return found


def tune_runs(place: str, folder: Storage, runs: list[str], settings: dict[str, Any]) -> None:
    """Train the runs with Ray Tune, each once its workers fit."""
    from ray import tune

    beside = max(1, fitting(resources_of(settings)) // settings["workers"])
    tune.Tuner(
        # A trial only waits; what trains are the workers that it starts. It must take something: a byte, which every node has.
        tune.with_resources(trial, {"CPU": 0, "memory": 1}),
        param_space={"place": place, "run": tune.grid_search(runs)},
        tune_config=tune.TuneConfig(max_concurrent_trials=beside),
        run_config=tune.RunConfig(
            **ray_storage(folder), failure_config=tune.FailureConfig(max_failures=settings["restarts"]), verbose=0
        ),
    ).fit()


def trial(config: dict[str, Any]) -> None:
    """Train one run, in a process of Ray Tune's. What went wrong is written beside its messages."""
    place, name = config["place"], config["run"]
    run = Storage.open(place).child(name)
    nonce = run.read(names.NONCE)
    if nonce is None or run.read(names.END) is not None:
        return  # Given up by its client, or by an earlier process of this trial, which Tune starts again.
    if run.read(names.COMMAND) == b"cancel":
        end(run, None)
        return
    run.write(names.ANSWER, names.answer_of(nonce))

    def give_up(refusal: Refusal) -> None:
        end(run, refusal)
        os._exit(1)

    failure: Refusal | None = None
    try:
        train(place, name, give_up)
    except Refusal as refusal:
        failure = refusal
    except Exception as error:  # noqa: BLE001 - told to the run's client
        failure = explain_failure(error)
    end(run, failure)


def end(run: Storage, failure: Refusal | None) -> None:
    """Say that a run has ended on the cluster, unless its client has given it up and removed its files."""
    if run.read(names.NONCE) is not None:
        run.write(names.END, json.dumps({} if failure is None else failure.fields).encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
