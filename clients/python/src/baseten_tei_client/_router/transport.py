"""How a request reaches the router: what a transport gets, and what it gives back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from baseten_tei_client._router.wire import Body

_MOST_READ = 10_000
"""Characters of an error's body that are looked at."""


class SilenceError(Exception):
    """No answer: nobody listens, the connection broke, or it took too long. `lasting`: no further try helps."""

    def __init__(self, message: str, *, lasting: bool = False) -> None:
        super().__init__(message)
        self.lasting = lasting


@dataclass(frozen=True)
class Request:
    """One request; `texts` is how many permits of the router it takes. Without a body it is a GET."""

    url: str
    body: Body | None = None
    texts: int = 0


@dataclass(frozen=True)
class Reply:
    """An answer; `value` is its JSON, or its text where it is none. Header names are lower case."""

    status: int
    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def tokens(self) -> int | None:
        """Tokens that the router computed, special tokens included; `None` where it does not say."""
        told: Any = self.headers.get("x-compute-tokens")
        if told is None and isinstance(self.value, Mapping):
            usage = self.value.get("usage")
            told = usage.get("prompt_tokens") if isinstance(usage, Mapping) else None
        if isinstance(told, int):
            return told
        return int(told) if isinstance(told, str) and told.isdecimal() and len(told) < 19 else None

    @property
    def message(self) -> str:
        """What an error says of itself, at most 300 characters."""
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
        """When to come back: Baseten's `retry_after`, or the header in seconds."""
        told = self.value.get("retry_after") if isinstance(self.value, Mapping) else None
        for found in (told, self.headers.get("retry-after")):
            try:
                seconds = float(str(found))
            except ValueError:  # neither there, nor a number
                continue
            if 0 <= seconds < float("inf"):
                return seconds
        return None


class Transport(Protocol):
    """Sends one request, once: no retries, no redirects."""

    async def send(self, request: Request, timeout_seconds: float) -> Reply:
        """The answer, whatever its status. Raises `SilenceError` within the timeout where there is none."""
        ...

    async def close(self) -> None:
        """Close its connections."""
        ...


def decoded(content: bytes) -> Any:
    """JSON, or the text where it is none, or nested too deeply to be read."""
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        return content.decode("utf-8", "replace")
