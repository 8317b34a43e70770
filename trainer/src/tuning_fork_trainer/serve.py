"""Command `serve`: chat completions over HTTP on loopback, for as long as the parent lives."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from .protocol import Channel, Refusal

if TYPE_CHECKING:
    from .serving.backend import Backend

TOKEN = "TUNING_FORK_TRAINER_TOKEN"  # noqa: S105 - name of the variable, not its value


def main(arguments: list[str]) -> int:
    """Serve until standard input closes or SIGTERM comes. Writes `{"type": "listening", "port": N}` once it listens.

    The environment variable TUNING_FORK_TRAINER_TOKEN holds the bearer token that every request must bring.
    """
    options = _options(arguments)
    channel = Channel.claim_stdout()
    try:
        return _serve(options, channel)
    except Refusal as refusal:
        channel.error(refusal)
        return 1


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer serve")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument("--models", type=Path, help='JSON file {"models": {name: {"base", "adapter", "revision"}}}')
    parser.add_argument("--idle-seconds", type=float, default=600, help="free a model after this time without requests")
    parser.add_argument("--most", type=int, default=32, help="answers of one model that are generated at once")
    parser.add_argument("--device", default="auto", choices=["auto", "cpu", "cuda", "mps"])
    parser.add_argument(
        "--engine", default="auto", choices=["auto", "transformers"], help="auto takes vLLM where it can"
    )
    parser.add_argument("--threads", type=int, help="threads of the CPU")
    return parser.parse_args(arguments)


def _serve(options: argparse.Namespace, channel: Channel) -> int:
    token = os.environ.pop(TOKEN, "")  # Children and logs of libraries never see it.
    if not token:
        raise Refusal("bad-job", f"The environment variable {TOKEN} is empty.", "Set it to a secret.")
    from .serving.registry import Registry

    registry = Registry.read(options.models) if options.models else Registry()
    ended = threading.Event()
    # Both are listened to before the slow imports, so that a parent that dies early leaves nothing behind.
    signal.signal(signal.SIGTERM, lambda _number, _frame: ended.set())
    threading.Thread(target=_wait_for_end, args=(0, ended), daemon=True, name="parent").start()

    from .devices import set_threads
    from .serving.server import Server

    set_threads(options.threads)
    backend = _backend(options, channel)
    try:
        server = Server(options.port, token, registry, backend)
    except OSError as error:
        raise Refusal("bad-job", f"Port {options.port} is taken ({error.strerror}).", "Choose port 0.") from error
    with server:
        threading.Thread(target=server.serve_forever, daemon=True, name="server").start()
        channel.emit("listening", port=server.port)
        ended.wait()
        finished = backend.close()
        server.shutdown()
    if not finished:
        # The engine's thread is within a long computation; Python cannot end cleanly around it.
        os._exit(0)
    return 0


def _backend(options: argparse.Namespace, channel: Channel) -> Backend:
    """vLLM where it is installed and a GPU of NVIDIA's is there, beside transformers, which answers for the rest."""
    from .devices import choose
    from .serving.engine import TransformersBackend
    from .serving.vllm import VllmBackend, find_program

    device, most = choose(options.device), max(1, options.most)

    def unloaded(base: str) -> None:
        channel.notice("info", "unloaded", f"{base} was idle and is no longer in memory.")

    backend = TransformersBackend(device, options.idle_seconds, most, on_unload=unloaded)
    program = find_program() if device == "cuda" and options.engine == "auto" else None
    if program is None:
        return backend
    return VllmBackend(
        program,
        backend,
        options.idle_seconds,
        4 * most,
        on_notice=lambda text: channel.notice("info", "without-vllm", text),
        on_unload=unloaded,
    )


def _wait_for_end(descriptor: int, ended: threading.Event) -> None:
    # Read without Python's buffer, whose lock must be free when the process ends.
    with contextlib.suppress(OSError):
        while os.read(descriptor, 4096):
            pass
    ended.set()
