"""Rotary positions in `config.json` under their older names too.

transformers 5 writes `rope_parameters` alone. Ollama and transformers 4 read `rope_theta` and `rope_scaling`, and where these are
absent take frequencies of their own without a word.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .json_file import read_json, write_json

# What transformers 4 allows there for Phi 3.
PHI_3_SCALING = ("long_factor", "short_factor")


def write_older_names(folder: Path) -> None:
    """Add the older names to the configuration of a folder."""
    file = folder / "config.json"
    config = read_json(file)
    write_json(file, {**config, **older_names(config)})


def older_names(config: dict[str, Any]) -> dict[str, Any]:
    """Values of `rope_parameters` under the names that they had before."""
    given = config.get("rope_parameters") or {}
    # Gemma 3 has some for each kind of its layers.
    whole, sliding = given.get("full_attention", given), given.get("sliding_attention", {})
    found = {name: whole[name] for name in ("rope_theta", "partial_rotary_factor") if name in whole}
    if "rope_theta" in sliding:
        found["rope_local_base_freq"] = sliding["rope_theta"]
    kind = whole.get("rope_type", "default")
    if kind != "default":
        names = PHI_3_SCALING if config.get("model_type") == "phi3" else [name for name in whole if name not in found]
        found["rope_scaling"] = {**{name: whole[name] for name in names if name in whole}, "type": kind}
    return found
