"""Ends and removes what a command leaves behind when it is killed: `python keeper.py`, started by `keeping`.

Its standard input is a pipe that only the command can write to. Each line is JSON: `["group", 123]` or
`["folder", "/tmp/x"]`, and `["done", ...]` where the command saw to it by itself. When the input ends, the command has
ended, however; what is left then is taken down, the last first. It imports nothing but a little of Python's own.
"""

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterable

Thing = tuple[str, int | str]

INTERRUPT_SECONDS = 3.0
"""For pulumi, to let go of the stack's lock."""
KILL_SECONDS = 1.0
FOLDER_SECONDS = 8.0
"""For those that still write into a folder, to see that whoever started them is gone."""
_PAUSE_SECONDS = 0.05


def left_behind(lines: Iterable[str]) -> list[Thing]:
    """Return what was announced and not finished, the last first."""
    left: list[Thing] = []
    for line in lines:
        kind, *thing = json.loads(line)
        if kind == "done":
            left.remove((thing[0], thing[1]))
        else:
            left.append((kind, thing[0]))
    return left[::-1]


def end_group(group: int) -> None:
    """End a process group: interrupted first, then killed."""
    for number, seconds in ((signal.SIGINT, INTERRUPT_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        if not _send_signal(group, number) or _comes_true(
            lambda: not _send_signal(group, 0), seconds
        ):
            return


def _send_signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def remove(folder: str) -> None:
    """Remove a folder that somebody may still be writing into for a moment."""

    def gone() -> bool:
        shutil.rmtree(folder, ignore_errors=True)
        return not os.path.lexists(folder)

    _comes_true(gone, FOLDER_SECONDS)


def _comes_true(true: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE_SECONDS)
    return True


def main() -> None:
    """Wait for the command's end, and take down what it left."""
    for kind, thing in left_behind(sys.stdin):
        if kind == "group":
            end_group(int(thing))
        else:
            remove(str(thing))


if __name__ == "__main__":
    main()
