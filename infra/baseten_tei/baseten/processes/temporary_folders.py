"""Temporary folders that are gone in the end, also where whoever used one was killed.

In each is a file that its user holds locked. The kernel frees it however the holder and its forks end; whoever makes
the next folder of the same kind removes those that nobody holds. (Containers may share a folder, and not their ids.)
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from baseten_tei.baseten.machine_locks import lock_file, try_to_lock_file

_LOCK = ".baseten-tei-in-use"


@contextmanager
def temporary_folder(prefix: str) -> Iterator[Path]:
    """Make a folder for the length of a `with`."""
    remove_abandoned(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    try:
        with (folder / f"{_LOCK}-soon").open("w") as file:
            lock_file(file)
            (folder / f"{_LOCK}-soon").rename(folder / _LOCK)  # locked before anybody looks for it
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def remove_abandoned(prefix: str) -> None:
    """Remove the folders with this prefix whose user is gone."""
    for folder in Path(tempfile.gettempdir()).glob(f"{prefix}*"):
        if _is_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


def _is_abandoned(folder: Path) -> bool:
    """Return whether it is this user's, and nobody holds it; one without a lock is just being made, or another's."""
    with suppress(OSError), (folder / _LOCK).open("r+") as file:
        return try_to_lock_file(file)
    return False
