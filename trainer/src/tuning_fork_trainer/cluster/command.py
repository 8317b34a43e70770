"""Command `ray`: the job file of `train`, trained on a Ray cluster; the same messages, commands and results as `train`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ..job import load_job
from ..protocol import Channel, Commands, Refusal
from .document import load_cluster


def main(arguments: list[str]) -> int:
    """Train the job of `--job FILE` on the cluster of `--cluster FILE`; exit codes are those of `train`."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer ray")
    parser.add_argument("--job", type=Path, required=True)
    parser.add_argument("--cluster", type=Path, required=True)
    given = parser.parse_args(arguments)
    channel = Channel.claim_stdout()
    commands = Commands()
    commands.listen(sys.stdin)
    try:
        cluster, job = load_cluster(given.cluster), load_job(given.job)
        from .client import Client

        Client(cluster, job, channel, commands).run()
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    except BaseException as error:
        from ..train import explain

        channel.error(explain(error, None))
        raise
    return 0
