"""The command as a process: its standard output, its token and its end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .client import Client, events, request
from .conftest import make_base

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path, base: Path, adapters: list[Path]) -> Iterator[Start]:
    """Function that starts the command; what still runs behind the test is killed."""
    models = {"base": {"base": str(base), "adapter": None}, "tuned": {"base": str(base), "adapter": str(adapters[0])}}
    models["endless"] = {
        "base": str(make_base(tmp_path / "endless", 21, context=1_000_000, endless=True)),
        "adapter": None,
    }
    listed = tmp_path / "models.json"
    listed.write_text(json.dumps({"models": models}))
    started = []

    def run(*arguments: str, token: str | None = "secret") -> subprocess.Popen[str]:  # noqa: S107 - of the test
        environment = {key: value for key, value in os.environ.items() if key != "TUNING_FORK_TRAINER_TOKEN"}
        if token is not None:
            environment["TUNING_FORK_TRAINER_TOKEN"] = token
        command = [sys.executable, "-m", "tuning_fork_trainer", "serve", "--models", str(listed), *arguments]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def message(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def connect(process: subprocess.Popen[str]) -> Client:
    line = message(process)
    assert line["type"] == "listening"
    return Client(line["port"], "secret")


def test_only_messages_are_written_to_standard_output(start: Start) -> None:
    process = start("--idle-seconds", "0.1")
    client = connect(process)
    assert client.text() != client.text(model="tuned")
    assert message(process)["code"] == "unloaded"
    output, log = process.communicate()  # Closes standard input, as a parent that died does.
    assert process.returncode == 0
    assert all(json.loads(line)["code"] == "unloaded" for line in output.splitlines())
    assert "Traceback" not in log


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGTERM.")
@pytest.mark.parametrize("by_signal", [True, False])
def test_it_ends_while_it_answers(start: Start, by_signal: bool) -> None:
    process = start()
    client = connect(process)
    connection, response = client.open(
        "POST", "/v1/chat/completions", request(model="endless", max_tokens=900_000, n=4, stream=True)
    )
    assert next(events(response))
    if by_signal:
        process.send_signal(signal.SIGTERM)
    else:
        assert process.stdin is not None
        process.stdin.close()
    assert process.wait(timeout=60) == 0
    connection.close()
    assert process.stderr is not None
    assert "Fatal" not in process.stderr.read()


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_it_does_not_start(start: Start, token: str | None) -> None:
    process = start(token=token)
    line = message(process)
    assert (line["type"], line["code"]) == ("error", "bad-job")
    assert "TUNING_FORK_TRAINER_TOKEN" in line["message"]
    assert process.wait(timeout=60) == 1


def test_a_list_that_cannot_be_read_is_said(start: Start, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"models": {"x": {}}}')
    process = start("--models", str(broken))
    assert message(process)["code"] == "bad-job"
    assert process.wait(timeout=60) == 1


def test_a_taken_port_is_said(start: Start) -> None:
    client = connect(start())
    process = start("--port", str(client.port))
    assert "Port" in message(process)["message"]
    assert process.wait(timeout=60) == 1


def test_openai_client(start: Start) -> None:
    openai = pytest.importorskip("openai", reason="pip install openai")
    plain = connect(start())
    client = openai.OpenAI(base_url=f"http://127.0.0.1:{plain.port}/v1", api_key="secret", max_retries=0)
    fields = request(logprobs=True, top_logprobs=2, n=2)
    answer = client.chat.completions.create(**fields)
    assert answer.choices[0].message.content == plain.text()
    assert len(answer.choices[1].logprobs.content[0].top_logprobs) == 2
    chunks = list(client.chat.completions.create(**fields, stream=True, stream_options={"include_usage": True}))
    first = [chunk.choices[0] for chunk in chunks if chunk.choices and chunk.choices[0].index == 0]
    assert "".join(part.delta.content or "" for part in first) == plain.text()
    assert chunks[-1].usage == answer.usage
    assert "base" in [model.id for model in client.models.list()]
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(**{**fields, "model": "nobody"})
    with pytest.raises(openai.AuthenticationError):
        client.with_options(api_key="other").models.list()
