"""A real, tiny, randomly initialized Llama with a tokenizer of its own, and jobs on it."""

from __future__ import annotations

import json
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["HF_HUB_OFFLINE"] = "1"

from pathlib import Path
from typing import Any

import pytest

from .support import Job, make_model, write_rows


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a Llama with two layers; its chat template shows system messages and tools."""
    return make_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def job(tmp_path: Path, model: Path) -> Job:
    """Supervised job on 24 examples, two epochs of three steps."""
    write_rows(tmp_path / "train.jsonl", 24)
    write_rows(tmp_path / "valid.jsonl", 8, first=100)
    values: dict[str, Any] = {
        "version": 1,
        "method": "supervised",
        "model": str(model),
        "training_file": str(tmp_path / "train.jsonl"),
        "validation_file": str(tmp_path / "valid.jsonl"),
        "output": str(tmp_path / "out"),
        "seed": 7,
        "device": "cpu",
        "threads": 1,
        "hyperparameters": {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 20},
        "advanced": {"lora_rank": 4, "validation_every": 2, "validation_sample": 4},
    }
    return Job(tmp_path / "job.json", values)


@pytest.fixture(scope="session")
def protocol() -> dict[str, Any]:
    """Schema of the protocol."""
    path = Path(__file__).parents[1] / "src/tuning_fork_trainer/protocol.schema.json"
    return dict(json.loads(path.read_text(encoding="utf-8")))
