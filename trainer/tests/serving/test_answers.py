"""Answers over HTTP are those of the model, whatever is asked beside them."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from tuning_fork_trainer.serving.backend import ModelSpec

from .client import QUESTION, Client
from .conftest import Running

PROMPTS = [
    "What does this cost?",
    "A",
    "The price of a much longer description, which has many more words than the others do. " * 3,
    "é🎵 — naïve",
    "1 2 3",
    "Price",
    "What is the answer of the assistant?",
    "$",
]


def asked(text: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": text}]


def generated(base: Path, adapter: Path | None, messages: list[dict[str, str]], tokens: int = 24) -> str:
    """Greedy answer of the library's own `generate`."""
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    if adapter is not None:
        from peft import PeftModel

        model = PeftModel.from_pretrained(model, adapter)
    text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    inputs = tokenizer(text, return_tensors="pt", add_special_tokens=False)
    output = model.generate(
        input_ids=inputs["input_ids"],
        attention_mask=inputs["attention_mask"],
        max_new_tokens=tokens,
        do_sample=False,
        use_cache=True,
    )
    return str(tokenizer.decode(output[0, inputs["input_ids"].shape[1] :], skip_special_tokens=True))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_greedy_answer_equals_generate(client: Client, base: Path, prompt: str) -> None:
    assert client.text(messages=asked(prompt)) == generated(base, None, asked(prompt))


def test_adapters_differ_and_the_base_stays_itself(client: Client, base: Path, adapters: list[Path]) -> None:
    first = {name: client.text(model=name) for name in ("base", "tuned", "other")}
    again = {name: client.text(model=name) for name in ("other", "base", "tuned")}
    assert len(set(first.values())) == 3
    assert again == first
    assert first == {
        "base": generated(base, None, QUESTION),
        "tuned": generated(base, adapters[0], QUESTION),
        "other": generated(base, adapters[1], QUESTION),
    }


@pytest.mark.usefixtures("forgetful")
@pytest.mark.parametrize("sampling", [{"temperature": 0}, {"temperature": 1, "seed": 5, "top_p": 0.9}])
def test_batched_answers_equal_those_alone(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch, sampling: dict[str, Any]
) -> None:
    # In single precision, one of a thousand draws falls within the rounding of a batch of another shape (seen with
    # this very seed: logits that differ by 0.00015). In double precision any difference is a fault.
    monkeypatch.setattr("tuning_fork_trainer.models.dtype_of", lambda _device: torch.float64)
    client = serve().client
    models = ["base", "tuned", "other"]
    requests: list[dict[str, Any]] = [
        {"messages": asked(prompt), "max_tokens": 10 + 7 * place, "model": models[place % 3], **sampling}
        for place, prompt in enumerate(PROMPTS * 2)
    ]
    alone = [client.text(**fields) for fields in requests]
    assert client.together(requests) == alone


@pytest.mark.usefixtures("forgetful")
def test_settings_differ_within_one_batch(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuning_fork_trainer.models.dtype_of", lambda _device: torch.float64)
    client = serve().client
    requests: list[dict[str, Any]] = [
        {"temperature": 0},
        {"temperature": 1, "seed": 1},
        {"temperature": 1, "seed": 2},
        {"temperature": 2, "seed": 1, "top_p": 0.5},
        {"temperature": 1, "seed": 1, "top_p": 0.0},
    ]
    alone = [client.text(**fields) for fields in requests]
    assert client.together(requests) == alone
    assert len(set(alone)) == 4
    assert alone[4] == alone[0]  # Only the most probable token is left.


def test_a_prompt_is_read_once(serve: Callable[..., Running], widths: list[int]) -> None:
    running = serve()
    first = running.client.text(max_tokens=4)
    assert len(widths) == 4  # The prompt, and three tokens behind its first one.
    assert running.client.text(max_tokens=4) == first
    assert len(widths) == 7
    texts = running.client.together([{"max_tokens": 1, "temperature": 1, "seed": seed} for seed in range(15)])
    assert (len(widths), len(set(texts)) > 1) == (7, True)
    # Each adapter reads it in its own way.
    assert running.client.text(model="tuned", max_tokens=1) != running.client.text(model="base", max_tokens=1)
    assert len(widths) == 8


def test_prompts_that_were_read_run_beside_new_ones(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuning_fork_trainer.models.dtype_of", lambda _device: torch.float64)
    fresh, used = serve().client, serve().client
    requests: list[dict[str, Any]] = [
        {"messages": asked(prompt), "model": ["base", "tuned"][place // len(PROMPTS)], "n": 1 + place % 3}
        | {"temperature": 1, "seed": place, "max_tokens": 6 + place}
        for place, prompt in enumerate(PROMPTS * 2)
    ]
    for fields in requests[::2]:
        used.text(**fields)
    assert used.together(requests) == [fresh.text(**fields) for fields in requests]
    assert used.together(requests[::-1]) == [fresh.text(**fields) for fields in requests[::-1]]


def test_a_replaced_adapter_reads_its_prompts_anew(
    serve: Callable[..., Running], base: Path, adapters: list[Path], widths: list[int]
) -> None:
    client = serve({"base": ModelSpec(str(base))}).client
    asked_of = {"model": "later", "max_tokens": 1}
    spec = {"base": str(base), "adapter": str(adapters[0])}
    for passes in (1, 2):
        assert client.call("PUT", "/models/later", spec)[0] == 200
        client.text(**asked_of)
        client.text(**asked_of)
        assert len(widths) == passes
        assert client.call("DELETE", "/models/later")[0] == 200
        client.wait_for(lambda state: state["adapters"] == [])


def test_waiting_requests_share_the_forward_pass(serve: Callable[..., Running], widths: list[int]) -> None:
    running = serve()
    running.client.together([{"messages": asked(prompt), "max_tokens": 60} for prompt in PROMPTS])
    assert max(widths) == len(PROMPTS)
    # One at a time they would take about 60 passes each.
    assert len(widths) < 60 * 3


def test_places_are_limited(serve: Callable[..., Running], widths: list[int]) -> None:
    client = serve(most=2).client
    requests = [{"messages": asked(prompt)} for prompt in PROMPTS]
    assert client.together(requests) == [client.text(**fields) for fields in requests]
    assert max(widths) == 2


def test_layers_that_cannot_join_are_served_one_by_one(
    serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tuning_fork_trainer.models.dtype_of", lambda _device: torch.float64)
    client = serve().client
    requests = [{"messages": asked(prompt), "n": 2, "temperature": 1, "seed": 4} for prompt in PROMPTS[:3]]
    joined = client.together(requests)
    monkeypatch.setattr("tuning_fork_trainer.serving.loaded.JOINABLE", set())
    assert serve().client.together(requests) == joined


def test_seed_repeats_and_choices_differ(client: Client) -> None:
    def choices(**fields: Any) -> list[str]:
        answer = client.chat(temperature=1, **fields)
        assert [one["index"] for one in answer["choices"]] == list(range(len(answer["choices"])))
        return [one["message"]["content"] for one in answer["choices"]]

    three = choices(seed=7, n=3)
    assert choices(seed=7, n=3) == three
    assert choices(seed=7) == three[:1]
    assert len(set(three)) == 3
    assert choices(seed=8) != three[:1]
    assert choices() != choices()


def test_length_and_stop_are_told_apart(client: Client) -> None:
    answer = client.chat(max_tokens=3)
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answer["usage"]["completion_tokens"] == 3
    assert answer["usage"]["total_tokens"] == answer["usage"]["prompt_tokens"] + 3
    assert client.chat(max_completion_tokens=4, max_tokens=9)["usage"]["completion_tokens"] == 4
    ended = client.chat(temperature=1, n=32, seed=1, max_tokens=200)
    reasons = {one["finish_reason"] for one in ended["choices"]}
    assert "stop" in reasons  # Some of the random answers draw the end token.
    assert all("<|im_end|>" not in one["message"]["content"] for one in ended["choices"])


def test_stop_cuts_across_tokens(client: Client) -> None:
    whole = client.text()
    for start, size in ((3, 4), (1, 1), (5, 7)):
        stop = whole[start : start + size]
        answer = client.chat(stop=stop, logprobs=True)["choices"][0]
        assert answer["message"]["content"] == whole[: whole.index(stop)]
        assert answer["finish_reason"] == "stop"
        text = b"".join(bytes(entry["bytes"]) for entry in answer["logprobs"]["content"])
        assert len(text.decode(errors="replace")) >= len(answer["message"]["content"])
        streamed = client.stream(stop=[stop, "not in the text"])
        assert joined(streamed) == answer["message"]["content"]
    assert client.text(stop=whole + "more") == whole


def test_logprobs_are_those_of_the_model(client: Client, base: Path) -> None:
    answer = client.chat(temperature=1, seed=3, logprobs=True, top_logprobs=3, max_tokens=8)["choices"][0]
    entries = answer["logprobs"]["content"]
    assert len(entries) == 8
    assert b"".join(bytes(one["bytes"]) for one in entries).decode(errors="replace") == answer["message"]["content"]

    tokenizer = AutoTokenizer.from_pretrained(base)
    prompt = tokenizer(tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True))["input_ids"]
    logits = AutoModelForCausalLM.from_pretrained(base)(torch.tensor([prompt])).logits[0, -1]
    expected = torch.log_softmax(logits, dim=-1)
    best = expected.topk(3)
    top = entries[0]["top_logprobs"]
    assert [one["logprob"] for one in top] == pytest.approx(best.values.tolist(), abs=1e-4)
    assert [bytes(one["bytes"]) for one in top] == [raw(tokenizer, token) for token in best.indices.tolist()]
    taken = next(token for token in range(len(tokenizer)) if raw(tokenizer, token) == bytes(entries[0]["bytes"]))
    assert entries[0]["logprob"] == pytest.approx(float(expected[taken]), abs=1e-4)
    assert all(one["logprob"] <= 0 and math.isfinite(one["logprob"]) for one in entries)
    assert client.chat()["choices"][0]["logprobs"] is None


def raw(tokenizer: Any, token: int) -> bytes:
    """Bytes of a token, by the tokenizer's own table rather than ours."""
    from tokenizers import pre_tokenizers

    piece = tokenizer.convert_ids_to_tokens(token)
    table = {pre_tokenizers.ByteLevel(False, use_regex=False).pre_tokenize_str(chr(n))[0][0]: n for n in range(128)}
    if all(letter in table for letter in piece):
        return bytes(table[letter] for letter in piece)
    names = {letter: octet for octet, letter in zip(range(128, 256), _high_letters(), strict=True)}
    return bytes({**table, **names}[letter] for letter in piece)


def _high_letters() -> list[str]:
    """Letters of the bytes from 128 on, seen by writing characters of two bytes."""
    from tokenizers import pre_tokenizers

    splitter = pre_tokenizers.ByteLevel(False, use_regex=False)
    letters: dict[int, str] = {}
    for code in [*range(0x80, 0x800), *range(0x800, 0xD800, 0x40), *range(0x10000, 0x110000, 0x1000)]:
        for octet, letter in zip(chr(code).encode(), splitter.pre_tokenize_str(chr(code))[0][0], strict=True):
            letters[octet] = letter
    # 0xC0, 0xC1 and 0xF5 to 0xFF begin no character: they are printable Latin-1 and stand for themselves.
    return [letters.get(octet, chr(octet)) for octet in range(128, 256)]


def joined(chunks: list[Any], choice: int = 0) -> str:
    parts = [one for chunk in chunks for one in chunk["choices"] if one["index"] == choice]
    return "".join(part["delta"].get("content") or "" for part in parts)


def test_stream_says_the_same_in_pieces(client: Client) -> None:
    fields = {"n": 2, "temperature": 1, "seed": 6, "logprobs": True, "top_logprobs": 1}
    whole = client.chat(**fields)
    chunks = client.stream(stream_options={"include_usage": True}, **fields)
    assert chunks[0]["choices"][0]["delta"]["role"] == "assistant"
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"] == whole["usage"]
    assert all(chunk["usage"] is None for chunk in chunks[:-1])
    assert len({chunk["id"] for chunk in chunks}) == 1
    for choice in (0, 1):
        parts = [one for chunk in chunks for one in chunk["choices"] if one["index"] == choice]
        assert joined(chunks, choice) == whole["choices"][choice]["message"]["content"]
        assert len([part for part in parts if part["delta"].get("content")]) > 3
        assert parts[-1]["finish_reason"] == whole["choices"][choice]["finish_reason"]
        assert [part["finish_reason"] for part in parts[:-1]] == [None] * (len(parts) - 1)
        logprobs = [entry for part in parts if part["logprobs"] for entry in part["logprobs"]["content"]]
        expected = whole["choices"][choice]["logprobs"]["content"]
        assert [entry["bytes"] for entry in logprobs] == [entry["bytes"] for entry in expected]
    assert all("usage" not in chunk for chunk in client.stream())


def test_last_message_of_the_assistant_is_continued(client: Client, base: Path) -> None:
    prefix = "Price is $"
    messages = [*QUESTION, {"role": "assistant", "content": prefix}]
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForCausalLM.from_pretrained(base)
    text = tokenizer.apply_chat_template(QUESTION, tokenize=False, add_generation_prompt=True) + prefix
    ids = torch.tensor([tokenizer(text)["input_ids"]])
    output = model.generate(input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=24, do_sample=False)
    expected = tokenizer.decode(output[0, ids.shape[1] :], skip_special_tokens=True)
    assert client.text(messages=messages) == expected
    assert client.text(messages=messages) != client.text()


def test_developer_and_parts_are_read(client: Client) -> None:
    plain = client.text(messages=[{"role": "system", "content": "Be short."}, *QUESTION])
    parts = [{"type": "text", "text": "Be "}, {"type": "text", "text": "short."}]
    assert client.text(messages=[{"role": "developer", "content": parts}, *QUESTION]) == plain
    assert plain != client.text()


def test_tools_reach_the_prompt(client: Client) -> None:
    tool = {"type": "function", "function": {"name": "price", "parameters": {"type": "object", "properties": {}}}}
    plain = client.chat()
    with_tool = client.chat(tools=[tool])
    assert with_tool["usage"]["prompt_tokens"] > plain["usage"]["prompt_tokens"]
    assert client.chat(tools=[tool], tool_choice="none")["usage"] == plain["usage"]
