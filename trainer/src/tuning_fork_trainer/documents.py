"""Documents of the protocol: read, and checked by what its schema describes."""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema

from .protocol import Refusal


def schema() -> dict[str, Any]:
    """Schema of the protocol: all documents, the output and the input."""
    text = files("tuning_fork_trainer").joinpath("protocol.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def read_json(path: Path, name: str, code: str) -> object:
    """Value of a JSON file that a sentence calls `name`; raises Refusal with this code."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refusal(code, f"The {name} {path} cannot be read.", "Check that it exists.") from error
    except ValueError as error:
        raise Refusal(code, f"The {name} is not JSON.", "Write it again.") from error


def check_document(value: object, kind: str, wrong: Callable[[str, str], Refusal]) -> dict[str, Any]:
    """Value of the kind that the schema describes by this name.

    Raises what `wrong` makes of the first problem: its place, as ` at "workers"` or empty for the whole, and its reason.
    """
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": schema()["$defs"]})
    problem = jsonschema.exceptions.best_match(validator.iter_errors(value))
    if problem is not None:
        place = ".".join(str(part) for part in problem.absolute_path)
        raise wrong(f' at "{place}"' if place else "", problem.message)
    if not isinstance(value, dict):
        raise wrong("", "it is no object")
    return value
