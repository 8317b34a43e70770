"""Time of the steps of a training, the same for both sides of the bench."""

from __future__ import annotations

import time
from typing import Any

import torch
from transformers import TrainerCallback


class Clock(TrainerCallback):
    """From the beginning of the second step to the end of the last one, with all that happens between steps.

    The first step warms up. `cpu_seconds` are those of this process: what else the machine does is not in them.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self.cpu_seconds = 0.0
        self._started = (0.0, 0.0)

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: object) -> None:
        """Start at the second step."""
        if state.global_step == 1:
            self._started = time.perf_counter(), time.process_time()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: object) -> None:
        """Stop at the last step, when the device is done."""
        if state.global_step == state.max_steps:
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            self.seconds = time.perf_counter() - self._started[0]
            self.cpu_seconds = time.process_time() - self._started[1]
