"""Pushes to a hub on loopback, by the program as the product starts it."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import HfApi, constants

from tuning_fork_trainer.export import push
from tuning_fork_trainer.protocol import Channel

from ..support import run_command
from ..test_supervised import check
from .hub import COMMIT, Hub, Repository

FILES = {
    "README.md": b"---\nlicense: mit\n---\n# Card\n",
    "config.json": b"{}",
    "model.safetensors": b"weights " * 1000,
}
NAME = "me/pricer"


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub() as hub:
        yield hub


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)
    # Not confirmed, so not sent.
    (folder / "rows.jsonl").write_text("secret rows", encoding="utf-8")
    return folder


def run(
    hub: Hub,
    folder: Path,
    protocol: dict[str, Any],
    *,
    token: str | None = "hf_right",  # noqa: S107 - of the double
    **changes: Any,
) -> tuple[int, list[dict[str, Any]]]:
    order = {
        "version": 1,
        "do": "send",
        "folder": str(folder),
        "repository": NAME,
        "private": True,
        "files": [{"name": name, "bytes": len(content)} for name, content in FILES.items()],
        **changes,
    }
    if order["do"] == "look":
        order = {"version": 1, "do": "look"}
    path = folder.parent / "push.json"
    path.write_text(json.dumps(order), encoding="utf-8")
    env = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    env |= {"HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1", "HF_HOME": str(folder.parent / "home")}
    if token is not None:
        env["HF_TOKEN"] = token
    done = run_command("push", path, env)
    said = [json.loads(line) for line in done.stdout.splitlines()]
    check(protocol, said, "PushOutput")
    assert "hf_" not in done.stdout + done.stderr
    sys.stderr.write(done.stderr)
    return done.returncode, said


def test_looks_without_making_anything(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    assert run(hub, folder, protocol, do="look") == (
        0,
        [{"type": "account", "name": "me", "organizations": ["team"]}],
    )
    assert hub.requests == ["GET /api/whoami-v2"]


def test_sends_what_was_confirmed_in_one_commit(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    code, said = run(hub, folder, protocol)
    assert code == 0
    repository = hub.repositories[NAME]
    assert repository.private
    assert repository.commits == 1
    assert repository.files == {".gitattributes": b"", **FILES}
    # Only the weights are large.
    assert list(hub.large.values()) == [FILES["model.safetensors"]]
    total = sum(map(len, FILES.values()))
    assert [said[0]["done"], said[-2]["done"], said[-2]["total"]] == [0, total, total]
    assert said[-1] == {"type": "pushed", "repository": NAME, "url": f"{hub.url}/{NAME}", "commit": COMMIT}


def test_makes_it_public_where_that_was_confirmed(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    code, _ = run(hub, folder, protocol, private=False, repository="team/pricer")
    assert code == 0
    assert not hub.repositories["team/pricer"].private


@pytest.mark.parametrize("token", ["hf_wrong", None])
def test_a_refused_token_is_one_sentence(hub: Hub, folder: Path, protocol: dict[str, Any], token: str | None) -> None:
    code, said = run(hub, folder, protocol, token=token)
    assert (code, [one["type"] for one in said], said[0]["code"]) == (1, ["error"], "bad-token")
    assert hub.repositories == {}


def test_a_token_without_the_right_to_write(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    hub.may_write = False
    code, said = run(hub, folder, protocol)
    assert (code, said[-1]["code"]) == (1, "bad-token")
    assert "right to write" in said[-1]["action"]


def test_sends_nothing_into_a_repository_with_files(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    hub.repositories[NAME] = Repository(private=True, files={"theirs.bin": b"x"})
    code, said = run(hub, folder, protocol)
    assert (code, said[-1]["code"]) == (1, "repo-exists")
    assert hub.repositories[NAME].files == {"theirs.bin": b"x"}
    assert hub.large == {}


def test_sends_nothing_where_others_could_see_it(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    hub.makes_public = True
    code, said = run(hub, folder, protocol)
    assert (code, said[-1]["code"]) == (1, "repo-exists")
    assert "public" in said[-1]["message"]
    assert hub.large == {}


def test_goes_on_in_the_empty_repository_of_an_earlier_try(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    hub.fails_commit = True
    code, said = run(hub, folder, protocol)
    assert (code, said[-1]["code"]) == (1, "no-network")
    assert hub.repositories[NAME].files == {".gitattributes": b""}
    hub.fails_commit = False
    code, _ = run(hub, folder, protocol)
    assert code == 0
    assert hub.repositories[NAME].commits == 1


@pytest.mark.parametrize(
    "files",
    [[{"name": "README.md", "bytes": 1}], [{"name": "gone", "bytes": 1}], [{"name": "../push.json", "bytes": 1}]],
)
def test_refuses_files_that_are_not_those_that_were_confirmed(
    hub: Hub, folder: Path, protocol: dict[str, Any], files: list[Any]
) -> None:
    code, said = run(hub, folder, protocol, files=files)
    assert (code, said[-1]["code"]) == (1, "bad-file")
    assert hub.requests == []


def test_a_hub_that_cannot_be_reached(hub: Hub, folder: Path, protocol: dict[str, Any]) -> None:
    with Hub() as gone:
        pass
    code, said = run(gone, folder, protocol, do="look")
    assert (code, said[-1]["code"]) == (1, "no-network")


class Said(Channel):
    """Channel of a push in this process."""

    def __init__(self) -> None:
        super().__init__(io.StringIO())
        self.messages: list[dict[str, Any]] = []

    def emit(self, kind: str, **fields: Any) -> None:
        self.messages.append({"type": kind, **fields})


def test_tells_how_far_a_large_file_is(hub: Hub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = b"weights " * 100_000
    (folder / "model.safetensors").write_bytes(weights)
    (folder / "tail.safetensors").write_bytes(weights)
    monkeypatch.setattr(push, "SECONDS_BETWEEN", 0)
    # Other tests of this process forbid it.
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    said = Said()
    names = ["model.safetensors", "tail.safetensors"]
    order = {"folder": str(folder), "repository": NAME, "private": True}
    order["files"] = [{"name": name, "bytes": len(weights)} for name in names]
    push.send(HfApi(endpoint=hub.url, token=hub.token), order, said)
    done = [message["done"] for message in said.messages if message["type"] == "progress"]
    assert done == sorted(done)
    assert sum(0 < value < len(weights) for value in done) > 3
    assert sum(len(weights) < value < 2 * len(weights) for value in done) > 3
    assert done[-1] == 2 * len(weights)
    # Reading a file for its hash is not sending it.
    assert done.count(len(weights)) <= 2
    assert {name: hub.repositories[NAME].files[name] for name in names} == dict.fromkeys(names, weights)
