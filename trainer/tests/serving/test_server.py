"""Requests that are refused, clients that leave, models that come and go."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.models import Source, locate
from tuning_fork_trainer.serving import loaded
from tuning_fork_trainer.serving.backend import ModelSpec
from tuning_fork_trainer.serving.loaded import LoadedBase

from .client import QUESTION, Client, events, request
from .conftest import CONTEXT, Running, make_adapter, make_base

TOOL = {"type": "function", "function": {"name": "price", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("token", [None, "", "secre", "secret2", "sécret"])
def test_a_wrong_token_is_refused(running: Running, token: str | None) -> None:
    stranger = Client(running.server.port, None)
    if token is not None:
        stranger.headers = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
    for method, path in (("GET", "/health"), ("GET", "/v1/models"), ("PUT", "/models/x"), ("DELETE", "/models/base")):
        status, answer = stranger.call(method, path)
        assert (status, answer["error"]["code"]) == (401, "invalid_api_key")
    assert stranger.refused()[0] == 401


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"messages": []}, "messages"),
        ({"messages": None}, "messages"),
        ({"messages": "hello"}, "messages"),
        ({"messages": [{"content": "x"}]}, "messages[0]"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
            "messages[0]",
        ),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages"),
        ({"model": None}, "model"),
        ({"temperature": 3}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"temperature": True}, "temperature"),
        ({"top_p": -0.1}, "top_p"),
        ({"n": 0}, "n"),
        ({"n": 1.5}, "n"),
        ({"n": 10_000}, "n"),
        ({"max_tokens": 0}, "max_tokens"),
        ({"max_completion_tokens": -1}, "max_completion_tokens"),
        ({"stop": [""]}, "stop"),
        ({"stop": ["a"] * 5}, "stop"),
        ({"stop": 3}, "stop"),
        ({"seed": "x"}, "seed"),
        ({"seed": 2**80}, "seed"),
        ({"logprobs": 1}, "logprobs"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
        ({"stream": "yes"}, "stream"),
        ({"stream": True, "stream_options": 3}, "stream_options"),
        ({"frequency_penalty": 0.5}, "frequency_penalty"),
        ({"response_format": {"type": "json_object"}}, "response_format"),
        ({"logit_bias": {"5": 1}}, "logit_bias"),
        ({"tools": [{"type": "function"}]}, "tools"),
        ({"tools": [TOOL], "tool_choice": "required"}, "tool_choice"),
    ],
)
def test_bad_settings_are_refused_by_name(client: Client, fields: dict[str, Any], param: str) -> None:
    status, error = client.refused(**fields)
    assert (status, error["param"], error["type"]) == (400, param, "invalid_request_error")
    assert error["message"].endswith(".")


def test_harmless_settings_pass(client: Client) -> None:
    client.chat(frequency_penalty=0, logit_bias={}, response_format={"type": "text"}, user="x", store=False, stop=None)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff"])
def test_a_body_that_is_no_object_is_refused(client: Client, body: bytes) -> None:
    status, answer = client.call("POST", "/v1/chat/completions", body)
    assert (status, answer["error"]["code"]) == (400, "invalid_json")


def test_unknown_models_and_addresses(client: Client) -> None:
    assert client.refused(model="nobody")[0] == 404
    assert client.refused(model="nobody")[1]["code"] == "model_not_found"
    assert client.refused(model="nobody", stream=True)[0] == 404
    assert client.call("GET", "/v1/other")[0] == 404
    assert client.call("POST", "/health", {})[0] == 404


def test_a_body_without_length_is_refused(client: Client) -> None:
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
        )
        assert b" 411 " in connection.makefile("rb").readline()
    with socket.create_connection(("127.0.0.1", client.port), timeout=30) as connection:
        connection.sendall(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n")
        assert b" 413 " in connection.makefile("rb").readline()


def test_one_connection_carries_many_requests(client: Client) -> None:
    connection, response = client.open("POST", "/v1/chat/completions", request(temperature=9))
    assert (response.status, bool(response.read())) == (400, True)
    for stream in (True, False):
        connection.request("POST", "/v1/chat/completions", json.dumps(request(stream=stream)), client.headers)
        response = connection.getresponse()
        assert (response.status, bool(response.read())) == (200, True)
    connection.close()


def test_a_prompt_beyond_the_context_is_refused(client: Client) -> None:
    long = [{"role": "user", "content": "x " * CONTEXT}]
    for stream in (False, True):
        status, error = client.refused(messages=long, stream=stream)
        assert (status, error["code"]) == (400, "context_length_exceeded")
        assert str(CONTEXT) in error["message"]


def test_the_answer_ends_with_the_context(client: Client) -> None:
    answer = client.chat(max_tokens=None, temperature=1, seed=1, n=16)
    longest = max(answer["choices"], key=lambda one: len(one["message"]["content"]))
    assert longest["finish_reason"] == "length"
    at_most = (CONTEXT - answer["usage"]["prompt_tokens"]) * 16
    assert answer["usage"]["completion_tokens"] <= at_most


def test_a_client_that_leaves_frees_its_place(serve: Callable[..., Running], tmp_path: Path) -> None:
    endless = make_base(tmp_path / "endless", 21, context=1_000_000, endless=True)
    client = serve({"endless": ModelSpec(str(endless))}, most=2).client
    # So many tokens take hours: only cancelling ends these.
    fields = request(model="endless", max_tokens=900_000, n=2)
    connection, response = client.open("POST", "/v1/chat/completions", {**fields, "seed": 3, "stream": True})
    assert next(events(response))
    client.wait_for(lambda state: state["running"] == 2)
    waiting = socket.create_connection(("127.0.0.1", client.port))
    body = json.dumps({**fields, "seed": 4}).encode()
    waiting.sendall(
        b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer secret\r\n"
        b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    )
    client.wait_for(lambda state: (state["running"], state["waiting"]) == (2, 2))
    waiting.close()
    client.wait_for(lambda state: (state["running"], state["waiting"]) == (2, 0))
    response.close()
    connection.close()
    client.wait_for(lambda state: state["running"] == 0 and state["waiting"] == 0)
    assert client.chat(model="endless", max_tokens=2)["usage"]["completion_tokens"] == 2


def test_an_idle_model_is_freed_and_comes_back(serve: Callable[..., Running], base: Path) -> None:
    running = serve(idle_seconds=0.05)
    text = running.client.text(model="tuned")
    running.client.wait_for(lambda state: state["loaded"] == [] and state["adapters"] == [])
    assert running.unloaded == [str(base)]
    assert running.client.text(model="tuned") == text


def test_a_busy_model_is_not_freed(serve: Callable[..., Running]) -> None:
    running = serve(idle_seconds=0)
    answer = running.client.chat(max_tokens=300, temperature=1, seed=1, n=4)
    assert len(answer["choices"]) == 4


def test_models_are_added_replaced_and_removed(serve: Callable[..., Running], base: Path, adapters: list[Path]) -> None:
    client = serve({"base": ModelSpec(str(base))}).client
    name = "ft:a/b c:né::1"
    path = "/models/ft%3Aa%2Fb%20c%3An%C3%A9%3A%3A1"
    assert client.refused(model=name)[0] == 404
    for adapter in adapters:
        assert client.call("PUT", path, {"base": str(base), "adapter": str(adapter)}) == (
            200,
            {"id": name, "object": "model", "deleted": False},
        )
        assert client.text(model=name) != client.text()
    client.wait_for(lambda state: state["adapters"] == [str(adapters[1])])
    assert [one["id"] for one in client.call("GET", "/v1/models")[1]["data"]] == ["base", name]
    before = client.text()
    assert client.call("DELETE", path)[0] == 200
    client.wait_for(lambda state: state["adapters"] == [])
    assert client.text() == before
    assert client.call("DELETE", path)[0] == 404
    assert client.call("PUT", "/models/x", {"base": 3})[0] == 400
    assert client.call("PUT", "/models/x", b"{")[0] == 400
    client.call("PUT", path, {"base": str(base), "adapter": str(adapters[0])})
    assert client.text(model=name) != before


def test_each_revision_of_the_hub_is_a_base_of_its_own(
    serve: Callable[..., Running],
    base: Path,
    adapters: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    newer = make_base(tmp_path / "newer", 6)
    commits = {None: newer, "old": base, "new": newer}

    def find(model: str, revision: str | None = None) -> Source:
        return locate(str(commits[revision]) if model == "lab/model" else model)

    monkeypatch.setattr(loaded, "locate", find)
    client = serve({"base": ModelSpec(str(base)), "newer": ModelSpec(str(newer))}).client
    for revision in ("old", "new"):
        assert client.call("PUT", f"/models/{revision}", {"base": "lab/model", "revision": revision})[0] == 200
    tuned = {"base": "lab/model", "adapter": str(adapters[0]), "revision": "old"}
    assert client.call("PUT", "/models/tuned", tuned)[0] == 200
    client.call("PUT", "/models/same", {"base": str(base), "adapter": str(adapters[0]), "revision": None})
    assert client.text(model="old") == client.text() != client.text(model="newer") == client.text(model="new")
    assert client.text(model="tuned") == client.text(model="same") != client.text(model="old")
    assert client.call("DELETE", "/models/tuned")[0] == 200
    client.wait_for(lambda state: state["adapters"] == [str(adapters[0])])
    assert client.call("GET", "/health")[1]["loaded"].count("lab/model") == 2
    status, answer = client.call("PUT", "/models/x", {"base": "lab/model", "revision": 3})
    assert (status, answer["error"]["param"]) == (400, "revision")


def test_a_removed_model_is_read_again(
    serve: Callable[..., Running], base: Path, adapters: list[Path], tmp_path: Path
) -> None:
    folder = tmp_path / "adapter"
    shutil.copytree(adapters[0], folder)
    client = serve({"x": ModelSpec(str(base), str(folder)), "other": ModelSpec(str(base), str(adapters[1]))}).client
    first = client.text(model="x")
    client.call("DELETE", "/models/x")
    client.wait_for(lambda state: str(folder) not in state["adapters"])
    shutil.rmtree(folder)
    shutil.copytree(adapters[1], folder)
    client.call("PUT", "/models/x", {"base": str(base), "adapter": str(folder)})
    assert client.text(model="x") == client.text(model="other") != first


def test_models_that_cannot_be_loaded_say_why(serve: Callable[..., Running], base: Path, tmp_path: Path) -> None:
    pickled = make_adapter(base, tmp_path / "pickled", 5)
    (pickled / "adapter_model.safetensors").rename(pickled / "adapter_model.bin")
    foreign_base = make_base(tmp_path / "foreign", 6)
    config = json.loads((make_adapter(base, tmp_path / "kind", 5) / "adapter_config.json").read_text())
    (tmp_path / "kind" / "adapter_config.json").write_text(json.dumps({**config, "peft_type": "PREFIX_TUNING"}))
    damaged = make_adapter(base, tmp_path / "damaged", 5)
    (damaged / "adapter_model.safetensors").write_bytes(b"nothing")
    spec = {
        "no-base": ModelSpec(str(tmp_path / "none.gguf")),
        "no-adapter": ModelSpec(str(base), str(tmp_path / "none")),
        "pickled": ModelSpec(str(base), str(pickled)),
        "kind": ModelSpec(str(base), str(tmp_path / "kind")),
        "damaged": ModelSpec(str(base), str(damaged)),
        "foreign": ModelSpec(str(foreign_base)),
        "base": ModelSpec(str(base)),
    }
    client = serve(spec).client
    expected = {
        "no-base": "no-model",
        "no-adapter": "no-model",
        "pickled": "pickled-weights",
        "kind": "bad-model",
        "damaged": "bad-model",
    }
    for name, code in expected.items():
        status, error = client.refused(model=name)
        assert (status, error["code"]) == (500, code), error
    assert client.text() != client.text(model="foreign")


def test_a_template_without_tools_refuses_them(serve: Callable[..., Running], tmp_path: Path) -> None:
    plain = "{% for message in messages %}{{ message.role }}: {{ message.content }}\n{% endfor %}"
    models = {
        "plain": ModelSpec(str(make_base(tmp_path / "plain", 21, plain))),
        "bare": ModelSpec(str(make_base(tmp_path / "bare", 21, None))),
        "strict": ModelSpec(str(make_base(tmp_path / "strict", 21, "{{ raise_exception('roles must alternate') }}"))),
    }
    client = serve(models).client
    for name in ("plain", "bare"):
        assert client.refused(model=name, tools=[TOOL])[1]["param"] == "tools"
        assert client.chat(model=name)["usage"]["prompt_tokens"] > 0
    status, error = client.refused(model="strict")
    assert status == 400
    assert "roles must alternate" in error["message"]


def test_a_failing_batch_fails_its_requests_only(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve().client
    expected = client.text()
    forward = LoadedBase.forward
    for error, status, code in (
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"), 503, "no-memory"),
        (ValueError("broken\nlines"), 500, "internal"),
    ):

        def fail(*_arguments: Any, error: Exception = error) -> Any:
            raise error

        monkeypatch.setattr(LoadedBase, "forward", fail)
        found, answer = client.refused(messages=QUESTION)
        assert (found, answer["code"]) == (status, code)
        monkeypatch.setattr(LoadedBase, "forward", forward)
        assert client.text() == expected


def test_a_stream_that_fails_ends_with_the_error(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve().client
    forward, calls = LoadedBase.forward, []

    def fail_later(self: LoadedBase, *rest: Any) -> Any:
        calls.append(1)
        if len(calls) > 5:
            raise ValueError("broken")
        return forward(self, *rest)

    monkeypatch.setattr(LoadedBase, "forward", fail_later)
    connection, response = client.open("POST", "/v1/chat/completions", request(stream=True))
    found = list(events(response))
    connection.close()
    assert response.status == 200
    assert json.loads(found[-1])["error"]["code"] == "internal"
