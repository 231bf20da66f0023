"""How a Pulumi program ends: at a mistake of the user's, and when the engine interrupts it.

Pulumi's Python host runs a program in a process of its own. It adds a second line to a `pulumi.RunError`, and once
a resource has failed it interrupts the program, which shows 30 lines of traceback beside the error (3.259.0), or
the SDK's error of a resource monitor that is gone, which the engine ends first (3.276.0).
"""

import signal
import sys
import threading
import warnings
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NoReturn

import pulumi

from baseten_tei.errors import UserError
from baseten_tei.spec import in_python

EXECUTOR = "pulumi-language-python-exec"
"""The script with which Pulumi's host starts a program."""

ALREADY_SHOWN = 32
"""The exit code after which the host adds nothing, because the user has read what is wrong."""

_ENGINE_ENDED = "Resource monitor has terminated, shutting down"
"""What the SDK tells of an engine that has ended before its program, and has shown why (`runtime/settings.py`)."""


def runs_in_host() -> bool:
    """Return whether this process is a program's own: not a test's, nor one that uses the Automation API."""
    return any(Path(word).name == EXECUTOR for word in sys.orig_argv)


def end_program(error: UserError) -> NoReturn:
    """Show one line per problem and end the program. Raise `pulumi.RunError` in a process that is not its own."""
    if not runs_in_host():
        raise pulumi.RunError(str(error)) from error
    for problem in error.problems:
        pulumi.log.error(problem)
    raise SystemExit(ALREADY_SHOWN) from error


def hide_interrupts() -> None:
    """Show nothing of an interrupt in a program's own process. A handler of the program's own stays what it is."""
    if not runs_in_host():
        return
    pulumi.log.error = partial(_log_unless_ended, pulumi.log.error)  # the host calls it
    sys.excepthook = partial(_show_unless_interrupted, sys.excepthook)
    unhandled = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if unhandled and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _interrupt)


def _log_unless_ended(log: Any, text: str, *args: Any, **options: Any) -> None:
    if text != _ENGINE_ENDED:
        log(text, *args, **options)


def _interrupt(number: int, frame: FrameType | None) -> None:
    """Interrupt as Python does, without warnings of what then stays undone, e.g. coroutines not awaited."""
    warnings.simplefilter("ignore")
    signal.default_int_handler(number, frame)


def _show_unless_interrupted(
    show: Any, kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    if not issubclass(kind, KeyboardInterrupt):
        show(kind, error, trace)
        return
    # The engine interrupts twice, and Python would show the second one while it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(ALREADY_SHOWN)


in_python.refuse = end_program  # a mistake in a spec's arguments
