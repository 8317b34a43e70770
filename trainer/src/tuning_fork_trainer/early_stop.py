"""Rule that ends a training before its last step."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

RISE = 0.1
"""Share of its fall that a loss must have risen again, as for the other engine: a level end is no reason to stop."""


@dataclass
class Watch:
    """Validation losses on the fixed sample, in order of steps. Lower is better."""

    steps: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, step: int, value: float) -> bool:
        """Take the next loss; whether it is the lowest so far."""
        best = not self.values or value < min(self.values)
        self.steps.append(step)
        self.values.append(value)
        return best

    @property
    def best_step(self) -> int:
        """Step of the lowest loss. IndexError before the first."""
        return self.steps[self.values.index(min(self.values))]

    @property
    def should_stop(self) -> bool:
        """Two losses in a row after the best are worse than it by more than a tenth of the fall."""
        if len(self.values) < 3:
            return False
        best = min(self.values[:-2])
        margin = best + RISE * (self.values[0] - best)
        return min(self.values) == best and all(value > margin for value in self.values[-2:])

    def save(self, path: Path) -> None:
        """Write the losses, for a process that resumes."""
        path.write_text(json.dumps({"steps": self.steps, "values": self.values}), encoding="utf-8")

    @classmethod
    def load(cls, path: Path) -> Watch:
        """Read the losses; none where the file does not exist."""
        if not path.is_file():
            return cls()
        value = json.loads(path.read_text(encoding="utf-8"))
        return cls(list(value["steps"]), list(value["values"]))
