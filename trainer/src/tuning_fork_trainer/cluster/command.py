"""Command `ray`: the job file of `train`, trained on a Ray cluster; the same messages, commands and results as `train`."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from ..job import load_job
from ..protocol import Channel, Commands, Refusal
from .document import load_cluster

MOST_RUNS = 100
"""Runs of a sweep."""


def main(arguments: list[str]) -> int:
    """Train the job of `--job FILE` on the cluster of `--cluster FILE`; exit codes are those of `train`."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer ray")
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--cluster", type=Path, required=True)
    parser.add_argument("--sweep", type=_sweep_id, help="id of the sweep that the job is a run of")
    parser.add_argument("--runs", type=_runs, help="count of the sweep's runs")
    given = parser.parse_args(arguments)
    if (given.sweep is None) != (given.runs is None):
        parser.error("--sweep and --runs belong together")
    channel = Channel.claim_stdout()
    commands = Commands()
    commands.listen(sys.stdin)
    try:
        cluster, job = load_cluster(given.cluster), load_job(given.job)
        from .client import Client
        from .submission import Sweep

        sweep = None if given.sweep is None else Sweep(given.sweep, given.runs)
        Client(cluster, job, channel, commands, sweep).run()
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    except BaseException as error:
        from ..train import explain

        channel.error(explain(error, None))
        raise
    return 0


def _sweep_id(text: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9_-]{8,64}", text) is None:
        raise argparse.ArgumentTypeError("not an id of a sweep: 8 to 64 letters, digits, _ and -")
    return text


def _runs(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= MOST_RUNS:
        raise argparse.ArgumentTypeError(f"not a count of runs: 1 to {MOST_RUNS}")
    return int(text)
