"""Devices of this machine, and the memory that is free on them."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import torch

from .protocol import Refusal


def choose(wanted: str) -> str:
    """Device to train on; raises Refusal (`bad-job`) for one that is not there."""
    there = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next(name for name in ("cuda", "mps", "cpu") if there[name])
    if not there[wanted]:
        raise Refusal("bad-job", f"There is no {wanted} device here.", 'Set "device" to "auto".')
    return wanted


def available_memory(device: str) -> int:
    """Bytes that are free for a training: of the current GPU, else of this machine or of its container."""
    if device == "cuda":
        return int(torch.cuda.mem_get_info()[0])
    limits = [_machine_memory(), _container_memory()]
    return min(limit for limit in limits if limit is not None)


def peak_memory(device: str) -> int:
    """Most bytes that were in use at once: on the GPU, else by this process."""
    if device == "cuda":
        return int(torch.cuda.max_memory_allocated())
    try:
        import resource
    except ImportError:  # Windows has no such count.
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if platform.system() == "Darwin" else peak * 1024


def _machine_memory() -> int:
    meminfo = Path("/proc/meminfo")
    if meminfo.is_file():
        for line in meminfo.read_text(encoding="ascii").splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    import psutil

    return int(psutil.virtual_memory().available)


def _container_memory() -> int | None:
    """Room under the limit of a control group (Docker, Slurm); None without a limit."""
    for limit_file, used_file in (
        ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
        ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
    ):
        try:
            limit = Path(limit_file).read_text(encoding="ascii").strip()
            used = int(Path(used_file).read_text(encoding="ascii"))
        except (OSError, ValueError):
            continue
        if limit.isdigit() and int(limit) < 1 << 60:
            return max(0, int(limit) - used)
    return None


def set_threads(threads: int | None) -> int:
    """Set the count of threads of one process; return it. Several workers on one machine share its cores."""
    if threads is not None:
        torch.set_num_threads(threads)
    elif "OMP_NUM_THREADS" not in os.environ and (workers := int(os.environ.get("LOCAL_WORLD_SIZE", "1"))) > 1:
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // workers))
    return torch.get_num_threads()
