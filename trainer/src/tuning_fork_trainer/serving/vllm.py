"""Backend over a server of vLLM's: a process of its own, asked over loopback, which computes while this one reads and writes.

Prompts are written and tokens are read here, so that an answer has the same form whoever computes it. vLLM needs torch in
a version of its own and is therefore often installed elsewhere; its command is all that is used of it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import logging
import os
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ..models import load_config, locate
from .backend import Backend, Failed, ModelSpec, Origin, Started, Ticket
from .errors import ApiError, from_failure
from .loaded import check_adapter
from .prompts import prompt_tokens, tool_form
from .sequence import Sequence
from .vocabularies import Vocabularies

LONGEST = 8192  # Tokens of a prompt and its answer: vLLM wants memory for one such sequence before it starts.
RANK = 64  # Highest rank of an adapter; vLLM reserves memory for it.
STARTING = 600.0  # Seconds within which the server has to answer; it compiles kernels at its first start.
SHARE = 0.8  # Of the memory that is free on the GPU; the rest stays for a training.
LOG = logging.getLogger(__name__)


class Unsuitable(Exception):
    """The other backend has to answer; the text says why."""


def find_program() -> str | None:
    """Command of vLLM: beside this Python, else on the PATH."""
    beside = Path(sys.executable).parent
    return shutil.which("vllm", path=os.pathsep.join([str(beside), os.environ.get("PATH", "")]))


class Child:
    """Server of vLLM's for one base."""

    def __init__(self, program: str, origin: Origin, share: float) -> None:
        source = locate(*origin)
        if source.gguf:
            raise Unsuitable("It is a GGUF file.")
        config = load_config(source)
        self.words = Vocabularies(source, config, _generation(source.folder))
        self.reads_more = self.words.limit > LONGEST
        self.words.limit = min(self.words.limit, LONGEST)
        self.adapters: dict[str, str] = {}
        self._loading = threading.Lock()
        self._added = 0
        self._lost = False
        self._token = secrets.token_urlsafe(24)
        self._port = _free_port()
        self._last: deque[str] = deque(maxlen=40)  # Lines of its output; never logged, as they may hold prompts.
        command = [program, "serve", str(source.folder), "--host", "127.0.0.1", "--port", str(self._port)]
        command += ["--served-model-name", "base", "--load-format", "safetensors"]
        command += ["--max-model-len", str(self.words.limit), "--gpu-memory-utilization", f"{share:.2f}"]
        command += ["--enable-lora", "--max-lora-rank", str(RANK)]
        self._process = subprocess.Popen(  # noqa: S603 - the command of this machine's vLLM, with paths as arguments
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            # In the group of this process: whoever ends that one ends this, too.
            env={
                **os.environ,
                "VLLM_API_KEY": self._token,
                "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "True",
                "VLLM_NO_USAGE_STATS": "1",
                "DO_NOT_TRACK": "1",
                "HF_HUB_OFFLINE": "1",
            },
        )
        threading.Thread(target=self._read, daemon=True, name="vllm output").start()

    def wait_until_ready(self, ended: Callable[[], bool]) -> None:
        """Wait for its first answer. Raises Unsuitable where it ends or takes too long."""
        deadline = time.monotonic() + STARTING
        while time.monotonic() < deadline and not ended():
            if self._process.poll() is not None:
                raise Unsuitable(f"vLLM ended at its start ({self.last_line()}).")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if self._call("GET", "/health")[0] == 200:
                    return
            time.sleep(0.2)
        raise Unsuitable("vLLM did not start in time.")

    @property
    def alive(self) -> bool:
        """Whether it can be asked; a process that broke off an answer may still be about to end."""
        return not self._lost and self._process.poll() is None

    def lose(self) -> None:
        """Ask it nothing more: another one takes its place."""
        self._lost = True

    def last_line(self) -> str:
        """End of its output, for a sentence about its failure."""
        return next((line[:200] for line in reversed(self._last) if line), "without a word")

    def name_of(self, adapter: str | None) -> str:
        """Name of a model there, loaded where it is not yet. Raises Refusal or Unsuitable."""
        if adapter is None:
            return "base"
        with self._loading:
            if adapter not in self.adapters:
                check_adapter(Path(adapter))
                if _rank(Path(adapter)) > RANK:
                    raise Unsuitable(f"The rank of the adapter is above {RANK}.")
                self._added += 1  # A name is never used twice: vLLM may remember an adapter that was unloaded.
                name = f"adapter{self._added}"
                status, text = self._call("POST", "/v1/load_lora_adapter", {"lora_name": name, "lora_path": adapter})
                if status != 200:
                    raise Unsuitable(f"vLLM does not take the adapter ({text[:200]}).")
                self.adapters[adapter] = name
            return self.adapters[adapter]

    def forget(self, adapter: str) -> None:
        """Unload an adapter."""
        with self._loading:
            name = self.adapters.pop(adapter, None)
        self.words.forget(adapter)
        if name is not None:
            with contextlib.suppress(OSError, http.client.HTTPException):
                self._call("POST", "/v1/unload_lora_adapter", {"lora_name": name})

    def generate(self, body: dict[str, Any], stopped: Callable[[], bool]) -> Iterator[dict[str, Any]]:
        """Choices of the chunks of a completion. Closing the iterator ends the work there. Raises ApiError or OSError."""
        connection = self._connection()
        try:
            connection.request("POST", "/v1/completions", json.dumps(body), self._headers())
            response = connection.getresponse()
            if response.status != 200:
                raise ApiError(500, "internal", f"vLLM refused the request ({_sentence(response.read())}).")
            for line in response:
                if stopped():
                    return
                if line.strip() == b"data: [DONE]":
                    return
                if line.startswith(b"data: "):
                    chunk = json.loads(line[len(b"data: ") :])
                    if "error" in chunk:
                        raise ApiError(500, "internal", f"vLLM failed ({_sentence(line[len(b'data: ') :])}).")
                    yield from chunk.get("choices", [])
            raise ConnectionError("The answer has no end.")
        finally:
            connection.close()

    def end(self) -> None:
        """End it with its workers."""
        import psutil

        family = []
        with contextlib.suppress(psutil.Error):
            own = psutil.Process(self._process.pid)
            family = [own, *own.children(recursive=True)]
        self._process.terminate()
        _, left = psutil.wait_procs(family, timeout=5)
        for process in left:
            with contextlib.suppress(psutil.Error):
                process.kill()
        self._process.wait()

    def _read(self) -> None:
        for line in self._process.stdout or []:
            self._last.append(line.strip())

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}

    def _connection(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=STARTING)

    def _call(self, method: str, path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
        connection = self._connection()
        try:
            connection.request(method, path, None if body is None else json.dumps(body), self._headers())
            response = connection.getresponse()
            return response.status, response.read().decode("utf-8", "replace")
        finally:
            connection.close()


class VllmBackend:
    """Answers with vLLM, one base at a time; what vLLM cannot serve, the other backend answers.

    `on_notice` is called with a sentence where vLLM is not used for a base, `on_unload` with the name of a base that was freed.
    """

    def __init__(
        self,
        program: str,
        other: Backend,
        idle_seconds: float,
        most: int,
        on_notice: Callable[[str], None] = lambda _text: None,
        on_unload: Callable[[str], None] = lambda _base: None,
    ) -> None:
        self._program = program
        self._other = other
        self._idle_seconds = idle_seconds
        self._on_notice = on_notice
        self._on_unload = on_unload
        self._changed = threading.Condition()
        self._switching = threading.Lock()
        self._child: Child | None = None
        self._origin: Origin | None = None
        self._unsuitable: set[Origin] = set()
        self._busy = 0  # Requests that use the child.
        self._used = time.monotonic()
        self._running = 0  # Answers.
        self._waiting = 0
        self._closing = False
        self._choices = ThreadPoolExecutor(most, thread_name_prefix="vllm answer")
        threading.Thread(target=self._watch, daemon=True, name="vllm idle").start()

    def submit(self, ticket: Ticket) -> None:
        """Queue a request."""
        if ticket.spec.origin in self._unsuitable:
            self._other.submit(ticket)
        else:
            threading.Thread(target=self._answer, args=(ticket,), daemon=True, name="vllm request").start()

    def forget(self, spec: ModelSpec) -> None:
        """Free the adapter of a model that was removed."""
        self._other.forget(spec)
        child = self._child
        if child is not None and spec.adapter is not None and spec.origin == self._origin:
            child.forget(spec.adapter)

    def state(self) -> dict[str, Any]:
        """Counts and names, those of the other backend included."""
        other = self._other.state()
        with self._changed:
            loaded = [] if self._origin is None else [self._origin[0]]
            adapters = [] if self._child is None else list(self._child.adapters)
            return {
                "loaded": sorted([*other["loaded"], *loaded]),
                "adapters": sorted([*other["adapters"], *adapters]),
                "waiting": other["waiting"] + self._waiting,
                "running": other["running"] + self._running,
            }

    def close(self) -> bool:
        """End the server of vLLM's, with all that runs."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            child = self._child
        if child is not None:
            child.end()
        self._choices.shutdown(wait=False, cancel_futures=True)
        return self._other.close()

    def _answer(self, ticket: Ticket) -> None:
        try:
            child = self._take(ticket.spec.origin)
        except Unsuitable as reason:
            self._give_up(ticket, str(reason))
            return
        except Exception as error:
            LOG.warning("vLLM could not be started for %s.", ticket.spec, exc_info=True)
            self._fail(ticket, error)
            return
        try:
            self._ask(child, ticket)
        except Unsuitable as reason:
            LOG.info("vLLM is not used for %s: %s", ticket.spec, reason)
            self._other.submit(ticket)
        except Exception as error:
            if isinstance(error, (OSError, http.client.HTTPException)):
                child.lose()
            LOG.warning("A request for %s failed.", ticket.spec, exc_info=True)
            self._fail(ticket, error)
        finally:
            with self._changed:
                self._busy -= 1
                self._used = time.monotonic()
                self._changed.notify_all()

    def _give_up(self, ticket: Ticket, reason: str) -> None:
        with self._changed:
            closing = self._closing
            first = not closing and ticket.spec.origin not in self._unsuitable
            if first:
                self._unsuitable.add(ticket.spec.origin)
        if first:
            self._on_notice(f"{ticket.spec.base} is answered without vLLM. {reason}")
        self._other.submit(ticket)

    def _take(self, origin: Origin) -> Child:
        """Server for a base, started where it is another one's turn or it died. Counts as busy."""
        with self._switching:
            with self._changed:
                if self._child is not None and self._origin == origin and self._child.alive:
                    self._busy += 1
                    return self._child
                # Requests of the other base end first; new ones wait at the lock.
                self._changed.wait_for(lambda: self._busy == 0 or self._closing)
                old, self._child, self._origin = self._child, None, None
            if old is not None:
                old.end()
            if self._closing:
                raise ApiError(503, "server_ending", "The server ends.")
            child = Child(self._program, origin, _share_of_gpu())
            try:
                child.wait_until_ready(lambda: self._closing)
            except Unsuitable:
                child.end()
                raise
            with self._changed:
                self._child, self._origin = child, origin
                self._busy += 1
            return child

    def _ask(self, child: Child, ticket: Ticket) -> None:
        spec, request = ticket.spec, ticket.request
        if ticket.cancelled:
            return
        try:
            prompt = prompt_tokens(child.words, spec.adapter, request)
        except ApiError as error:
            if error.code == "context_length_exceeded" and child.reads_more:
                raise Unsuitable(f"The prompt is longer than {LONGEST} tokens.") from error
            raise
        limit = min(request.max_tokens or child.words.limit, child.words.limit - len(prompt))
        name = child.name_of(spec.adapter)
        words = child.words.vocabulary(spec.adapter)
        ticket.emit(Started(len(prompt), tool_form(words.tokenizer) if request.tools else None))
        with self._changed:
            self._waiting += request.choices

        def one(choice: int) -> None:
            with self._changed:
                self._waiting -= 1
                self._running += 1
            try:
                self._stream(child, name, Sequence(ticket, choice, prompt, limit, words), limit)
            finally:
                with self._changed:
                    self._running -= 1

        for done in [self._choices.submit(one, choice) for choice in range(request.choices)]:
            done.result()

    def _stream(self, child: Child, name: str, sequence: Sequence, limit: int) -> None:
        ticket, sampling = sequence.ticket, sequence.sampling
        body: dict[str, Any] = {
            "model": name,
            "prompt": sequence.prompt,
            "max_tokens": limit,
            "temperature": sampling.temperature,
            "top_p": max(sampling.top_p, 1e-6),  # 0 is refused there; the most probable token is all that is left.
            "seed": sequence.seed,
            "stop_token_ids": sorted(sequence.ends),
            "stream": True,
            "return_token_ids": True,
        }
        if sequence.wants_logprobs:
            body |= {"logprobs": ticket.request.top_logprobs, "return_tokens_as_token_ids": True}
        reason = "stop"
        try:
            for part in child.generate(body, lambda: ticket.cancelled):
                logprobs = part.get("logprobs") or {}
                for place, token in enumerate(part.get("token_ids") or []):
                    if sequence.accept(token, *_logprobs_at(logprobs, place)):
                        return
                reason = part.get("finish_reason") or reason
        except (OSError, http.client.HTTPException, ValueError) as error:
            if ticket.cancelled:
                return
            child.lose()
            raise ApiError(503, "internal", f"vLLM ended while it answered ({child.last_line()}).") from error
        if not ticket.cancelled:
            # An end token that it keeps to itself.
            sequence.end("length" if reason == "length" else "stop")

    def _fail(self, ticket: Ticket, error: Exception) -> None:
        if not ticket.cancelled:
            ticket.cancel()
            ticket.emit(Failed(from_failure(error)))

    def _watch(self) -> None:
        """End a server that nobody asks any more."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._rest() <= 0, timeout=self._rest())
                if self._closing:
                    return
            # A new one starts only when the memory of the old one is free again.
            with self._switching:
                with self._changed:
                    if self._rest() > 0 or self._child is None or self._origin is None:
                        continue
                    child, origin = self._child, self._origin
                    self._child = self._origin = None
                child.end()
            self._on_unload(origin[0])

    def _rest(self) -> float:
        """Seconds until the server has been idle for long enough."""
        if self._child is None or self._busy > 0:
            return self._idle_seconds
        return self._idle_seconds - (time.monotonic() - self._used)


def _logprobs_at(logprobs: dict[str, Any], place: int) -> tuple[float, list[tuple[int, float]]]:
    values = logprobs.get("token_logprobs") or []
    tops = logprobs.get("top_logprobs") or []
    top = (tops[place] if place < len(tops) else None) or {}
    named = [(int(token.removeprefix("token_id:")), float(value)) for token, value in top.items()]
    return (values[place] if place < len(values) else 0.0), sorted(named, key=lambda entry: -entry[1])


def _rank(adapter: Path) -> int:
    config = json.loads((adapter / "adapter_config.json").read_text(encoding="utf-8"))
    return max([int(config.get("r", 0)), *(int(rank) for rank in (config.get("rank_pattern") or {}).values())])


def _generation(folder: Path) -> Any:
    from transformers import GenerationConfig

    try:
        return GenerationConfig.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError):
        return None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _share_of_gpu() -> float:
    import torch

    if not torch.cuda.is_available():
        return SHARE
    free, total = torch.cuda.mem_get_info()
    return SHARE * free / total


def _sentence(body: bytes) -> str:
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        value = json.loads(body)
        error = value.get("error", value)
        return str(error.get("message", error))[:200]
    return body[:200].decode("utf-8", "replace")
