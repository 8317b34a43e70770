"""Base models in memory, with the adapters that were added to them."""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import torch

from ..models import load_model, locate
from ..protocol import Refusal
from .backend import Origin
from .prompt_cache import PromptCache, ReadPrompt
from .vocabularies import Vocabularies

# Layers whose cache holds one entry a token, so that sequences can join and leave a running batch.
JOINABLE = {"full_attention", "sliding_attention"}
UNSET = "\0"  # No adapter has this name.


class LoadedBase:
    """Base model that is loaded once. Used on one thread only, as adapters are switched in place."""

    def __init__(self, origin: Origin, device: str) -> None:
        source = locate(*origin)
        self.device = device
        self._model = load_model(source, device).to(device).eval()
        self._peft: Any = None
        self._names: dict[str, str] = {}
        self._added = 0
        self._active: str | None = None
        self._using: str | None = None
        self.words = Vocabularies(source, self._model.config, getattr(self._model, "generation_config", None))
        self._prompts = PromptCache()
        self._arguments = set(inspect.signature(self._model.forward).parameters)
        kinds = getattr(self._model.config.get_text_config(), "layer_types", None) or ["full_attention"]
        self.joins = not getattr(self._model, "_is_stateful", False) and set(kinds) <= JOINABLE

    @property
    def adapters(self) -> list[str]:
        """Folders of the adapters in memory."""
        return sorted(self._names)

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
        self.words.forget(adapter)
        self._prompts.forget(adapter)
        name = self._names.pop(adapter, None)
        if name is not None:
            self._active = UNSET
            self._peft.delete_adapter(name)

    def use(self, adapter: str | None) -> None:
        """Switch to an adapter that was added, or to the bare base."""
        self._using = adapter
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

    def read_prompt(self, prompt: tuple[int, ...]) -> ReadPrompt | None:
        """Prompt as it was read before with the adapter in use; None where it has to be read."""
        return self._prompts.get(self._using, prompt)

    def keep_prompt(self, prompt: tuple[int, ...], cache: Any, row: int, logits: torch.Tensor) -> None:
        """Keep what was read of a prompt, where the cache can be taken apart."""
        if self.joins:
            self._prompts.put(self._using, prompt, cache, row, logits)

    def cache_of(self, read: ReadPrompt) -> Any:
        """Cache that holds one prompt; what is added to it leaves the prompt as it is."""
        cache = self.new_cache()
        for place, (keys, values) in enumerate(read.layers):
            cache.update(keys, values, place)
        return cache

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
