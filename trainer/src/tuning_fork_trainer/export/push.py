"""Command `push`: an exported folder becomes a repository of the Hugging Face hub.

The token comes from HF_TOKEN only, the address from HF_ENDPOINT. `look` asks whose token it is and creates nothing; `send` makes the
repository, checks who can see it, and adds all files in one commit. Nothing is sent that the document does not name.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Plain HTTP counts its bytes; progress bars would be no protocol. Before huggingface_hub is imported.
os.environ["HF_HUB_DISABLE_XET"] = "1"
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

from ..protocol import Channel, Refusal
from .order import read_document

# Files that the hub adds to a new repository by itself.
OF_THE_HUB = {".gitattributes"}
# Between two messages about the progress of a file.
SECONDS_BETWEEN = 0.2


def main(arguments: list[str]) -> int:
    """Do what the document of `--job FILE` asks for; return 0, or 1 for a refusal that was told."""
    parser = argparse.ArgumentParser(prog="tuning_fork_trainer push")
    parser.add_argument("--job", type=Path, required=True)
    given = parser.parse_args(arguments)
    channel = Channel.claim_stdout()
    try:
        order = read_document(given.job, "PushJob")
        api = _api()
        if order["do"] == "look":
            look(api, channel)
        else:
            send(api, order, channel)
    except Refusal as refusal:
        channel.error(refusal)
        return 1
    except Exception as error:  # noqa: BLE001 - every failure becomes one line of the protocol
        sys.stderr.write(f"{type(error).__name__}: {error}\n")
        channel.error(push_failure(error))
        return 1
    return 0


def _api() -> Any:
    from huggingface_hub import HfApi, constants

    token = os.environ.get("HF_TOKEN")
    if not token:
        raise Refusal("bad-token", "Pushing needs an access token of the hub.", "Enter an access token.")
    if constants.is_offline_mode():
        raise Refusal("no-network", "HF_HUB_OFFLINE forbids every request to the hub.", "Unset it, and start again.")
    return HfApi(token=token)


def look(api: Any, channel: Channel) -> None:
    """Tell the account of the token and the organizations that it belongs to."""
    about = api.whoami()
    organizations = [str(one["name"]) for one in about.get("orgs") or [] if isinstance(one, dict) and one.get("name")]
    channel.emit("account", name=str(about["name"]), organizations=organizations)


def send(api: Any, order: dict[str, Any], channel: Channel) -> None:
    """Make the repository and add the files; raises Refusal, or what the library raises."""
    from huggingface_hub import CommitOperationAdd

    folder, repository, private = Path(order["folder"]), order["repository"], order["private"]
    files = [(folder / file["name"], file) for file in order["files"]]
    for path, file in files:
        inside = path.resolve().is_relative_to(folder.resolve())
        if not inside or not path.is_file() or path.stat().st_size != file["bytes"]:
            raise Refusal("bad-file", f"{file['name']} is not what was confirmed.", "Export the model again.")
    _make(api, repository, private=private)
    total = sum(file["bytes"] for _, file in files)
    done = 0

    def tell(of_file: int) -> None:
        channel.emit("progress", stage="write", done=done + of_file, total=total)

    tell(0)
    operations = []
    for path, file in files:
        with SentFile(path) as content:
            operation = CommitOperationAdd(path_in_repo=file["name"], path_or_fileobj=content)
            content.tell_progress(tell)
            # Large files go up before the commit names them; small ones are part of it.
            api.preupload_lfs_files(repository, additions=[operation], free_memory=False)
        operation.path_or_fileobj = str(path)
        operations.append(operation)
        done += file["bytes"]
        tell(0)
    commit = api.create_commit(repository, operations, commit_message="Add the fine-tuned model")
    channel.emit("pushed", repository=repository, url=f"{api.endpoint}/{repository}", commit=str(commit.oid))


class SentFile(io.BufferedReader):
    """File that tells how far it was read, once it is asked to: the library reads it for its hash first."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path))
        self._progress: Callable[[int], None] | None = None
        self._told = 0.0

    def tell_progress(self, progress: Callable[[int], None]) -> None:
        """Call `progress` with the bytes that were read, at most once in `SECONDS_BETWEEN`."""
        self._progress = progress
        self._told = time.monotonic()

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        now = time.monotonic()
        if data and self._progress is not None and now - self._told >= SECONDS_BETWEEN:
            self._told = now
            self._progress(self.tell())
        return data


def _make(api: Any, repository: str, *, private: bool) -> None:
    """Make an empty repository, or take one that an earlier try left; raises Refusal for one that holds something."""
    from huggingface_hub import errors

    try:
        about = api.model_info(repository)
    except errors.RepositoryNotFoundError:
        api.create_repo(repository, private=private)
        about = api.model_info(repository)
    if {sibling.rfilename for sibling in about.siblings or []} - OF_THE_HUB:
        raise Refusal("repo-exists", f"The hub has a repository {repository} with files.", "Choose another name.")
    if bool(about.private) != private:
        now = "private" if about.private else "public"
        raise Refusal(
            "repo-exists",
            f"The repository {repository} is {now}, which is not what was confirmed.",
            "Choose another name.",
        )


def push_failure(error: Exception) -> Refusal:
    """One sentence and one action for what the library raised."""
    from huggingface_hub import errors

    status = getattr(getattr(error, "response", None), "status_code", None)
    if status == 401:
        return Refusal("bad-token", "The hub refused the access token.", "Enter another access token.")
    if status == 403:
        return Refusal(
            "bad-token", "The access token may not write there.", "Enter an access token with the right to write."
        )
    if isinstance(error, errors.HFValidationError):
        return Refusal("bad-job", "The name is none of a repository.", "Enter a name such as owner/name.")
    if status == 409:
        return Refusal("repo-exists", "The hub has a repository of this name.", "Choose another name.")
    if status is not None:
        return Refusal("no-network", f"The hub answered {status}.", "Try again later.")
    return Refusal("no-network", "The hub cannot be reached.", "Check the network and HF_ENDPOINT, and try again.")
