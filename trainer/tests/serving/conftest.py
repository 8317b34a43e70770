"""Tiny random models with a tokenizer of their own, and a server over them in this process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from tuning_fork_trainer.serving.backend import ModelSpec
from tuning_fork_trainer.serving.engine import TransformersBackend
from tuning_fork_trainer.serving.loaded import LoadedBase
from tuning_fork_trainer.serving.registry import Registry
from tuning_fork_trainer.serving.server import Server

from ..support import byte_level, tiny_llama
from .client import Client

TEMPLATE = (
    "{% if tools %}<|im_start|>tools\n{% for tool in tools %}{{ tool | tojson }}{% endfor %}"
    'Write <tool_call>{"name": "", "arguments": {}}</tool_call><|im_end|>\n{% endif %}'
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
CONTEXT = 400


def make_tokenizer() -> Any:
    """Tokenizer whose chat template has a place for tools."""
    from transformers import PreTrainedTokenizerFast

    texts = ["What does this cost? Price is $120.00", "The answer of the assistant is a price in dollars"] * 9
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], texts),
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        model_max_length=CONTEXT,
    )
    wrapped.chat_template = TEMPLATE
    return wrapped


def make_base(
    folder: Path, seed: int, template: str | None = TEMPLATE, context: int = CONTEXT, endless: bool = False
) -> Path:
    """Tiny Llama. Its wide weights make one token stand out, so that rounding decides nothing."""
    tokenizer = make_tokenizer()
    tokenizer.chat_template = template
    tokenizer.model_max_length = context
    model = tiny_llama(tokenizer, seed=seed, context=context, spread=0.4, bos_token_id=None)
    if endless:
        # Among so many others the end token with logit 0 is never the most probable one.
        model.lm_head.weight.data[tokenizer.eos_token_id] = 0
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_adapter(base: Path, folder: Path, seed: int) -> Path:
    """LoRA adapter whose weights are random, not the zeros that training begins with."""
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    config = LoraConfig(r=4, lora_alpha=32, target_modules="all-linear", task_type="CAUSAL_LM", init_lora_weights=False)
    get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_base(tmp_path_factory.mktemp("base"), seed=21)


@pytest.fixture(scope="session")
def adapters(base: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return [make_adapter(base, tmp_path_factory.mktemp(f"adapter{seed}"), seed) for seed in (2, 3)]


class Running:
    """Server of a test, with the parts that tests look into."""

    def __init__(self, registry: Registry, **options: Any) -> None:
        self.unloaded: list[str] = []
        self.backend = TransformersBackend(
            "cpu", options.pop("idle_seconds", 600), options.pop("most", 16), self.unloaded.append
        )
        self.server = Server(0, "secret", registry, self.backend)
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.client = Client(self.server.port, "secret")

    def close(self) -> None:
        assert self.backend.close()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture(scope="session")
def registry(base: Path, adapters: list[Path]) -> dict[str, ModelSpec]:
    return {
        "base": ModelSpec(str(base)),
        "tuned": ModelSpec(str(base), str(adapters[0])),
        "other": ModelSpec(str(base), str(adapters[1])),
    }


@pytest.fixture
def serve(registry: dict[str, ModelSpec]) -> Iterator[Callable[..., Running]]:
    """Function that starts a server; all are ended behind the test."""
    started: list[Running] = []

    def start(models: dict[str, ModelSpec] | None = None, **options: Any) -> Running:
        started.append(Running(Registry(models or registry), **options))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture(scope="module")
def running(registry: dict[str, ModelSpec]) -> Iterator[Running]:
    """Server that the tests of a file share, so that models are loaded once."""
    one = Running(Registry(registry))
    yield one
    one.close()


@pytest.fixture(scope="module")
def client(running: Running) -> Client:
    return running.client


@pytest.fixture
def widths(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Sequences of each forward pass from here on."""
    counted: list[int] = []
    forward = LoadedBase.forward

    def count(self: LoadedBase, tokens: torch.Tensor, *rest: Any) -> torch.Tensor:
        counted.append(tokens.shape[0])
        return forward(self, tokens, *rest)

    monkeypatch.setattr(LoadedBase, "forward", count)
    return counted


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every prompt is read anew."""
    monkeypatch.setattr(LoadedBase, "keep_prompt", lambda *_arguments: None)
