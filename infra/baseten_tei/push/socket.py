"""The socket between push steps and the process that has truss loaded: where it is, who is there, what is said.

A Unix socket in a folder that only its user can open; both ends ask the kernel whose process the other one is.
A message is JSON, after its length in 8 bytes.
"""

import contextlib
import json
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

_BACKLOG = 128
_SOCKETS = Path("/proc/net/unix")
_LENGTH = struct.Struct("!Q")
_MACOS_PEER = (0, 1, 76)
"""`SOL_LOCAL`, `LOCAL_PEERCRED` and the size of `struct xucred` (macOS `sys/un.h`, `sys/ucred.h`)."""


class Outcome(NamedTuple):
    """How a push ended, as its step is to show it."""

    code: int
    stdout: str
    stderr: str


def connect(path: Path, seconds: float) -> socket.socket | None:
    """Return a connection to the user's own server there; `None` where nobody listens.

    Raises `OSError` for a server of somebody else's, and later where an answer takes longer than `seconds`.
    """
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.settimeout(seconds)
        with contextlib.chdir(path.parent):  # a socket's path has room for 103 bytes on macOS
            connection.connect(path.name)
        if not is_own(connection):
            raise PermissionError(f"the server at {path} is somebody else's")
    except (FileNotFoundError, ConnectionRefusedError):
        connection.close()
        return None
    except OSError:
        connection.close()
        raise
    return connection


def listen(path: Path) -> socket.socket:
    """Listen there, in place of a server that is gone: only for who holds the lock of this path."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    with contextlib.chdir(path.parent):
        listener.bind(path.name)
    listener.listen(_BACKLOG)
    return listener


def dead(paths: Iterable[Path]) -> list[Path]:
    """Return those of these sockets at which nobody listens; none where the kernel does not list them (macOS).

    Asking one would make its server fork.
    """
    try:
        listed = _SOCKETS.read_text(encoding="utf-8", errors="replace").split()
    except OSError:
        return []
    return [path for path in paths if path.name not in listed]


def is_own(connection: socket.socket) -> bool:
    """Return whether the other end is a process of the same user. Raises `OSError` where the kernel does not tell."""
    if sys.platform == "darwin":  # pragma: no cover - Linux has the other one
        return struct.unpack("2I", connection.getsockopt(*_MACOS_PEER)[:8])[1] == os.getuid()
    pid_uid_gid = connection.getsockopt(
        socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")
    )
    return bool(struct.unpack("3i", pid_uid_gid)[1] == os.getuid())


def send(connection: socket.socket, message: Any) -> None:
    """Send one message. Raises `OSError` where nobody takes it."""
    text = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(text)) + text)


def receive(connection: socket.socket) -> Any:
    """Return the next message. Raises `OSError` where the other end is gone before all of it came."""
    (length,) = _LENGTH.unpack(_receive_bytes(connection, _LENGTH.size))
    return json.loads(_receive_bytes(connection, length))


def _receive_bytes(connection: socket.socket, length: int) -> bytes:
    found = bytearray()
    while len(found) < length:
        part = connection.recv(length - len(found))
        if not part:
            raise ConnectionResetError("the other end is gone")
        found += part
    return bytes(found)
