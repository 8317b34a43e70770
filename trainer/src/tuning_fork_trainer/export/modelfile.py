"""Modelfile of Ollama for a folder with merged safetensors.

After Ollama's sources (convert/, template/ and parser/), as of autumn 2026.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..protocol import Refusal
from .chat_parts import INSTEAD, ChatParts, checked_template
from .json_file import read_json, write_json

# Architectures of text models that `ollama create` imports from safetensors.
IMPORTED = {
    "LlamaForCausalLM": "Llama",
    "GemmaForCausalLM": "Gemma",
    "Gemma2ForCausalLM": "Gemma 2",
    "Gemma3ForCausalLM": "Gemma 3",
    "Phi3ForCausalLM": "Phi 3",
    "Qwen2ForCausalLM": "Qwen 2",
}
# Digests of the patterns by which Ollama recognizes how a tokenizer cuts a text before its merges.
KNOWN_CUTS = {
    "d98f9631be1e9607a9848c26c1f9eac1aa9fc21ac6ba82a2fc0741af9780a48f",  # Llama 3
    "03df5c5863ad70781dcfdef491ead25140f895fe8010964be0daefe27be32b02",  # DeepSeek
    "21cde974d587f0d54dc8d56b183cc1e6239600172035c68fbd6d4b9f8da0576e",  # DeepSeek Coder
    "1ff7f41064896984db5d1bb6ff64fa4bc29007d08c1b439e505b7392777a319e",  # Qwen 2
}


@dataclass(frozen=True)
class Modelfile:
    """Text of the file, and what is to be known of it: a code and a sentence each."""

    text: str
    warnings: list[tuple[str, str]]


def check_architecture(architecture: str) -> None:
    """Raise Refusal where Ollama does not import such models."""
    if architecture not in IMPORTED:
        known = ", ".join(IMPORTED.values())
        raise Refusal(
            "bad-model",
            f"Ollama does not import models of the architecture {architecture}, only {known}.",
            "Export the merged model, and convert it with the tools of llama.cpp.",
        )


def make_modelfile(folder: Path, tokenizer: Any) -> Modelfile:
    """Modelfile of a folder that was written; raises Refusal where its chat template or tokenizer cannot be used."""
    warnings = _check_tokenizer(folder)
    config = _tell_start(folder / "tokenizer_config.json")
    template, parts = checked_template(tokenizer, without_start=config.get("add_bos_token") is True)
    if time.strftime("%d %b %Y") in template:
        warnings.append(
            ("date", "The chat template writes the date of the day; the Modelfile keeps that of the export.")
        )
    if parts.system is None:
        warnings.append(
            ("no-system", "The chat template has no place for a system message, and the Modelfile has none.")
        )
    stops = stops_of(parts, tokenizer)
    for text in (template, *stops):
        _check_text(text)
    lines = [
        "# ollama create NAME -f Modelfile",
        "FROM .",
        f'TEMPLATE """{template}"""',
        *(f'PARAMETER stop "{stop}"' for stop in stops),
    ]
    return Modelfile("\n".join(lines) + "\n", warnings)


def _tell_start(file: Path) -> dict[str, Any]:
    """Say whether programs add the start token: where that is absent, Ollama adds it for some kinds of tokenizers."""
    config: dict[str, Any] = {"add_bos_token": False, **read_json(file)}
    write_json(file, config)
    return config


def stops_of(parts: ChatParts, tokenizer: Any) -> list[str]:
    """Texts that end an answer: the special tokens behind it, and the end token."""
    behind = parts.answer[1]
    special = {str(token) for token in tokenizer.get_added_vocab()}
    found = sorted((token for token in special if token in behind), key=behind.index)
    if not found and behind.strip():
        found = [behind.strip()]
    end = getattr(tokenizer, "eos_token", None)
    return list(dict.fromkeys([*found, *([str(end)] if end else [])]))


def _check_text(text: str) -> None:
    # A Modelfile has no escapes, and its reader drops what cannot be printed.
    if '"""' in text or not all(letter.isprintable() or letter == "\n" for letter in text):
        raise Refusal("bad-template", "The chat template has characters that a Modelfile cannot have.", INSTEAD)


def _check_tokenizer(folder: Path) -> list[tuple[str, str]]:
    if (folder / "tokenizer.model").is_file():
        return []
    tokenizer = read_json(folder / "tokenizer.json")
    model = tokenizer.get("model") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback") is True:
        raise Refusal(
            "bad-template",
            "Ollama reads the tokenizer of this model from a file tokenizer.model, which the base model does not have.",
            "Export the merged model, and convert it with the tools of llama.cpp.",
        )
    if cut_digest(tokenizer) in KNOWN_CUTS:
        return []
    return [
        (
            "tokenizer",
            "Ollama does not know how the tokenizer of this model cuts a text, and takes its usual way, by which "
            "numbers and punctuation may become other tokens than those of the training. Compare some answers.",
        )
    ]


def cut_digest(tokenizer: dict[str, Any]) -> str:
    """Digest of the patterns of a tokenizer, made as Ollama makes it."""
    digest = hashlib.sha256()
    cuts = (tokenizer.get("pre_tokenizer") or {}).get("pretokenizers") or []
    for cut in cuts:
        pattern = (cut.get("pattern") or {}).get("Regex") if cut.get("type") == "Split" else None
        if pattern:
            digest.update(pattern.encode())
    return digest.hexdigest()
