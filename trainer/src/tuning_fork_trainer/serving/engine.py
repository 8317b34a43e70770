"""Backend over transformers: one thread loads, batches and generates."""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import torch

from .backend import Failed, ModelSpec, Origin, Started, Ticket
from .batch import Batch
from .errors import ApiError, from_failure
from .loaded import LoadedBase
from .prompts import prompt_tokens, tool_form
from .sequence import Sequence

SLICE = 16  # Tokens that one model generates before the next model with waiting requests gets its turn.
PREFILL = 8192  # Most tokens, padding included, of the prompts that are read at once while others wait.
LOG = logging.getLogger(__name__)


class Group:
    """Requests of one model: those that run and those that wait for a place."""

    def __init__(self, base: LoadedBase) -> None:
        self.batch = Batch(base)
        self.waiting: deque[Sequence] = deque()

    def drop_cancelled(self) -> None:
        """Free the places of requests that were given up, and those in the queue."""
        self.batch.drop_cancelled()
        if any(one.ticket.cancelled for one in self.waiting):
            self.waiting = deque(one for one in self.waiting if not one.ticket.cancelled)

    @property
    def tickets(self) -> list[Ticket]:
        """Requests in this group, one entry an answer."""
        return [one.ticket for one in (*self.batch.rows, *self.waiting)]


class TransformersBackend:
    """Continuous batching over the forward pass of a transformers model.

    Several models share the thread by turns. `on_unload` is called with the name of a base that was freed.
    """

    def __init__(
        self, device: str, idle_seconds: float, most: int, on_unload: Callable[[str], None] = lambda _base: None
    ) -> None:
        self._device = device
        self._idle_seconds = idle_seconds
        self._most = most
        self._on_unload = on_unload
        self._changed = threading.Condition()
        self._inbox: deque[Ticket] = deque()
        self._forgotten: deque[ModelSpec] = deque()
        self._closing = False
        self._bases: dict[Origin, LoadedBase] = {}
        self._used: dict[Origin, float] = {}
        self._groups: dict[ModelSpec, Group] = {}
        self._state: dict[str, Any] = {"loaded": [], "adapters": [], "waiting": 0, "running": 0}
        self._thread = threading.Thread(target=self._run, daemon=True, name="engine")
        self._thread.start()

    def submit(self, ticket: Ticket) -> None:
        """Queue a request."""
        with self._changed:
            closing = self._closing
            if not closing:
                self._inbox.append(ticket)
                self._changed.notify()
        if closing:
            ticket.emit(Failed(_ending()))

    def forget(self, spec: ModelSpec) -> None:
        """Free an adapter once nothing runs on it."""
        with self._changed:
            self._forgotten.append(spec)
            self._changed.notify()

    def state(self) -> dict[str, Any]:
        """Counts as of the last token; `waiting` includes requests that were not looked at yet."""
        with self._changed:
            return {**self._state, "waiting": self._state["waiting"] + len(self._inbox)}

    def close(self) -> bool:
        """Fail everything that runs; return whether the thread ended within 2 s."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join(timeout=2)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while self._wait():
            with self._changed:
                tickets, self._inbox = list(self._inbox), deque()
            for ticket in tickets:
                self._accept(ticket)
            self._forget_adapters()
            self._unload_idle()
            for spec in list(self._groups):
                self._serve(spec)
            self._publish()
        with self._changed:
            left = [*self._inbox, *(ticket for group in self._groups.values() for ticket in group.tickets)]
        for ticket in left:
            self._fail(ticket, _ending())

    def _wait(self) -> bool:
        """Sleep until there is something to do; false when the server ends."""
        with self._changed:
            while not (self._closing or self._inbox or self._groups or self._ready_to_forget()):
                rest = min((self._idle_seconds - self._age(base) for base in self._bases), default=None)
                if rest is not None and rest <= 0:
                    break
                self._changed.wait(rest)
            return not self._closing

    def _age(self, base: Origin) -> float:
        return time.monotonic() - self._used[base]

    def _accept(self, ticket: Ticket) -> None:
        """Load what a request needs, and line up its answers."""
        if ticket.cancelled:
            return
        spec, request = ticket.spec, ticket.request
        try:
            base = self._base(spec.origin)
            if spec.adapter is not None:
                base.add(spec.adapter)
            prompt = prompt_tokens(base.words, spec.adapter, request)
            words = base.words.vocabulary(spec.adapter)
        except Exception as error:
            LOG.warning("A request for %s failed.", spec, exc_info=True)
            self._fail(ticket, from_failure(error))
            return
        most = base.words.limit
        limit = min(request.max_tokens or most, most - len(prompt))
        group = self._groups.setdefault(spec, Group(base))
        ticket.emit(Started(len(prompt), tool_form(words.tokenizer) if request.tools else None))
        group.waiting += [Sequence(ticket, choice, prompt, limit, words) for choice in range(request.choices)]
        self._publish()

    def _base(self, origin: Origin) -> LoadedBase:
        if origin not in self._bases:
            self._bases[origin] = LoadedBase(origin, self._device)
        self._used[origin] = time.monotonic()
        return self._bases[origin]

    def _serve(self, spec: ModelSpec) -> None:
        """Give a model its turn; new requests end it early, so that they can join."""
        group, base = self._groups[spec], self._bases[spec.origin]
        for _ in range(SLICE):
            new: list[Sequence] = []
            try:
                base.use(spec.adapter)
                group.drop_cancelled()
                new = self._next(group, base)
                if new:
                    group.batch.join(new)
                elif group.batch.rows:
                    group.batch.step()
            except Exception as error:
                LOG.exception("A batch of %s failed.", spec)
                for one in (*group.batch.rows, *new):
                    self._fail(one.ticket, from_failure(error))
                group.batch = Batch(base)
            if not group.batch.rows and not group.waiting:
                del self._groups[spec]
                break
            with self._changed:
                if self._inbox or self._closing:
                    break
        self._used[spec.origin] = time.monotonic()
        self._publish()

    def _next(self, group: Group, base: LoadedBase) -> list[Sequence]:
        """Waiting sequences that fit beside the running ones."""
        room = (self._most if base.joins else 1) - len(group.batch.rows)
        new: list[Sequence] = []
        width, prompts = 0, 0
        while group.waiting and len(new) < room:
            one = group.waiting[0]
            again = bool(new) and one.ticket is new[-1].ticket
            width, prompts = max(width, len(one.prompt)), prompts + (not again)
            if new and width * prompts > PREFILL:
                break
            new.append(group.waiting.popleft())
        return new

    def _fail(self, ticket: Ticket, error: ApiError) -> None:
        if not ticket.cancelled:
            ticket.cancel()
            ticket.emit(Failed(error))

    def _ready_to_forget(self) -> bool:
        return any(spec not in self._groups for spec in self._forgotten)

    def _forget_adapters(self) -> None:
        with self._changed:
            ready = [spec for spec in self._forgotten if spec not in self._groups]
            self._forgotten = deque(spec for spec in self._forgotten if spec in self._groups)
        for spec in ready:
            if spec.adapter is not None and spec.origin in self._bases:
                self._bases[spec.origin].remove(spec.adapter)

    def _unload_idle(self) -> None:
        busy = {spec.origin for spec in self._groups}
        idle = [origin for origin in self._bases if origin not in busy and self._age(origin) >= self._idle_seconds]
        for origin in idle:
            del self._bases[origin], self._used[origin]
        if idle:
            gc.collect()
            if self._device == "cuda":
                torch.cuda.empty_cache()
        for name, _revision in idle:
            self._on_unload(name)

    def _publish(self) -> None:
        groups = self._groups.values()
        with self._changed:
            self._state = {
                "loaded": sorted(name for name, _revision in self._bases),
                "adapters": sorted(folder for base in self._bases.values() for folder in base.adapters),
                "waiting": sum(len(group.waiting) for group in groups),
                "running": sum(len(group.batch.rows) for group in groups),
            }


def _ending() -> ApiError:
    return ApiError(503, "server_ending", "The server ends.")
