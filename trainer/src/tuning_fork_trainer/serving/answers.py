"""Answers in OpenAI's form: whole completions and the chunks of a stream."""

from __future__ import annotations

import json
import re
import secrets
import time
from collections.abc import Iterator
from typing import Any

from .backend import Event, Finished, Started, Text, TokenLogprob
from .decoding import StopFilter
from .requests import ChatRequest

CALL = re.compile(r"<tool_call>\s*(.*?)\s*</tool_call>", re.DOTALL)
MARK = "<tool_call>"


class CallReader:
    """Splits the text of one choice into content and tool calls; text that is no well-formed call stays content."""

    def __init__(self, form: str | None) -> None:
        self._filter = StopFilter((MARK,) if form else ())
        self._kept = ""

    def add(self, text: str) -> str:
        """Add text; return what is certain to be content. From the first call on, everything waits for the end."""
        if self._filter.stopped:
            self._kept += text
            return ""
        held = self._filter.held
        content = self._filter.add(text)
        if self._filter.stopped:
            self._kept = (held + text)[len(content) :]
        return content

    def end(self) -> tuple[str, list[dict[str, Any]]]:
        """Return the rest of the content and the calls."""
        calls = [_call(found) for found in CALL.findall(self._kept)]
        good = [call for call in calls if call is not None]
        if not good or len(good) < len(calls):
            return self._filter.flush() + self._kept, []
        return CALL.sub("", self._kept).strip(), good


def _call(text: str) -> dict[str, Any] | None:
    try:
        value = json.loads(text)
        name, arguments = value["name"], value.get("arguments", {})
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    if not isinstance(name, str):
        return None
    written = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return {
        "id": f"call_{secrets.token_hex(12)}",
        "type": "function",
        "function": {"name": name, "arguments": written},
    }


class Answer:
    """Collects the events of one request."""

    def __init__(self, request: ChatRequest) -> None:
        self._request = request
        self._head: dict[str, Any] = {
            "id": f"chatcmpl-{secrets.token_hex(12)}",
            "created": int(time.time()),
            "model": request.model,
        }
        self._left = request.choices
        self._prompt_tokens = 0
        self._tokens = 0
        self._readers: list[CallReader] = []
        self._content = [""] * request.choices
        self._calls: list[list[dict[str, Any]]] = [[] for _ in range(request.choices)]
        self._logprobs: list[list[TokenLogprob]] = [[] for _ in range(request.choices)]
        self._reasons = [""] * request.choices

    @property
    def done(self) -> bool:
        """Whether every choice ended."""
        return self._left == 0

    def take(self, event: Event) -> Iterator[dict[str, Any]]:
        """Take one event; yield the chunks that a stream sends for it."""
        if isinstance(event, Started):
            self._prompt_tokens = event.prompt_tokens
            self._readers = [CallReader(event.tool_form) for _ in range(self._request.choices)]
            for choice in range(self._request.choices):
                yield self._chunk(choice, {"role": "assistant", "content": "", "refusal": None})
        elif isinstance(event, Text):
            content = self._readers[event.choice].add(event.text)
            self._content[event.choice] += content
            self._logprobs[event.choice] += event.logprobs
            if content or event.logprobs:
                yield self._chunk(event.choice, {"content": content}, event.logprobs)
        elif isinstance(event, Finished):
            yield from self._finish(event)

    def _finish(self, event: Finished) -> Iterator[dict[str, Any]]:
        choice = event.choice
        rest, calls = self._readers[choice].end()
        if not self._request.parallel_calls:
            calls = calls[:1]
        self._left -= 1
        self._tokens += event.tokens
        self._content[choice] += rest
        self._calls[choice] = calls
        self._reasons[choice] = "tool_calls" if calls else event.reason
        if rest:
            yield self._chunk(choice, {"content": rest})
        if calls:
            yield self._chunk(choice, {"tool_calls": [{"index": place, **call} for place, call in enumerate(calls)]})
        yield self._chunk(choice, {}, reason=self._reasons[choice])
        if self.done and self._request.include_usage:
            yield {**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage()}

    def completion(self) -> dict[str, Any]:
        """Whole answer, once `done`."""
        return {
            **self._head,
            "object": "chat.completion",
            "choices": [self._choice(choice) for choice in range(self._request.choices)],
            "usage": self._usage(),
        }

    def _choice(self, choice: int) -> dict[str, Any]:
        calls = self._calls[choice]
        content = self._content[choice]
        message: dict[str, Any] = {"role": "assistant", "content": content or (None if calls else ""), "refusal": None}
        if calls:
            message["tool_calls"] = calls
        logprobs = _logprobs(self._logprobs[choice]) if self._request.logprobs else None
        return {"index": choice, "message": message, "logprobs": logprobs, "finish_reason": self._reasons[choice]}

    def _chunk(
        self,
        choice: int,
        delta: dict[str, Any],
        logprobs: tuple[TokenLogprob, ...] = (),
        reason: str | None = None,
    ) -> dict[str, Any]:
        part = {
            "index": choice,
            "delta": delta,
            "logprobs": _logprobs(logprobs) if logprobs else None,
            "finish_reason": reason,
        }
        usage = {"usage": None} if self._request.include_usage else {}
        return {**self._head, "object": "chat.completion.chunk", "choices": [part], **usage}

    def _usage(self) -> dict[str, int]:
        total = self._prompt_tokens + self._tokens
        return {"prompt_tokens": self._prompt_tokens, "completion_tokens": self._tokens, "total_tokens": total}


def _logprobs(tokens: list[TokenLogprob] | tuple[TokenLogprob, ...]) -> dict[str, Any]:
    return {
        "content": [{**_entry(token), "top_logprobs": [_entry(other) for other in token.top]} for token in tokens],
        "refusal": None,
    }


def _entry(token: TokenLogprob) -> dict[str, Any]:
    # JSON has no infinity; OpenAI writes -9999 for a token that cannot be.
    return {"token": token.text, "logprob": max(token.logprob, -9999.0), "bytes": list(token.octets)}
