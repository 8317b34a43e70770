"""Preferences and rewards, by the same messages."""

from __future__ import annotations

from typing import Any

import pytest

from tuning_fork_trainer.protocol import Refusal

from .support import Job, of, preference_row, task_row, write_rows
from .test_supervised import check


@pytest.fixture
def preferences(job: Job) -> Job:
    folder = job.path.parent
    write_rows(folder / "train.jsonl", 16, make=preference_row)
    write_rows(folder / "valid.jsonl", 4, first=50, make=preference_row)
    job.write(method="dpo", hyperparameters={"batch_size": 4})
    return job


@pytest.fixture
def tasks(job: Job) -> Job:
    folder = job.path.parent
    write_rows(folder / "train.jsonl", 4, make=task_row)
    write_rows(folder / "valid.jsonl", 2, first=50, make=task_row)
    grader = {
        "type": "text_similarity",
        "name": "close",
        "input": "{{sample.output_text}}",
        "reference": "{{item.answer}}",
        "evaluation_metric": "fuzzy_match",
    }
    job.write(method="reinforcement", graders=grader, hyperparameters={"batch_size": 2}, advanced={"max_length": 96})
    return job


def test_preferences_are_learned(preferences: Job, protocol: dict[str, Any]) -> None:
    messages = preferences.run(hyperparameters={"n_epochs": 4})
    check(protocol, messages)
    metrics = of(messages, "metric")
    assert messages[0]["hyperparameters"]["beta"] == 0.1
    assert messages[0]["total_steps"] == 16
    # At first the model equals its reference, and the loss is ln 2.
    assert metrics[0]["train_loss"] == pytest.approx(0.6931, abs=1e-3)
    assert metrics[-1]["full_valid_loss"] < 0.6
    assert metrics[-1]["full_valid_reward_accuracy"] == 1
    assert len(metrics[-1]["examples_losses"]) == 4
    assert metrics[-1]["rewards_margins"] > 0


def test_beta_reaches_the_loss(preferences: Job) -> None:
    weak = of(preferences.run(hyperparameters={"beta": 0.1}), "metric")[-1]["rewards_margins"]
    strong = of(preferences.run(hyperparameters={"beta": 0.5}), "metric")[-1]["rewards_margins"]
    assert strong > weak


def test_rewards_are_told(tasks: Job, protocol: dict[str, Any]) -> None:
    messages = tasks.run()
    check(protocol, messages)
    metrics = of(messages, "metric")
    assert messages[0]["total_steps"] == 4
    assert messages[0]["seconds_estimate"] is None
    assert [metric["step"] for metric in metrics] == [1, 2, 3, 4]
    assert all(0 <= metric["train_reward"] <= 1 for metric in metrics)
    assert 0 <= metrics[-1]["full_valid_reward"] <= 1
    assert [message["step"] for message in of(messages, "checkpoint")] == [2, 4]
    assert messages[-1]["type"] == "model"


def test_graders_that_run_code_are_refused_before_the_start(tasks: Job) -> None:
    with pytest.raises(Refusal, match="runs no code") as caught:
        tasks.run(
            graders={"type": "python", "name": "x", "source": "def grade(sample, item): return 1"}, model="/nowhere"
        )
    assert caught.value.code == "bad-grader"
