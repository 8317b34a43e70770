"""Running batch of one model: sequences join and leave between two tokens."""

from __future__ import annotations

from typing import Any

import torch

from .choosing import choose, logprob_of
from .loaded import LoadedBase
from .sequence import Sequence


class Batch:
    """Sequences that are generated together, padded on the left, with one cache of keys and values."""

    def __init__(self, base: LoadedBase) -> None:
        self._base = base
        self.rows: list[Sequence] = []
        self._cache: Any = None
        self._mask = torch.zeros((0, 0), dtype=torch.long, device=base.device)  # [rows, cached tokens]
        self._last = torch.zeros(0, dtype=torch.long, device=base.device)  # [rows], not in the cache yet

    def join(self, new: list[Sequence]) -> None:
        """Read the prompts of new sequences, give each its first token, and run them beside the others.

        Sequences with the same prompt (the choices of one request, the replies of one row) read it once.
        """
        prompts: dict[tuple[int, ...], int] = {}
        places = [prompts.setdefault(tuple(one.prompt), len(prompts)) for one in new]
        cache, mask, logits = self._read(list(prompts))
        chosen, going = self._advance(new, logits[self._tensor(places)])
        if not going:
            return
        rows = self._tensor([places[row] for row in going])
        if self._base.joins:
            _select(cache, rows, 0)
        mask = mask[rows]
        last = self._tensor([chosen[row] for row in going])
        if self.rows:
            self._cache, self._mask = _merge(self._cache, self._mask, cache, mask)
            self._last = torch.cat([self._last, last])
        else:
            self._cache, self._mask, self._last = cache, mask, last
        self.rows += [new[row] for row in going]

    def _read(self, prompts: list[tuple[int, ...]]) -> tuple[Any, torch.Tensor, torch.Tensor]:
        """Cache, mask ([prompts, tokens], padded on the left) and logits ([prompts, vocabulary]) of prompts."""
        known = {place: self._base.read_prompt(prompt) for place, prompt in enumerate(prompts)}
        unread = [place for place, read in known.items() if read is None]
        parts = []
        if unread:
            cache, mask, logits = self._forward([prompts[place] for place in unread])
            for row, place in enumerate(unread):
                self._base.keep_prompt(prompts[place], cache, row, logits[row])
            parts.append((cache, mask, logits))
        order = unread
        for place, read in known.items():
            if read is not None:
                parts.append((self._base.cache_of(read), self._tensor([[1] * len(prompts[place])]), read.logits[None]))
                order.append(place)
        cache, mask, logits = parts[0]
        for other, other_mask, other_logits in parts[1:]:
            cache, mask = _merge(cache, mask, other, other_mask)
            logits = torch.cat([logits, other_logits])
        if order != sorted(order):
            back = self._tensor([order.index(place) for place in range(len(prompts))])
            _select(cache, back, 0)
            mask, logits = mask[back], logits[back]
        return cache, mask, logits

    def _forward(self, prompts: list[tuple[int, ...]]) -> tuple[Any, torch.Tensor, torch.Tensor]:
        width = max(len(prompt) for prompt in prompts)
        mask = self._tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts])
        tokens = self._tensor([[0] * (width - len(prompt)) + list(prompt) for prompt in prompts])
        cache = self._base.new_cache()
        positions = (mask.cumsum(dim=-1) - 1).clamp(min=0)
        return cache, mask, self._base.forward(tokens, mask, positions, cache)

    def step(self) -> None:
        """Generate one token of every sequence, and let those go that end."""
        self._mask = torch.cat([self._mask, self._mask.new_ones((len(self.rows), 1))], dim=-1)
        positions = self._mask.sum(dim=-1, keepdim=True) - 1
        logits = self._base.forward(self._last[:, None], self._mask, positions, self._cache)
        chosen, going = self._advance(self.rows, logits)
        self._last = self._tensor(chosen)
        self._keep(going)

    def drop_cancelled(self) -> None:
        """Free the places of requests that were given up."""
        self._keep([row for row, one in enumerate(self.rows) if not one.ticket.cancelled])

    def _advance(self, rows: list[Sequence], logits: torch.Tensor) -> tuple[list[int], list[int]]:
        """Choose and hand out a token a row; return the tokens and the rows that go on."""
        chosen = choose(logits, [one.sampling for one in rows], [one.draw() for one in rows])
        going = []
        for row, (one, token) in enumerate(zip(rows, chosen, strict=True)):
            if one.wants_logprobs:
                ended = one.accept(token, *logprob_of(logits[row], token, one.ticket.request.top_logprobs))
            else:
                ended = one.accept(token)
            if not ended:
                going.append(row)
        return chosen, going

    def _keep(self, going: list[int]) -> None:
        if len(going) == len(self.rows):
            return
        self.rows = [self.rows[row] for row in going]
        if not going:
            self._cache = None
            return
        rows = self._tensor(going)
        self._mask, self._last = self._mask[rows], self._last[rows]
        # Columns that only the longest sequence filled go with it.
        empty = int(self._mask.any(dim=0).long().argmax())
        self._mask = self._mask[:, empty:]
        _select(self._cache, rows, empty)

    def _tensor(self, values: Any) -> torch.Tensor:
        return torch.tensor(values, dtype=torch.long, device=self._base.device)


def _select(cache: Any, rows: torch.Tensor, first: int) -> None:
    """Keep some rows of a cache (also several times) and the columns from `first` on."""
    for layer in cache.layers:
        if layer.is_initialized:
            layer.keys = layer.keys[rows, :, first:].contiguous()
            layer.values = layer.values[rows, :, first:].contiguous()


def _merge(cache: Any, mask: torch.Tensor, other: Any, other_mask: torch.Tensor) -> tuple[Any, torch.Tensor]:
    """Put the rows of two caches into one, padding the shorter one on the left."""
    width = max(mask.shape[1], other_mask.shape[1])
    for layer, new in zip(cache.layers, other.layers, strict=True):
        if layer.is_initialized:
            layer.keys = torch.cat([_widen(layer.keys, width), _widen(new.keys, width)])
            layer.values = torch.cat([_widen(layer.values, width), _widen(new.values, width)])
    masks = [torch.nn.functional.pad(one, (width - one.shape[1], 0)) for one in (mask, other_mask)]
    return cache, torch.cat(masks)


def _widen(states: torch.Tensor, width: int) -> torch.Tensor:
    """Pad keys or values ([rows, heads, tokens, size]) with zeros on the left."""
    return torch.nn.functional.pad(states, (0, 0, width - states.shape[2], 0))
