"""Job file: what to train, on which rows, with which settings."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .documents import check_document, read_json
from .protocol import Refusal

AUTO = "auto"


@dataclass(frozen=True)
class Hyperparameters:
    """Settings with OpenAI's names; `auto` is resolved by `plan.py`."""

    n_epochs: int | str = AUTO
    batch_size: int | str = AUTO
    learning_rate_multiplier: float | str = AUTO
    beta: float | str = AUTO


@dataclass(frozen=True)
class Advanced:
    """Settings that only open weights have. Lengths are in tokens, `validation_every` in steps."""

    lora_rank: int = 16
    lora_alpha: float = 32
    target_modules: str | list[str] = "all-linear"
    load_in_4bit: bool = False
    gradient_accumulation: int | str = AUTO
    max_length: int | str = AUTO
    packing: bool = False
    group_by_length: bool = True
    validation_every: int | str = AUTO
    validation_sample: int = 32


@dataclass(frozen=True)
class Job:
    """Job file, checked. Paths are absolute."""

    method: str
    model: str
    training_file: Path
    output: Path
    revision: str | None = None
    validation_file: Path | None = None
    resume: Path | None = None
    seed: int = 42
    hyperparameters: Hyperparameters = field(default_factory=Hyperparameters)
    advanced: Advanced = field(default_factory=Advanced)
    graders: dict[str, Any] | None = None
    early_stop: bool = False
    threads: int | None = None
    device: str = AUTO
    located: str | None = None
    """Where `model` lies on this machine, when the job was written on another one."""


def load_job(path: Path) -> Job:
    """Read and check a job file; raises Refusal (`bad-job`) with the first problem."""
    return parse_job(read_json(path, "job file", "bad-job"))


def parse_job(value: object) -> Job:
    """Check the value of a job file; raises Refusal (`bad-job`) with the first problem."""
    value = check_document(
        value,
        "Job",
        lambda at, why: Refusal(
            "bad-job", f"The job file is wrong{at}: {why}.", "Correct the setting and start again."
        ),
    )
    return _checked(
        Job(
            method=value["method"],
            model=value["model"],
            training_file=Path(value["training_file"]),
            output=Path(value["output"]),
            revision=value.get("revision"),
            validation_file=_path(value.get("validation_file")),
            resume=_path(value.get("resume")),
            seed=value.get("seed", 42),
            hyperparameters=Hyperparameters(**value.get("hyperparameters", {})),
            advanced=Advanced(**value.get("advanced", {})),
            graders=value.get("graders"),
            early_stop=value.get("early_stop", False),
            threads=value.get("threads"),
            device=value.get("device", AUTO),
        )
    )


def _path(value: str | None) -> Path | None:
    return None if value is None else Path(value)


def _checked(job: Job) -> Job:
    """Contradictions that a schema cannot tell."""

    def bad(message: str, action: str) -> Refusal:
        return Refusal("bad-job", message, action)

    if (job.graders is not None) != (job.method == "reinforcement"):
        wanted = "needs a grader" if job.method == "reinforcement" else f"takes no grader with the method {job.method}"
        raise bad(f"The job {wanted}.", "Add or remove the grader.")
    if job.hyperparameters.beta != AUTO and job.method == "supervised":
        raise bad('Supervised fine-tuning has no "beta".', "Remove it, or choose another method.")
    if job.early_stop and job.validation_file is None:
        raise bad("Stopping early needs a validation file.", "Add one, or switch stopping early off.")
    if job.advanced.packing and job.method != "supervised":
        raise bad(f'"packing" is not available with the method {job.method}.', "Switch it off.")
    size, parts = job.hyperparameters.batch_size, job.advanced.gradient_accumulation
    if isinstance(size, int) and isinstance(parts, int) and size % parts != 0:
        raise bad(
            f"A batch of {size} cannot be divided into {parts} equal parts.",
            'Set "gradient_accumulation" to a divisor of "batch_size".',
        )
    for path in (job.training_file, job.validation_file):
        if path is not None and not path.is_file():
            raise Refusal("bad-file", f"The file {path} does not exist.", "Choose the file again.")
    if job.resume is not None and not (job.resume / "complete.json").is_file():
        raise bad(f"{job.resume} is not a whole checkpoint.", "Resume from an earlier checkpoint.")
    return job
