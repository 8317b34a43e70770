"""Writes a fine-tuned model into an empty folder, in one of three forms."""

from __future__ import annotations

import argparse
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..models import Source, load_config, load_model, load_tokenizer, locate
from ..protocol import Channel, Refusal
from ..train import explain
from .json_file import read_json, write_json
from .modelfile import check_architecture, make_modelfile
from .order import Order, load_order
from .rope import write_older_names

ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")
# Room beside the weights, for the tokenizer and the file system's own.
SPARE = 50_000_000
TELL_SECONDS = 0.3


def main(arguments: list[str]) -> int:
    """Write the export of `--job FILE`; return 0, or 1 for a refusal that was told."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer export")
    parser.add_argument("--job", type=Path, required=True)
    given = parser.parse_args(arguments)
    channel = Channel.claim_stdout()
    try:
        run(load_order(given.job), channel)
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    except BaseException as error:
        channel.error(export_failure(error))
        raise
    return 0


def export_failure(error: BaseException) -> Refusal:
    """One sentence and one action for what the libraries raised."""
    known = explain(error, None)
    if known.code == "no-memory":
        return Refusal(
            "no-memory", "The memory is not enough to merge the model.", "Close other programs, or export the adapter."
        )
    if known.code == "no-disk":
        return Refusal("no-disk", "The disk is full.", "Choose a folder on another disk.")
    return known


def run(order: Order, channel: Channel) -> None:
    """Write the files and tell them. Raises Refusal, or what the libraries raise."""
    for name in ADAPTER_FILES:
        if not (order.adapter / name).is_file():
            raise Refusal("no-model", "The adapter of this model is not whole.", "Train the model again.")
    order.output.mkdir(parents=True, exist_ok=True)
    if any(order.output.iterdir()):
        raise Refusal("bad-job", "The folder of the export is not empty.", "Choose another folder.")
    channel.emit("progress", stage="base", done=0, total=0)
    source = locate(order.model, order.revision)
    if order.form == "ollama":
        check_architecture(architecture_of(source))
    tokenizer = _tokenizer(order, source)
    if order.form == "adapter":
        _write_adapter(order)
        _save_tokenizer(tokenizer, source, order.output)
    else:
        # Before the weights, so that what cannot be written is refused in a moment.
        _save_tokenizer(tokenizer, source, order.output)
        if order.form == "ollama":
            _write_modelfile(order, tokenizer, channel)
        _write_merged(order, source, channel)
    (order.output / "README.md").write_text(order.card, encoding="utf-8")
    files = [
        {"name": file.relative_to(order.output).as_posix(), "bytes": file.stat().st_size}
        for file in sorted(order.output.rglob("*"))
        if file.is_file()
    ]
    channel.emit("exported", files=files)


def architecture_of(source: Source) -> str:
    """Name of the class that the model has in transformers."""
    config = load_config(source)
    names = getattr(config, "architectures", None)
    if names:
        return str(names[0])
    from transformers import AutoModelForCausalLM

    # GGUF files do not tell it.
    return str(AutoModelForCausalLM._model_mapping[type(config)].__name__)


def _tokenizer(order: Order, source: Source) -> Any:
    """Tokenizer that the training wrote beside its adapter, else that of the base."""
    own = order.adapter / "tokenizer_config.json"
    return load_tokenizer(Source(order.adapter) if own.is_file() else source)


def _save_tokenizer(tokenizer: Any, source: Source, folder: Path) -> None:
    tokenizer.save_pretrained(folder)
    # Other programs read SentencePiece tokenizers from this file, which transformers no longer writes.
    piece = source.folder / "tokenizer.model"
    if source.gguf is None and piece.is_file() and not (folder / "tokenizer.model").exists():
        shutil.copyfile(piece, folder / "tokenizer.model")
    about = folder / "tokenizer_config.json"
    values = read_json(about)
    # Where the tokenizer was read from: a folder of this machine, or one of the cache.
    for name in ("name_or_path", "tokenizer_file", "vocab_file", "gguf_file", "special_tokens_map_file"):
        values.pop(name, None)
    write_json(about, values)


def _write_adapter(order: Order) -> None:
    shutil.copyfile(order.adapter / "adapter_model.safetensors", order.output / "adapter_model.safetensors")
    config = read_json(order.adapter / "adapter_config.json")
    # The training names the folder that it read its base from.
    config["base_model_name_or_path"] = order.base_name
    config["revision"] = order.revision
    write_json(order.output / "adapter_config.json", config)


def _write_modelfile(order: Order, tokenizer: Any, channel: Channel) -> None:
    made = make_modelfile(order.output, tokenizer)
    (order.output / "Modelfile").write_text(made.text, encoding="utf-8", newline="\n")
    for code, message in made.warnings:
        channel.notice("warn", code, message)


def _write_merged(order: Order, source: Source, channel: Channel) -> None:
    import torch

    config = load_config(source)
    kept = saved_type(source, config)
    model = load_model(source, "cpu")
    size = sum(weight.numel() for weight in model.parameters()) * kept.itemsize
    if shutil.disk_usage(order.output).free < size + SPARE:
        gigabytes = f"{(size + SPARE) / 1e9:.1f}"
        raise Refusal(
            "no-disk", f"The disk has less than the {gigabytes} GB that are needed.", "Choose another folder."
        )
    channel.emit("progress", stage="merge", done=0, total=0)
    with torch.inference_mode():
        merged = merge(model, order.adapter).to(kept)
    # Says where the base was read from.
    merged.config._name_or_path = ""
    with _progress(order.output, size, channel):
        merged.save_pretrained(order.output, max_shard_size="4GB")
    write_older_names(order.output)


def merge(model: Any, adapter: Path) -> Any:
    """Add an adapter to the weights of its base; raises Refusal where it does not fit."""
    from peft import PeftModel

    try:
        return PeftModel.from_pretrained(model, str(adapter)).merge_and_unload(safe_merge=True)
    except MemoryError:
        raise
    except Exception as error:
        if "memory" in str(error).lower():
            raise
        raise Refusal(
            "bad-model", "The adapter cannot be merged with its base model.", "Export the adapter instead."
        ) from error


def saved_type(source: Source, config: Any) -> Any:
    """Type of the merged weights: that of the base's files. GGUF files were mostly made of bfloat16 weights."""
    import torch

    named = getattr(config, "dtype", None)
    if source.gguf is None and isinstance(named, torch.dtype) and named.is_floating_point and named.itemsize >= 2:
        return named
    return torch.bfloat16 if source.gguf is not None else torch.float32


@contextmanager
def _progress(folder: Path, total: int, channel: Channel) -> Iterator[None]:
    """Tell how much of the weights is written, while the library writes them."""
    ended = threading.Event()

    def tell() -> None:
        while not ended.wait(TELL_SECONDS):
            done = sum(file.stat().st_size for file in folder.glob("*.safetensors"))
            channel.emit("progress", stage="write", done=min(done, total), total=total)

    thread = threading.Thread(target=tell, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
