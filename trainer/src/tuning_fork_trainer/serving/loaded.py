"""Base models in memory, with the adapters that were added to them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import torch

from ..chat import PLAIN_TEMPLATE, TemplateFacts, template_facts
from ..models import Source, load_model, load_tokenizer, locate, longest
from ..protocol import Refusal
from .decoding import TokenBytes
from .sequence import Vocabulary

# Layers whose cache holds one entry a token, so that sequences can join and leave a running batch.
JOINABLE = {"full_attention", "sliding_attention"}
UNSET = "\0"  # No adapter has this name.


class LoadedBase:
    """Base model that is loaded once. Used on one thread only, as adapters are switched in place."""

    def __init__(self, base: str, device: str) -> None:
        source = locate(base)
        self.device = device
        tokenizer = load_tokenizer(source)
        self._model = load_model(source, device).to(device).eval()
        self._peft: Any = None
        self._names: dict[str, str] = {}
        self._added = 0
        self._active: str | None = None
        self._vocabularies: dict[str | None, Vocabulary] = {None: self._vocabulary(tokenizer)}
        self._facts: dict[str | None, TemplateFacts] = {}
        self._arguments = set(inspect.signature(self._model.forward).parameters)
        self.limit = longest(self._model.config, tokenizer)
        kinds = getattr(self._model.config.get_text_config(), "layer_types", None) or ["full_attention"]
        self.joins = not getattr(self._model, "_is_stateful", False) and set(kinds) <= JOINABLE

    @property
    def adapters(self) -> list[str]:
        """Folders of the adapters in memory."""
        return sorted(self._names)

    def vocabulary(self, adapter: str | None) -> Vocabulary:
        """Tokenizer to use with an adapter: the one saved beside it, whose template it was trained with, else the base's."""
        if adapter not in self._vocabularies and adapter is not None:
            own = (Path(adapter) / "tokenizer_config.json").is_file()
            saved = self._vocabulary(load_tokenizer(Source(Path(adapter)))) if own else self._vocabularies[None]
            self._vocabularies[adapter] = saved
        return self._vocabularies[adapter]

    def facts(self, adapter: str | None) -> TemplateFacts:
        """What the chat template has a place for."""
        if adapter not in self._facts:
            self._facts[adapter] = template_facts(self.vocabulary(adapter).tokenizer)
        return self._facts[adapter]

    def add(self, adapter: str) -> None:
        """Load an adapter beside those that are there. Raises Refusal."""
        if adapter in self._names:
            return
        check_adapter(Path(adapter))
        self._added += 1  # A name is never used twice, as PEFT may remember a deleted one.
        name = f"adapter{self._added}"
        self._active = UNSET
        try:
            if self._peft is None:
                from peft import PeftModel

                self._peft = PeftModel.from_pretrained(self._model, adapter, adapter_name=name)
            else:
                self._peft.load_adapter(adapter, adapter_name=name)
        except (torch.OutOfMemoryError, MemoryError):
            raise
        except Exception as error:
            raise Refusal(
                "bad-model",
                f"The adapter {adapter} does not fit its base model ({str(error).strip().splitlines()[0][:200]}).",
                "Choose the base that it was trained on.",
            ) from error
        self._peft.eval()
        self._names[adapter] = name

    def remove(self, adapter: str) -> None:
        """Free an adapter; nothing happens where it was not loaded."""
        self._vocabularies.pop(adapter, None)
        self._facts.pop(adapter, None)
        name = self._names.pop(adapter, None)
        if name is not None:
            self._active = UNSET
            self._peft.delete_adapter(name)

    def use(self, adapter: str | None) -> None:
        """Switch to an adapter that was added, or to the bare base."""
        if adapter == self._active or self._peft is None:
            return
        if adapter is None:
            self._peft.base_model.disable_adapter_layers()
        else:
            self._peft.base_model.enable_adapter_layers()
            self._peft.set_adapter(self._names[adapter])
        self._active = adapter

    def new_cache(self) -> Any:
        """Empty cache of keys and values. Without a configuration each layer keeps all tokens, which joining needs."""
        from transformers import DynamicCache

        return DynamicCache() if self.joins else DynamicCache(config=self._model.config)

    def forward(self, tokens: torch.Tensor, mask: torch.Tensor, positions: torch.Tensor, cache: Any) -> torch.Tensor:
        """Logits of the token behind the last column: [rows, vocabulary]. The cache grows by the given tokens.

        `tokens` and `positions` are [rows, new], `mask` is [rows, cached + new] with 0 for padding.
        """
        arguments: dict[str, Any] = {"attention_mask": mask, "position_ids": positions, "use_cache": True}
        # Older versions of transformers call it `past_key_values`.
        arguments["cache" if "cache" in self._arguments else "past_key_values"] = cache
        if "logits_to_keep" in self._arguments:
            arguments["logits_to_keep"] = 1
        # PEFT's own wrapper only passes the call on to the model whose layers it replaced in place.
        with torch.inference_mode():
            logits: torch.Tensor = self._model(input_ids=tokens, **arguments).logits[:, -1]
        return logits

    def _vocabulary(self, tokenizer: Any) -> Vocabulary:
        if not tokenizer.chat_template:
            tokenizer.chat_template = PLAIN_TEMPLATE
        ends = {tokenizer.eos_token_id}
        configured = getattr(getattr(self._model, "generation_config", None), "eos_token_id", None)
        ends.update(configured if isinstance(configured, list) else [configured])
        return Vocabulary(
            tokenizer, frozenset(token for token in ends if isinstance(token, int)), TokenBytes(tokenizer)
        )


def check_adapter(folder: Path) -> None:
    """Refuse a folder that is no LoRA adapter in safetensors."""
    try:
        kind = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8")).get("peft_type")
    except (OSError, ValueError, AttributeError) as error:
        raise Refusal("no-model", f"{folder} is not the folder of an adapter.", "Choose the model again.") from error
    if kind != "LORA":
        raise Refusal("bad-model", f"The adapter {folder} is of the kind {kind}.", "Choose a LoRA adapter.")
    if not (folder / "adapter_model.safetensors").is_file():
        if any(folder.glob("adapter_model.*")):
            raise Refusal(
                "pickled-weights",
                f"The weights of the adapter {folder} are pickled, and such a file can run code when it is opened.",
                "Choose an adapter with a safetensors file.",
            )
        raise Refusal("bad-model", f"The adapter {folder} has no weights.", "Train it again.")
