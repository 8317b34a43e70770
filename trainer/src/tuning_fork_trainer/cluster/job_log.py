"""Log of a job on the cluster, on this machine's standard error while the job goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import IO

from ..protocol import Refusal
from .dashboard import Unreachable, printable
from .submission import Submission

LOOK_EVERY = 10.0
"""Seconds between two looks: each brings the whole log, which holds the output of the driver and of the workers."""


LAST_LINES = 40
"""Lines that are told at the end at most: the log of a sweep is that of all its runs."""


class JobLog:
    """Reader of the log. A cluster that does not answer has no new lines: that it is lost is told elsewhere."""

    def __init__(self, submission: Submission, out: IO[str]) -> None:
        self._submission = submission
        self._out = out
        self._told: list[str] = []
        self._looked = time.monotonic()

    def look(self) -> None:
        """Tell new lines, if the last look is some time ago."""
        if time.monotonic() - self._looked >= LOOK_EVERY:
            # The last line may still be written.
            self._tell(lambda log: log[: log.rfind("\n") + 1])

    def end(self) -> list[str]:
        """Tell the last of the lines that are new; return the lines of the whole log, as far as they are known."""
        self._tell(lambda log: log, LAST_LINES)
        return self._told

    def _tell(self, part: Callable[[str], str], most: int | None = None) -> None:
        self._looked = time.monotonic()
        try:
            log = part(printable(self._submission.logs()))
        except (Unreachable, Refusal):
            return
        lines = [line.rstrip() for line in log.splitlines() if line.strip()]
        # A log that was cut by the cluster is told again.
        known = len(self._told) if lines[: len(self._told)] == self._told else 0
        new = lines[known:] if most is None else lines[known:][-most:]
        if new:
            self._out.write("\n".join(new) + "\n")
            self._out.flush()
        self._told = lines
