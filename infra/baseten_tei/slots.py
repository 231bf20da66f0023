"""Who may push now: one push per model at a time, and as many at once as there are cores.

A push is 1.5 s of CPU (imports), so more of them at once only wait for each other; two pushes of one model
would make two versions of which the later wins (measured on truss 0.18.35).
"""

import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

_PAUSE_SECONDS = 0.05


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold the only lock of this name on this machine."""
    path = folder() / f"model-{sha256(name.encode()).hexdigest()[:16]}"
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def a_slot(slots: int | None = None) -> Iterator[None]:
    """Hold one of as many slots as there are cores. The kernel frees it however the holder ends."""
    paths = [folder() / f"slot-{n}" for n in range(slots or _cores())]
    while True:
        for path in paths:
            with path.open("w") as file:
                if _locked(file.fileno()):
                    yield
                    return
        time.sleep(_PAUSE_SECONDS)


def _cores() -> int:
    """Cores that this process may use; not every system tells them."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def folder() -> Path:
    """Where locks stand, and sockets: a folder that nobody else can open. Raises `PermissionError`."""
    found = Path(tempfile.gettempdir()) / f"baseten-tei-{os.getuid()}"
    found.mkdir(mode=0o700, exist_ok=True)
    if found.lstat().st_uid != os.getuid():
        raise PermissionError(f"{found} belongs to someone else: remove it, or set TMPDIR")
    return found
