"""Cluster document: where the cluster is, which storage both sides reach, and how much of the cluster a job takes."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..documents import check_document, read_json
from ..protocol import Refusal

CORRECT = "Correct the cluster document and start again."


@dataclass(frozen=True)
class Cluster:
    """Cluster document, checked. `address` ends without a slash; times are in seconds."""

    address: str
    storage: str
    workers: int
    use_gpu: bool = False
    cpus_per_worker: int = 1
    token_header: str = "Authorization"  # noqa: S105 - name of a header
    restarts: int = 3
    wait_seconds: int = 600
    lost_seconds: int = 60


def load_cluster(path: Path) -> Cluster:
    """Read and check a cluster document; raises Refusal (`bad-cluster`) with the first problem."""
    return parse_cluster(read_json(path, "cluster document", "bad-cluster"))


def parse_cluster(value: object) -> Cluster:
    """Check the value of a cluster document; raises Refusal (`bad-cluster`) with the first problem."""
    value = check_document(
        value,
        "Cluster",
        lambda at, why: Refusal("bad-cluster", f"The cluster document is wrong{at}: {why}.", CORRECT),
    )
    _check_storage(value["storage"])
    settings = {name: setting for name, setting in value.items() if name not in ("version", "address")}
    return Cluster(address=_checked_address(value["address"]), **settings)


def _checked_address(address: str) -> str:
    """Address of the dashboard. A token must not be readable on its way, so http is for this machine only."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in ("https", "http") or not host or parts.query or parts.fragment:
        raise Refusal(
            "bad-cluster", "The address of the cluster is not that of a dashboard.", "Write it as https://HOST:PORT."
        )
    if parts.username is not None or parts.password is not None:
        raise Refusal(
            "bad-cluster", "The address of the cluster has a user or a password in it.", "Remove them; use a token."
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise Refusal(
            "bad-cluster",
            f"http:// to {host} is not encrypted.",
            "Use https://, or a tunnel to this machine (ssh -L 8265:localhost:8265 HOST) and http://127.0.0.1:8265.",
        )
    return address.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether a host of an address is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _check_storage(storage: str) -> None:
    """A folder or an address of fsspec. What is in it is seen on the cluster's dashboard, so no secret may be."""
    if re.match(r"[a-z][a-z0-9+.-]+://", storage) is None:
        if not Path(storage).is_absolute():
            raise Refusal("bad-cluster", "The storage is not an absolute folder or an address such as s3://…", CORRECT)
        return
    if "@" in storage.split("://", 1)[1].split("/", 1)[0] and not storage.startswith(("abfs", "az")):
        raise Refusal(
            "bad-cluster",
            "The address of the storage has a user or a password in it.",
            "Remove them; give them to both sides by their environment.",
        )
