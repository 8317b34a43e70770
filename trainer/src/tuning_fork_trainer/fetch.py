"""Look at a model before it is downloaded, and download it into the hub's own cache.

`python -m tuning_fork_trainer.fetch plan --model ID_OR_PATH` and `… get --model ID --revision COMMIT`. Standard output
is JSON lines: `plan`, `progress`, `done` or `error` {code, message, action}. The hub's token comes from HF_TOKEN only,
never from an argument or a file; HF_ENDPOINT and HF_HUB_OFFLINE are obeyed. Only safetensors, JSON and tokenizer files
are taken: pickled weights and code can run anything. A download that was interrupted goes on where it stopped, and
every file is compared with the hub's checksum.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import struct
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from huggingface_hub import ModelInfo

# Plain HTTP can go on after an interruption and counts its bytes; progress bars would be no protocol.
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

WANTED = re.compile(r"^[^/]+\.(safetensors|json|jinja)$|^(merges|vocab)\.txt$|^[^/]+\.model$")
# Some repositories have the same weights a second time, in a layout of their own.
SECOND_COPY = re.compile(r"^consolidated.*\.safetensors$")
PICKLED = re.compile(r"\.(bin|pt|pth|pkl|pickle|ckpt|h5|msgpack)$")
CHUNK = 1 << 20
PROGRESS_SECONDS = 0.2


class FetchError(Exception):
    """A failure for the user: one sentence and one action."""

    def __init__(self, code: str, message: str, action: str) -> None:
        super().__init__(message)
        self.code, self.message, self.action = code, message, action


@dataclass(frozen=True)
class RemoteFile:
    """One file of the plan; `digest` is sha256 for large files, git's sha1 for small ones, None when unknown."""

    name: str
    size: int
    digest: str | None
    large: bool


def say(kind: str, **fields: object) -> None:
    """Write one line of the protocol."""
    OUT.write(json.dumps({"type": kind, **fields}, ensure_ascii=False) + "\n")
    OUT.flush()


def refuse_unsafe(names: list[str], config: dict[str, Any] | None, model: str) -> None:
    """Raise for pickled weights, GGUF repositories, folders without weights, and models that need their own code."""
    if not any(name.endswith(".safetensors") and "/" not in name for name in names):
        if any(PICKLED.search(name) for name in names):
            raise FetchError(
                "pickled-weights",
                f"{model} has only pickled weights, which can run any code when they are loaded.",
                "Choose a model with safetensors files.",
            )
        if any(name.endswith(".gguf") for name in names):
            raise FetchError(
                "bad-model",
                f"{model} has only GGUF files.",
                "Download one of them and add it as a GGUF file, or choose the original model.",
            )
        raise FetchError("bad-model", f"{model} has no safetensors weights.", "Choose another model.")
    if config is None:
        raise FetchError("bad-model", f"{model} has no readable config.json.", "Choose another model.")
    if "auto_map" in config and not is_built_in(config.get("model_type")):
        raise FetchError(
            "remote-code",
            f"{model} needs Python code from its repository, and code of models is never run.",
            "Choose a model that transformers supports by itself.",
        )


def is_built_in(model_type: object) -> bool:
    """Tell whether transformers has this architecture itself; then code in the repository is not needed."""
    try:
        from transformers.models.auto.configuration_auto import CONFIG_MAPPING_NAMES
    except ImportError:
        return False
    return isinstance(model_type, str) and model_type in CONFIG_MAPPING_NAMES


def parameters_of(file: Path) -> int:
    """Count the weights of a safetensors file from its header, without reading the weights."""
    with file.open("rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        if length > 100_000_000:
            raise ValueError("header too long")
        header = json.loads(stream.read(length))
    total = 0
    for name, tensor in header.items():
        if name != "__metadata__":
            size = 1
            for side in tensor["shape"]:
                size *= int(side)
            total += size
    return total


def plan_local(source: Path) -> None:
    """Say what a folder or a GGUF file holds."""
    parameters: int | None
    if source.is_file():
        with source.open("rb") as stream:
            if stream.read(4) != b"GGUF":
                raise FetchError("bad-model", f"{source.name} is not a GGUF file.", "Choose a .gguf file.")
        size, parameters = source.stat().st_size, None
    else:
        names = sorted(entry.name for entry in source.iterdir() if entry.is_file())
        refuse_unsafe(names, read_config(source / "config.json"), source.name)
        weights = [source / name for name in names if name.endswith(".safetensors") and not SECOND_COPY.match(name)]
        try:
            parameters = sum(parameters_of(file) for file in weights)
        except (ValueError, KeyError, TypeError, struct.error) as error:
            message = f"The weights in {source.name} are damaged."
            raise FetchError("bad-model", message, "Copy the folder again.") from error
        size = sum(file.stat().st_size for file in weights)
    say(
        "plan",
        model=str(source),
        revision=None,
        files=[],
        bytes=0,
        bytes_cached=size,
        license=None,
        parameters=parameters,
        cache=None,
    )


def read_config(file: Path) -> dict[str, Any] | None:
    """Read config.json; None when it is absent or no JSON object."""
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return config if isinstance(config, dict) else None


def token() -> str | bool:
    """Return the token of the environment; False keeps the library from looking for one in files."""
    return os.environ.get("HF_TOKEN") or False


def plan_hub(model: str, revision: str | None) -> None:
    """Say what a download would take, and refuse a model that would not be used."""
    from huggingface_hub import HfApi, constants, hf_hub_download

    if constants.is_offline_mode():
        plan_offline(model, revision)
        return
    info = HfApi().model_info(model, revision=revision, files_metadata=True, token=token())
    commit = info.sha
    if not commit:
        raise FetchError("bad-model", f"The hub names no version of {model}.", "Try again later.")
    names = [sibling.rfilename for sibling in info.siblings or []]
    # Without a config the reason to refuse is another one; a gated config fails with its own reason.
    config = None
    if "config.json" in names:
        config = read_config(Path(hf_hub_download(model, "config.json", revision=commit, token=token())))
    refuse_unsafe(names, config, model)
    files = files_of(info)
    cached = {file.name for file in files if is_cached(model, commit, file)}
    safetensors = getattr(info, "safetensors", None)
    card = info.card_data.to_dict() if info.card_data else {}  # type: ignore[no-untyped-call]
    say(
        "plan",
        model=model,
        revision=commit,
        files=[{"name": file.name, "size": file.size, "cached": file.name in cached} for file in files],
        bytes=sum(file.size for file in files if file.name not in cached),
        bytes_cached=sum(file.size for file in files if file.name in cached),
        license=card.get("license") if isinstance(card.get("license"), str) else None,
        parameters=int(safetensors.total) if safetensors is not None and safetensors.total else None,
        cache=str(Path(constants.HF_HUB_CACHE)),
    )


def plan_offline(model: str, revision: str | None) -> None:
    """Say what the cache holds; HF_HUB_OFFLINE forbids to ask the hub."""
    from huggingface_hub import constants, snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(model, revision=revision, local_files_only=True))
    except (LocalEntryNotFoundError, FileNotFoundError) as error:
        raise FetchError(
            "no-network",
            f"{model} is not in the cache, and HF_HUB_OFFLINE forbids downloads.",
            "Remove HF_HUB_OFFLINE from the environment and restart VS Code.",
        ) from error
    names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    refuse_unsafe(names, read_config(folder / "config.json"), model)
    wanted = [name for name in names if WANTED.match(name) and not SECOND_COPY.match(name)]
    sizes = {name: (folder / name).stat().st_size for name in wanted}
    say(
        "plan",
        model=model,
        revision=folder.name,
        files=[{"name": name, "size": size, "cached": True} for name, size in sizes.items()],
        bytes=0,
        bytes_cached=sum(sizes.values()),
        license=None,
        parameters=sum(parameters_of(folder / name) for name in wanted if name.endswith(".safetensors")),
        cache=str(Path(constants.HF_HUB_CACHE)),
    )


def files_of(info: ModelInfo) -> list[RemoteFile]:
    """Return the files to take, small ones first: a refusal then comes early."""
    files = [
        RemoteFile(
            sibling.rfilename,
            int(sibling.size or 0),
            sibling.lfs.sha256 if sibling.lfs else sibling.blob_id,
            sibling.lfs is not None,
        )
        for sibling in info.siblings or []
        if WANTED.match(sibling.rfilename) and not SECOND_COPY.match(sibling.rfilename)
    ]
    return sorted(files, key=lambda file: file.size)


def is_cached(model: str, commit: str, file: RemoteFile) -> bool:
    """Tell whether the hub's cache has the file in full."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(model, file.name, revision=commit)
    return isinstance(found, str) and Path(found).stat().st_size == file.size


def get_hub(model: str, revision: str) -> None:
    """Download what is missing, file after file."""
    from huggingface_hub import HfApi, constants

    if constants.is_offline_mode():
        plan_offline(model, revision)
        return
    info = HfApi().model_info(model, revision=revision, files_metadata=True, token=token())
    files = files_of(info)
    done = 0
    folder: Path | None = None
    for file in files:
        path = get_file(model, revision, file, done, sum(entry.size for entry in files))
        folder = path.parent
        done += file.size
    if folder is None:
        raise FetchError("bad-model", f"{model} has no files to download.", "Choose another model.")
    refuse_unsafe([file.name for file in files], read_config(folder / "config.json"), model)
    say("done", path=str(folder), revision=revision)


def get_file(model: str, commit: str, file: RemoteFile, before: int, total: int) -> Path:
    """Put one file into the hub's cache: go on with a part of an earlier try, compare the checksum before use."""
    from huggingface_hub import constants, hf_hub_download, hf_hub_url
    from huggingface_hub.file_download import get_hf_file_metadata, http_get, repo_folder_name
    from huggingface_hub.utils import WeakFileLock, build_hf_headers  # type: ignore[attr-defined]

    if not is_cached(model, commit, file):
        url = hf_hub_url(model, file.name, revision=commit)
        metadata = get_hf_file_metadata(url, token=token())
        etag = metadata.etag
        if etag is None or not re.fullmatch(r"[\w.-]+", etag):
            raise FetchError("bad-model", f"The hub names no version of {file.name}.", "Try again later.")
        folder = Path(constants.HF_HUB_CACHE) / repo_folder_name(repo_id=model, repo_type="model")
        blob = folder / "blobs" / etag
        part = blob.with_name(f"{etag}.tuning-fork.part")
        blob.parent.mkdir(parents=True, exist_ok=True)
        locks = Path(constants.HF_HUB_CACHE) / ".locks" / folder.name
        locks.mkdir(parents=True, exist_ok=True)
        with WeakFileLock(locks / f"{etag}.tuning-fork.lock"):
            if not blob.exists():
                headers = build_hf_headers(token=token())
                if urlsplit(metadata.location).netloc != urlsplit(url).netloc:
                    headers.pop("authorization", None)
                have = part.stat().st_size if part.exists() else 0
                if have > file.size:
                    part.unlink()
                    have = 0
                with part.open("ab") as stream:
                    counted = Counted(stream, file.name, before, have, total)
                    http_get(
                        metadata.location,
                        cast("BinaryIO", counted),
                        resume_size=have,
                        headers=headers,
                        expected_size=file.size,
                    )
                if digest_of(part, file) != file.digest and file.digest is not None:
                    part.unlink()
                    raise FetchError(
                        "corrupt-download",
                        f"{file.name} arrived damaged: its checksum differs from the hub's.",
                        "Download the model again.",
                    )
                part.replace(blob)
    # The blob is there: this only links it into the snapshot.
    path = Path(hf_hub_download(model, file.name, revision=commit, token=token()))
    say("progress", file=file.name, done=before + file.size, total=total)
    return path


class Counted:
    """A file that reports how much was written, at most five times a second."""

    def __init__(self, stream: IO[bytes], name: str, before: int, have: int, total: int) -> None:
        self.stream, self.name, self.before, self.have, self.total = stream, name, before, have, total
        self.said = 0.0

    def write(self, data: bytes) -> int:
        """Write and report."""
        written = self.stream.write(data)
        # A cancel ends the process; what has arrived is kept.
        self.stream.flush()
        self.have += written
        if time.monotonic() - self.said > PROGRESS_SECONDS:
            self.said = time.monotonic()
            say("progress", file=self.name, done=self.before + self.have, total=self.total)
        return written

    def tell(self) -> int:
        """Return the position."""
        return self.stream.tell()

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move the position; the server ignored the range, and the file begins again."""
        self.have = offset
        return self.stream.seek(offset, whence)

    def truncate(self, size: int | None = None) -> int:
        """Cut the file off."""
        return self.stream.truncate(size)


def digest_of(path: Path, file: RemoteFile) -> str:
    """Return sha256 of a large file, git's blob sha1 of a small one."""
    digest = hashlib.sha256() if file.large else hashlib.sha1(usedforsecurity=False)
    if not file.large:
        digest.update(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def sentence_of(error: Exception, model: str) -> FetchError:  # noqa: PLR0911 -- a table of cases
    """Turn a failure of the library into one sentence and one action."""
    from huggingface_hub import errors

    if isinstance(error, FetchError):
        return error
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return FetchError(
            "gated",
            f"{model} is only for accounts that accepted its license.",
            "Accept it on the model's page, then enter an access token of that account.",
        )
    if status == 401 and os.environ.get("HF_TOKEN"):
        return FetchError("bad-token", "The hub refused the access token.", "Enter another access token.")
    if isinstance(error, errors.RepositoryNotFoundError) or status in (401, 404):
        # The hub answers 401 for private and for absent repositories alike.
        code = "no-model" if status == 404 or os.environ.get("HF_TOKEN") else "no-model-or-private"
        return FetchError(
            code,
            f"The hub has no model {model}, or it is private.",
            "Check the id, for example Qwen/Qwen2.5-0.5B-Instruct.",
        )
    if isinstance(error, errors.HFValidationError):
        return FetchError("no-model", f"{model} is not an id of the hub.", "Enter an id such as owner/name.")
    if isinstance(error, OSError) and error.errno == 28:
        return FetchError("no-disk", "The disk is full.", "Make room, then continue the download.")
    if isinstance(error, OSError) and "onsistency check failed" in str(error):
        return FetchError(
            "corrupt-download", "A file arrived with another size than the hub names.", "Download the model again."
        )
    if status is not None:
        return FetchError("no-network", f"The hub answered {status}.", "Try again later.")
    return FetchError(
        "no-network",
        "The hub cannot be reached.",
        "Check the network and HF_ENDPOINT; a download goes on where it stopped.",
    )


def main(arguments: list[str]) -> int:
    """Run `plan` or `get`; return the exit code."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer.fetch")
    parser.add_argument("command", choices=["plan", "get"])
    parser.add_argument("--model", required=True)
    parser.add_argument("--revision")
    options = parser.parse_args(arguments)
    source = Path(options.model)
    try:
        if source.is_absolute():
            if not source.exists():
                raise FetchError("no-model", f"{source} does not exist.", "Choose another folder or file.")
            plan_local(source)
        elif options.command == "plan":
            plan_hub(options.model, options.revision)
        else:
            get_hub(options.model, options.revision)
    except Exception as error:  # noqa: BLE001 -- every failure becomes one line of the protocol
        if not isinstance(error, FetchError):
            sys.stderr.write(f"{type(error).__name__}: {error}\n")
        problem = sentence_of(error, options.model)
        say("error", code=problem.code, message=problem.message, action=problem.action)
        return 1
    return 0


# Libraries print to standard output now and then; the protocol keeps it to itself.
OUT: IO[str] = sys.stdout

if __name__ == "__main__":
    OUT = os.fdopen(os.dup(1), "w", encoding="utf-8", buffering=1)
    os.dup2(2, 1)
    sys.exit(main(sys.argv[1:]))
