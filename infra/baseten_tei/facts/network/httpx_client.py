"""Clients of httpx and httpx2 whose answers come whole and within bounds, for libraries that take a client.

Two classes, since each library has its own base; how an answer is read is the same for both.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import httpx2

from baseten_tei.facts.network.bounds import (
    LEFT_SECONDS,
    OF_THE_WIRE,
    Bounds,
    BoundsError,
    RedirectsError,
    call_within,
    gather,
    unpack,
)
from baseten_tei.facts.network.network_errors import NoAnswerError, explain_network_error

MOST_REDIRECTS = 10
_NO_ANSWER = (
    httpx.HTTPError, httpx.InvalidURL, httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ImportError,
    BoundsError,
)  # fmt: skip


class Client(httpx.Client):
    """httpx's client, without redirects. Every call raises `NoAnswerError` where there is no whole answer."""

    def __init__(self, bounds: Bounds, **settings: Any) -> None:
        with _name_call("a client"):
            super().__init__(**{"timeout": bounds.seconds + LEFT_SECONDS, **settings})
        self.headers["Accept-Encoding"] = "gzip"  # others cannot be unpacked within a bound
        self._bounds = bounds

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        """Return a whole answer."""
        send = partial(super().send, **{**options, "stream": True, "follow_redirects": False})
        response: httpx.Response = _send_within(send, request, self._bounds, redirects=0)
        return response


class Client2(httpx2.Client):
    """The same of httpx2, which is the client of huggingface-hub; it follows redirects."""

    def __init__(self, bounds: Bounds, **settings: Any) -> None:
        with _name_call("a client"):
            super().__init__(**{"timeout": bounds.seconds + LEFT_SECONDS, **settings})
        self.headers["Accept-Encoding"] = "gzip"
        self._bounds = bounds

    def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Return a whole answer."""
        send = partial(super().send, **{**options, "stream": True, "follow_redirects": False})
        response: httpx2.Response = _send_within(send, request, self._bounds, MOST_REDIRECTS)
        return response


def _send_within(send: Callable[[Any], Any], request: Any, bounds: Bounds, redirects: int) -> Any:
    with _name_call(f"{request.method} {request.url.path}"):
        return call_within(bounds.seconds, partial(_whole, send, request, bounds.size, redirects))


@contextmanager
def _name_call(call: str) -> Iterator[None]:
    try:
        yield
    except _NO_ANSWER as error:
        raise NoAnswerError(explain_network_error(error), call) from error


def _whole(send: Callable[[Any], Any], request: Any, size: int, redirects: int) -> Any:
    """Return the last answer. Redirects are followed here: httpx reads their bodies without a limit."""
    for _ in range(redirects + 1):
        response = send(request)
        content = _content(response, size)
        if response.next_request is None or not redirects:
            return _in_memory(response, content)
        request = response.next_request
    raise RedirectsError


def _content(response: Any, size: int) -> bytes:
    encoding = response.headers.get("content-encoding")
    try:
        return unpack(gather(response.iter_raw(), size), encoding, size)
    finally:
        response.close()


def _in_memory(response: Any, content: bytes) -> Any:
    headers = [it for it in response.headers.multi_items() if it[0].lower() not in OF_THE_WIRE]
    return type(response)(
        response.status_code, headers=headers, content=content, request=response.request
    )
