"""Storage that both sides reach: a folder, or any address of fsspec. A file appears whole or not at all."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar
from uuid import uuid4

from ..protocol import Refusal

Result = TypeVar("Result")

RENAMED = {"file", "local", "sftp", "ssh", "smb", "hdfs", "memory"}
"""Protocols whose files grow while they are written; elsewhere a file appears when it is complete."""

WAITS = (0.5, 2.0, 5.0)
"""Seconds before a failed request is repeated."""

FINAL = (NotADirectoryError, PermissionError, ImportError)
"""Errors that another try does not mend."""

CHECK = "Check its address, and the access of this machine and of the cluster to it."


class Storage:
    """Folder of a storage. Paths are relative, with slashes. Every failure is a Refusal (`no-storage`)."""

    def __init__(self, files: Any, root: str) -> None:
        self._files = files
        self._root = root.rstrip("/")
        protocols = {files.protocol} if isinstance(files.protocol, str) else set(files.protocol)
        self._renames = bool(protocols & RENAMED)
        self.is_folder = "file" in protocols

    @classmethod
    def open(cls, place: str) -> Storage:
        """Open a folder or an address. Nothing is read yet."""
        from fsspec.core import url_to_fs

        try:
            files, root = url_to_fs(place, use_listings_cache=False)
        except ImportError as error:
            raise Refusal("no-storage", f"The storage {place} needs a package: {error}.", "Install it.") from error
        except Exception as error:
            raise _lost(place, error) from error
        return cls(files, root)

    def child(self, path: str) -> Storage:
        """Folder in this one."""
        return Storage(self._files, self._at(path))

    @property
    def parts(self) -> tuple[Any, str]:
        """File system of fsspec, and the folder in it."""
        return self._files, self._root

    def read(self, path: str) -> bytes | None:
        """Content of a file; None where it does not exist."""
        try:
            return bytes(self._tried(lambda: self._files.cat_file(self._at(path))))
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """Write a file whole."""
        at = self._at(path)

        def work() -> None:
            self._make_folder(at)
            if not self._renames:
                self._files.pipe_file(at, content)
                return
            fresh = f"{at}.{uuid4().hex[:8]}.part"
            self._files.pipe_file(fresh, content)
            self._files.mv(fresh, at)

        self._written(work)

    def upload(self, source: Path, path: str, last: str | None = None) -> None:
        """Copy a folder or a file into the storage; the file named `last` in a folder comes last."""
        if source.is_file():
            self._put(source, path)
            return
        files = [file for file in sorted(source.rglob("*")) if file.is_file()]
        for file in sorted(files, key=lambda file: file.name == last):
            self._put(file, f"{path}/{file.relative_to(source).as_posix()}")

    def download(self, path: str, target: Path) -> None:
        """Copy a folder of the storage to `target`, which appears when it is complete. FileNotFoundError without it."""
        at = self._at(path)
        found = self._tried(lambda: self._files.find(at))
        if not found:
            raise FileNotFoundError(path)
        fresh = target.with_name(target.name + ".part")
        shutil.rmtree(fresh, ignore_errors=True)
        for file in found:
            inside = PurePosixPath(str(file)[len(at) :].lstrip("/"))
            if inside.is_absolute() or ".." in inside.parts:
                raise Refusal("no-storage", f"The storage names a file outside of its folder: {file}.", CHECK)
            local = fresh / inside
            local.parent.mkdir(parents=True, exist_ok=True)
            self._tried(partial(self._files.get_file, file, str(local)))
        shutil.rmtree(target, ignore_errors=True)
        fresh.rename(target)

    def get(self, path: str, target: Path) -> None:
        """Copy one file of the storage. FileNotFoundError where it does not exist."""
        target.parent.mkdir(parents=True, exist_ok=True)
        self._tried(lambda: self._files.get_file(self._at(path), str(target)))

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; none where it does not exist."""
        try:
            found = self._tried(lambda: self._files.ls(self._at(path), detail=False))
        except FileNotFoundError:
            return []
        return sorted(PurePosixPath(str(name).replace("\\", "/").rstrip("/")).name for name in found)

    def remove(self, path: str = "") -> None:
        """Remove a file or a folder, where it is there."""
        try:
            self._tried(lambda: self._files.rm(self._at(path), recursive=True))
        except FileNotFoundError:
            return

    def local(self, path: str) -> Path:
        """Path of a file where the storage is a folder."""
        return Path(self._at(path))

    def _at(self, path: str) -> str:
        return f"{self._root}/{path}" if path else self._root

    def _put(self, source: Path, path: str) -> None:
        at = self._at(path)

        def work() -> None:
            self._make_folder(at)
            self._files.put_file(str(source), at)

        self._written(work)

    def _make_folder(self, at: str) -> None:
        if self._renames:
            self._files.makedirs(at.rsplit("/", 1)[0], exist_ok=True)

    def _written(self, work: Callable[[], None]) -> None:
        """Do what makes all folders that it needs, so that a place that is missing is the storage itself."""
        try:
            self._tried(work)
        except FileNotFoundError as error:
            raise _lost(self._root, error) from error

    def _tried(self, work: Callable[[], Result]) -> Result:
        """Do it, again where that may help. A file that does not exist is no failure: FileNotFoundError."""
        for wait in (*WAITS, None):
            try:
                return work()
            except FileNotFoundError:
                raise
            except Exception as error:  # Each file system raises its own.
                if wait is None or isinstance(error, FINAL):
                    raise _lost(self._root, error) from error
                time.sleep(wait)
        raise AssertionError("unreachable")


def _lost(place: str, error: Exception) -> Refusal:
    line = (str(error).strip().splitlines() or [""])[0][:200]
    return Refusal("no-storage", f"The storage {place} failed: {type(error).__name__}: {line}.", CHECK)
