"""Rows of the training files, in OpenAI's three formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .chat import Message, Unusable, normalize
from .protocol import Refusal

T = TypeVar("T")


@dataclass(frozen=True)
class Conversation:
    """Supervised example. `trained` holds the places of the messages whose loss counts."""

    messages: list[Message]
    trained: list[int]
    tools: list[Any] | None = None


@dataclass(frozen=True)
class Preference:
    """Prompt with the answer that is preferred and the one that is not."""

    prompt: list[Message]
    chosen: list[Message]
    rejected: list[Message]
    tools: list[Any] | None = None


@dataclass(frozen=True)
class Task:
    """Prompt of reinforcement; `item` is the whole row, as templates of graders read it."""

    prompt: list[Message]
    item: dict[str, Any] = field(default_factory=dict)


def read_conversations(path: Path) -> list[Conversation]:
    """Read a supervised file; raises Refusal (`bad-file`) with the first line that cannot be trained."""
    return _read(path, _conversation)


def read_preferences(path: Path) -> list[Preference]:
    """Read a preference file; raises Refusal (`bad-file`)."""
    return _read(path, _preference)


def read_tasks(path: Path) -> list[Task]:
    """Read a reinforcement file; raises Refusal (`bad-file`)."""
    return _read(path, _task)


def refuse_line(path: Path, number: int, reason: object) -> Refusal:
    """Refusal that names a line, counted from 1."""
    return Refusal("bad-file", f"Line {number} of {path.name} {reason}.", "Correct the line and start again.")


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    found = False
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise refuse_line(path, number, "is not JSON") from error
                if not isinstance(row, dict):
                    raise refuse_line(path, number, "is not an object")
                found = True
                yield number, row
    except (OSError, UnicodeDecodeError) as error:
        raise Refusal("bad-file", f"The file {path.name} cannot be read as UTF-8 text.", "Save it again.") from error
    if not found:
        raise Refusal("bad-file", f"The file {path.name} has no rows.", "Choose another file.")


def _read(path: Path, parse: Callable[[dict[str, Any]], T]) -> list[T]:
    rows = []
    for number, row in _lines(path):
        try:
            rows.append(parse(row))
        except Unusable as error:
            raise refuse_line(path, number, error) from error
    return rows


def _messages(value: Any, what: str) -> list[Message]:
    if not isinstance(value, list) or not value:
        raise Unusable(f"has no {what}")
    return [normalize(message) for message in value]


def _tools(row: dict[str, Any]) -> list[Any] | None:
    tools = row.get("tools")
    if tools is None and isinstance(row.get("functions"), list):
        tools = [{"type": "function", "function": function} for function in row["functions"]]
    return tools if isinstance(tools, list) and tools else None


def _conversation(row: dict[str, Any]) -> Conversation:
    messages = _messages(row.get("messages"), "messages")
    trained = [
        place
        for place, (message, given) in enumerate(zip(messages, row["messages"], strict=True))
        if message["role"] == "assistant" and given.get("weight", 1) != 0
    ]
    if not trained:
        raise Unusable("has no answer whose weight is 1")
    # What follows the last trained answer cannot change its loss.
    return Conversation(messages[: trained[-1] + 1], trained, _tools(row))


def _preference(row: dict[str, Any]) -> Preference:
    given = row.get("input")
    if not isinstance(given, dict):
        raise Unusable('has no "input"')
    return Preference(
        _messages(given.get("messages"), "messages in its input"),
        _messages(row.get("preferred_output"), '"preferred_output"'),
        _messages(row.get("non_preferred_output"), '"non_preferred_output"'),
        _tools(given),
    )


def _task(row: dict[str, Any]) -> Task:
    prompt = _messages(row.get("messages"), "messages")
    if prompt[-1]["role"] == "assistant":
        raise Unusable("ends with an answer, and reinforcement needs a prompt")
    return Task(prompt, row)
