"""Locks on open files: the system frees one when its holder, and the forks that share the open file, have ended.

filelock's own classes open the path by themselves and close the file in a fork; here the caller opens it, so that
no link is followed, and a fork of a killed holder keeps what it still uses.
"""

from typing import IO, Any


def lock_file(file: IO[Any]) -> None:
    """Wait until nobody else holds this file locked, and hold it until it is closed."""
    _take(file, blocking=True)


def try_to_lock_file(file: IO[Any]) -> bool:
    """Return whether the file could be locked at once."""
    return _take(file, blocking=False)


def _take(file: IO[Any], blocking: bool) -> bool:
    from filelock import lock_descriptor  # 45 ms, which a push that finds its server does not need

    return lock_descriptor(file.fileno(), blocking=blocking, poll_interval=0.02)
