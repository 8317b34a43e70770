"""Plain client of the server: what goes over the wire is seen as it is."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

QUESTION = [{"role": "user", "content": "What does this cost?"}]


class Client:
    def __init__(self, port: int, token: str | None) -> None:
        self.port = port
        self.headers = {"Authorization": f"Bearer {token}"} if token is not None else {}

    def open(self, method: str, path: str, body: Any = None) -> tuple[http.client.HTTPConnection, Any]:
        """Send a request; return the connection and the answer, whose body is not read yet."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method, path, data, self.headers)
        return connection, connection.getresponse()

    def call(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the answer."""
        connection, response = self.open(method, path, body)
        try:
            return response.status, json.loads(response.read())
        finally:
            connection.close()

    def chat(self, **fields: Any) -> Any:
        """Completion of the base for a short question, greedy and with 24 tokens unless told otherwise."""
        status, answer = self.call("POST", "/v1/chat/completions", request(**fields))
        assert status == 200, answer
        return answer

    def text(self, **fields: Any) -> str:
        return str(self.chat(**fields)["choices"][0]["message"]["content"])

    def refused(self, **fields: Any) -> tuple[int, Any]:
        status, answer = self.call("POST", "/v1/chat/completions", request(**fields))
        return status, answer["error"]

    def stream(self, **fields: Any) -> list[Any]:
        """Chunks of a streamed completion; checks that [DONE] is the last event."""
        connection, response = self.open("POST", "/v1/chat/completions", request(stream=True, **fields))
        assert response.status == 200
        assert response.getheader("Content-Type").startswith("text/event-stream")
        found = list(events(response))
        connection.close()
        assert found[-1] == "[DONE]"
        return [json.loads(one) for one in found[:-1]]

    def together(self, requests: list[dict[str, Any]]) -> list[str]:
        """Texts of requests that are sent at once."""
        with ThreadPoolExecutor(len(requests)) as pool:
            return list(pool.map(lambda fields: self.text(**fields), requests))

    def wait_for(self, condition: Callable[[Any], bool]) -> Any:
        """Ask for the health until a condition holds."""
        deadline = time.monotonic() + 30
        while True:
            state = self.call("GET", "/health")[1]
            if condition(state):
                return state
            assert time.monotonic() < deadline, state


def request(**fields: Any) -> dict[str, Any]:
    return {"model": "base", "messages": QUESTION, "temperature": 0, "max_tokens": 24, **fields}


def events(response: Any) -> Iterator[str]:
    """Data of server-sent events."""
    for line in response:
        if line.startswith(b"data: "):
            yield line[len(b"data: ") :].decode().rstrip("\n")
