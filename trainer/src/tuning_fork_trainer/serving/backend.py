"""Interface between the HTTP server and the engine that computes answers.

The server knows nothing else of an engine. There are two: `engine.py` over transformers, and `vllm.py` where vLLM is
installed and a CUDA GPU is there; `serve.main` chooses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from .errors import ApiError
from .requests import ChatRequest

Origin = tuple[str, str | None]  # Base and its revision at the hub.


@dataclass(frozen=True)
class ModelSpec:
    """Model behind a name: its base (hub id, folder or GGUF file) with its revision at the hub, and its adapter's folder."""

    base: str
    adapter: str | None = None
    revision: str | None = None  # None for the newest one, and for folders and files.

    @property
    def origin(self) -> Origin:
        """What has to be loaded before the adapter."""
        return self.base, self.revision


@dataclass(frozen=True)
class TokenLogprob:
    """Token with the natural logarithm of its probability at temperature 1, and the most probable ones in its place."""

    text: str
    octets: bytes
    logprob: float
    top: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class Started:
    """The request was accepted; sent once, before any text."""

    prompt_tokens: int
    tool_form: str | None = None  # Name of the form in which this model writes tool calls, where it is known.


@dataclass(frozen=True)
class Text:
    """Next piece of one choice: whole characters, free of stop texts."""

    choice: int
    text: str
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True)
class Finished:
    """End of one choice. `tokens` counts those that were computed, the end token included."""

    choice: int
    reason: str  # "stop" or "length"
    tokens: int


@dataclass(frozen=True)
class Failed:
    """End of the whole request."""

    error: ApiError


Event = Started | Text | Finished | Failed


@dataclass
class Ticket:
    """Request on its way. `emit` is called on the engine's thread; `cancel` may be called on any."""

    request: ChatRequest
    spec: ModelSpec
    emit: Callable[[Event], None]
    cancelled: bool = field(default=False)

    def cancel(self) -> None:
        """Give up the request: its place is freed before the next token."""
        self.cancelled = True


class Backend(Protocol):
    """Engine that answers requests, batching them as it sees fit."""

    def submit(self, ticket: Ticket) -> None:
        """Queue a request. Its events follow: Started, then Text, and one Finished a choice; or Failed."""

    def forget(self, spec: ModelSpec) -> None:
        """Free the adapter of a model that was removed, once nothing runs on it."""

    def state(self) -> dict[str, Any]:
        """Counts and names for the health page: `loaded` bases, `adapters`, `waiting` and `running` answers."""

    def close(self) -> bool:
        """Fail everything that runs; return whether nothing computes any more."""
