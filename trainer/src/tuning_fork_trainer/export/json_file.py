"""Files of JSON in an exported folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def read_json(file: Path) -> dict[str, Any]:
    """Content of a file that is an object."""
    values: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return values


def write_json(file: Path, values: dict[str, Any]) -> None:
    """Write a file that people may read, too."""
    file.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
