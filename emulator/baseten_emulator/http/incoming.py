"""A request's body: as long as its head says, no longer than its surface allows, and not too slow."""

import io
import re
from email.message import Message
from typing import Any

from baseten_emulator.http.deadlines import BYTES_PER_SECOND, GRACE_SECONDS, TimedConnection
from baseten_emulator.world.wire import ApiError

_CHUNK_LINE = 1024
_TRAILERS = 32


def read_declared_length(headers: Message) -> int | None:
    """Return how long a body is, by its head; None where it comes in chunks. Raises ApiError 400."""
    codings, lengths = (
        headers.get_all("transfer-encoding", []),
        headers.get_all("content-length", []),
    )
    if headers.defects or headers.get_payload():
        raise _malformed_error("a header is not a name and a value")
    if len(headers.get_all("host", [])) > 1:
        raise _malformed_error("there are several Host headers")
    if codings:
        if lengths or [coding.strip().lower() for coding in codings] != ["chunked"]:
            raise _malformed_error(
                "Transfer-Encoding must be chunked, and without a Content-Length"
            )
        return None
    if len(set(lengths)) > 1 or not all(
        re.fullmatch(r"[0-9]{1,15}", length.strip()) for length in lengths
    ):
        raise _malformed_error("Content-Length must be one whole number")
    return int(lengths[0]) if lengths else 0


class BodyReader:
    """Reads the body of one request of a connection."""

    def __init__(
        self, stream: "io.BufferedReader[Any]", connection: TimedConnection, limit: int
    ) -> None:
        self._stream, self._connection = stream, connection
        self._limit, self._body = limit, bytearray()

    def require_room(self, size: int) -> None:
        """Refuse a body of so many bytes more than there are, if that is too much. Raises ApiError 413."""
        if len(self._body) + size > self._limit:
            raise ApiError(413, "PAYLOAD_TOO_LARGE", f"the body is larger than {self._limit} bytes")

    def read(self, length: int | None) -> bytes:
        """Return the body. Raises ApiError 400, 408 or 413."""
        self._connection.allow(GRACE_SECONDS)
        try:
            if length is None:
                self._read_chunks()
            else:
                self._take(length)
        except TimeoutError as error:
            raise ApiError(408, "REQUEST_TIMEOUT", "the body comes too slowly") from error
        return bytes(self._body)

    def _read_chunks(self) -> None:
        while size := self._size_of_chunk():
            self._take(size)
            if self._stream.readline(_CHUNK_LINE).strip():
                raise _malformed_error("a chunk is longer than its size")
        for _ in range(_TRAILERS):
            if not self._stream.readline(_CHUNK_LINE).strip():
                return
        raise _malformed_error("there are too many trailers")

    def _size_of_chunk(self) -> int:
        size = self._stream.readline(_CHUNK_LINE).partition(b";")[0].strip()
        if not re.fullmatch(rb"[0-9a-fA-F]{1,12}", size):
            raise _malformed_error("a chunk's size is not a hexadecimal number")
        return int(size, 16)

    def _take(self, size: int) -> None:
        """Read so many bytes, each 64 KiB of which give a second more."""
        self.require_room(size)
        end = len(self._body) + size
        while len(self._body) < end:
            part = self._stream.read1(min(end - len(self._body), BYTES_PER_SECOND))
            if not part:
                raise _malformed_error("the body ends early")
            self._body += part
            self._connection.extend(len(part) / BYTES_PER_SECOND)


def _malformed_error(message: str) -> ApiError:
    return ApiError(400, "BAD_REQUEST", message)
