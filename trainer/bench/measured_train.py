"""The command `train` as it is, with the bench's clock: `--job FILE --clock FILE` writes the seconds of its steps to the second file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from clock import Clock

from tuning_fork_trainer import callbacks, train

clock = Clock()


class Timed(callbacks.Progress):
    """The trainer's callback. The clock stops before the validation of the last step."""

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Start the clock first."""
        clock.on_step_begin(args, state, control)
        super().on_step_begin(args, state, control, **more)

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> Any:
        """Stop the clock first."""
        clock.on_step_end(args, state, control)
        return super().on_step_end(args, state, control, **more)


if __name__ == "__main__":
    callbacks.Progress = Timed  # type: ignore[misc]
    code = train.main(sys.argv[1:3])
    figures = {"seconds": clock.seconds, "cpu_seconds": clock.cpu_seconds}
    Path(sys.argv[4]).write_text(json.dumps(figures), encoding="utf-8")
    sys.exit(code)
