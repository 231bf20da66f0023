"""The interface of a transport: what it sends and what it returns."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from baseten_tei_client._router.wire import Body

_MOST_READ = 10_000
"""Characters of an error's body that are read."""


class SilenceError(Exception):
    """There was no answer: refused, broken off or too late. `lasting`: another try would not help."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


@dataclass(frozen=True)
class Request:
    """One request, a GET if it has no body; `texts` is the number of the router's permits it takes."""

    url: str
    body: Body | None = None
    texts: int = 0


@dataclass(frozen=True)
class Reply:
    """An answer; `value` is its JSON, or its text if it is not JSON. Header names are lower case."""

    status: int
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def tokens(self) -> int | None:
        """Return the tokens that the router computed, with special ones; `None` if it does not say."""
        count: Any = self.headers.get("x-compute-tokens")
        if count is None and isinstance(self.value, Mapping):
            usage = self.value.get("usage")
            count = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
        if isinstance(count, str) and count.isdecimal() and len(count) < 19:
            return int(count)
        return count if isinstance(count, int) else None

    @property
    def message(self) -> str:
        """Return the text of an error, at most 300 characters."""
        value = self.value
        if isinstance(value, Mapping):
            value = value.get("error") or value.get("message") or value
        try:
            text = str(value)[:_MOST_READ]
        except RecursionError:
            text = "nested too deeply to be read"
        return " ".join(text.split())[:300] or "without a body"

    @property
    def retry_after_seconds(self) -> float | None:
        """Return Baseten's `retry_after` or the header of that name, in seconds."""
        from_body = self.value.get("retry_after") if isinstance(self.value, Mapping) else None
        for value in (from_body, self.headers.get("retry-after")):
            try:
                seconds = float(str(value))
            except ValueError:  # not there, or not a number
                continue
            if 0 <= seconds < float("inf"):
                return seconds
        return None


class Transport(Protocol):
    """Sends one request, once: no retries, no redirects."""

    async def send(self, request: Request, timeout_seconds: float) -> Reply:
        """Return the answer, whatever its status. Raises `SilenceError` within the timeout if there is none."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


def decode_json(content: bytes) -> Any:
    """Return the JSON; the text if it is not JSON or nested too deeply."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
