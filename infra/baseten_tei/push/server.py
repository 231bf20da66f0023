"""The process that has truss loaded: `python -m baseten_tei.push.server FD`, started by the first push of an `up`.

Listens at a socket that it was given, imports truss once, and forks for each job. It never reads what a step
sends: the fork does, so that no key and no environment of a job is ever in this process. A step that ends
takes its job along, and a job that dies leaves its step to push by itself. Ends when nobody has asked for
some seconds, or when the session that it was started in has ended.

A fork is safe while there is one thread (measured: importing truss 0.18.35 with grpc, boto3 and
opentelemetry starts none); with more than one this process ends, and steps push by themselves.
"""

import gc
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from baseten_tei.baseten import machine_locks
from baseten_tei.baseten.processes.starter import (
    GRACE_SECONDS,
    end_in_order,
    end_quietly_when_interrupted,
    parent_gone,
    watch,
)
from baseten_tei.push.client import TAKEN
from baseten_tei.push.socket import Outcome, is_own, receive, send

Work = Callable[[str], Outcome]
Clock = Callable[[], float]

IDLE_SECONDS = 10.0
_PAUSE_SECONDS = 0.01
_TICK_SECONDS = 0.5
"""How often it looks for jobs that died, and for its session."""


class Server:
    """Forks a process for each connection, and keeps an eye on both."""

    def __init__(self, listener: socket.socket, work: Work, clock: Clock = time.monotonic) -> None:
        """`work` is done in the fork, on a job's config; the fork has the job's environment by then."""
        self._listener = listener
        self._work = work
        self._clock = clock
        self._session = _session()
        self._jobs: dict[int, tuple[socket.socket, int]] = {}
        self._poll = select.poll()
        self._poll.register(listener, select.POLLIN)

    def run(self) -> None:
        """Serve until nobody needs it any more."""
        asked = self._clock()
        while self._jobs or (self._clock() - asked < IDLE_SECONDS and _there(self._session)):
            for number, _ in self._poll.poll(_TICK_SECONDS * 1000):
                if number == self._listener.fileno():
                    self._begin()
                else:
                    self._end(number)
                asked = self._clock()
            self._bury()

    def _begin(self) -> None:
        connection, _ = self._listener.accept()
        if not is_own(connection):
            connection.close()
            return
        server, process = os.getpid(), os.fork()
        if process == 0:
            watch(parent_gone(server), end_in_order)
            self._become_job(connection)
        with suppress(OSError):  # whichever of the two comes first
            os.setpgid(process, process)
        self._jobs[connection.fileno()] = (connection, process)
        self._poll.register(connection, select.POLLHUP)

    def _become_job(self, connection: socket.socket) -> None:  # pragma: no cover - in the fork
        try:
            end_quietly_when_interrupted()
            os.setpgid(0, 0)
            self._listener.close()
            for other, _ in self._jobs.values():
                other.close()
            _answer(connection, self._work)
        finally:  # without an answer, the step pushes by itself
            os._exit(0)

    def _end(self, number: int) -> None:
        """The step is gone: it has its answer, or was killed, and then its truss must not go on."""
        connection, process = self._forget(number)
        deadline = self._clock() + GRACE_SECONDS
        with suppress(ProcessLookupError):
            os.killpg(process, signal.SIGTERM)
        while not os.waitpid(process, os.WNOHANG)[0]:
            if self._clock() > deadline:
                os.killpg(process, signal.SIGKILL)
            time.sleep(_PAUSE_SECONDS)
        connection.close()

    def _bury(self) -> None:
        """Hang up on the steps of jobs that have ended."""
        for number, (_, process) in list(self._jobs.items()):
            if os.waitpid(process, os.WNOHANG)[0]:
                connection, _ = self._forget(number)
                connection.close()

    def _forget(self, number: int) -> tuple[socket.socket, int]:
        self._poll.unregister(number)
        return self._jobs.pop(number)


def _answer(connection: socket.socket, work: Work) -> None:  # pragma: no cover - in the fork
    environment, folder, umask, config = receive(connection)
    send(connection, TAKEN)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    os.umask(umask)
    tempfile.tempdir = None
    send(connection, work(config))


def _session() -> int | None:
    """The process whose session this is; `None` where it has ended already, or is not to be seen."""
    leader = os.getsid(0)
    return leader if leader and _there(leader) else None


def _there(process: int | None) -> bool:
    if process is None:
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _threads() -> int:
    tasks = Path("/proc/self/task")  # every thread on Linux; elsewhere those that Python knows
    return len(list(tasks.iterdir())) if tasks.is_dir() else threading.active_count()


def main(argv: Sequence[str]) -> int:
    """Import truss, and serve at the socket with this number."""
    listener = socket.socket(fileno=int(argv[0]))
    path = machine_locks.folder() / Path(listener.getsockname()).name
    gc.disable()  # an import makes no garbage to speak of
    import truss.cli.cli  # noqa: F401

    from baseten_tei.push import push

    if _threads() > 1:
        return 1
    gc.freeze()  # a collection in a fork would copy what all forks share
    Server(listener, push.run_push).run()
    if (
        not path.exists()
    ):  # its folder went before it, as after a rehearsal: a lock would make it again
        return 0
    with machine_locks.one_at_a_time(path.name):  # nobody starts another server meanwhile
        path.unlink(missing_ok=True)
        listener.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
