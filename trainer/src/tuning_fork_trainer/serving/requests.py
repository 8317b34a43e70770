"""Requests for chat completions: read and checked before a model is touched."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..chat import Message, Unusable, normalize
from .errors import ApiError, invalid

MOST_CHOICES = 128
MOST_STOPS = 4
MOST_TOP_LOGPROBS = 20
# Settings that change the answer and that this server cannot honor, with the values that ask for nothing.
REFUSED: dict[str, tuple[Any, ...]] = {
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "response_format": ({"type": "text"},),
    "functions": ([],),
    "audio": (),
    "prediction": (),
}


@dataclass(frozen=True)
class Sampling:
    """Settings by which one token is chosen. Temperature 0 takes the most probable one."""

    temperature: float = 1.0
    top_p: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class ChatRequest:
    """Checked request. `prefix` is the beginning of the answer, given as a last message of the assistant."""

    model: str
    messages: list[Message]
    prefix: str
    tools: list[Any]
    parallel_calls: bool
    sampling: Sampling
    max_tokens: int | None
    stops: tuple[str, ...]
    choices: int
    logprobs: bool
    top_logprobs: int
    stream: bool
    include_usage: bool


def parse_request(body: bytes) -> ChatRequest:
    """Read the body of a request. Raises ApiError with status 400."""
    try:
        value = json.loads(body)
    except ValueError as error:
        raise ApiError(400, "invalid_json", "The body of the request is not JSON.") from error
    if not isinstance(value, dict):
        raise ApiError(400, "invalid_json", "The body of the request is not a JSON object.")
    data = {key: entry for key, entry in value.items() if entry is not None}
    model = data.get("model")
    if not isinstance(model, str) or not model:
        raise invalid("model", "Give the name of a model.", "missing_required_parameter")
    _refuse(data)
    messages, prefix = _messages(data.get("messages"))
    sampling = Sampling(
        temperature=_number(data, "temperature", 1.0, 0.0, 2.0),
        top_p=_number(data, "top_p", 1.0, 0.0, 1.0),
        # A drawn seed makes sampling without one repeatable in the log of a debugger, and leaves one code path.
        seed=_integer(data, "seed", secrets.randbits(63), -(2**63), 2**63 - 1),
    )
    logprobs = _boolean(data, "logprobs")
    top = _integer(data, "top_logprobs", 0, 0, MOST_TOP_LOGPROBS)
    if top and not logprobs:
        raise invalid("top_logprobs", "top_logprobs needs logprobs to be true.")
    stream = _boolean(data, "stream")
    return ChatRequest(
        model=model,
        messages=messages,
        prefix=prefix,
        tools=_tools(data),
        parallel_calls=_boolean(data, "parallel_tool_calls", default=True),
        sampling=sampling,
        max_tokens=_max_tokens(data),
        stops=_stops(data.get("stop")),
        choices=_integer(data, "n", 1, 1, MOST_CHOICES),
        logprobs=logprobs,
        top_logprobs=top,
        stream=stream,
        include_usage=stream and _include_usage(data.get("stream_options")),
    )


def _refuse(data: Mapping[str, Any]) -> None:
    for name, harmless in REFUSED.items():
        if name in data and data[name] not in harmless:
            raise invalid(name, f"{name} is not supported by this server.", "unsupported_parameter")


def _messages(value: Any) -> tuple[list[Message], str]:
    if not isinstance(value, list) or not value:
        raise invalid("messages", "Give at least one message.", "missing_required_parameter")
    messages = []
    for index, message in enumerate(value):
        try:
            messages.append(normalize(message))
        except Unusable as error:
            raise invalid(f"messages[{index}]", f"The request {error}.") from error
    last = messages[-1]
    if last["role"] != "assistant" or "tool_calls" in last:
        return messages, ""
    if len(messages) == 1:
        raise invalid("messages", "A message of the user must come before the beginning of the answer.")
    return messages[:-1], str(last["content"])


def _tools(data: Mapping[str, Any]) -> list[Any]:
    tools = data.get("tools", [])
    if not isinstance(tools, list) or not all(
        isinstance(tool, dict) and isinstance(tool.get("function"), dict) for tool in tools
    ):
        raise invalid("tools", "tools must be a list of functions.")
    choice = data.get("tool_choice", "auto")
    if choice == "none":
        return []
    if choice != "auto":
        raise invalid("tool_choice", 'Only the values "auto" and "none" are supported here.', "unsupported_parameter")
    return tools


def _max_tokens(data: Mapping[str, Any]) -> int | None:
    name = "max_completion_tokens" if "max_completion_tokens" in data else "max_tokens"
    return _integer(data, name, 1, 1, 2**31) if name in data else None


def _stops(value: Any) -> tuple[str, ...]:
    stops = [] if value is None else [value] if isinstance(value, str) else value
    if not isinstance(stops, list) or not all(isinstance(stop, str) and stop for stop in stops):
        raise invalid("stop", "stop must be a text or a list of texts, none of them empty.")
    if len(stops) > MOST_STOPS:
        raise invalid("stop", f"stop takes at most {MOST_STOPS} texts.")
    return tuple(stops)


def _include_usage(value: Any) -> bool:
    if value is None:
        return False
    if not isinstance(value, dict):
        raise invalid("stream_options", "stream_options must be an object.")
    return _boolean(value, "include_usage")


def _number(data: Mapping[str, Any], name: str, default: float, least: float, most: float) -> float:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not least <= value <= most:
        raise invalid(name, f"{name} must be a number from {least:g} to {most:g}.")
    return float(value)


def _integer(data: Mapping[str, Any], name: str, default: int, least: int, most: int) -> int:
    value = data.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise invalid(name, f"{name} must be a whole number from {least} to {most}.")
    return value


def _boolean(data: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = data.get(name, default)
    if not isinstance(value, bool):
        raise invalid(name, f"{name} must be true or false.")
    return value
