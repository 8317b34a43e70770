"""Choice of the next token of every sequence in a batch, each by its own settings."""

from __future__ import annotations

from collections.abc import Sequence as Rows

import torch

from .requests import Sampling

Candidates = list[tuple[int, float]]  # Token and the natural logarithm of its probability, the most probable first.
NUCLEUS = 512  # Most probable tokens that are looked at first: a full sort of a vocabulary takes milliseconds.


def choose(logits: torch.Tensor, settings: Rows[Sampling], draws: Rows[float]) -> list[int]:
    """Choose a token for each row of `logits` ([rows, vocabulary]).

    A draw is a number from [0, 1) out of the row's own generator, and picks from the row's cumulative distribution in
    the order of the vocabulary. So a row depends on no other, except for rounding: a batch of another shape may differ
    in the last digits of the logits, which changes a token only where the draw (or a tie) falls between the two.
    """
    tokens = logits.argmax(dim=-1)
    sampled = [row for row, one in enumerate(settings) if one.temperature > 0]
    if sampled:
        rows = torch.tensor(sampled, device=logits.device)
        heat = torch.tensor([settings[row].temperature for row in sampled], device=logits.device)
        probabilities = torch.softmax(logits[rows].float() / heat[:, None], dim=-1)
        for place, row in enumerate(sampled):
            if settings[row].top_p < 1:
                probabilities[place] = _nucleus(probabilities[place], settings[row].top_p)
        # MPS has no double precision; there the sum is made on the CPU, as in `transformers`.
        if probabilities.device.type == "mps":
            probabilities = probabilities.cpu()
        sums = probabilities.double().cumsum(dim=-1)
        drawn = torch.tensor([draws[row] for row in sampled], dtype=torch.float64, device=sums.device)
        picked = torch.searchsorted(sums, (drawn * sums[:, -1])[:, None], right=True)[:, 0]
        tokens[rows] = picked.clamp(max=logits.shape[-1] - 1).to(tokens.device)
    return [int(token) for token in tokens.tolist()]


def _nucleus(probabilities: torch.Tensor, top_p: float) -> torch.Tensor:
    """Keep the smallest set of most probable tokens that reaches `top_p`; at least one token stays."""
    size = probabilities.shape[-1]
    for count in (min(NUCLEUS, size), size):
        values, places = probabilities.topk(count)
        # A token stays where those before it do not reach the limit yet.
        stays = values.cumsum(dim=-1) - values < top_p
        stays[0] = True
        if count == size or not bool(stays[-1]):
            break
    kept = torch.zeros_like(probabilities)
    kept[places[stays]] = values[stays]
    return kept


def logprob_of(logits: torch.Tensor, token: int, count: int) -> tuple[float, Candidates]:
    """Natural logarithm of a token's probability at temperature 1, and the `count` most probable tokens. One row."""
    values = torch.log_softmax(logits.float(), dim=-1)
    if not count:
        return float(values[token]), []
    best = values.topk(min(count, values.shape[-1]))
    return float(values[token]), [
        (int(place), float(value)) for value, place in zip(best.values.tolist(), best.indices.tolist(), strict=True)
    ]
