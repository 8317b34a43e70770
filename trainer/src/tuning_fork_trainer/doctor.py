"""Command `doctor`: versions, devices, free memory, and one training step of a tiny random model."""

from __future__ import annotations

import argparse
import platform
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path
from typing import Any

from .protocol import Channel

NEEDED = ("torch", "transformers", "trl", "peft", "datasets", "safetensors", "accelerate", "jsonschema", "rapidfuzz")
OPTIONAL = ("gguf", "bitsandbytes", "vllm", "wandb")


def main(arguments: list[str]) -> int:
    """Print one JSON object; return 0 where the training step worked, else 1."""
    argparse.ArgumentParser(prog="tuning_fork_trainer doctor").parse_args(arguments)
    channel = Channel.claim_stdout()
    report = examine()
    channel.emit("doctor", **report)
    return 0 if report["ok"] else 1


def examine() -> dict[str, Any]:
    """Facts about this environment. `ok` tells whether a model can be trained; `action` is the sentence to act on."""
    versions = {name: version_of(name) for name in (*NEEDED, *OPTIONAL)}
    report: dict[str, Any] = {
        "python": platform.python_version(),
        "executable": sys.executable,
        "platform": platform.platform(),
        "versions": versions,
        "devices": [],
        "disk_free": shutil.disk_usage(Path.home()).free,
        "step_seconds": None,
        "loss": None,
    }
    # A Python that was never installed into can still run this file.
    if sys.version_info < (3, 11):  # noqa: UP036
        return _verdict(report, "Python is older than 3.11.", "Install Python 3.11 or newer, and run the set-up again.")
    missing = [name for name in NEEDED if versions[name] is None]
    if missing:
        return _verdict(report, f"Missing: {', '.join(missing)}.", "Repair the set-up.")
    try:
        report["devices"] = devices_here()
        report["step_seconds"], report["loss"] = training_step(report["devices"][0]["kind"])
    except Exception as error:  # noqa: BLE001 - any failure is the finding
        first = (str(error).splitlines() or [""])[0][:200]
        return _verdict(report, f"A training step failed: {type(error).__name__}: {first}", "Repair the set-up.")
    kind, free = report["devices"][0]["kind"], report["devices"][0]["memory_free"]
    if free < 2_000_000_000:
        return _verdict(report, "Less than 2 GB of memory are free.", "Close other programs before you train.", ok=True)
    if kind == "cpu":
        action = "Without a GPU choose a small model; each job measures its speed before its first step."
        return _verdict(report, "Training works on the CPU.", action, ok=True)
    return _verdict(report, "Training works on the GPU.", "Nothing needs to be done.", ok=True)


def version_of(package: str) -> str | None:
    """Version that is installed; None where it is not."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def devices_here() -> list[dict[str, Any]]:
    """Devices, the one that `auto` takes first; memory in bytes."""
    import torch

    from .devices import available_memory

    found: list[dict[str, Any]] = []
    for number in range(torch.cuda.device_count()):
        free, total = torch.cuda.mem_get_info(number)
        name = torch.cuda.get_device_name(number)
        found.append({"kind": "cuda", "name": name, "memory_free": free, "memory_total": total})
    if torch.backends.mps.is_available():
        free = available_memory("mps")
        found.append({"kind": "mps", "name": platform.processor(), "memory_free": free, "memory_total": None})
    cpu = {"kind": "cpu", "name": f"{torch.get_num_threads()} threads", "memory_free": available_memory("cpu")}
    return [*found, {**cpu, "memory_total": None}]


def training_step(device: str) -> tuple[float, float]:
    """Seconds and loss of one step of AdamW on the adapter of a random Llama with two layers. Raises what fails."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    started = time.perf_counter()
    shape = LlamaConfig(
        vocab_size=256, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, pad_token_id=0
    )
    model = get_peft_model(LlamaForCausalLM(shape), LoraConfig(r=4, target_modules="all-linear")).to(device)
    optimizer = torch.optim.AdamW(p for p in model.parameters() if p.requires_grad)
    ids = torch.arange(64, device=device).reshape(2, 32)
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    optimizer.step()
    value = float(loss)
    if not 0 < value < 100:
        raise ArithmeticError(f"the loss is {value}")
    return time.perf_counter() - started, value


def _verdict(report: dict[str, Any], message: str, action: str, *, ok: bool = False) -> dict[str, Any]:
    return {**report, "ok": ok, "message": message, "action": action}
