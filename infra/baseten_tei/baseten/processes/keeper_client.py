"""What a command starts and makes is ended and removed with it, even where it is killed: `keeper` sees to that."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from threading import Lock

from baseten_tei.baseten.processes.temporary_folders import temporary_folder

_lock = Lock()
"""There is one keeper: a second one would take the first one's end for ours."""


@contextmanager
def kept_group(group: int) -> Iterator[None]:
    """End this process group with us, for the length of a `with`."""
    with _keep("group", group):
        yield


@contextmanager
def kept_folder(prefix: str) -> Iterator[Path]:
    """Make a temporary folder that goes with us."""
    with temporary_folder(prefix) as folder, _keep("folder", str(folder)):
        yield folder


@contextmanager
def _keep(kind: str, thing: int | str) -> Iterator[None]:
    _tell(kind, thing)
    try:
        yield
    finally:
        _tell("done", kind, thing)


def _tell(*words: int | str) -> None:
    """Tell the keeper. One that was killed is missed by nobody who is not killed as well."""
    with suppress(BrokenPipeError), _lock:
        stdin = _keeper().stdin
        assert stdin is not None  # noqa: S101  # PIPE was asked for
        stdin.write(json.dumps(words).encode() + b"\n")


@cache
def _keeper() -> subprocess.Popen[bytes]:
    """Start it, in a session of its own: what ends the command's group or terminal does not end it."""
    keeper = Path(__file__).with_name("keeper.py")
    return subprocess.Popen(  # noqa: S603  # our own file, fixed words
        [sys.executable, "-I", "-S", str(keeper)],
        bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True, cwd="/",
    )  # fmt: skip
