"""Ray's Jobs REST API, by HTTP alone: no version of Ray or of Python on this machine has to be that of the cluster."""

from __future__ import annotations

import http.client
import json
import os
import re
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import quote, urlsplit

from ..protocol import Refusal
from .document import Cluster, is_loopback

TOKEN_VARIABLE = "TUNING_FORK_RAY_TOKEN"  # noqa: S105 - name of a variable
TIMEOUT = 15.0
"""Seconds of one request."""

OLDEST = (2, 50)
NEWER_THAN_KNOWN = 3
ENDED = ("STOPPED", "SUCCEEDED", "FAILED")


class Unreachable(Exception):
    """No answer came; another try may get one."""


class _Status(Refusal):
    """Refusal of a request by its status."""

    def __init__(self, status: int, message: str, action: str) -> None:
        super().__init__("no-cluster", message, action)
        self.status = status


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another server."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class Dashboard:
    """Dashboard of a cluster. Methods raise Unreachable, or Refusal for an answer that another try does not change."""

    def __init__(self, cluster: Cluster, token: str | None) -> None:
        self._address = cluster.address
        self._headers = {"User-Agent": "tuning-fork"}
        if token:
            bearer = cluster.token_header.lower() == "authorization"
            self._headers[cluster.token_header] = f"Bearer {token}" if bearer else token
        local = is_loopback(urlsplit(cluster.address).hostname or "")
        proxies = [urllib.request.ProxyHandler({})] if local else []
        self._opener = urllib.request.build_opener(_NoRedirect(), *proxies)

    @classmethod
    def of(cls, cluster: Cluster) -> Dashboard:
        """Dashboard with the token of the environment, which is taken out of it."""
        return cls(cluster, os.environ.pop(TOKEN_VARIABLE, None))

    def check_version(self) -> None:
        """Refuse (`ray-version`, `no-cluster`) what is no cluster of a version that this package knows."""
        answer = self._json("GET", "/api/version")
        version = answer.get("ray_version") if isinstance(answer, dict) else None
        if not isinstance(version, str):
            raise self._no_dashboard()
        numbers = re.match(r"(\d+)\.(\d+)", version)
        if numbers is None or not OLDEST <= (int(numbers[1]), int(numbers[2])) < (NEWER_THAN_KNOWN, 0):
            raise Refusal(
                "ray-version",
                f"The cluster runs Ray {version[:40]}; this trainer knows {OLDEST[0]}.{OLDEST[1]} and later versions of {OLDEST[0]}.",
                f'Update the cluster with pip install "ray[train,default]>={OLDEST[0]}.{OLDEST[1]},<{NEWER_THAN_KNOWN}".',
            )

    def send_package(self, name: str, content: bytes) -> str:
        """Send a zip of Python source; return its URI for a runtime environment."""
        self._request("PUT", f"/api/packages/gcs/{quote(name, safe='')}", content)
        return f"gcs://{name}"

    def submit(self, submission: dict[str, Any]) -> None:
        """Start a job; the same submission twice is one job."""
        try:
            self._request("POST", "/api/jobs/", json.dumps(submission).encode())
        except _Status:
            # A repeated request whose first answer was lost is refused.
            if self.state(submission["submission_id"]) is None:
                raise

    def state(self, job: str) -> dict[str, Any] | None:
        """What the cluster knows of a job: `status`, `message`, …; None where it knows none."""
        try:
            answer = self._json("GET", f"/api/jobs/{quote(job, safe='')}")
        except _Status as refusal:
            if refusal.status == 404:
                return None
            raise
        return answer if isinstance(answer, dict) else None

    def stop(self, job: str) -> None:
        """Stop a job with its workers. One that has ended is left as it is."""
        self._request("POST", f"/api/jobs/{quote(job, safe='')}/stop")

    def logs(self, job: str) -> str:
        """Output of the driver."""
        answer = self._json("GET", f"/api/jobs/{quote(job, safe='')}/logs")
        logs = answer.get("logs") if isinstance(answer, dict) else None
        return logs if isinstance(logs, str) else ""

    def _json(self, method: str, path: str) -> Any:
        try:
            return json.loads(self._request(method, path))
        except ValueError as error:
            raise self._no_dashboard() from error

    def _no_dashboard(self) -> Refusal:
        return Refusal(
            "no-cluster",
            f"{self._address} answers, but not as a Ray dashboard does.",
            "Check the address and its port.",
        )

    def _request(self, method: str, path: str, body: bytes | None = None) -> bytes:
        headers = {**self._headers, **({"Content-Type": "application/json"} if path == "/api/jobs/" else {})}
        request = urllib.request.Request(self._address + path, data=body, headers=headers, method=method)  # noqa: S310 - the scheme was checked
        try:
            with self._opener.open(request, timeout=TIMEOUT) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            raise self._refused(path, error) from error
        except (OSError, http.client.IncompleteRead) as error:
            reason = getattr(error, "reason", error)
            raise Unreachable(str(reason)[:200]) from error
        except http.client.HTTPException as error:
            raise self._no_dashboard() from error

    def _refused(self, path: str, error: urllib.error.HTTPError) -> Exception:
        status = error.code
        if status in (401, 403):
            return Refusal(
                "bad-token",
                f"The cluster at {self._address} refused the token ({status}).",
                f"Set {TOKEN_VARIABLE} to a token of this cluster.",
            )
        if 300 <= status < 400:
            return Refusal(
                "no-cluster",
                f"{self._address} leads to another address, where no token is sent.",
                "Write the address that answers itself; a page to sign in needs a token.",
            )
        if status == 404 and path == "/api/version":
            return self._no_dashboard()
        if status in (502, 503, 504):
            return Unreachable(f"HTTP {status}")
        text = printable(error.read(2000).decode("utf-8", "replace")).strip().splitlines()
        said = f": {text[-1][:300]}" if text else ""
        return _Status(
            status, f"The cluster refused a request with status {status}{said}.", "Read the log of its dashboard."
        )


def printable(text: str) -> str:
    """Text of the cluster without control characters but for line breaks."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|[^\S\n ]|[\x00-\x09\x0b-\x1f\x7f-\x9f]", " ", text)
