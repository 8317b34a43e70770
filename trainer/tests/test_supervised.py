"""Supervised training of a tiny model, in this process."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from safetensors.torch import load_file

from .support import Job, of


def check(protocol: dict[str, Any], messages: list[dict[str, Any]], kind: str = "Output") -> None:
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{kind}", "$defs": protocol["$defs"]})
    for message in messages:
        validator.validate(message)


def test_trains_with_messages_of_the_schema(job: Job, protocol: dict[str, Any]) -> None:
    messages = job.run()
    check(protocol, messages)
    kinds = [message["type"] for message in messages]
    assert kinds[0] == "ready"
    assert kinds[-1] == "model"
    assert [m["step"] for m in of(messages, "metric")] == [1, 2, 3, 4, 5, 6]
    assert [m["step"] for m in of(messages, "checkpoint")] == [3, 6]
    ready = messages[0]
    assert ready["total_steps"] == 6
    assert ready["steps_done"] == 0
    assert ready["seconds_estimate"] > 0
    assert ready["hyperparameters"] == {"n_epochs": 2, "batch_size": 8, "learning_rate_multiplier": 20}
    assert ready["advanced"]["max_length"] < 512


def test_learns(job: Job) -> None:
    metrics = of(job.run(hyperparameters={"n_epochs": 8}), "metric")
    full = [m for m in metrics if "full_valid_loss" in m]
    assert len(full) == 8
    assert full[-1]["full_valid_loss"] < full[0]["full_valid_loss"] - 0.5
    assert metrics[-1]["train_loss"] < metrics[0]["train_loss"] - 0.5
    for metric in full:
        assert len(metric["examples_losses"]) == 8
        assert len(set(metric["examples_losses"])) == 8
        # Answers of these rows have the same count of tokens, so both means are the same.
        assert sum(metric["examples_losses"]) / 8 == pytest.approx(metric["full_valid_loss"], rel=1e-5)


def test_sample_is_validated_between_epochs(job: Job) -> None:
    metrics = of(job.run(), "metric")
    assert ["valid_loss" in m for m in metrics] == [False, True, False, True, False, False]
    assert ["full_valid_loss" in m for m in metrics] == [False, False, True, False, False, True]


def test_saves_an_adapter_that_names_its_base(job: Job) -> None:
    message = job.run()[-1]
    folder = job.output / "model"
    assert message["path"] == str(folder)
    weights = load_file(folder / "adapter_model.safetensors")
    assert any(value.abs().sum() > 0 for name, value in weights.items() if "lora_B" in name)
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["base_model_name_or_path"] == job.values["model"]
    assert "im_start" in (folder / "chat_template.jinja").read_text()


def test_same_seed_gives_the_same_losses(job: Job) -> None:
    first = [m["train_loss"] for m in of(job.run(), "metric")]
    second = [m["train_loss"] for m in of(job.run(), "metric")]
    other = [m["train_loss"] for m in of(job.run(seed=8), "metric")]
    assert first == second
    assert first != other


@pytest.mark.parametrize("advanced", [{"gradient_accumulation": 8}, {"gradient_accumulation": 1}, {"packing": True}])
def test_loss_does_not_depend_on_how_a_batch_is_computed(job: Job, advanced: dict[str, Any]) -> None:
    expected = [m["train_loss"] for m in of(job.run(advanced={"gradient_accumulation": 2}), "metric")]
    got = [m["train_loss"] for m in of(job.run(advanced={"gradient_accumulation": 2, **advanced}), "metric")]
    assert got == pytest.approx(expected, rel=1e-4)


def test_auto_says_what_it_became(job: Job) -> None:
    ready = job.run(hyperparameters={"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"})[0]
    # 24 examples: 5 epochs make 100 examples, and one a step makes 24 steps an epoch.
    assert ready["hyperparameters"] == {"n_epochs": 5, "batch_size": 1, "learning_rate_multiplier": 1.0}
    assert ready["total_steps"] == 120
