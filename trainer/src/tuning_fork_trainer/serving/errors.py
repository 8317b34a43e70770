"""Errors of the HTTP interface, in OpenAI's form."""

from __future__ import annotations

from typing import Any

from ..protocol import Refusal


class ApiError(Exception):
    """Answer that is an error: HTTP status, machine-readable code, one sentence, and the parameter it is about."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.param = param

    @property
    def body(self) -> dict[str, Any]:
        """Body of the answer: `{"error": {message, type, param, code}}`."""
        kind = "server_error" if self.status >= 500 else "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def invalid(param: str, message: str, code: str = "invalid_value") -> ApiError:
    """Error 400 about one parameter of a request."""
    return ApiError(400, code, message, param)


def from_failure(error: BaseException) -> ApiError:
    """Error for anything that loading or computing raised."""
    if isinstance(error, ApiError):
        return error
    if isinstance(error, Refusal):
        return ApiError(500, error.code, f"{error.message} {error.action}")
    text = str(error).strip().splitlines()
    if is_out_of_memory(error):
        return ApiError(
            503, "no-memory", "There was not enough memory to answer. Send fewer or shorter requests at once."
        )
    return ApiError(500, "internal", f"The model failed to answer ({(text or [type(error).__name__])[0][:200]}).")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out; PyTorch says so in words on the CPU."""
    text = str(error).lower()
    return isinstance(error, MemoryError) or "out of memory" in text or "can't allocate memory" in text
