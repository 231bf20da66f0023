"""Who may push now: one push per model at a time, and as many at once as there are cores.

A push is 1.5 s of CPU (imports), so more of them at once only wait for each other; two pushes of one model
would make two versions of which the later wins (measured on truss 0.18.35).

Locks are files, as many as are counted here and no more: names of one kind share them by their hash. Nobody holds
two locks of one kind, so two names in one file only wait for each other; what pushes while it holds a lock, as a
tuning does for its whole length, has a kind of its own.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, TextIO

from baseten_tei.baseten.runtime_folder import runtime_folder

_PAUSE_SECONDS = 0.05
LOCKS = 64
"""Files for names of a kind: more than pushes that run at once, so that two of them rarely meet in one."""
TUNING = "tuning"
"""The kind of a lock that is held over many pushes."""


@contextmanager
def one_at_a_time(name: str, kind: str = "lock") -> Iterator[None]:
    """Hold the only lock of this name and kind on this machine."""
    number = int(sha256(name.encode()).hexdigest(), 16) % LOCKS
    with _open(folder() / f"{kind}-{number:02}") as file:
        lock_file(file)
        yield


@contextmanager
def hold_if_free(name: str, kind: str) -> Iterator[bool]:
    """Hold a lock of a file of its own if nobody else does, and yield whether: for what lasts hours."""
    mark = sha256(name.encode()).hexdigest()[:16]
    with _open(folder() / f"{kind}-{mark}") as file:
        yield try_to_lock_file(file)


@contextmanager
def a_slot(slots: int | None = None) -> Iterator[None]:
    """Hold one of as many slots as there are cores.

    The kernel frees it however the holder ends, and not before the processes that it forked.
    """
    paths = [folder() / f"slot-{n}" for n in range(slots or _cores())]
    while True:
        for path in paths:
            with _open(path) as file:
                if try_to_lock_file(file):
                    yield
                    return
        time.sleep(_PAUSE_SECONDS)


def lock_file(file: IO[Any]) -> None:
    """Wait until nobody else holds this file locked, and hold it until it is closed, here and in every fork."""
    _take(file, blocking=True)


def try_to_lock_file(file: IO[Any]) -> bool:
    """Return whether the file could be locked at once."""
    return _take(file, blocking=False)


def _take(file: IO[Any], *, blocking: bool) -> bool:
    """Lock an open file: filelock's classes open a path by themselves, and close the file in a fork."""
    from filelock import lock_descriptor  # 45 ms, which a push that finds its server does not need

    return lock_descriptor(file.fileno(), blocking=blocking, poll_interval=0.02)


def folder() -> Path:
    """Return where locks stand, and sockets: a folder that nobody else can open. Raises `UserError`."""
    return runtime_folder()


def _open(path: Path) -> TextIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+")


def _cores() -> int:
    """Cores that this process may use; not every system tells them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
