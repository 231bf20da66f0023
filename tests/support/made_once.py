"""What takes long to make is made once, for all processes that run tests: the first makes it, the others wait."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock


def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the temporary folder of this run, the same for all its processes."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if os.environ.get("PYTEST_XDIST_WORKER") else own


def made_once(place: Path, make: Callable[[Path], None]) -> Path:
    """Return a folder that is there whole; `make` makes it there if nobody did before."""
    made = Path(f"{place}.made")
    with FileLock(f"{place}.lock"):
        if not made.exists():
            shutil.rmtree(place, ignore_errors=True)
            make(place)
            made.touch()
    return place
