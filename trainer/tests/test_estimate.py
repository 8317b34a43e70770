"""Command `estimate`: the figures of a training without the training."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tuning_fork_trainer.estimation import run
from tuning_fork_trainer.job import load_job
from tuning_fork_trainer.protocol import Channel, Refusal

from .support import Job, run_command, task_row, write_rows
from .test_supervised import check

MEASURED = ("seconds_estimate", "tokens_per_second", "memory_available")


def estimate(job: Job, **changes: Any) -> list[dict[str, Any]]:
    """Messages of the command, in this process."""
    out = StringIO()
    run(load_job(job.write(**changes)), Channel(out))
    return [json.loads(line) for line in out.getvalue().splitlines()]


def without_time(ready: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in ready.items() if name not in MEASURED}


def test_tells_what_the_training_tells(job: Job, protocol: dict[str, Any]) -> None:
    messages = estimate(job, advanced={"max_length": 58})
    check(protocol, messages)
    assert [message["type"] for message in messages] == ["notice", "notice", "ready"]
    assert not job.output.exists()
    assert messages[-1]["seconds_estimate"] > 0
    assert messages[-1]["tokens_per_second"] > 0
    trained = job.run()
    assert messages[:-1] == trained[:2]
    assert without_time(messages[-1]) == without_time(trained[2])


def test_a_resumed_training_has_fewer_steps_to_go(job: Job) -> None:
    job.run()
    before = sorted(job.output.rglob("*"))
    ready = estimate(job, resume=str(job.output / "checkpoint-3"))[-1]
    assert (ready["steps_done"], ready["total_steps"]) == (3, 6)
    assert sorted(job.output.rglob("*")) == before


def test_a_step_of_reinforcement_is_measured(job: Job, protocol: dict[str, Any]) -> None:
    write_rows(Path(job.values["training_file"]), 4, make=task_row)
    grader = {"type": "string_check", "name": "same", "operation": "eq"}
    texts = {"input": "{{sample.output_text}}", "reference": "{{item.answer}}"}
    messages = estimate(
        job,
        method="reinforcement",
        graders={**grader, **texts},
        validation_file=None,
        hyperparameters={"batch_size": 2, "n_epochs": 3},
        advanced={"max_length": 58},
    )
    check(protocol, messages)
    assert messages[-1]["total_steps"] == 6
    assert messages[-1]["seconds_estimate"] > 0
    assert not job.output.exists()


def test_missing_memory_is_told_in_bytes(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tuning_fork_trainer.devices.available_memory", lambda _: 1_000_000)
    with pytest.raises(Refusal) as caught:
        estimate(job)
    assert caught.value.code == "no-memory"
    assert caught.value.facts["memory_available"] == 1_000_000
    assert caught.value.facts["memory_needed"] > 900_000_000


def test_process_ends_with_ready_or_an_error(job: Job, protocol: dict[str, Any]) -> None:
    def messages(path: Path) -> tuple[int, list[dict[str, Any]]]:
        done = run_command("estimate", path)
        said = [json.loads(line) for line in done.stdout.splitlines()]
        check(protocol, said)
        return done.returncode, said

    code, said = messages(job.write())
    assert (code, said[-1]["type"]) == (0, "ready")
    code, said = messages(job.write(model="/nowhere/at.all.gguf"))
    assert (code, said[-1]["type"], said[-1]["code"]) == (1, "error", "no-model")


def test_memory_reaches_the_message(protocol: dict[str, Any]) -> None:
    out = StringIO()
    Channel(out).error(Refusal("no-memory", "It is too much.", "Take less.", memory_needed=9, memory_available=8))
    check(protocol, [json.loads(out.getvalue())])
    assert json.loads(out.getvalue())["memory_needed"] == 9
