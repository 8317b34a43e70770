"""Plans, orders, estimates and the rule of the early stop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tuning_fork_trainer.early_stop import Watch
from tuning_fork_trainer.estimate import Shape, memory_needed, probe
from tuning_fork_trainer.job import load_job
from tuning_fork_trainer.plan import plans
from tuning_fork_trainer.protocol import Refusal
from tuning_fork_trainer.sampling import EpochSampler, order
from tuning_fork_trainer.validation import sample_places

from .support import Job, of, write_rows


def watch(*values: float) -> Watch:
    made = Watch()
    for step, value in enumerate(values, start=1):
        made.add(step, value)
    return made


def test_two_worse_looks_in_a_row_stop() -> None:
    assert watch(2, 1, 1.2, 1.3).should_stop
    assert watch(2, 1, 1.2, 1.3).best_step == 2
    assert not watch(2, 1, 1.2, 1.05).should_stop  # Within a tenth of the fall.
    assert not watch(2, 1, 1.2).should_stop
    assert not watch(2, 1, 1.2, 0.9).should_stop
    assert not watch(2, 1.5, 1).should_stop
    assert watch(1, 1.1, 1.2).should_stop


def test_the_rule_is_resumed(tmp_path: Path) -> None:
    watch(2, 1, 1.2).save(tmp_path / "watch.json")
    assert Watch.load(tmp_path / "watch.json") == watch(2, 1, 1.2)
    assert Watch.load(tmp_path / "none.json") == Watch()


def test_stopping_early_keeps_the_best(job: Job) -> None:
    # Validation answers that the training answers contradict: learning makes them worse.
    rows = [json.loads(line) for line in Path(job.values["validation_file"]).read_text().splitlines()]
    for row in rows:
        row["messages"][2]["content"] = "zzzz qqqq"
    Path(job.values["validation_file"]).write_text("".join(json.dumps(row) + "\n" for row in rows))
    messages = job.run(early_stop=True, hyperparameters={"n_epochs": 30}, advanced={"validation_every": 1})
    end = messages[-1]
    assert end["type"] == "model" and end["stopped_early"]
    last = of(messages, "metric")[-1]["step"]
    assert last < 90
    assert end["step"] <= last - 2
    assert json.loads((job.output / "model" / "best.json").read_text())["step"] == end["step"]


def test_orders_are_whole_and_differ_by_epoch() -> None:
    lengths = [10 + (place * 37) % 50 for place in range(103)]
    for grouped in (True, False):
        first = order(lengths, 8, 1, grouped=grouped)
        assert sorted(first) == list(range(103))
        assert first == order(lengths, 8, 1, grouped=grouped)
        assert first != order(lengths, 8, 2, grouped=grouped)
    sampler = EpochSampler(lengths, 8, 1, grouped=True)
    epoch_0 = list(sampler)
    sampler.set_epoch(1)
    assert list(sampler) != epoch_0


def test_grouping_pads_less() -> None:
    lengths = torch.randint(10, 500, (800,), generator=torch.Generator().manual_seed(1)).tolist()

    def padded(grouped: bool) -> int:
        places = order(lengths, 8, 3, grouped=grouped)
        return sum(8 * max(lengths[place] for place in places[at : at + 8]) for at in range(0, 800, 8))

    assert padded(True) < 1.1 * sum(lengths) < 1.5 * sum(lengths) < padded(False)


class _OneWeight:
    """Trainer of a model with one weight; `computed` has the examples of each batch."""

    def __init__(self) -> None:
        self.model = torch.nn.Linear(1, 1)
        self.model.dtype = torch.float32  # type: ignore[assignment]
        self.accelerator = type("Accelerator", (), {"device": torch.device("cpu")})()
        self.train_dataset = [0.0] * 8
        self.computed: list[int] = []
        self._metrics: dict[str, Any] = {}

    def data_collator(self, examples: list[float]) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.tensor([examples])}

    def compute_loss(self, model: Any, inputs: dict[str, torch.Tensor]) -> torch.Tensor:
        self.computed.append(inputs["input_ids"].numel())
        return torch.as_tensor(model(inputs["input_ids"].T).sum())


def test_probe_ends_when_it_has_measured_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    batches = [[0, 1], [2, 3], [4, 5], [6, 7]]
    quick, slow = _OneWeight(), _OneWeight()
    assert probe(quick, batches, "cpu") is not None
    assert quick.computed == [1, 2, 2, 2]
    monkeypatch.setattr("tuning_fork_trainer.estimate.ENOUGH_SECONDS", 0.0)
    assert probe(slow, batches, "cpu") is not None
    # One warms up, one is counted.
    assert slow.computed == [1, 2]


def test_samples_are_fixed() -> None:
    assert sample_places(100, 8, 1) == sample_places(100, 8, 1) != sample_places(100, 8, 2)
    assert sample_places(3, 8, 1) == [0, 1, 2]


def planned(job: Job, count: int, *, workers: int = 1, device: str = "cpu", length: int = 100, **changes: Any) -> Any:
    return next(plans(load_job(job.write(**changes)), [length] * count, 200, device, workers))


def test_auto(job: Job) -> None:
    auto = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
    small = planned(job, 10, hyperparameters=auto)
    assert (small.n_epochs, small.batch_size, small.total_steps) == (10, 1, 100)
    large = planned(job, 1001)
    assert (large.n_epochs, large.batch_size, large.steps_per_epoch, large.validation_every) == (3, 8, 126, 2)
    assert large.learning_rate == pytest.approx(2e-4)
    assert (large.micro_batch, large.gradient_accumulation) == (4, 2)
    rare = {"validation_every": "auto", "validation_sample": 32}
    # 378 steps: a twentieth is 18. 75 steps: a tenth of the time allows a look at 32 examples each 14 steps.
    assert planned(job, 1001, advanced=rare).validation_every == 18
    assert planned(job, 200).validation_every == 14
    assert planned(job, 1001, device="cuda").micro_batch == 8
    assert planned(job, 1001, length=2000).micro_batch == 1
    assert planned(job, 1001, workers=3).batch_size == 9
    with pytest.raises(Refusal, match="cannot be divided among 3"):
        planned(job, 1001, workers=3, hyperparameters={"batch_size": 8})


def test_memory_grows_with_what_is_in_memory(job: Job) -> None:
    shape = Shape(
        parameters=135_000_000, trainable=5_000_000, layers=30, hidden=576, intermediate=1536, vocabulary=49152
    )
    candidates = list(plans(load_job(job.write()), [100] * 50, 200, "cpu", 1))
    needs = [memory_needed(shape, plan, load_job(job.path), "cpu", 4) for plan in candidates]
    assert needs == sorted(needs, reverse=True)
    assert candidates[-1].checkpointing
    assert 1e9 < needs[-1] < needs[0] < 6e9


def test_probe_steps_change_nothing(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}

    def watched(trainer: Any, batches: list[list[int]], device: str) -> float | None:
        def state() -> list[torch.Tensor]:
            return [parameter.detach().clone() for parameter in trainer.model.parameters()] + [torch.get_rng_state()]

        before = state()
        speed = probe(trainer, batches, device)
        seen["same"] = all(torch.equal(a, b) for a, b in zip(before, state(), strict=True))
        seen["gradients"] = any(parameter.grad is not None for parameter in trainer.model.parameters())
        seen["speed"] = speed
        return speed

    expected = [m["train_loss"] for m in of(job.run(), "metric")]
    monkeypatch.setattr("tuning_fork_trainer.estimate.probe", watched)
    assert [m["train_loss"] for m in of(job.run(), "metric")] == expected
    assert seen["same"] is True and seen["gradients"] is False and seen["speed"] > 0
    monkeypatch.setattr("tuning_fork_trainer.estimate.probe", lambda *_: None)
    assert [m["train_loss"] for m in of(job.run(), "metric")] == expected


def test_a_small_file_is_trained_too(job: Job) -> None:
    write_rows(Path(job.values["training_file"]), 1)
    assert job.run(hyperparameters={"n_epochs": 2}, validation_file=None)[-1]["step"] == 2
