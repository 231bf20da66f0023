"""How every command ends: a mistake of the reader's in one line, an interrupt in one word, and never a traceback."""

import signal
import sys
from collections.abc import Callable
from functools import wraps
from types import FrameType
from typing import ParamSpec

from baseten_tei.errors import UserError, shorten

_P = ParamSpec("_P")
INTERRUPTED = 130


def ends_with(code: int) -> Callable[[Callable[_P, int]], Callable[_P, int]]:
    """Give a command's `main` its exit code for a `UserError`, and for files that this machine cannot give it."""

    def decorate(main: Callable[_P, int]) -> Callable[_P, int]:
        @wraps(main)
        def whole(*arguments: _P.args, **named: _P.kwargs) -> int:
            try:
                return main(*arguments, **named)
            except UserError as error:
                print(error, file=sys.stderr)
            except OSError as error:
                print(shorten(_line(error)), file=sys.stderr)
            except KeyboardInterrupt:
                print("interrupted", file=sys.stderr)
                return INTERRUPTED
            return code

        return whole

    return decorate


def on_interrupt(handler: Callable[[int, FrameType | None], None]) -> None:
    """Have Ctrl-C, a cancelled job (one signal after the other) and a closed terminal interrupt a command alike."""
    for interrupt in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(interrupt, handler)


def _line(error: OSError) -> str:
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}: check the disk and the permissions"
