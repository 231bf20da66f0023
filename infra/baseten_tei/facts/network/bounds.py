"""Limits of one whole answer: how long it may take, and how large it may be once it is unpacked.

Timeouts of HTTP libraries are for one read: a server that sends a byte now and then holds its caller for ever.
"""

import zlib
from collections.abc import Callable, Iterable
from concurrent.futures import Future, wait
from dataclasses import dataclass
from threading import Thread
from typing import TypeVar

_T = TypeVar("_T")

MIB = 1 << 20
CHUNK = 1 << 16
LEFT_SECONDS = 1.0
"""A silent read ends by itself so long after the answer was given up, and with it the thread that was left behind."""
OF_THE_WIRE = ("content-encoding", "content-length", "transfer-encoding")
"""Headers that are no longer true of content that was read and unpacked."""
_ANY_ZLIB = 47
"""zlib's word for gzip or zlib, whichever the header says."""


@dataclass(frozen=True)
class Bounds:
    """What one answer may take: seconds from the call to its last byte, and bytes without compression."""

    seconds: float
    size: int


class BoundsError(Exception):
    """An answer that is not what a caller can wait for, hold or read."""


class LateError(BoundsError):
    """The answer was not complete in time."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"no complete answer within {seconds:g} s")


class LargeError(BoundsError):
    """The answer is larger than it may be."""

    def __init__(self, size: int) -> None:
        limit = f"{size // MIB} MiB" if size >= MIB else f"{size} bytes"
        super().__init__(f"the answer is larger than {limit}")


class EncodingError(BoundsError):
    """The answer is compressed in a way that was not asked for, or is damaged."""


class RedirectsError(BoundsError):
    """The answer is elsewhere, and there again elsewhere."""

    def __init__(self) -> None:
        super().__init__("it redirects without an end")


def call_within(seconds: float, act: Callable[[], _T]) -> _T:
    """Return what `act` returns. Raises what it raises, and `LateError` if it takes longer than `seconds`.

    `act` runs in a thread of its own, the only way to bound a name look-up and a TLS handshake too. A late one
    is left behind: its thread is a daemon and does not hold the process.
    """
    outcome: Future[_T] = Future()

    def run() -> None:
        try:
            outcome.set_result(act())
        except BaseException as error:  # raised below, in the caller's thread
            outcome.set_exception(error)

    Thread(target=run, name="baseten-tei-call", daemon=True).start()
    wait([outcome], seconds)
    if not outcome.done():
        raise LateError(seconds)
    return outcome.result()


def gather(chunks: Iterable[bytes], size: int) -> bytes:
    """Return all chunks as one. Raises `LargeError` above `size`, before any more is read."""
    content = bytearray()
    for chunk in chunks:
        content += chunk
        if len(content) > size:
            raise LargeError(size)
    return bytes(content)


def unpack(content: bytes, encoding: str | None, size: int) -> bytes:
    """Return an answer without its `Content-Encoding`. Raises `LargeError`, `EncodingError`."""
    encoding = (encoding or "").strip().lower()
    if encoding in ("", "identity"):
        return content
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise EncodingError(f"the answer is encoded as {encoding!r}, which was not asked for")
    unpacking = zlib.decompressobj(_ANY_ZLIB)
    try:
        plain = unpacking.decompress(content, size + 1)
    except zlib.error as error:
        raise EncodingError("the answer's compression is damaged") from error
    if len(plain) > size:
        raise LargeError(size)
    if not unpacking.eof:
        raise EncodingError("the compressed answer breaks off")
    return plain
