"""Jobs on a cluster of two nodes: the figures of one process, lost workers, commands, and what the cluster refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file

from ..support import Job, of, write_rows
from ..test_process import losses
from ..test_supervised import check
from .conftest import Start
from .local_cluster import LocalCluster

MODELS = "tuning-fork-models"


def left_in(storage: Path) -> list[str]:
    """Names in a storage but for the models, which are kept."""
    return [path.name for path in storage.iterdir() if path.name != MODELS]


def run_name(storage: Path) -> str:
    """Run that is in progress; its name is that of the job on the cluster."""
    return left_in(storage)[0]


def test_two_workers_on_two_nodes_give_the_losses_of_one(
    job: Job, start: Start, two_nodes: LocalCluster, protocol: dict[str, Any], tmp_path: Path
) -> None:
    one = job.run()
    alone = load_file(job.output / "model" / "adapter_model.safetensors")
    job.write(output=str(job.output) + "-cluster")
    messages = start({"address": two_nodes.address}).finish()
    check(protocol, messages)
    assert [message["type"] for message in messages] == [message["type"] for message in one]
    ready = of(messages, "ready")[0]
    assert (ready["devices"], ready["workers"], ready["nodes"]) == (2, 2, 2)
    # Sums over two workers differ from those of one by rounding.
    assert losses(messages) == pytest.approx(losses(one), rel=1e-4)
    full = [message.get("full_valid_loss") for message in of(messages, "metric")]
    assert full == [
        None if loss is None else pytest.approx(loss, rel=1e-4)
        for loss in [message.get("full_valid_loss") for message in of(one, "metric")]
    ]
    model = Path(messages[-1]["path"])
    assert model == job.output / "model"
    together = load_file(model / "adapter_model.safetensors")
    assert max(float((together[name] - alone[name]).abs().max()) for name in alone) < 1e-3
    about = json.loads((model / "adapter_config.json").read_text(encoding="utf-8"))
    assert about["base_model_name_or_path"] == job.values["model"]
    assert (job.output / "checkpoint-6" / "complete.json").is_file()
    # The rows of the user do not stay in the storage.
    assert left_in(tmp_path / "storage") == []


def test_a_lost_worker_costs_the_steps_since_the_last_checkpoint(
    job: Job, start: Start, two_nodes: LocalCluster, protocol: dict[str, Any], tmp_path: Path
) -> None:
    write_rows(tmp_path / "train.jsonl", 240)
    one = losses(job.run(hyperparameters={"n_epochs": 8}, validation_file=None))
    started = start({"address": two_nodes.address}, output=str(job.output) + "-cluster")
    started.until(lambda message: message["type"] == "metric" and message["step"] >= 35)
    kept = of(started.messages, "checkpoint")[-1]["step"]
    two_nodes.kill("ray::RayTrainWorker")
    messages = started.finish()
    check(protocol, messages)
    assert messages[-1]["type"] == "model"
    lost = [message for message in of(messages, "notice") if message["code"] == "worker-lost"]
    assert len(lost) == 1
    at, again = (int(word.rstrip(";.")) for word in lost[0]["message"].split() if word.rstrip(";.").isdigit())
    assert again % 30 == 0
    assert 30 <= kept <= again <= at
    # At most the steps since the last checkpoint are repeated.
    assert at - again < 30
    assert [message["step"] for message in of(messages, "metric")] == list(range(1, 241))
    assert losses(messages) == pytest.approx(one, rel=1e-3)
    assert len(of(messages, "ready")) == 1
    assert [message["step"] for message in of(messages, "checkpoint")] == list(range(30, 241, 30))


def test_cancel_stops_the_job_and_names_the_last_checkpoint(
    job: Job, start: Start, two_nodes: LocalCluster, tmp_path: Path
) -> None:
    started = start({"address": two_nodes.address}, hyperparameters={"n_epochs": 2000})
    started.until(lambda message: message["type"] == "checkpoint")
    name = run_name(tmp_path / "storage")
    started.say("cancel")
    last = started.finish()[-1]
    assert last["type"] == "cancelled"
    assert started.process.returncode == 0
    assert (Path(last["path"]) / "complete.json").is_file()
    assert last["path"] == of(started.messages, "checkpoint")[-1]["path"]
    assert two_nodes.status(name) == "STOPPED"
    assert two_nodes.processes("ray::RayTrainWorker") == []
    assert left_in(tmp_path / "storage") == []


def test_a_paused_job_goes_on_elsewhere(job: Job, start: Start, two_nodes: LocalCluster) -> None:
    # The end of the input is a dead parent, which is a pause.
    started = start({"address": two_nodes.address}, hyperparameters={"n_epochs": 2000}, validation_file=None)
    started.until(lambda message: message["type"] == "metric")
    assert started.process.stdin
    started.process.stdin.close()
    assert started.process.stdout
    messages = started.messages + [json.loads(line) for line in started.process.stdout]
    paused = messages[-1]
    assert paused["type"] == "paused"
    assert Path(paused["path"]) == job.output / f"checkpoint-{paused['step']}"
    assert list(losses(messages)) == list(range(1, paused["step"] + 1))
    job.write(hyperparameters={"n_epochs": paused["step"] // 3 + 2}, resume=paused["path"])
    resumed = job.run()
    assert resumed[0]["steps_done"] == paused["step"]
    assert resumed[-1]["type"] == "model"


def test_a_job_that_the_workers_refuse_is_not_tried_again(job: Job, start: Start, two_nodes: LocalCluster) -> None:
    started = start({"address": two_nodes.address}, hyperparameters={"batch_size": 7})
    messages = started.finish()
    assert [message["type"] for message in messages] == ["error"]
    assert messages[0]["code"] == "bad-job"
    assert messages[0]["message"] == "A batch of 7 cannot be divided among 2 devices."
    assert started.process.returncode == 1


def test_a_lost_driver_leaves_what_was_trained(job: Job, start: Start, two_nodes: LocalCluster, tmp_path: Path) -> None:
    started = start({"address": two_nodes.address}, hyperparameters={"n_epochs": 2000})
    started.until(lambda message: message["type"] == "checkpoint")
    two_nodes.kill("tuning_fork_trainer.cluster.driver")
    messages = started.finish()
    steps = [message["step"] for message in of(messages, "metric")]
    assert steps == list(range(1, len(steps) + 1))
    assert messages[-1]["code"] == "cluster-lost"
    assert "exit code" in messages[-1]["message"]
    assert left_in(tmp_path / "storage") == []
    latest = of(messages, "checkpoint")[-1]
    assert messages[-1]["action"].endswith(f"resume from {Path(latest['path']).name}.")
    assert (Path(latest["path"]) / "complete.json").is_file()


def test_a_storage_of_one_side_only(start: Start, two_nodes: LocalCluster) -> None:
    # Each process has a memory of its own.
    messages = start({"address": two_nodes.address, "storage": "memory://runs"}).finish()
    assert [message["type"] for message in messages] == ["error"]
    assert messages[0]["code"] == "not-shared"
    assert "memory://runs of the head node" in messages[0]["message"]


def test_a_job_without_room_says_what_it_waits_for(start: Start, two_nodes: LocalCluster) -> None:
    messages = start({"address": two_nodes.address, "workers": 3, "wait_seconds": 4}).finish()
    assert [message["type"] for message in messages] == ["notice", "error"]
    assert messages[0]["code"] == "waiting-resources"
    assert messages[0]["message"] == ("The job waits for 3 workers with 1 CPU each; free on the cluster: 2 of 2 CPU.")
    assert messages[1]["code"] == "no-resources"
    assert "within 4 seconds" in messages[1]["message"]


def test_a_lost_head_leaves_what_was_trained(job: Job, start: Start) -> None:
    cluster = LocalCluster(1)
    try:
        document = {"address": cluster.address, "workers": 1, "lost_seconds": 2}
        started = start(document, hyperparameters={"n_epochs": 2000})
        started.until(lambda message: message["type"] == "checkpoint")
        cluster.kill_node(0)
        messages = started.finish()
        assert messages[-1]["code"] == "cluster-lost"
        assert "has not answered for 2 seconds" in messages[-1]["message"]
        latest = of(messages, "checkpoint")[-1]
        assert messages[-1]["action"].endswith(f"resume from {Path(latest['path']).name}.")
        assert of(messages, "ready")[0]["nodes"] == 1
    finally:
        cluster.stop()
