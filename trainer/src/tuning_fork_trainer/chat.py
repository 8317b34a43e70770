"""Chat messages and the chat template of a model."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

Message = dict[str, Any]

# Used where a tokenizer has no template, as base models do. It is saved with the tuned model, which is asked in the same words.
PLAIN_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '### ' + message['role'] + '\\n' + message['content'] }}"
    "{{ (eos_token if message['role'] == 'assistant' else '') + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '### assistant\\n' }}{% endif %}"
)


class Unusable(ValueError):
    """Message that this trainer cannot show to a model; the text says why and follows the words "line 3"."""


def normalize(message: Any) -> Message:
    """Bring a message of OpenAI's format into the form that chat templates expect.

    `developer` becomes `system`, parts of text become one text, arguments of tool calls become objects. Raises Unusable.
    """
    if not isinstance(message, dict) or not isinstance(message.get("role"), str):
        raise Unusable("has a message without a role")
    role = "system" if message["role"] == "developer" else message["role"]
    result: Message = {"role": role, "content": _text(message.get("content"))}
    calls = message.get("tool_calls") or []
    if isinstance(message.get("function_call"), dict):
        calls = [*calls, {"type": "function", "function": message["function_call"]}]
    if calls:
        result["tool_calls"] = [_call(call) for call in calls]
    for key in ("name", "tool_call_id"):
        if isinstance(message.get(key), str):
            result[key] = message[key]
    return result


def _text(content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise Unusable("has a message whose content is no text")
    parts = []
    for part in content:
        if not isinstance(part, dict) or not isinstance(part.get("text"), str):
            raise Unusable("has a message with a part that is no text, and only text can be trained here")
        parts.append(part["text"])
    return "".join(parts)


def _call(call: Any) -> dict[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    if not isinstance(function, dict) or not isinstance(function.get("name"), str):
        raise Unusable("has a tool call without the name of its function")
    arguments = function.get("arguments", {})
    if isinstance(arguments, str):
        # Templates write the arguments as JSON themselves; a text would be quoted a second time.
        try:
            arguments = json.loads(arguments)
        except ValueError as error:
            raise Unusable("has a tool call whose arguments are not JSON") from error
    return {
        "type": "function",
        "id": call.get("id", ""),
        "function": {"name": function["name"], "arguments": arguments},
    }


def render(tokenizer: Any, messages: list[Message], tools: list[Any] | None = None, *, prompt: bool = False) -> str:
    """Text of a conversation; with `prompt`, up to the place where the model's answer begins.

    Raises Unusable where the template refuses the messages.
    """
    try:
        text = tokenizer.apply_chat_template(
            messages, tools=tools or None, add_generation_prompt=prompt, tokenize=False
        )
    except Exception as error:  # Templates raise whatever their Jinja code raises.
        raise Unusable(f"is refused by the model's chat template ({str(error)[:200]})") from error
    return str(text)


@dataclass(frozen=True)
class TemplateFacts:
    """What is known of a tokenizer before any row is read."""

    has_template: bool
    drops_system: bool
    drops_tools: bool
    has_end_token: bool


def template_facts(tokenizer: Any) -> TemplateFacts:
    """Try the template with a marked system message and a marked tool."""
    has_template = bool(getattr(tokenizer, "chat_template", None))
    mark = "zq7marked"
    user = {"role": "user", "content": "x"}
    tool = {
        "type": "function",
        "function": {"name": mark, "description": "x", "parameters": {"type": "object", "properties": {}}},
    }

    def shows(messages: list[Message], tools: list[Any] | None) -> bool:
        try:
            return mark in render(tokenizer, messages, tools)
        except Unusable:
            return False

    return TemplateFacts(
        has_template=has_template,
        drops_system=has_template and not shows([{"role": "system", "content": mark}, user], None),
        drops_tools=not has_template or not shows([user], [tool]),
        has_end_token=getattr(tokenizer, "eos_token_id", None) is not None,
    )
