"""Document of an export: which model, in which form, where to."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..documents import check_document
from ..protocol import Refusal


@dataclass(frozen=True)
class Order:
    """Export, checked. Paths are absolute."""

    form: str
    adapter: Path
    model: str
    base_name: str
    output: Path
    card: str
    revision: str | None = None


def load_order(path: Path) -> Order:
    """Read and check the document of an export; raises Refusal (`bad-job`)."""
    value = read_document(path, "ExportJob")
    return Order(
        form=value["form"],
        adapter=Path(value["adapter"]),
        model=value["model"],
        base_name=value["base_name"],
        output=Path(value["output"]),
        card=value["card"],
        revision=value.get("revision"),
    )


def read_document(path: Path, kind: str) -> dict[str, Any]:
    """Read a document that the protocol describes under this name; raises Refusal (`bad-job`)."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refusal("bad-job", f"The file {path.name} cannot be read.", "Try again.") from error
    return check_document(
        value, kind, lambda _, why: Refusal("bad-job", f"The file {path.name} is wrong: {why[:200]}.", "Try again.")
    )
