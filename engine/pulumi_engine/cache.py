"""Caches the engines of this user for all checkouts.

A folder is made beside its place and renamed into it, under a lock. A killed set-up leaves a folder with another
name, which is never taken for an engine and is removed by the next set-up.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from filelock import lock_descriptor

from pulumi_engine.decision import Kind, pinned_version

Say = Callable[[str], None]


def cache_root(environ: Mapping[str, str]) -> Path:
    """Return `$XDG_CACHE_HOME/baseten-tei`, by default under `~/.cache`."""
    home = environ.get("XDG_CACHE_HOME") or Path(environ.get("HOME", "~"), ".cache").expanduser()
    return Path(home, "baseten-tei")


def engine_folder(root: Path, kind: Kind) -> Path:
    """Return where an engine of this kind is kept: `engine-3.276.0-build`."""
    return root / f"engine-{pinned_version(kind)}-{kind}"


def cached_kinds(root: Path) -> frozenset[Kind]:
    """Return the engines that need not be fetched or built again."""
    return frozenset(kind for kind in Kind if (engine_folder(root, kind) / "pulumi").exists())


@contextmanager
def hold_lock(file: Path, say: Say) -> Iterator[None]:
    """Let one set-up run at a time, and say so if it has to wait. The system frees the lock with the process."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as handle:
        if not lock_descriptor(handle.fileno(), blocking=False):
            say(f"waiting for another set-up to finish ({file})")
            lock_descriptor(handle.fileno())
        yield


def publish(folder: Path, make: Callable[[Path], None], say: Say) -> Path:
    """Return the folder, made by `make` in a temporary place unless it is there already."""
    with hold_lock(folder.with_name(f"{folder.name}.lock"), say):
        if folder.exists():
            return folder
        prefix = f".{folder.name}-"
        for left_over in folder.parent.glob(f"{prefix}*"):
            shutil.rmtree(left_over)
        draft = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
        try:
            make(draft)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft)
            raise
    return folder
