"""Answers through vLLM's server are those that transformers gives, and what goes wrong there costs nobody an answer."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.serving import vllm
from tuning_fork_trainer.serving.backend import ModelSpec
from tuning_fork_trainer.serving.engine import TransformersBackend
from tuning_fork_trainer.serving.registry import Registry
from tuning_fork_trainer.serving.server import Server
from tuning_fork_trainer.serving.vllm import VllmBackend, find_program

from .client import QUESTION, Client, request
from .conftest import CONTEXT, Running, make_adapter, make_base
from .test_answers import PROMPTS, asked

FAKE = Path(__file__).parent / "fake_vllm.py"
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="vLLM runs on Linux")


class Fake:
    """Server with a stand-in for vLLM behind it."""

    def __init__(self, folder: Path, registry: dict[str, ModelSpec], idle_seconds: float) -> None:
        self._log = folder / "asked.jsonl"
        self.notices: list[str] = []
        self.unloaded: list[str] = []
        self.other = TransformersBackend("cpu", 600, 16)
        self.backend = VllmBackend(
            str(folder / "vllm"), self.other, idle_seconds, 8, self.notices.append, self.unloaded.append
        )
        self.server = Server(0, "secret", Registry(registry), self.backend)
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        self.client = Client(self.server.port, "secret")

    def asked(self, what: str) -> list[Any]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [value for kind, value in map(json.loads, lines) if kind == what]

    def close(self) -> None:
        self.backend.close()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def fake(
    tmp_path: Path, registry: dict[str, ModelSpec], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Fake]]:
    """Function that starts a server; settings are those of the stand-in."""
    program = tmp_path / "vllm"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    program.chmod(0o755)
    started: list[Fake] = []

    def start(models: dict[str, ModelSpec] | None = None, idle_seconds: float = 600, **settings: Any) -> Fake:
        monkeypatch.setenv("FAKE_VLLM", json.dumps({"log": str(tmp_path / "asked.jsonl"), **settings}))
        started.append(Fake(tmp_path, models or registry, idle_seconds))
        return started[-1]

    yield start
    for one in started:
        one.close()


def runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_answers_are_those_of_transformers(fake: Callable[..., Fake], serve: Callable[..., Running]) -> None:
    through, plain = fake(), serve()
    requests: list[dict[str, Any]] = [
        {"messages": asked(prompt), "model": ["base", "tuned", "other"][place % 3], "max_tokens": 6 + 9 * place}
        for place, prompt in enumerate(PROMPTS)
    ]
    assert through.client.together(requests) == [plain.client.text(**fields) for fields in requests]
    first = through.client.chat(max_tokens=12, logprobs=True, top_logprobs=3, n=2)
    second = plain.client.chat(max_tokens=12, logprobs=True, top_logprobs=3, n=2)
    for answer in (first, second):
        answer["id"], answer["created"] = "", 0
        for choice in answer["choices"]:
            for token in choice["logprobs"]["content"]:
                for one in (token, *token["top_logprobs"]):
                    one["logprob"] = round(one["logprob"], 3)
    assert first == second

    [start] = through.asked("start")
    assert start["environment"] == {
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
        "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
    }
    assert (start["host"], start["load_format"], start["max_model_len"]) == ("127.0.0.1", "safetensors", str(CONTEXT))
    assert len(through.asked("load")) == 2
    assert through.other.state()["loaded"] == []
    assert through.notices == []


def test_sampling_is_passed_on_and_each_choice_has_its_own_seed(fake: Callable[..., Fake]) -> None:
    through = fake()
    fields = {"temperature": 1.5, "top_p": 0, "seed": 7, "n": 3, "max_tokens": 8}
    first, again = through.client.chat(**fields), through.client.chat(**fields)
    texts = [choice["message"]["content"] for choice in first["choices"]]
    assert len(set(texts)) == 3
    assert [choice["message"]["content"] for choice in again["choices"]] == texts
    asked_for = through.asked("ask")
    assert len({one["seed"] for one in asked_for}) == 3
    assert {(one["temperature"], one["top_p"]) for one in asked_for} == {(1.5, 1e-6)}


def test_a_stop_text_and_a_client_that_leaves_end_the_work_there(fake: Callable[..., Fake], tmp_path: Path) -> None:
    endless = make_base(tmp_path / "endless", 21, context=4000, endless=True)
    through = fake({"endless": ModelSpec(str(endless))}, slow=0.02)
    whole = through.client.text(model="endless", max_tokens=40)
    stop = whole[10:13]
    answer = through.client.chat(model="endless", max_tokens=1000, stop=stop)
    assert answer["choices"][0]["message"]["content"] == whole[: whole.index(stop)]
    assert answer["choices"][0]["finish_reason"] == "stop"
    until(lambda: len(through.asked("left")) == 1)
    connection, response = through.client.open(
        "POST", "/v1/chat/completions", request(model="endless", max_tokens=3000, stream=True)
    )
    response.readline()
    response.close()
    connection.close()
    until(lambda: len(through.asked("left")) == 2)
    through.client.wait_for(lambda state: state["running"] == state["waiting"] == 0)


def test_what_vllm_cannot_start_is_answered_without_it(
    fake: Callable[..., Fake], serve: Callable[..., Running]
) -> None:
    through = fake(fail="ValueError: No available memory for the cache blocks.")
    assert through.client.text() == serve().client.text()
    assert through.client.text(model="tuned") != ""
    assert len(through.asked("start")) == 1  # It is not tried again for each request.
    [notice] = through.notices
    assert "without vLLM" in notice
    assert "No available memory for the cache blocks." in notice


def test_an_adapter_of_a_high_rank_is_answered_without_it(
    fake: Callable[..., Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "RANK", 3)  # Those of the tests have rank 4.
    through = fake()
    assert through.client.text(model="tuned") != through.client.text(model="base")
    assert through.other.state()["loaded"] != []
    assert [one["model"] for one in through.asked("ask")] == ["base"]


def test_a_prompt_that_is_too_long_for_it_is_answered_without_it(
    fake: Callable[..., Fake], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vllm, "LONGEST", 60)
    through = fake()
    assert through.client.text(messages=asked("word " * 70)) != ""
    assert through.client.text(max_tokens=100) != ""
    assert [len(one["prompt"]) + one["max_tokens"] for one in through.asked("ask")] == [60]
    # Longer than the model itself reads.
    assert through.client.refused(messages=asked("word " * CONTEXT))[1]["code"] == "context_length_exceeded"


def test_a_server_that_dies_fails_its_requests_and_is_started_again(fake: Callable[..., Fake]) -> None:
    through = fake(die_after=3)
    status, error = through.client.refused()
    assert status == 503
    assert error["message"] == ("vLLM ended while it answered (CUDA error: an illegal memory access was encountered).")
    assert through.client.text(max_tokens=2) != ""
    assert len(through.asked("start")) == 2


def test_another_base_takes_its_place_and_an_idle_one_goes(
    fake: Callable[..., Fake], tmp_path: Path, base: Path, adapters: list[Path]
) -> None:
    second = make_base(tmp_path / "second", 22)
    own = make_adapter(second, tmp_path / "own", 5)
    models = {"first": ModelSpec(str(base), str(adapters[0])), "second": ModelSpec(str(second), str(own))}
    through = fake(models, idle_seconds=3)
    texts = through.client.together([{"model": name} for name in ("first", "second", "first")])
    assert texts[0] == texts[2] != texts[1]
    state = through.client.wait_for(lambda state: state["running"] == 0)
    assert len(state["loaded"]) <= 1
    until(lambda: through.client.call("GET", "/health")[1]["loaded"] == [])
    until(lambda: through.unloaded != [])
    assert through.unloaded[-1] in (str(base), str(second))
    until(lambda: not any(runs(start["pid"]) for start in through.asked("start")))


def test_a_removed_model_is_unloaded(fake: Callable[..., Fake], base: Path, adapters: list[Path]) -> None:
    through = fake({"base": ModelSpec(str(base))})
    spec = {"base": str(base), "adapter": str(adapters[0])}
    for _ in range(2):
        through.client.call("PUT", "/models/x", spec)
        assert through.client.text(model="x") != through.client.text()
        assert through.client.call("DELETE", "/models/x")[0] == 200
    assert [one["lora_name"] for one in through.asked("unload")] == ["adapter1", "adapter2"]


def test_closing_ends_the_process(fake: Callable[..., Fake]) -> None:
    through = fake()
    through.client.text(max_tokens=1)
    [start] = through.asked("start")
    through.backend.close()
    until(lambda: not runs(start["pid"]))
    assert through.client.refused(messages=QUESTION)[0] == 503


def test_the_command_is_found_beside_python_and_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    assert find_program() is None
    for place in ("path", "bin"):
        program = tmp_path / place / "vllm"
        program.parent.mkdir()
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        assert find_program() == str(program)
