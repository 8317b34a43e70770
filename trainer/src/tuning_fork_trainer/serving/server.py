"""HTTP server on loopback: who may ask, what is asked, and who is still listening."""

from __future__ import annotations

import hmac
import json
import logging
import queue
import select
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from .answers import Answer
from .backend import Backend, Event, Failed, Ticket
from .errors import ApiError
from .registry import Registry, parse_spec
from .requests import ChatRequest, parse_request

LONGEST_BODY = 64 * 1024 * 1024  # Bytes.
LOOK_AGAIN = 0.25  # Seconds between two looks at whether the client is still there.
LOG = logging.getLogger(__name__)


class Gone(Exception):
    """The client closed its connection."""


class Server(ThreadingHTTPServer):
    """Server with the models it answers for. Port 0 takes a free one."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, token: str, registry: Registry, backend: Backend) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.token = token.encode()
        self.registry = registry
        self.backend = backend

    @property
    def port(self) -> int:
        """Port that clients connect to."""
        return int(self.server_address[1])

    def handle_error(self, _request: Any, _client: Any) -> None:
        """Log a failure of one connection; the default prints to standard error without a level."""
        LOG.debug("A connection failed.", exc_info=True)


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "tuning-fork-trainer"
    server: Server
    # Without this, the end of a chunk waits for the acknowledgement of its beginning.
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """Health and list of models."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Chat completions."""
        self._answer("POST")

    def do_PUT(self) -> None:
        """Add or replace a model."""
        self._answer("PUT")

    def do_DELETE(self) -> None:
        """Remove a model."""
        self._answer("DELETE")

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - name of the base class
        """Log requests for debugging only: prompts never, and paths rarely help."""
        LOG.debug(format, *arguments)

    def _answer(self, method: str) -> None:
        self._streaming = False
        try:
            # The body is read in any case: what stays in the connection would be taken for the next request.
            body = self._body()
            self._authorize()
            self._route(method, urlsplit(self.path).path, body)
        except ApiError as error:
            self._fail(error)
        except (Gone, ConnectionError, TimeoutError):
            self.close_connection = True
        except Exception:
            LOG.exception("A request failed.")
            self._fail(ApiError(500, "internal", "The server failed to answer."))

    def _authorize(self) -> None:
        given = self.headers.get("Authorization", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, b"Bearer " + self.server.token):
            raise ApiError(401, "invalid_api_key", "The token of the request is not the one of this server.")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdigit():
            self.close_connection = True
            raise ApiError(411, "length_required", "Send the length of the body.")
        if int(length) > LONGEST_BODY:
            self.close_connection = True
            raise ApiError(413, "request_too_large", "The body of the request is longer than 64 MiB.")
        return self.rfile.read(int(length))

    def _route(self, method: str, path: str, body: bytes) -> None:
        if (method, path) == ("POST", "/v1/chat/completions"):
            self._complete(parse_request(body))
        elif (method, path) == ("GET", "/v1/models"):
            models = [
                {"id": name, "object": "model", "created": 0, "owned_by": "local"}
                for name in self.server.registry.names()
            ]
            self._send(200, {"object": "list", "data": models})
        elif (method, path) == ("GET", "/health"):
            self._send(200, {"status": "ok", **self.server.backend.state()})
        elif method in ("PUT", "DELETE") and path.startswith("/models/") and len(path) > len("/models/"):
            self._change_model(method, unquote(path[len("/models/") :]), body)
        else:
            raise ApiError(404, "unknown_url", f"There is nothing at {method} {path}.")

    def _change_model(self, method: str, name: str, body: bytes) -> None:
        if method == "DELETE":
            unnamed = self.server.registry.remove(name)
        else:
            try:
                value = json.loads(body)
            except ValueError as error:
                raise ApiError(400, "invalid_json", "The body of the request is not JSON.") from error
            unnamed = self.server.registry.put(name, parse_spec(value))
        if unnamed is not None:
            self.server.backend.forget(unnamed)
        self._send(200, {"id": name, "object": "model", "deleted": method == "DELETE"})

    def _complete(self, request: ChatRequest) -> None:
        events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        ticket = Ticket(request, self.server.registry.find(request.model), events.put)
        answer = Answer(request)
        self.server.backend.submit(ticket)
        try:
            while not answer.done:
                event = self._next(events)
                if isinstance(event, Failed):
                    raise event.error
                for chunk in answer.take(event):
                    if request.stream:
                        self._stream(chunk)
        finally:
            ticket.cancel()
        if request.stream:
            self._event("[DONE]")
            self._chunk(b"")
        else:
            self._send(200, answer.completion())

    def _next(self, events: queue.SimpleQueue[Event]) -> Event:
        """Next event of the engine. Raises Gone when the client hung up while it waited."""
        while True:
            try:
                return events.get(timeout=LOOK_AGAIN)
            except queue.Empty:
                self._check_client()

    def _check_client(self) -> None:
        """Raise Gone where the connection was closed. Half-closed counts as closed: no client of ours does that."""
        readable, _, _ = select.select([self.connection], [], [], 0)
        if readable and not self.connection.recv(1, socket.MSG_PEEK):
            raise Gone

    def _stream(self, value: dict[str, Any]) -> None:
        if not self._streaming:
            self._streaming = True
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.send_header("Cache-Control", "no-cache")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
        self._check_client()
        self._event(json.dumps(value, ensure_ascii=False))

    def _event(self, data: str) -> None:
        self._chunk(f"data: {data}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _fail(self, error: ApiError) -> None:
        try:
            if self._streaming:
                # The status is out already: the error is the last event, and no [DONE] follows.
                self._event(json.dumps(error.body))
                self._chunk(b"")
            else:
                self._send(error.status, error.body)
        except OSError:
            self.close_connection = True

    def _send(self, status: int, value: dict[str, Any]) -> None:
        data = json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(data)
