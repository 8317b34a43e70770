"""Prompts that were read lately: evaluations and users ask the same question many times."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import torch

MOST_BYTES = 256 * 1024 * 1024  # Keys and values of all prompts of one base that are kept.
Key = tuple[str | None, tuple[int, ...]]  # Adapter and tokens: an adapter changes the keys and values, too.


@dataclass(frozen=True)
class ReadPrompt:
    """Keys and values of one prompt, without padding, and the logits behind it."""

    layers: tuple[tuple[torch.Tensor, torch.Tensor], ...]  # Of each layer: keys and values, [1, heads, tokens, size].
    logits: torch.Tensor  # [vocabulary]

    @property
    def size(self) -> int:
        """Bytes."""
        tensors = [self.logits, *(one for layer in self.layers for one in layer)]
        return sum(one.element_size() * one.nelement() for one in tensors)


class PromptCache:
    """The prompts that were asked for last, up to a number of bytes."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most = most_bytes
        self._bytes = 0
        self._kept: OrderedDict[Key, ReadPrompt] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, adapter: str | None, prompt: tuple[int, ...]) -> ReadPrompt | None:
        """Prompt as it was read with this adapter; None where it was not, or is no longer kept."""
        found = self._kept.get((adapter, prompt))
        if found is not None:
            self._kept.move_to_end((adapter, prompt))
        return found

    def put(self, adapter: str | None, prompt: tuple[int, ...], cache: Any, row: int, logits: torch.Tensor) -> None:
        """Keep a row of a cache whose prompts are padded on the left. `logits`: of this row."""
        layers = tuple(
            # Copies: a view would keep the memory of the whole batch.
            (
                layer.keys[row : row + 1, :, -len(prompt) :].clone(),
                layer.values[row : row + 1, :, -len(prompt) :].clone(),
            )
            for layer in cache.layers
        )
        read = ReadPrompt(layers, logits.clone())
        if read.size > self._most:
            return
        self._drop((adapter, prompt))
        self._kept[(adapter, prompt)] = read
        self._bytes += read.size
        while self._bytes > self._most:
            self._drop(next(iter(self._kept)))

    def forget(self, adapter: str) -> None:
        """Drop the prompts of an adapter."""
        for key in [key for key in self._kept if key[0] == adapter]:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        dropped = self._kept.pop(key, None)
        if dropped is not None:
            self._bytes -= dropped.size
