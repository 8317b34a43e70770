"""Tokenizers of a base model and its adapters, without its weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..chat import PLAIN_TEMPLATE, TemplateFacts, template_facts
from ..models import Source, load_tokenizer, longest
from .decoding import TokenBytes
from .sequence import Vocabulary


class Vocabularies:
    """What has to be known of a model in order to write its prompts and to read its tokens. Raises Refusal."""

    def __init__(self, source: Source, config: Any, generation: Any) -> None:
        tokenizer = load_tokenizer(source)
        ends = getattr(generation, "eos_token_id", None)
        self._ends = ends if isinstance(ends, list) else [ends]
        self.limit = longest(config, tokenizer)  # Tokens of a prompt and its answer.
        self._known: dict[str | None, Vocabulary] = {None: self._vocabulary(tokenizer)}
        self._facts: dict[str | None, TemplateFacts] = {}

    def vocabulary(self, adapter: str | None) -> Vocabulary:
        """Tokenizer to use with an adapter: the one saved beside it, whose template it was trained with, else the base's."""
        if adapter not in self._known and adapter is not None:
            own = (Path(adapter) / "tokenizer_config.json").is_file()
            self._known[adapter] = self._vocabulary(load_tokenizer(Source(Path(adapter)))) if own else self._known[None]
        return self._known[adapter]

    def facts(self, adapter: str | None) -> TemplateFacts:
        """What the chat template has a place for."""
        if adapter not in self._facts:
            self._facts[adapter] = template_facts(self.vocabulary(adapter).tokenizer)
        return self._facts[adapter]

    def forget(self, adapter: str) -> None:
        """Drop an adapter's own."""
        self._known.pop(adapter, None)
        self._facts.pop(adapter, None)

    def _vocabulary(self, tokenizer: Any) -> Vocabulary:
        if not tokenizer.chat_template:
            tokenizer.chat_template = PLAIN_TEMPLATE
        ends = frozenset(token for token in (tokenizer.eos_token_id, *self._ends) if isinstance(token, int))
        return Vocabulary(tokenizer, ends, TokenBytes(tokenizer))
