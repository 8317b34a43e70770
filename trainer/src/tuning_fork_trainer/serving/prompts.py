"""Prompt of a request in the words of a model."""

from __future__ import annotations

from typing import Any

from ..chat import Unusable, render
from .errors import ApiError, invalid
from .requests import ChatRequest
from .vocabularies import Vocabularies

HERMES = "hermes"  # `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, as Qwen2.5, Qwen3 and Hermes write it.


def prompt_tokens(words: Vocabularies, adapter: str | None, request: ChatRequest) -> list[int]:
    """Tokens up to the place where the answer begins, or goes on behind a given prefix. Raises ApiError 400."""
    tokenizer = words.vocabulary(adapter).tokenizer
    if request.tools and words.facts(adapter).drops_tools:
        raise invalid("tools", "The chat template of this model has no place for tools.", "unsupported_parameter")
    try:
        text = render(tokenizer, request.messages, request.tools, prompt=True)
    except Unusable as error:
        raise invalid("messages", f"The conversation {error}.") from error
    # Templates write the special tokens themselves; training reads its rows in the same way.
    tokens = list(tokenizer(text + request.prefix, add_special_tokens=False)["input_ids"])
    if not tokens:
        raise invalid("messages", "The messages are empty.")
    if len(tokens) >= words.limit:
        raise ApiError(
            400,
            "context_length_exceeded",
            f"The model reads at most {words.limit} tokens, answer included, and the messages have {len(tokens)}.",
            "messages",
        )
    return tokens


def tool_form(tokenizer: Any) -> str | None:
    """Form in which a model writes tool calls, where its template shows one that is known here."""
    template = str(tokenizer.chat_template or "")
    known = "<tool_call>" in template and '"arguments"' in template and "<function=" not in template
    return HERMES if known else None
