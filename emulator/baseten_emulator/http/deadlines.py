"""A connection whose every read and write has a deadline, and whose request heads have a size limit.

A client may send nothing, or a byte now and then, or read nothing of its answer. A socket's own timeout starts again
with each byte; a deadline does not.
"""

import io
import math
import socket
import time
from typing import Any

IDLE_SECONDS = 75.0  # between two requests
HEAD_SECONDS = 20.0
HEAD_BYTES = 64 * 1024
GRACE_SECONDS = 30.0  # for a body or an answer, and then
BYTES_PER_SECOND = 64 * 1024  # at least
LINGER_SECONDS = 2.0


class HeadTooLargeError(ValueError):
    """A request's head is larger than any that a client of Baseten sends."""


class TimedConnection(io.RawIOBase):
    """The raw stream below a connection's buffered ones."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._deadline = math.inf
        self.allowance: float = math.inf

    def allow(self, seconds: float, size: float = math.inf) -> None:
        """Give what comes next so much time from now, and so many bytes."""
        self._deadline, self.allowance = time.monotonic() + seconds, size

    def extend(self, seconds: float) -> None:
        """Give what is under way so much more time."""
        self._deadline += seconds

    def readable(self) -> bool:
        """Return True."""
        return True

    def writable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what is there, or wait for it. Raises TimeoutError, HeadTooLargeError."""
        if self.allowance <= 0:
            raise HeadTooLargeError
        self._wait_no_longer()
        count = self._connection.recv_into(buffer)
        self.allowance -= count
        return count

    def write(self, data: Any) -> int:
        """Write what the other side takes. Raises TimeoutError."""
        self._wait_no_longer()
        return self._connection.send(data)

    def drain(self) -> None:
        """Send an end, and read what a client still sends: it would see a reset otherwise."""
        self.allow(LINGER_SECONDS)
        try:
            self._connection.shutdown(socket.SHUT_WR)
            while self.readinto(bytearray(BYTES_PER_SECOND)):
                pass
        except OSError:  # the client closed, or sends for too long
            return

    def is_open(self) -> bool:
        """Return whether the other side is still there: a closed one reads as an end, or as an error."""
        self._connection.setblocking(False)
        try:
            return self._connection.recv(1, socket.MSG_PEEK) != b""
        except BlockingIOError:
            return True
        except OSError:
            return False

    def _wait_no_longer(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._connection.settimeout(None if math.isinf(left) else left)
