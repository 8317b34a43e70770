"""Order in which examples are trained: the same for a seed and an epoch, in a new process too."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

# Batches that are sorted by length together. Fewer would pad more, more would train the same neighbours every epoch.
SORTED_TOGETHER = 50


def order(lengths: list[int], batch: int, seed: int, *, grouped: bool) -> list[int]:
    """Places of all examples in the order of one epoch.

    With `grouped`, each batch holds examples of similar length, while the batches come in random order, so that the curve
    does not follow the length. The last batch, which may be smaller, holds examples of its own random length.
    """
    generator = torch.Generator()
    generator.manual_seed(seed)
    shuffled: list[int] = torch.randperm(len(lengths), generator=generator).tolist()
    if not grouped:
        return shuffled
    whole = len(lengths) // batch * batch
    batches: list[list[int]] = []
    # A small file is sorted in at least two groups, so that its epochs differ.
    group = batch * max(1, min(SORTED_TOGETHER, len(lengths) // (2 * batch)))
    for start in range(0, whole, group):
        places = sorted(shuffled[start : min(start + group, whole)], key=lambda place: lengths[place])
        batches += [places[at : at + batch] for at in range(0, len(places), batch)]
    mixed = torch.randperm(len(batches), generator=generator).tolist()
    return [place for at in mixed for place in batches[at]] + shuffled[whole:]


class EpochSampler(Sampler[int]):
    """Sampler whose order depends on the seed and the epoch only.

    The libraries' own take numbers from the global generator, which a resumed process has in another state.
    """

    def __init__(self, lengths: list[int], batch: int, seed: int, *, grouped: bool) -> None:
        self._lengths = lengths
        self._batch = batch
        self._seed = seed
        self._grouped = grouped
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by the training loop before each epoch."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        # Epochs are far apart in the space of seeds, so that seed 1, epoch 1 is not seed 2, epoch 0.
        return iter(order(self._lengths, self._batch, self._seed + 1_000_003 * self._epoch, grouped=self._grouped))
