"""Text of generated tokens: whole characters only, cut at stop texts."""

from __future__ import annotations

import re
from typing import Any

REPLACEMENT = "\ufffd"
BYTE_PIECE = re.compile(r"<0x([0-9A-Fa-f]{2})>")
CONTEXT = 6  # Tokens of the prompt that decide whether the answer begins with a space.


class Decoder:
    """Turns tokens into text piece by piece; a character whose bytes are incomplete waits for the next token."""

    def __init__(self, tokenizer: Any, prompt: list[int]) -> None:
        self._tokenizer = tokenizer
        self._ids = list(prompt[-CONTEXT:])
        self._shown = self._text(self._ids)

    def add(self, token: int) -> str:
        """Add a token; return the text that became complete."""
        self._ids.append(token)
        text = self._text(self._ids)
        if text.endswith(REPLACEMENT):
            return ""
        return self._take(text)

    def flush(self) -> str:
        """Text of bytes that never became a character: one replacement character each, as any decoder writes."""
        return self._take(self._text(self._ids))

    def _take(self, text: str) -> str:
        new = text[len(self._shown) :] if text.startswith(self._shown) else text[_common(self._shown, text) :]
        # Older tokens no longer change the text behind them, so the window stays short.
        self._ids = self._ids[-CONTEXT:]
        self._shown = self._text(self._ids)
        return new

    def _text(self, ids: list[int]) -> str:
        return str(self._tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False))


class StopFilter:
    """Passes text on until one of the stop texts appears, also where it spans several pieces."""

    def __init__(self, stops: tuple[str, ...]) -> None:
        self._stops = stops
        self.held = ""
        self.stopped = False

    def add(self, text: str) -> str:
        """Add text; return what can be shown. After a stop, `stopped` is true and the rest is dropped."""
        held = self.held + text
        places = [place for place in (held.find(stop) for stop in self._stops) if place >= 0]
        if places:
            self.stopped = True
            self.held = ""
            return held[: min(places)]
        keep = max((_overlap(held, stop) for stop in self._stops), default=0)
        self.held = held[len(held) - keep :]
        return held[: len(held) - keep]

    def flush(self) -> str:
        """Text that was held back and that no stop text claimed."""
        held, self.held = self.held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Length of the longest end of `text` that begins `stop`."""
    return next((size for size in range(min(len(text), len(stop) - 1), 0, -1) if text.endswith(stop[:size])), 0)


def _common(first: str, second: str) -> int:
    return next(
        (place for place, (a, b) in enumerate(zip(first, second, strict=False)) if a != b),
        min(len(first), len(second)),
    )


class TokenBytes:
    """Bytes of single tokens, for `logprobs`."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._known: dict[int, bytes] = {}
        self._special = set(tokenizer.all_special_ids)
        self._alphabet = _byte_alphabet() if _is_byte_level(tokenizer) else None

    def of(self, token: int) -> bytes:
        """Bytes that a token stands for; they may be a part of a character."""
        found = self._known.get(token)
        if found is None:
            found = self._known[token] = self._read(token)
        return found

    def _read(self, token: int) -> bytes:
        piece = self._tokenizer.convert_ids_to_tokens(token)
        if piece is None:  # Rows of the output layer beyond the vocabulary.
            return b""
        if token not in self._special:
            if self._alphabet is not None and all(letter in self._alphabet for letter in piece):
                return bytes(self._alphabet[letter] for letter in piece)
            if byte := BYTE_PIECE.fullmatch(piece):
                return bytes([int(byte.group(1), 16)])
            if "\u2581" in piece:  # SentencePiece's sign for a space.
                return str(piece).replace("\u2581", " ").encode()
        return str(self._tokenizer.decode([token], clean_up_tokenization_spaces=False)).encode()


def shown(octets: bytes) -> str:
    """Text of a token for `logprobs`: OpenAI writes bytes that are no character as `\\xe2`."""
    return octets.decode("utf-8", errors="backslashreplace")


def _is_byte_level(tokenizer: Any) -> bool:
    decoder = getattr(getattr(tokenizer, "backend_tokenizer", None), "decoder", None)
    return "ByteLevel" in repr(decoder)


def _byte_alphabet() -> dict[str, int]:
    """GPT-2's letters for bytes: printable Latin-1 as it is, the others from U+0100 on."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [octet for octet in range(0x100) if octet not in set(plain)]
    return {chr(octet): octet for octet in plain} | {chr(0x100 + place): octet for place, octet in enumerate(others)}
