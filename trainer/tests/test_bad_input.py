"""Everything that can be wrong before or while a model is trained: one sentence, one action, the right code."""

from __future__ import annotations

import errno
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest
import torch

from tuning_fork_trainer import devices, models
from tuning_fork_trainer.job import parse_job
from tuning_fork_trainer.protocol import Commands, Refusal
from tuning_fork_trainer.train import explain

from .support import NO_SYSTEM, Job, chat_row, finish, make_model, of, start
from .test_supervised import check


def refused(job: Job, **changes: Any) -> Refusal:
    with pytest.raises(Refusal) as caught:
        job.run(**changes)
    assert caught.value.message.endswith(".") and caught.value.action.endswith(".")
    return caught.value


@pytest.fixture
def copy(model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(model, tmp_path / "copy"))


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 2}, "version"),
        ({"method": "magic"}, "method"),
        ({"hyperparameters": {"n_epochs": 0}}, "n_epochs"),
        ({"advanced": {"lora_ranks": 3}}, "advanced"),
        ({"hyperparameters": {"beta": 0.1}}, "beta"),
        ({"graders": {"type": "multi"}}, "takes no grader"),
        ({"method": "reinforcement"}, "needs a grader"),
        ({"early_stop": True, "validation_file": None}, "validation file"),
        ({"method": "dpo", "advanced": {"packing": True}}, "packing"),
        ({"advanced": {"gradient_accumulation": 3}}, "cannot be divided"),
        ({"resume": "/nowhere/checkpoint-3"}, "whole checkpoint"),
        ({"advanced": {"max_length": 4000}}, "512 tokens"),
        ({"advanced": {"target_modules": ["nothing"]}}, "target_modules"),
        ({"advanced": {"load_in_4bit": True}}, "CUDA"),
    ],
)
def test_jobs(job: Job, change: dict[str, Any], reason: str) -> None:
    refusal = refused(job, **change)
    assert refusal.code == "bad-job"
    assert reason in refusal.message


def test_files(job: Job) -> None:
    assert refused(job, training_file="/nowhere.jsonl").code == "bad-file"


def test_models_that_are_not_there(job: Job) -> None:
    assert refused(job, model="/nowhere/model").code == "no-model"
    assert refused(job, model="/nowhere/model.gguf").code == "no-model"
    assert refused(job, model="nobody/nothing").code == "no-network"


def test_a_model_without_safetensors(job: Job, copy: Path) -> None:
    (copy / "model.safetensors").unlink()
    assert refused(job, model=str(copy)).code == "bad-model"
    torch.save({"x": torch.zeros(1)}, copy / "pytorch_model.bin")
    assert refused(job, model=str(copy)).code == "pickled-weights"


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_code_of_a_model_is_never_run(job: Job, copy: Path, file: str) -> None:
    config = json.loads((copy / file).read_text())
    (copy / "evil.py").write_text("raise SystemExit('ran')")
    (copy / file).write_text(json.dumps({**config, "auto_map": {"AutoConfig": "evil.Config"}}))
    assert refused(job, model=str(copy)).code == "remote-code"


def test_damaged_models(job: Job, copy: Path) -> None:
    weights = (copy / "model.safetensors").read_bytes()
    (copy / "model.safetensors").write_bytes(weights[: len(weights) // 2])
    refusal = refused(job, model=str(copy))
    assert (refusal.code, refusal.action) == ("bad-model", "Download the model again.")
    (copy / "config.json").write_text("{")
    assert refused(job, model=str(copy)).code == "bad-model"
    fake = copy / "fake.gguf"
    fake.write_bytes(b"nothing")
    assert refused(job, model=str(fake)).code == "bad-model"


def test_an_architecture_that_is_not_known(job: Job, copy: Path) -> None:
    (copy / "config.json").write_text(json.dumps({"model_type": "martian"}))
    assert refused(job, model=str(copy)).code == "bad-model"


def test_no_network(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{unused.getsockname()[1]}"
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "ENDPOINT", address)
    with pytest.raises(Refusal) as caught:
        models.locate("some/model")
    assert caught.value.code == "no-network"


def test_a_gated_model_is_taken_from_the_cache_without_a_token(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub
    from huggingface_hub.errors import GatedRepoError

    cached = {"lab/gated": str(model / "config.json")}

    def snapshot(name: str, *, local_files_only: bool = False, **_rest: object) -> str:
        if not local_files_only:
            raise GatedRepoError.__new__(GatedRepoError)
        return str(Path(cached[name]).parent)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot)
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda name, *_, **__: cached.get(name))
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    assert models.locate("lab/gated", "commit").folder == model
    with pytest.raises(Refusal) as caught:
        models.locate("lab/other", "commit")
    assert "license" in caught.value.message


def test_a_model_that_cannot_fit_is_a_plain_no(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "available_memory", lambda _: 100_000_000)
    refusal = refused(job)
    assert refusal.code == "no-memory"
    assert "100 MB" in refusal.message or "0.1 GB" in refusal.message
    assert "max_length" in refusal.action


def test_memory_that_runs_out_in_the_middle_names_the_setting() -> None:
    values = {"version": 1, "method": "supervised", "model": "m", "training_file": __file__, "output": "/o"}
    job = parse_job({**values, "hyperparameters": {"batch_size": 8}, "advanced": {"gradient_accumulation": 2}})
    for error in (
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ):
        refusal = explain(error, job)
        assert refusal.code == "no-memory"
        assert "gradient_accumulation" in refusal.action
    assert "max_length" in explain(MemoryError(), parse_job(values)).action


def test_a_full_disk() -> None:
    assert explain(OSError(errno.ENOSPC, "No space left on device"), None).code == "no-disk"
    assert (
        explain(RuntimeError("[enforce fail at inline_container.cc] . unexpected pos 64 vs 0"), None).code == "no-disk"
    )
    assert explain(KeyError("x"), None).code == "internal"


def test_a_disk_without_room_for_the_checkpoints(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    assert refused(job).code == "no-disk"


def test_a_loss_that_is_no_number_keeps_the_last_good_checkpoint(job: Job) -> None:
    class Poison(Commands):
        """Makes a weight infinite after the first epoch: the hook that is asked at each step."""

        asked = 0

        @property
        def wanted(self) -> str | None:
            self.asked += 1
            if self.asked == 4:
                import gc

                from peft import PeftModel

                for found in [thing for thing in gc.get_objects() if isinstance(thing, PeftModel)]:
                    next(p for p in found.parameters() if p.requires_grad).data.fill_(float("nan"))
            return None

    refusal = refused_with(job, Poison())
    assert refusal.code == "nan-loss"
    assert "learning_rate_multiplier" in refusal.action
    assert "checkpoint-3" in refusal.message
    assert [m["step"] for m in of(job.messages, "checkpoint")] == [3]
    assert not (job.output / "checkpoint-6").exists()


def refused_with(job: Job, commands: Commands) -> Refusal:
    with pytest.raises(Refusal) as caught:
        job.run(commands, advanced={"gradient_accumulation": 1})
    return caught.value


def test_an_error_is_the_last_message_of_the_process(job: Job, protocol: dict[str, Any]) -> None:
    process = start(job.write(model="/nowhere/model"))
    messages = finish(process)
    check(protocol, messages)
    assert messages[-1]["code"] == "no-model"
    assert process.returncode == 1


@pytest.mark.parametrize(
    ("template", "end", "code"), [(None, True, "no-chat-template"), (NO_SYSTEM, True, "drops-system-message")]
)
def test_notices_about_templates(job: Job, tmp_path: Path, template: str | None, end: bool, code: str) -> None:
    folder = make_model(tmp_path / "other", template, end=end)
    messages = job.run(model=str(folder), hyperparameters={"n_epochs": 1})
    assert [notice["code"] for notice in of(messages, "notice")] == [code]
    assert messages[-1]["type"] == "model"


def test_notices_about_lengths(job: Job) -> None:
    rows = [chat_row(number) for number in range(22)]
    long = {"role": "user", "content": "x" * 300}
    rows += [{"messages": [long, {"role": "assistant", "content": "no"}]}]
    rows += [{"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "z" * 300}]}]
    Path(job.values["training_file"]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    messages = job.run(advanced={"max_length": 128})
    notices = {notice["code"]: notice["message"] for notice in of(messages, "notice")}
    assert notices["examples-cut"].startswith("2 of 24")
    assert notices["examples-dropped"].startswith("1 of 24")
    assert refused(job, advanced={"max_length": 8}).code == "bad-file"
