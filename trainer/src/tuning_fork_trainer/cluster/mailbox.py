"""Messages of the cluster, as numbered files of lines in the storage: they outlive their writer, and each is read once."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

from .storage import Storage

EVERY = 0.5
"""Seconds between two files at least; messages between are gathered."""


def part_name(number: int) -> str:
    """Name of a file of messages."""
    return f"{number:08}.jsonl"


class Outbox:
    """Writer of a folder of messages. A failure of the storage is raised by the next call."""

    def __init__(self, folder: Storage) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._parts = 0
        self._failure: Exception | None = None
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True, name="outbox")
        self._thread.start()

    def add(self, message: dict[str, Any]) -> None:
        """Write a message within the next second."""
        self._raise()
        line = json.dumps(message, ensure_ascii=False, allow_nan=False)
        with self._lock:
            self._lines.append(line)
        self._wake.set()

    def flush(self) -> None:
        """Write all messages now."""
        self._write()
        self._raise()

    def close(self) -> None:
        """Write all messages, and end."""
        self._closed.set()
        self._wake.set()
        self._thread.join()
        self.flush()

    def _work(self) -> None:
        while not self._closed.is_set():
            self._wake.wait()
            self._wake.clear()
            try:
                self._write()
            except Exception as error:  # noqa: BLE001 - raised by the next call
                self._failure = error
                return
            self._closed.wait(EVERY)

    def _write(self) -> None:
        with self._lock:
            if not self._lines:
                return
            self._folder.write(part_name(self._parts), "".join(f"{line}\n" for line in self._lines).encode())
            self._lines = []
            self._parts += 1

    def _raise(self) -> None:
        if self._failure is not None:
            raise self._failure


class Inbox:
    """Reader of the folders `0000`, `0001`, … of one writer after the other; each begins when its writer does."""

    def __init__(self, folder: Storage) -> None:
        self._folder = folder
        self._writer = 0
        self._part = 0

    def read(self) -> Iterator[tuple[int, dict[str, Any]]]:
        """Messages that have come since the last call, each with the number of its writer."""
        while True:
            content = self._next(self._writer, self._part)
            if content is None:
                if self._next(self._writer + 1, 0) is None:
                    return
                # The next writer has begun when the earlier one had ended, so all files of that one are there.
                content = self._next(self._writer, self._part)
                if content is None:
                    self._writer, self._part = self._writer + 1, 0
                    continue
            self._part += 1
            for line in content.decode("utf-8").splitlines():
                value = json.loads(line)
                if isinstance(value, dict):
                    yield self._writer, value

    def _next(self, writer: int, part: int) -> bytes | None:
        return self._folder.read(f"{writer_name(writer)}/{part_name(part)}")


def writer_name(number: int) -> str:
    """Name of the folder of a writer."""
    return f"{number:04}"


def new_outbox(folder: Storage) -> Outbox:
    """Outbox of the next writer of a folder."""
    number = 0
    while folder.read(f"{writer_name(number)}/{part_name(0)}") is not None:
        number += 1
    return Outbox(folder.child(writer_name(number)))
