"""Cluster documents and clusters that are refused before anything is sent to them."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import Any, ClassVar

import pytest

from tuning_fork_trainer.cluster.client import Client
from tuning_fork_trainer.cluster.dashboard import Dashboard, Unreachable
from tuning_fork_trainer.cluster.document import load_cluster, parse_cluster
from tuning_fork_trainer.cluster.driver import explain_failure, explain_start
from tuning_fork_trainer.job import load_job
from tuning_fork_trainer.protocol import Channel, Commands, Refusal

from ..support import Job
from ..test_supervised import check
from .conftest import Start
from .local_cluster import free_ports

GOOD: dict[str, Any] = {
    "version": 1,
    "address": "https://ray.example:8265/",
    "storage": "s3://bucket/runs",
    "workers": 2,
}


class Answers(BaseHTTPRequestHandler):
    """Dashboard that answers the question for its version as a test wants it."""

    status = 200
    body: object = None
    more_said = 0
    """Bytes that are promised and do not come."""
    headers_seen: ClassVar[list[dict[str, str]]] = []

    def do_GET(self) -> None:
        """Answer, and keep the headers."""
        self.headers_seen.append(dict(self.headers))
        self.send_response(self.status)
        if 300 <= self.status < 400:
            self.send_header("Location", "https://elsewhere.example/")
        content = json.dumps(self.body).encode()
        self.send_header("Content-Length", str(len(content) + self.more_said))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def dashboard() -> Iterator[tuple[str, type[Answers]]]:
    """Address of a dashboard, and what it answers."""
    answers = type("Given", (Answers,), {"headers_seen": []})
    server = ThreadingHTTPServer(("127.0.0.1", 0), answers)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", answers
    server.shutdown()
    server.server_close()


def refusal_of(value: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        parse_cluster(value)
    assert caught.value.code == "bad-cluster"
    return caught.value


def test_a_good_document_has_defaults() -> None:
    cluster = parse_cluster(GOOD)
    assert cluster.address == "https://ray.example:8265"
    assert (cluster.use_gpu, cluster.cpus_per_worker, cluster.restarts) == (False, 1, 3)
    assert (cluster.wait_seconds, cluster.lost_seconds, cluster.token_header) == (600, 60, "Authorization")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"workers": 0}, 'at "workers"'),
        ({"workers": "2"}, 'at "workers"'),
        ({"token": "secret"}, "token"),
        ({"address": "http://ray.example:8265"}, "is not encrypted"),
        ({"address": "http://127.0.0.1.example"}, "is not encrypted"),
        ({"address": "ray://127.0.0.1:10001"}, "not that of a dashboard"),
        ({"address": "https://ray.example:port"}, "not that of a dashboard"),
        ({"address": "https://user:word@ray.example"}, "a user or a password"),
        ({"address": "https://ray.example/?token=x"}, "not that of a dashboard"),
        ({"storage": "runs"}, "not an absolute folder"),
        ({"storage": "s3://key:secret@bucket/runs"}, "a user or a password"),
        ({"token_header": "X-Token\r\nHost"}, 'at "token_header"'),
    ],
)
def test_a_wrong_document_is_refused(changes: dict[str, Any], said: str) -> None:
    assert said in refusal_of({**GOOD, **changes}).message


@pytest.mark.parametrize("address", ["http://127.0.0.1:8265", "http://localhost:8265", "http://[::1]:8265"])
def test_a_tunnel_begins_on_this_machine(address: str) -> None:
    assert parse_cluster({**GOOD, "address": address}).address == address


def test_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(Refusal, match="cannot be read"):
        load_cluster(tmp_path / "none.json")
    (tmp_path / "half.json").write_text('{"version": 1,', encoding="utf-8")
    with pytest.raises(Refusal, match="is not JSON"):
        load_cluster(tmp_path / "half.json")


def test_an_unreachable_cluster(start: Start) -> None:
    messages = start({"address": f"http://127.0.0.1:{free_ports(1)[0]}"}).finish()
    assert [message.get("code") for message in messages] == ["no-cluster"]
    assert "does not answer" in messages[0]["message"]


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        ((401, None), "bad-token", "refused the token (401)"),
        ((403, None), "bad-token", "refused the token (403)"),
        ((302, None), "no-cluster", "leads to another address"),
        ((404, None), "no-cluster", "not as a Ray dashboard does"),
        ((500, "broken"), "no-cluster", "status 500"),
        ((503, None), "no-cluster", "does not answer (HTTP 503)"),
        ((200, []), "no-cluster", "not as a Ray dashboard does"),
        ((200, {"ray_version": "2.49.1"}), "ray-version", "runs Ray 2.49.1"),
        ((200, {"ray_version": "3.0.0"}), "ray-version", "runs Ray 3.0.0"),
    ],
)
def test_a_cluster_that_answers_otherwise(
    job: Job,
    dashboard: tuple[str, type[Answers]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: tuple[int, object],
    code: str,
    said: str,
) -> None:
    address, answers = dashboard
    answers.status, answers.body = given
    monkeypatch.setenv("TUNING_FORK_RAY_TOKEN", "word")
    cluster = parse_cluster({**GOOD, "address": address, "storage": str(tmp_path / "storage")})
    with pytest.raises(Refusal) as caught:
        Client(cluster, load_job(job.write()), Channel(StringIO()), Commands()).run()
    assert caught.value.code == code
    assert said in caught.value.message
    assert answers.headers_seen[0]["Authorization"] == "Bearer word"
    # Programs that are started later do not get it.
    assert "TUNING_FORK_RAY_TOKEN" not in os.environ
    # Nothing of the user was written anywhere.
    assert not (tmp_path / "storage").exists()


def test_a_port_of_another_protocol(tmp_path: Path, job: Job) -> None:
    # As that of Ray's own nodes, which speak HTTP/2.
    class Other(StreamRequestHandler):
        def handle(self) -> None:
            self.rfile.readline()
            self.wfile.write(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\n")

    with ThreadingTCPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_address[1]}"
        cluster = parse_cluster({**GOOD, "address": address, "storage": str(tmp_path / "storage")})
        with pytest.raises(Refusal, match="not as a Ray dashboard does") as caught:
            Client(cluster, load_job(job.write()), Channel(StringIO()), Commands()).run()
        server.shutdown()
    assert caught.value.code == "no-cluster"


def test_an_answer_that_breaks_off_is_asked_for_again(dashboard: tuple[str, type[Answers]]) -> None:
    address, answers = dashboard
    answers.more_said = 10
    answers.body = {"status": "RUNNING"}
    with pytest.raises(Unreachable):
        Dashboard(parse_cluster({**GOOD, "address": address}), None).state("job")


def test_the_token_travels_in_the_header_of_the_document(
    start: Start, dashboard: tuple[str, type[Answers]], protocol: dict[str, Any]
) -> None:
    address, answers = dashboard
    answers.status = 401
    started = start({"address": address, "token_header": "X-Api-Key"}, token="word")
    messages = started.finish()
    check(protocol, messages)
    assert [message.get("code") for message in messages] == ["bad-token"]
    assert started.process.returncode == 1
    assert answers.headers_seen[0]["X-Api-Key"] == "word"
    assert "Authorization" not in answers.headers_seen[0]


def test_a_driver_of_another_version_of_ray() -> None:
    text = (
        "Version mismatch: The cluster was started with:\n    Ray: 2.55.0\nThis process was started with:\n Ray: 2.60.0"
    )
    assert explain_start(RuntimeError(text)).code == "ray-version"
    assert explain_start(ConnectionError("no")).code == "cluster-lost"


def test_workers_that_are_lost_too_often() -> None:
    class ActorDiedError(Exception): ...

    class WorkerGroupError(Exception):
        worker_failures: ClassVar[dict[int, Exception]] = {
            0: RuntimeError("Connection closed by peer"),
            1: ActorDiedError("The actor died.\nout of memory"),
        }

    assert explain_failure(WorkerGroupError()).code == "worker-lost"
    failed = explain_failure(ValueError("first\nlast"))
    assert (failed.code, failed.message) == ("internal", "The training on the cluster failed: ValueError: last")
