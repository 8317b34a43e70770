"""Rows, their tokens, and the places whose loss counts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.chat import Unusable, normalize, render, template_facts
from tuning_fork_trainer.encoding import IGNORED, encode
from tuning_fork_trainer.protocol import Refusal
from tuning_fork_trainer.rows import read_conversations, read_preferences, read_tasks

from .support import CHATML, NO_SYSTEM, make_tokenizer


def trained_text(row: dict[str, Any], folder: Path, template: str = CHATML) -> list[str]:
    """Texts of the runs of tokens whose loss counts."""
    path = folder / "rows.jsonl"
    path.write_text(json.dumps(row) + "\n")
    tokenizer = make_tokenizer(template)
    encoded = encode(tokenizer, read_conversations(path)[0])
    runs: list[list[int]] = [[]]
    for label in encoded.labels:
        if label != IGNORED:
            runs[-1].append(label)
        elif runs[-1]:
            runs.append([])
    return [tokenizer.decode(run) for run in runs if run]


USER = {"role": "user", "content": "How much?"}


def answer(text: str, **extra: Any) -> dict[str, Any]:
    return {"role": "assistant", "content": text, **extra}


def test_the_answer_and_its_end_are_trained_only(tmp_path: Path) -> None:
    assert trained_text({"messages": [USER, answer("Price is $5")]}, tmp_path) == ["Price is $5<|im_end|>"]


def test_every_answer_is_trained_but_for_weight_zero(tmp_path: Path) -> None:
    messages = [USER, answer("one", weight=0), USER, answer("two"), USER, answer("three", weight=1), USER]
    assert trained_text({"messages": messages}, tmp_path) == ["two<|im_end|>", "three<|im_end|>"]


def test_templates_that_write_earlier_answers_otherwise(tmp_path: Path) -> None:
    # The last answer has an empty thought, as some models of today want it.
    thinks = CHATML.replace(
        "+ message['content'] }}",
        "+ ('<think></think>' if loop.last and message['role'] == 'assistant' else '') + message['content'] }}",
    )
    texts = trained_text({"messages": [USER, answer("one"), USER, answer("two")]}, tmp_path, thinks)
    assert texts == ["one<|im_end|>", "<think></think>two<|im_end|>"]


def test_tool_calls_are_rendered_and_trained(tmp_path: Path) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "price", "arguments": '{"item": "tea"}'}}
    tool = {"type": "function", "function": {"name": "price", "parameters": {"type": "object", "properties": {}}}}
    row = {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": [call]}], "tools": [tool]}
    [text] = trained_text(row, tmp_path)
    assert text.startswith("<call>") and '"item": "tea"' in text and text.endswith("<|im_end|>")
    path = tmp_path / "rows.jsonl"
    conversation = read_conversations(path)[0]
    assert "Tools: " in render(make_tokenizer(), conversation.messages, conversation.tools)


def test_messages_are_brought_into_one_form() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert normalize({"role": "developer", "content": parts}) == {"role": "system", "content": "ab"}
    for bad, reason in [
        ({"content": "x"}, "without a role"),
        ({"role": "user", "content": [{"type": "image_url"}]}, "no text"),
        ({"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}, "not JSON"),
    ]:
        with pytest.raises(Unusable, match=reason):
            normalize(bad)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no rows"),
        ('{"messages": [\n', "Line 1 of .* is not JSON"),
        ('\n{"messages": []}\n', "Line 2 of .* has no messages"),
        ("[]\n", "not an object"),
        ('{"messages": [{"role": "user", "content": "x"}]}\n', "no answer whose weight is 1"),
    ],
)
def test_bad_files_name_their_line(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text)
    with pytest.raises(Refusal, match=reason) as caught:
        read_conversations(path)
    assert caught.value.code == "bad-file"


def test_bad_preferences_and_tasks(tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text('{"input": {"messages": [{"role": "user", "content": "x"}]}, "preferred_output": []}\n')
    with pytest.raises(Refusal, match="preferred_output"):
        read_preferences(path)
    path.write_text('{"messages": [{"role": "assistant", "content": "x"}]}\n')
    with pytest.raises(Refusal, match="needs a prompt"):
        read_tasks(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(Refusal, match="UTF-8"):
        read_tasks(path)


def test_what_a_template_drops_is_known() -> None:
    facts = template_facts(make_tokenizer())
    assert (facts.has_template, facts.drops_system, facts.drops_tools, facts.has_end_token) == (
        True,
        False,
        False,
        True,
    )
    assert template_facts(make_tokenizer(NO_SYSTEM)).drops_system
    assert template_facts(make_tokenizer(CHATML.replace("if tools", "if false"))).drops_tools
    assert not template_facts(make_tokenizer(None)).has_template
    assert not template_facts(make_tokenizer(end=False)).has_end_token
