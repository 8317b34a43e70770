"""Entry point: `python -m tuning_fork_trainer train|ray|estimate|export|push|serve|inspect|doctor …`.

Each command is imported only when it is named: torch alone takes seconds to import.
"""

from __future__ import annotations

import sys
from importlib import import_module

COMMANDS = {
    "train": "tuning_fork_trainer.train",
    "ray": "tuning_fork_trainer.cluster.command",
    "estimate": "tuning_fork_trainer.estimation",
    "export": "tuning_fork_trainer.export.command",
    "push": "tuning_fork_trainer.export.push",
    "serve": "tuning_fork_trainer.serve",
    "inspect": "tuning_fork_trainer.inspection",
    "doctor": "tuning_fork_trainer.doctor",
}


def main(arguments: list[str] | None = None) -> int:
    """Run one command with the arguments behind its name; return the exit code (2 for a command that does not exist)."""
    given = sys.argv[1:] if arguments is None else arguments
    if not given or given[0] not in COMMANDS:
        sys.stderr.write(f"Usage: python -m tuning_fork_trainer {'|'.join(COMMANDS)} …\n")
        return 2
    return int(import_module(COMMANDS[given[0]]).main(given[1:]))


if __name__ == "__main__":
    sys.exit(main())
