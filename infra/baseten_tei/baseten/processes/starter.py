"""Ending with whoever started this process: nothing of ours outlives the engine, or the command, that it works for.

A process whose parent ends has another parent at once: init, or a subreaper. So whoever started a process is there
for as long as its line of parents is the one that it began with. That needs no ages of ids, and an engine that is
process 1 of a container takes everything along by itself. PR_SET_PDEATHSIG would come at the end of the parent's
*thread*, and Go ends threads as it likes; so the line is looked at twice a second.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping
from typing import NoReturn

STARTER = "BASETEN_TEI_STARTER"
"""Id of the parent of a push step that no engine is above: a command of ours runs it."""
LOOK_SECONDS = 0.5
GRACE_SECONDS = 2.0
"""To end in order: what was started is ended, temporary folders are removed."""

Gone = Callable[[], bool]


def parent_gone(parent: int | None = None) -> Gone:
    """Return how to see that the parent has ended: the one with this id, or the present one."""
    first = os.getppid() if parent is None else parent
    return lambda: os.getppid() != first


def engine_gone(environ: Mapping[str, str]) -> Gone:
    """Return how a push step sees that what it works for has ended."""
    starter = environ.get(STARTER)
    return parent_gone(int(starter)) if starter else PluginsEngine().is_gone


def _parent_of(process: int) -> int | None:
    """Return the parent's id; `None` where the process is gone. Most pushes end before psutil is needed."""
    import psutil

    try:
        return int(psutil.Process(process).ppid())
    except psutil.NoSuchProcess:
        return None


class PluginsEngine:
    """The engine two above a command: between them is a plugin, which may live on without the engine."""

    def __init__(
        self,
        parent: Callable[[], int] = os.getppid,
        parent_of: Callable[[int], int | None] = _parent_of,
        session_of: Callable[[int], int] = os.getsid,
    ) -> None:
        self._parent = parent
        self._parent_of = parent_of
        self._session_of = session_of
        self._plugin = parent()
        self._engine: int | None = None

    def is_gone(self) -> bool:
        """Return whether the plugin or the engine has ended. The first look remembers which engine it is."""
        if self._parent() != self._plugin:
            return True
        engine = self._parent_of(self._plugin)
        if self._engine is None:
            self._engine = engine
            return engine is None or not self._is_of_session(engine)
        return engine != self._engine

    def _is_of_session(self, engine: int) -> bool:
        """Return whether it may be the engine at all; one that ended before the first look left init in its place."""
        try:
            session = self._session_of(self._plugin)
            return session in (self._plugin, self._session_of(engine))
        except (ProcessLookupError, PermissionError):
            return False


def watch(gone: Gone, end: Callable[[], None]) -> None:
    """Look every half second, in a thread, and `end` this process once the starter is gone."""

    def look() -> None:
        time.sleep(LOOK_SECONDS)
        while not gone():
            time.sleep(LOOK_SECONDS)
        end()

    threading.Thread(target=look, daemon=True).start()


def end_at_once() -> NoReturn:
    """End without a word: nobody is there to hear one."""
    os._exit(1)


def end_in_order() -> NoReturn:
    """Have the main thread end as an interrupt ends it, and end at once where that takes long."""
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    end_at_once()


def end_quietly_when_interrupted() -> None:
    """Have interrupts end this process by a `SystemExit`: no traceback, and every `with` comes to its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda it, _: sys.exit(128 + it))
