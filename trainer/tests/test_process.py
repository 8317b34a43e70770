"""Trainer as a process: what it writes, and how it ends by a command, a kill or a dead parent."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from safetensors.torch import load_file

from .support import Job, finish, of, say, start
from .test_supervised import check


def until(process: subprocess.Popen[str], step: int) -> list[dict[str, Any]]:
    """Read messages up to the metric of a step."""
    assert process.stdout
    messages = []
    for line in process.stdout:
        messages.append(json.loads(line))
        if messages[-1]["type"] == "metric" and messages[-1]["step"] == step:
            return messages
    raise AssertionError(f"ended before step {step}: {messages}")


def losses(messages: list[dict[str, Any]]) -> dict[int, float]:
    return {message["step"]: message["train_loss"] for message in of(messages, "metric")}


def test_only_messages_reach_standard_output(job: Job, protocol: dict[str, Any]) -> None:
    process = start(job.write())
    messages = finish(process)
    check(protocol, messages)
    assert process.returncode == 0
    assert messages[-1]["type"] == "model"


def test_a_killed_process_goes_on_from_its_checkpoint(job: Job) -> None:
    whole = job.run(hyperparameters={"n_epochs": 4})
    expected = load_file(job.output / "model" / "adapter_model.safetensors")
    process = start(job.write(output=str(job.output) + "-killed"))
    seen = until(process, 5)
    process.send_signal(signal.SIGKILL)
    process.wait()
    checkpoint = of(seen, "checkpoint")[-1]
    assert checkpoint["step"] == 3
    resumed = job.run(resume=checkpoint["path"])
    assert resumed[0]["steps_done"] == 3
    assert list(losses(resumed)) == list(range(4, 13))
    assert losses(resumed) == pytest.approx({step: losses(whole)[step] for step in range(4, 13)}, rel=1e-6)
    assert of(resumed, "metric")[-1]["tokens"] == of(whole, "metric")[-1]["tokens"]
    got = load_file(job.output / "model" / "adapter_model.safetensors")
    assert max(float((got[name] - expected[name]).abs().max()) for name in expected) < 1e-6


def test_pause_within_a_step_and_resume_inside_of_an_epoch(job: Job) -> None:
    whole = job.run(hyperparameters={"n_epochs": 40}, validation_file=None)
    process = start(job.write(output=str(job.output) + "-paused"))
    until(process, 4)
    say(process, "pause")
    messages = finish(process)
    paused = messages[-1]
    assert paused["type"] == "paused"
    assert paused["peak_memory"] > 10_000_000
    assert process.returncode == 0
    assert 5 <= paused["step"] < 120
    resumed = job.run(resume=paused["path"])
    rest = range(paused["step"] + 1, 121)
    assert losses(resumed) == pytest.approx({step: losses(whole)[step] for step in rest}, rel=1e-5)


def test_cancel_keeps_the_last_checkpoint(job: Job) -> None:
    process = start(job.write(hyperparameters={"n_epochs": 200}))
    until(process, 4)
    say(process, "cancel")
    messages = finish(process)
    assert messages[-1]["type"] == "cancelled"
    assert messages[-1]["step"] < 600
    assert messages[-1]["peak_memory"] > 10_000_000
    assert process.returncode == 0
    kept = of(messages, "checkpoint")
    assert messages[-1]["path"] == (kept[-1]["path"] if kept else str(job.output / "checkpoint-3"))
    assert not (job.output / "model").exists()


def test_a_dead_parent_is_a_pause(job: Job) -> None:
    process = start(job.write(hyperparameters={"n_epochs": 200}))
    until(process, 2)
    assert process.stdin and process.stdout
    process.stdin.close()
    messages = [json.loads(line) for line in process.stdout.read().splitlines()]
    process.wait(timeout=60)
    assert messages[-1]["type"] == "paused"
    assert (job.output / f"checkpoint-{messages[-1]['step']}" / "complete.json").is_file()


def test_two_workers_give_the_losses_of_one(job: Job) -> None:
    one = losses(job.run())
    torchrun = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    process = start(job.write(output=str(job.output) + "-two"), launcher=torchrun)
    messages = finish(process)
    assert messages[0]["devices"] == 2
    assert len(of(messages, "ready")) == 1
    assert messages[-1]["type"] == "model"
    assert losses(messages) == pytest.approx(one, rel=1e-4)


def test_doctor_trains_a_step() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tuning_fork_trainer", "doctor"], capture_output=True, text=True, check=False
    )
    report = json.loads(done.stdout)
    assert report["ok"] is True
    assert done.returncode == 0
    assert report["loss"] > 0
    assert report["versions"]["torch"]
    assert report["devices"][-1]["memory_free"] > 0


def test_inspect_tells_without_loading(model: Any) -> None:
    command = [sys.executable, "-m", "tuning_fork_trainer", "inspect", "--model", str(model)]
    facts = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert facts["architecture"] == "LlamaForCausalLM"
    assert facts["has_chat_template"] and facts["has_end_token"] and not facts["drops_system_message"]
    assert facts["max_length"] == 512


def test_an_unknown_command_says_how_to_ask() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tuning_fork_trainer", "x"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "train|ray|estimate|export|push|serve|inspect|doctor" in done.stderr
