"""Models from the hub, a folder or a GGUF file: found, checked and loaded. Code of a model is never run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from .protocol import Refusal

PICKLED = (".bin", ".pt", ".pth", ".ckpt", ".pkl")
HUB_FILES = ["*.safetensors", "*.json", "*.txt", "*.model", "*.jinja"]
ANOTHER = "Choose another model."


@dataclass(frozen=True)
class Source:
    """Model on this disk: a folder, and the GGUF file in it where it is one."""

    folder: Path
    gguf: str | None = None

    @property
    def arguments(self) -> dict[str, Any]:
        """Arguments of `from_pretrained` for the model and its tokenizer."""
        extra = {"gguf_file": self.gguf} if self.gguf else {}
        return {"trust_remote_code": False, "local_files_only": True, **extra}


def locate(model: str, revision: str | None = None) -> Source:
    """Find a model, downloading it where it is a hub id that the cache does not hold. Raises Refusal.

    Checks that nothing of it needs code of its own and that its weights are safetensors or GGUF.
    """
    path = Path(model).expanduser()
    if path.suffix.lower() == ".gguf":
        if not path.is_file():
            raise Refusal("no-model", f"The file {model} does not exist.", "Choose the model again.")
        if _head(path) != b"GGUF":
            raise Refusal("bad-model", f"{path.name} is not a GGUF file.", "Download it again.")
        return Source(path.resolve().parent, path.name)
    folder = path if path.is_dir() else _from_hub(model, revision)
    _check_folder(folder, model)
    return Source(folder)


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4)


def _check_folder(folder: Path, name: str) -> None:
    config = _json(folder / "config.json")
    if config is None:
        raise Refusal("bad-model", f"{name} has no config.json, so it is not a model.", ANOTHER)
    for file in (config, _json(folder / "tokenizer_config.json") or {}):
        if "auto_map" in file:
            raise Refusal(
                "remote-code", f"{name} needs Python code of its own, and code of a model is never run.", ANOTHER
            )
    if not any(folder.glob("*.safetensors")):
        if any(file.suffix in PICKLED for file in folder.iterdir()):
            raise _pickled(name)
        raise Refusal("bad-model", f"{name} has no weights in safetensors files.", ANOTHER)


def _pickled(name: str) -> Refusal:
    return Refusal(
        "pickled-weights",
        f"The weights of {name} are pickled (.bin or .pt), and such a file can run code when it is opened.",
        "Choose a model with safetensors files.",
    )


def _json(path: Path) -> dict[str, Any] | None:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError as error:
        raise Refusal("bad-model", f"{path.name} of the model is damaged.", "Download the model again.") from error
    return value if isinstance(value, dict) else None


def _from_hub(model: str, revision: str | None) -> Path:
    from huggingface_hub import HfApi, constants, errors, snapshot_download

    no_model = Refusal("no-model", f"There is no model {model}.", "Check its name, or choose a folder that exists.")
    try:
        if not constants.HF_HUB_OFFLINE and not _cached(model, revision):
            names = HfApi().list_repo_files(model, revision=revision)
            weights = [name for name in names if "/" not in name]
            if not any(name.endswith(".safetensors") for name in weights) and any(
                name.endswith(PICKLED) for name in weights
            ):
                raise _pickled(model)
        return Path(snapshot_download(model, revision=revision, allow_patterns=HUB_FILES))
    except errors.GatedRepoError as error:
        # No token is used here. A model that was added has all it needs in the cache, if not every text beside it.
        if _cached(model, revision):
            return Path(snapshot_download(model, revision=revision, local_files_only=True))
        raise Refusal(
            "no-model",
            f"{model} is only given to people who accepted its license.",
            "Accept it on the hub's page of the model, and add the model again with the hub's token.",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.HFValidationError) as error:
        raise no_model from error
    except (errors.LocalEntryNotFoundError, errors.OfflineModeIsEnabled) as error:
        raise Refusal(
            "no-network", f"{model} is not on this machine and cannot be downloaded.", "Connect, and start again."
        ) from error
    except Refusal:
        raise
    except Exception as error:  # Of the HTTP library, which the hub's library may change.
        raise _hub_failure(model, error) from error


def _cached(model: str, revision: str | None) -> bool:
    from huggingface_hub import try_to_load_from_cache

    return isinstance(try_to_load_from_cache(model, "config.json", revision=revision), str)


def _hub_failure(model: str, error: Exception) -> Refusal:
    if getattr(error, "errno", None) == 28:
        return Refusal("no-disk", "The disk is full.", "Free some space, and start again.")
    return Refusal("no-network", f"The hub could not be asked for {model}.", "Connect, and start again.")


def load_tokenizer(source: Source) -> Any:
    """Load the tokenizer; one without a padding token pads with its end token, whose labels are ignored anyway."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(source.folder, **source.arguments)
    except Exception as error:
        raise Refusal(
            "bad-model", f"The tokenizer of the model cannot be loaded ({_short(error)}).", ANOTHER
        ) from error
    if tokenizer.pad_token_id is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token or tokenizer.convert_ids_to_tokens(0)
    return tokenizer


def load_config(source: Source) -> Any:
    """Load the configuration alone, which takes no time."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(source.folder, **source.arguments)
    except Exception as error:
        raise Refusal(
            "bad-model", f"The configuration of the model is not known here ({_short(error)}).", ANOTHER
        ) from error


def load_model(source: Source, device: str, *, four_bit: bool = False) -> Any:
    """Load the weights. CPU and MPS compute in float32, CUDA in bfloat16 where the GPU can, 4-bit with CUDA only."""
    from safetensors import SafetensorError
    from transformers import AutoModelForCausalLM

    extra: dict[str, Any] = {"dtype": dtype_of(device)}
    if four_bit:
        extra["quantization_config"] = _four_bit(device)
        extra["device_map"] = {"": torch.cuda.current_device()}
    if source.gguf is None:
        extra["use_safetensors"] = True
    try:
        model = AutoModelForCausalLM.from_pretrained(source.folder, **extra, **source.arguments)
    except (torch.OutOfMemoryError, MemoryError):
        raise
    except SafetensorError as error:
        raise Refusal("bad-model", "The weights of the model are damaged.", "Download the model again.") from error
    except ImportError as error:
        raise Refusal(
            "bad-model", f"A package for this model is missing ({_short(error)}).", "Repair the set-up."
        ) from error
    except Exception as error:
        if "out of memory" in str(error).lower() or "can't allocate memory" in str(error):
            raise
        raise Refusal("bad-model", f"The model cannot be loaded ({_short(error)}).", ANOTHER) from error
    if source.gguf is not None:
        _forget_quantization(model)
    return model


def _forget_quantization(model: Any) -> None:
    """The weights of a GGUF file are whole numbers no more: a saved model must not say that they are quantized."""
    if hasattr(model.config, "quantization_config"):
        del model.config.quantization_config
    for name in ("hf_quantizer", "quantization_method"):
        if hasattr(model, name):
            setattr(model, name, None)
    model.is_quantized = False


def dtype_of(device: str) -> torch.dtype:
    """Type of the frozen weights."""
    return torch.bfloat16 if device == "cuda" and torch.cuda.is_bf16_supported() else torch.float32


def _four_bit(device: str) -> Any:
    if device != "cuda":
        raise Refusal("bad-job", "4-bit weights need a CUDA GPU.", 'Switch "load_in_4bit" off.')
    from importlib.util import find_spec

    if find_spec("bitsandbytes") is None:
        raise Refusal(
            "bad-job", "4-bit weights need the package bitsandbytes.", 'Install the extra "cuda" in the set-up.'
        )
    from transformers import BitsAndBytesConfig

    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype_of(device),
    )


def longest(config: Any, tokenizer: Any) -> int:
    """Tokens that the model was made for."""
    limits = [getattr(config, "max_position_embeddings", None), getattr(tokenizer, "model_max_length", None)]
    known = [limit for limit in limits if isinstance(limit, int) and 0 < limit < 10_000_000]
    return min(known) if known else 2048


def _short(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return (lines[0] if lines else type(error).__name__)[:200]
