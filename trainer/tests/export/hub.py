"""The hub on loopback, as far as a push asks: accounts, repositories, large files and commits."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "c" * 40
LARGE = 1000


@dataclass
class Repository:
    """Repository with its files."""

    private: bool
    files: dict[str, bytes] = field(default_factory=dict)
    commits: int = 0


@dataclass
class Hub:
    """State of the hub; `requests` are `METHOD path`."""

    token: str = "hf_right"
    may_write: bool = True
    repositories: dict[str, Repository] = field(default_factory=dict)
    large: dict[str, bytes] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)
    # Of new repositories, whatever is asked for.
    makes_public: bool = False
    fails_commit: bool = False
    url: str = ""

    def __enter__(self) -> Hub:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: Any) -> None:
                pass

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                path = self.path.partition("?")[0]
                hub.requests.append(f"{self.command} {path}")
                if path.startswith("/large/"):
                    hub.large[path.removeprefix("/large/")] = body
                    self.say(200, {})
                elif self.headers.get("authorization") != f"Bearer {hub.token}":
                    self.say(401, {"error": "Invalid credentials in Authorization header"})
                else:
                    self.say(*hub.answer(self.command, path, body))

            do_GET = do_POST = do_PUT = do_HEAD = answer  # noqa: N815 - names of the library

            def say(self, status: int, value: dict[str, Any]) -> None:
                content = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                if status == 404:
                    self.send_header("x-error-code", "RepoNotFound")
                self.end_headers()
                self.wfile.write(content)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:  # noqa: PLR0911 - a table
        parts = path.strip("/").split("/")
        match [method, *parts]:
            case ["GET", "api", "whoami-v2"]:
                return 200, {"type": "user", "name": "me", "orgs": [{"name": "team"}], "auth": {}}
            case ["POST", "api", "repos", "create"]:
                return self._create(json.loads(body))
            case ["POST", "api", "validate-yaml"]:
                return 200, {"errors": [], "warnings": []}
            case ["GET", "api", "models", owner, name]:
                return self._tell(f"{owner}/{name}")
            case ["POST", "api", "models", _, _, "preupload", _]:
                files = json.loads(body)["files"]
                mode = [{"path": one["path"], "uploadMode": _mode(one["size"]), "shouldIgnore": False} for one in files]
                return 200, {"files": mode}
            case ["POST", _, _, "info", "lfs", "objects", "batch"]:
                return 200, {"transfer": "basic", "objects": [self._place(one) for one in json.loads(body)["objects"]]}
            case ["POST", "api", "models", owner, name, "commit", "main"]:
                return self._commit(f"{owner}/{name}", body)
        return 500, {"error": f"{method} {path} is not emulated"}

    def _create(self, asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if not self.may_write:
            return 403, {"error": "You don't have the rights to create a model under the namespace"}
        name = f"{asked.get('organization') or 'me'}/{asked['name']}"
        private = asked.get("private") is True or asked.get("visibility") == "private"
        self.repositories[name] = Repository(private and not self.makes_public, {".gitattributes": b""})
        return 200, {"url": f"{self.url}/{name}", "name": name}

    def _tell(self, name: str) -> tuple[int, dict[str, Any]]:
        found = self.repositories.get(name)
        if found is None:
            return 404, {"error": "Repository not found"}
        siblings = [{"rfilename": file} for file in found.files]
        return 200, {"id": name, "private": found.private, "sha": COMMIT, "siblings": siblings, "tags": []}

    def _place(self, asked: dict[str, Any]) -> dict[str, Any]:
        oid = asked["oid"]
        return {
            "oid": oid,
            "size": asked["size"],
            "actions": {"upload": {"href": f"{self.url}/large/{oid}", "header": {}}},
        }

    def _commit(self, name: str, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.fails_commit:
            return 500, {"error": "It is broken."}
        repository = self.repositories[name]
        for line in body.splitlines():
            entry = json.loads(line)
            value = entry["value"]
            if entry["key"] == "file":
                repository.files[value["path"]] = base64.b64decode(value["content"])
            elif entry["key"] == "lfsFile":
                content = self.large[value["oid"]]
                assert hashlib.sha256(content).hexdigest() == value["oid"]
                repository.files[value["path"]] = content
        repository.commits += 1
        return 200, {"success": True, "commitOid": COMMIT, "commitUrl": f"{self.url}/{name}/commit/{COMMIT}"}


def _mode(size: int) -> str:
    return "lfs" if size >= LARGE else "regular"
