"""Tokens of an example, with the places whose loss counts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .chat import render
from .rows import Conversation

IGNORED = -100  # Label that PyTorch's cross-entropy leaves out.


@dataclass(frozen=True)
class Encoded:
    """Example as the model sees it. Both lists have one entry a token; `labels` is -100 outside of the answers."""

    input_ids: list[int]
    labels: list[int]

    @property
    def answer_tokens(self) -> int:
        """Count of tokens whose loss counts. The first token of a text has no prediction, so it never does."""
        return sum(label != IGNORED for label in self.labels[1:])

    def cut(self, max_length: int) -> Encoded:
        """Keep the first `max_length` tokens."""
        return Encoded(self.input_ids[:max_length], self.labels[:max_length])


def encode(tokenizer: Any, row: Conversation) -> Encoded:
    """Render a conversation by the model's template and label the tokens of its trained answers.

    An answer reaches from the place where the model would begin to write to its end token, that one included. Raises
    chat.Unusable where the template refuses the row.
    """
    text = render(tokenizer, row.messages, row.tools)
    spans = [answer_span(tokenizer, row, text, place) for place in row.trained]
    if getattr(tokenizer, "is_fast", False):
        result = tokenizer(text, add_special_tokens=False, return_offsets_mapping=True)
        ids = list(result["input_ids"])
        offsets = result["offset_mapping"]
        labels = [
            token if end > start and any(start >= first and end <= last for first, last in spans) else IGNORED
            for token, (start, end) in zip(ids, offsets, strict=True)
        ]
        return Encoded(ids, labels)
    return _encode_in_parts(tokenizer, text, spans)


def answer_span(tokenizer: Any, row: Conversation, text: str, place: int) -> tuple[int, int]:
    """First character of the answer at `place` in the rendered text, and the one behind its end."""
    before = render(tokenizer, row.messages[:place], row.tools, prompt=True)
    behind = render(tokenizer, row.messages[: place + 1], row.tools)
    start = _common(before, text)
    end = _common(behind, text)
    content = row.messages[place]["content"]
    if (end <= start or content not in text[start:end]) and content:
        # Some templates write an earlier answer otherwise than the last one (without its thoughts, for example).
        found = text.find(content, start)
        if found >= 0:
            start, end = found, found + len(content)
            eos = tokenizer.eos_token or ""
            if eos and text.startswith(eos, end):
                end += len(eos)
    return start, _without_tail(text, start, end, tokenizer.eos_token)


def _without_tail(text: str, start: int, end: int, eos: str | None) -> int:
    """Cut the line break that templates write behind the end token: no model has to predict it."""
    trimmed = text[start:end].rstrip()
    return start + len(trimmed) if eos and trimmed.endswith(eos) else end


def _common(left: str, right: str) -> int:
    if right.startswith(left):
        return len(left)
    return next(place for place, (a, b) in enumerate(zip(left, right, strict=False)) if a != b)


def _encode_in_parts(tokenizer: Any, text: str, spans: list[tuple[int, int]]) -> Encoded:
    """Tokenizers without offsets: each span is encoded by itself."""
    ids: list[int] = []
    labels: list[int] = []
    at = 0
    for first, last in spans:
        for part, counts in ((text[at:first], False), (text[first:last], True)):
            tokens = tokenizer.encode(part, add_special_tokens=False)
            ids += tokens
            labels += tokens if counts else [IGNORED] * len(tokens)
        at = last
    return Encoded(ids, labels)
