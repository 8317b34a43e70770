"""Storage and messages of a run: whole or not at all, each once, in order."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.cluster import run_folder as names
from tuning_fork_trainer.cluster import storage as storage_module
from tuning_fork_trainer.cluster.dashboard import printable
from tuning_fork_trainer.cluster.home import Home
from tuning_fork_trainer.cluster.mailbox import Inbox, new_outbox
from tuning_fork_trainer.cluster.source import zip_source
from tuning_fork_trainer.cluster.storage import Storage
from tuning_fork_trainer.job import load_job
from tuning_fork_trainer.protocol import Channel, Refusal

from ..support import Job


def metric(step: int) -> dict[str, Any]:
    return {
        "type": "metric",
        "step": step,
        "total_steps": 9,
        "epoch": 1.0,
        "tokens": step,
        "tokens_per_second": 1.0,
        "train_loss": float(step),
    }


def checkpoint(run: Storage, step: int, *, whole: bool = True) -> dict[str, Any]:
    """Write a checkpoint into the storage; its message."""
    message = {"type": "checkpoint", "step": step, "path": f"checkpoint-{step}", "metrics": metric(step)}
    run.write(f"{names.CHECKPOINTS}/checkpoint-{step}/{names.TOLD}", json.dumps(message).encode())
    if whole:
        run.write(f"{names.CHECKPOINTS}/checkpoint-{step}/{names.COMPLETE}", b"{}")
    return message


@pytest.fixture(params=["folder", "memory"])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Run in a folder, and in a storage that is none."""
    place = str(tmp_path / "storage") if request.param == "folder" else f"memory://{tmp_path.name}"
    return Storage.open(place).child("run")


def test_files_and_folders_go_there_and_back(run: Storage, tmp_path: Path) -> None:
    (tmp_path / "here" / "inner").mkdir(parents=True)
    for name in ("complete.json", "weights", "inner/more"):
        (tmp_path / "here" / name).write_text(name, encoding="utf-8")
    run.upload(tmp_path / "here", "there", last="complete.json")
    assert run.names("there") == ["complete.json", "inner", "weights"]
    run.download("there", tmp_path / "back")
    assert {
        file.relative_to(tmp_path / "back").as_posix(): file.read_text()
        for file in (tmp_path / "back").rglob("*")
        if file.is_file()
    } == {name: name for name in ("complete.json", "weights", "inner/more")}
    assert not (tmp_path / "back.part").exists()
    run.remove("there")
    assert run.names("there") == []
    assert run.read("there/weights") is None
    run.remove("there")
    with pytest.raises(FileNotFoundError):
        run.download("there", tmp_path / "none")


def test_the_last_file_of_a_folder_comes_last(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = Storage.open(str(tmp_path / "storage"))
    (tmp_path / "here").mkdir()
    for name in ("a", "complete.json", "z"):
        (tmp_path / "here" / name).touch()
    written: list[str] = []
    monkeypatch.setattr(Storage, "_put", lambda _, source, path: written.append(path))
    run.upload(tmp_path / "here", "x", last="complete.json")
    assert written == ["x/a", "x/z", "x/complete.json"]


def test_a_file_outside_of_its_folder_is_not_written(tmp_path: Path) -> None:
    class Files:
        protocol = "s3"

        def find(self, _: str) -> list[str]:
            return ["root/x/../../../outside"]

        def get_file(self, _: str, target: str) -> None:
            Path(target).touch()

    with pytest.raises(Refusal, match="outside of its folder"):
        Storage(Files(), "root").download("x", tmp_path / "inner" / "back")
    assert not (tmp_path / "outside").exists()


def test_a_storage_that_fails_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage_module, "WAITS", (0, 0))

    class Files:
        protocol = "s3"
        failures = 2

        def cat_file(self, _: str) -> bytes:
            if self.failures > 0:
                self.failures -= 1
                raise ConnectionError("reset")
            return b"there"

    files = Files()
    assert Storage(files, "root").read("x") == b"there"
    files.failures = 3
    with pytest.raises(Refusal) as caught:
        Storage(files, "root").read("x")
    assert (caught.value.code, files.failures) == ("no-storage", 0)


def lost(work: Callable[[], object]) -> str:
    """Message of the refusal (`no-storage`) of what a storage cannot do."""
    with pytest.raises(Refusal) as caught:
        work()
    assert caught.value.code == "no-storage"
    return caught.value.message


def test_a_storage_below_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine", encoding="utf-8")
    storage = Storage.open(str(tmp_path / "file" / "runs"))
    assert "NotADirectoryError" in lost(lambda: storage.write("x", b""))
    assert "NotADirectoryError" in lost(lambda: storage.upload(tmp_path / "file", "x"))
    assert "NotADirectoryError" in lost(lambda: storage.read("x"))


def test_a_bucket_that_does_not_exist_is_named(tmp_path: Path) -> None:
    class Files:
        protocol = "s3"

        def pipe_file(self, *_: object) -> None:
            raise FileNotFoundError("The specified bucket does not exist")

        put_file = pipe_file

    storage = Storage(Files(), "bucket/runs")
    (tmp_path / "file").touch()
    assert "bucket does not exist" in lost(lambda: storage.write("x", b""))
    assert "bucket does not exist" in lost(lambda: storage.upload(tmp_path / "file", "x"))


def test_an_address_without_its_package_says_so() -> None:
    with pytest.raises(Refusal) as caught:
        Storage.open("s3://bucket/runs")
    assert caught.value.code == "no-storage"
    assert "s3fs" in caught.value.message


def test_messages_are_read_once_and_in_order(run: Storage) -> None:
    inbox = Inbox(run)
    assert list(inbox.read()) == []
    first = new_outbox(run)
    first.add({"n": 1})
    first.add({"n": 2})
    first.flush()
    assert list(inbox.read()) == [(0, {"n": 1}), (0, {"n": 2})]
    assert list(inbox.read()) == []
    first.add({"n": 3})
    first.close()
    second = new_outbox(run)
    second.add({"n": 4})
    second.close()
    assert list(inbox.read()) == [(0, {"n": 3}), (1, {"n": 4})]
    assert list(inbox.read()) == []


def test_only_whole_checkpoints_are_gone_on_from(run: Storage) -> None:
    assert names.last_checkpoint(run) is None
    for step in (3, 30, 9):
        checkpoint(run, step)
    checkpoint(run, 33, whole=False)
    assert names.last_checkpoint(run) == "checkpoint-30"


def told(job: Job, run: Storage, *writers: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """Messages of a home that reads those of these writers; whether it came to an end."""
    out = StringIO()
    home = Home(run, load_job(job.write()), Channel(out))
    for messages in writers:
        outbox = new_outbox(run.child(names.MESSAGES))
        for message in messages:
            outbox.add(message)
        outbox.close()
    done = home.read()
    return [json.loads(line) for line in out.getvalue().splitlines()], done


def begin(step: int = 0, message: dict[str, Any] | None = None) -> dict[str, Any]:
    return {"type": "begin", "step": step, "checkpoint": message}


def test_repeated_steps_are_told_once(job: Job, run: Storage) -> None:
    third = checkpoint(run, 3)
    run.write(f"{names.MODEL}/adapter", b"")
    messages, done = told(
        job,
        run,
        [begin(), *map(metric, (1, 2, 3)), third, *map(metric, (4, 5))],
        [begin(3, third), *map(metric, (4, 5, 6)), {"type": "model", "path": "model", "step": 6}, metric(7)],
    )
    assert done
    kinds = [(message["type"], message.get("step")) for message in messages]
    steps = [("metric", 1), ("metric", 2), ("metric", 3), ("checkpoint", 3), ("metric", 4), ("metric", 5)]
    assert kinds == [*steps, ("notice", None), ("metric", 6), ("model", 6)]
    assert messages[6]["message"] == "A worker of the cluster was lost at step 5; the training goes on from step 3."
    assert messages[-1]["path"] == str(job.output / "model")


def test_a_checkpoint_is_told_by_the_next_workers_where_its_own_were_killed_before(job: Job, run: Storage) -> None:
    third = checkpoint(run, 3)
    messages, _ = told(job, run, [begin(), *map(metric, (1, 2))], [begin(3, third), metric(4)])
    kinds = [(message["type"], message.get("step")) for message in messages]
    assert kinds == [("metric", 1), ("metric", 2), ("metric", 3), ("checkpoint", 3), ("notice", None), ("metric", 4)]
    assert (job.output / "checkpoint-3" / names.COMPLETE).is_file()


def test_a_name_that_leads_elsewhere_is_no_checkpoint(job: Job, run: Storage) -> None:
    wrong = {**checkpoint(run, 3), "path": "../checkpoint-3"}
    messages, done = told(job, run, [begin(), wrong, {"type": "cancelled", "path": "../checkpoint-3", "step": 3}])
    assert done
    assert messages == [{"type": "cancelled", "path": None, "step": 3}]


def test_the_source_travels_whole_and_without_this_machine() -> None:
    name, content = zip_source()
    assert (name, content) == zip_source()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "tuning_fork_trainer/cluster/worker.py" in archive.namelist()
        assert "tuning_fork_trainer/protocol.schema.json" in archive.namelist()
        assert all(info.date_time == (1980, 1, 1, 0, 0, 0) for info in archive.infolist())
    assert str(Path.home()).encode() not in content


def test_text_of_the_cluster_is_printable() -> None:
    assert printable("a\x1b[31mred\x1b[0m\tb\r\nc\x07\u2028d") == "a red  b \nc  d"
