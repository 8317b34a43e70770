"""One answer that is being generated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

from .backend import Finished, Text, Ticket, TokenLogprob
from .choosing import Candidates
from .decoding import Decoder, StopFilter, TokenBytes, shown

SEED_STEP = 0x9E3779B97F4A7C15  # Odd, so that the seeds of different choices never meet.


@dataclass(frozen=True)
class Vocabulary:
    """Tokenizer of a model with the tokens that end an answer."""

    tokenizer: Any
    ends: frozenset[int]
    octets: TokenBytes


class Sequence:
    """Choice of a request: its tokens so far, its own random numbers, and the text that was sent."""

    def __init__(self, ticket: Ticket, choice: int, prompt: list[int], limit: int, words: Vocabulary) -> None:
        self.ticket = ticket
        self.choice = choice
        self.prompt = prompt
        self.sampling = ticket.request.sampling
        self._limit = limit
        self._words = words
        self._random = torch.Generator()  # On the CPU: the same seed gives the same numbers beside any device.
        self._random.manual_seed(self.seed)
        self._decoder = Decoder(words.tokenizer, prompt)
        self._stops = StopFilter(ticket.request.stops)
        self._tokens = 0
        self._decoded = 0  # Characters that the tokens so far stand for.
        self._sent = 0  # Characters that were sent.
        self._waiting: list[tuple[int, TokenLogprob]] = []  # With the character at which the token begins.

    @property
    def seed(self) -> int:
        """Seed of this choice's random numbers."""
        return (self.sampling.seed + self.choice * SEED_STEP) % 2**63

    @property
    def wants_logprobs(self) -> bool:
        """Whether logarithms of probabilities go out with the text."""
        return self.ticket.request.logprobs

    @property
    def ends(self) -> frozenset[int]:
        """Tokens that end the answer."""
        return self._words.ends

    def draw(self) -> float:
        """Next random number of this sequence, from [0, 1)."""
        return float(torch.rand((), generator=self._random, dtype=torch.float64)) if self.sampling.temperature else 0.0

    def accept(self, token: int, logprob: float = 0.0, candidates: Candidates | None = None) -> bool:
        """Take the next token and send the text that became final; return whether the answer ends here."""
        self._tokens += 1
        if token in self._words.ends:
            return self._finish("stop")
        if self.wants_logprobs:
            top = tuple(self._named(place, value) for place, value in candidates or [])
            self._waiting.append((self._decoded, self._named(token, logprob, top)))
        self._send(self._decoder.add(token))
        if self._stops.stopped:
            return self._finish("stop")
        return self._finish("length") if self._tokens >= self._limit else False

    def end(self, reason: str) -> None:
        """End the answer where another engine ended it without a token."""
        self._finish(reason)

    def _finish(self, reason: str) -> bool:
        if not self._stops.stopped:
            self._send(self._decoder.flush())
        if not self._stops.stopped:
            self._emit(self._stops.flush(), everything=True)
        elif reason == "length":
            reason = "stop"  # The last bytes completed a stop text.
        self.ticket.emit(Finished(self.choice, reason, self._tokens))
        return True

    def _send(self, text: str) -> None:
        self._decoded += len(text)
        self._emit(self._stops.add(text))

    def _emit(self, text: str, *, everything: bool = False) -> None:
        self._sent += len(text)
        ready = tuple(entry for start, entry in self._waiting if everything or start < self._sent)
        self._waiting = self._waiting[len(ready) :]
        if text or ready:
            self.ticket.emit(Text(self.choice, text, ready))

    def _named(self, token: int, logprob: float, top: tuple[TokenLogprob, ...] = ()) -> TokenLogprob:
        octets = self._words.octets.of(token)
        return TokenLogprob(shown(octets), octets, logprob, top)
