"""Protocol with the parent process: JSON lines out on the real standard output, JSON lines in on standard input."""

from __future__ import annotations

import json
import math
import os
import sys
import threading
from collections.abc import Mapping
from typing import IO, Any

ERROR_CODES = (
    "no-model",
    "bad-model",
    "no-network",
    "no-memory",
    "no-disk",
    "nan-loss",
    "bad-file",
    "bad-grader",
    "bad-job",
    "pickled-weights",
    "remote-code",
    "no-cluster",
    "bad-token",
    "bad-cluster",
    "ray-version",
    "no-packages",
    "no-storage",
    "not-shared",
    "no-resources",
    "worker-lost",
    "cluster-lost",
    "bad-template",
    "repo-exists",
    "internal",
)


class Refusal(Exception):
    """Reason for which a command ends: one sentence that says what happened, and one action.

    `facts` are further fields of the message, with the names of the protocol.
    """

    def __init__(self, code: str, message: str, action: str, **facts: int) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.action = action
        self.facts = facts

    @property
    def fields(self) -> dict[str, Any]:
        """Fields of its message, which are the arguments of the same refusal in another process."""
        return {"code": self.code, "message": self.message, "action": self.action, **self.facts}


def rank() -> int:
    """Number of this worker among those of `torchrun`; 0 when there is one process."""
    return int(os.environ.get("RANK", "0"))


def world_size() -> int:
    """Count of workers that `torchrun` started; 1 when there is one process."""
    return int(os.environ.get("WORLD_SIZE", "1"))


class Channel:
    """Writer of messages. Only rank 0 speaks, so that a parent reads each message once."""

    def __init__(self, out: IO[str] | None) -> None:
        self._out = out
        self._lock = threading.Lock()

    @classmethod
    def claim_stdout(cls) -> Channel:
        """Take standard output for messages and point file descriptor 1 at standard error.

        Libraries print progress bars and warnings at any time, also from C++; none of it can reach the protocol.
        """
        own = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        return cls(os.fdopen(own, "w", encoding="utf-8", newline="\n") if rank() == 0 else None)

    def emit(self, kind: str, **fields: Any) -> None:
        """Write one message. A value that JSON cannot hold (NaN, infinity) is a fault of the caller: ValueError."""
        line = json.dumps({"type": kind, **fields}, ensure_ascii=False, allow_nan=False)
        if self._out is None:
            return
        with self._lock:
            # A parent that has died closes the pipe: training then pauses by its closed input, and needs no reader.
            try:
                self._out.write(line + "\n")
                self._out.flush()
            except (BrokenPipeError, ValueError):
                self._out = None

    def notice(self, level: str, code: str, message: str) -> None:
        """Write a notice; level is `info` or `warn`."""
        self.emit("notice", level=level, code=code, message=message)

    def error(self, refusal: Refusal) -> None:
        """Write the last message of a command that failed."""
        self.emit("error", **refusal.fields)


class Commands:
    """Commands of the parent. A closed input means that the parent has died, and counts as `pause`."""

    def __init__(self) -> None:
        self._wanted: str | None = None

    @property
    def wanted(self) -> str | None:
        """`cancel`, `pause`, or None while nothing is asked for. A cancel outranks an earlier pause."""
        return self._wanted

    def listen(self, stream: IO[str]) -> None:
        """Read commands in a thread that does not keep the process alive.

        It reads the descriptor: Python aborts at its end when a thread still holds the lock of `sys.stdin`.
        """
        threading.Thread(target=self._read, args=(stream.fileno(),), daemon=True, name="commands").start()

    def take(self, line: str) -> None:
        """Take one line; lines that are no command are ignored."""
        try:
            message = json.loads(line)
        except ValueError:
            return
        kind = message.get("type") if isinstance(message, dict) else None
        if kind == "cancel" or (kind == "pause" and self._wanted is None):
            self._wanted = kind

    def _read(self, descriptor: int) -> None:
        rest = b""
        try:
            while chunk := os.read(descriptor, 65536):
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    self.take(line.decode("utf-8", "replace"))
        except OSError:
            pass
        self.take(rest.decode("utf-8", "replace"))
        if self._wanted is None:
            self._wanted = "pause"


def finite(values: Mapping[str, Any]) -> dict[str, Any]:
    """Drop the values that are NaN or infinite: a missing number is honest, and JSON has no word for those."""
    return {key: value for key, value in values.items() if not isinstance(value, float) or math.isfinite(value)}
