"""Requests and responses as plain values: what every handler takes and returns.

The few things only a socket can do (wait, hang up, stop) are asked for by the response and done by `server`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from baseten_emulator.world import plain_json


@dataclass(frozen=True)
class Request:
    """One HTTP request. `headers` keys are lower case; `params` is filled in by the router."""

    method: str
    path: str
    query: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    params: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> "Request":
        """Parse a target in origin form (`/v1/models?x=y`) or proxy form (absolute URI). Raises ApiError 400."""
        lowered = {name.lower(): value for name, value in headers.items()}
        absolute = target.startswith(("http://", "https://"))
        if not absolute and not target.startswith("/"):
            raise ApiError(400, "BAD_REQUEST", "the request target is not a path")
        try:
            url = urlsplit(target if absolute else "http://127.0.0.1" + target)
        except ValueError as error:
            raise ApiError(
                400, "BAD_REQUEST", f"the request target is not a URL: {error}"
            ) from error
        if absolute:
            lowered["host"] = url.netloc
        query = {k: tuple(v) for k, v in parse_qs(url.query, keep_blank_values=True).items()}
        return cls(method, unquote(url.path) or "/", query, lowered, body)

    @property
    def host(self) -> str:
        """The host that is asked for, without its port, in lower case."""
        return self.headers.get("host", "127.0.0.1").rsplit(":", 1)[0].lower()

    def arg(self, name: str) -> str | None:
        """Return the last value of a query parameter, None when it is absent."""
        values = self.query.get(name)
        return values[-1] if values else None

    def json(self) -> dict[str, Any]:
        """Return the body as a JSON object; an empty body is an empty object. Raises ApiError 400."""
        try:
            data = plain_json.parse(self.body or b"{}")
        except plain_json.PlainJsonError as error:
            raise ApiError(400, "INVALID_JSON", f"the request body is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise ApiError(400, "INVALID_JSON", "the request body must be a JSON object")
        return data

    def with_params(self, params: Mapping[str, str]) -> "Request":
        """Return the same request with the values of the route's placeholders."""
        return replace(self, params=params)


@dataclass(frozen=True)
class Response:
    """One HTTP response. What follows `headers` is acted out by the socket edge.

    `delay_seconds`: wait before answering. `hang_up`: close the socket instead of answering; `reset`:
    with a reset. `stop`: stop the server after answering. `held_by`: wait until the fault of this id is
    gone; `untried`: then ask again, since the call has not taken effect yet.
    """

    status: int = 200
    body: bytes = b""
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    delay_seconds: float = 0.0
    hang_up: bool = False
    reset: bool = False
    stop: bool = False
    held_by: str | None = None
    untried: bool = False


class RefusedError(Exception):
    """Answer with `response` and forget whatever was written on the way to it."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response = response


class ApiError(RefusedError):
    """A refusal with the management API's error body: {"code": ..., "message": ...}."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(json_response({"code": code, "message": message}, status))
        self.code, self.message = code, message


def json_response(payload: Any, status: int = 200) -> Response:
    """Return a JSON response."""
    return Response(status, json.dumps(payload).encode(), "application/json")


def not_found(what: str, name: str) -> ApiError:
    """Return the 404 for a thing that does not exist."""
    return ApiError(404, "RESOURCE_NOT_FOUND", f'{what} "{name}" does not exist')


def bad_request(message: str) -> ApiError:
    """Return the 400 for a request that is understood and not accepted."""
    return ApiError(400, "VALIDATION_ERROR", message)
