"""Models that the server answers for, by name."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

from ..protocol import Refusal
from .backend import ModelSpec
from .errors import ApiError, invalid


class Registry:
    """Names and their models. Safe to use from several threads."""

    def __init__(self, models: dict[str, ModelSpec] | None = None) -> None:
        self._models = dict(models or {})
        self._lock = threading.Lock()

    @classmethod
    def read(cls, path: Path) -> Registry:
        """Read `{"models": {name: {"base", "adapter", "revision"}}}`. Raises Refusal (`bad-job`)."""
        try:
            value = json.loads(path.read_text(encoding="utf-8"))
            return cls({name: parse_spec(entry) for name, entry in value["models"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError, ApiError) as error:
            raise Refusal(
                "bad-job", f"The list of models {path} cannot be read ({error}).", "Write it again."
            ) from error

    def find(self, name: str) -> ModelSpec:
        """Look a model up. Raises ApiError 404."""
        with self._lock:
            spec = self._models.get(name)
        if spec is None:
            raise ApiError(404, "model_not_found", f"The model {name} does not exist here.", "model")
        return spec

    def put(self, name: str, spec: ModelSpec) -> ModelSpec | None:
        """Add or replace a model; return the one that nothing names any more."""
        with self._lock:
            old = self._models.get(name)
            self._models[name] = spec
            return self._unnamed(old)

    def remove(self, name: str) -> ModelSpec | None:
        """Remove a model; return it unless another name means the same. Raises ApiError 404."""
        self.find(name)
        with self._lock:
            return self._unnamed(self._models.pop(name, None))

    def names(self) -> list[str]:
        """All names, sorted."""
        with self._lock:
            return sorted(self._models)

    def _unnamed(self, spec: ModelSpec | None) -> ModelSpec | None:
        return None if spec in self._models.values() else spec


def parse_spec(value: Any) -> ModelSpec:
    """Read one entry. Raises ApiError 400."""
    if not isinstance(value, dict) or not isinstance(value.get("base"), str) or not value["base"]:
        raise invalid("base", "Give the base of the model: a hub id, a folder or a GGUF file.")
    adapter = value.get("adapter")
    if adapter is not None and not isinstance(adapter, str):
        raise invalid("adapter", "adapter must be the path of a folder, or null.")
    revision = value.get("revision")
    if revision is not None and not isinstance(revision, str):
        raise invalid("revision", "revision must be the name of a commit at the hub, or null.")
    return ModelSpec(value["base"], adapter or None, revision or None)
