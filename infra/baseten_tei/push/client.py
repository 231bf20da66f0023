"""Having a push done by the process that has truss loaded: found, or started, by whichever step comes first.

Nine tenths of a push are truss importing itself (1 s of CPU). The server imports it once and forks for each
push; the job, its environment and its key go to the fork over the socket, and nowhere else. Whatever is
wrong with the server, the step does its push by itself: a push is idempotent by content.
"""

import json
import os
import socket
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from baseten_tei.baseten import machine_locks
from baseten_tei.deployment.push_job import PREFIX
from baseten_tei.errors import UserError
from baseten_tei.push.socket import Outcome, connect, dead, listen, receive, send
from baseten_tei.push.truss_cli import CAN_FORK, plain_environment

ALONE = f"{PREFIX}PUSH_ALONE"
"""Set to anything, each step pushes in a process of its own."""

_PACKAGE = Path(__file__).parents[1]

TAKEN = "taken"
"""What a fork says when it has the whole job."""

TAKE_SECONDS = 60.0
"""Until a job must be taken: the first one waits until truss is imported, on a busy machine for long."""


def push_by_server(config: str) -> Outcome | None:
    """Return what the server's fork says of this process's job; `None` where the step must push by itself."""
    if os.environ.get(ALONE) or not CAN_FORK:
        return None
    try:
        with _server(machine_locks.folder()) as connection:
            send(connection, [dict(os.environ), str(Path.cwd()), _umask(), config])
            if receive(connection) != TAKEN:
                return None
            connection.settimeout(None)
            return Outcome(*receive(connection))
    except (OSError, LookupError, ValueError, TypeError, UserError):
        return None


def _server(folder: Path) -> socket.socket:
    path = folder / f"push-{_identity()}"
    connection = connect(path, TAKE_SECONDS)
    if connection is None:
        with machine_locks.one_at_a_time(path.name):  # the first steps of an `up` come all at once
            connection = connect(path, TAKE_SECONDS) or _start_server(path)
        _remove_dead(folder)
    return connection


def _remove_dead(folder: Path) -> None:
    """Remove the sockets of servers that have ended; under each one's lock, for another may begin there."""
    for path in dead(folder.glob("push-*")):
        with machine_locks.one_at_a_time(path.name):
            for again in dead([path]):
                again.unlink(missing_ok=True)


def _start_server(path: Path) -> socket.socket:
    """A connection to a new server; the socket is there before its process, so nobody waits for that."""
    with listen(path) as listener:
        module = ["-m", "baseten_tei.push.server", str(listener.fileno())]
        subprocess.Popen(  # noqa: S603  # our own module, fixed words
            [sys.executable, "-P", *module],
            cwd="/",
            env=_environment(),
            pass_fds=[listener.fileno()],
            process_group=0,  # a job lives as long as its step, whatever is typed at the terminal
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    connection = connect(path, TAKE_SECONDS)
    if connection is None:
        raise ConnectionRefusedError(f"nobody listens at {path}")
    return connection


def _environment() -> dict[str, str]:
    """The server's: what every job's truss gets of ours as well, no key, and a home that is not there."""
    return {
        **plain_environment(os.environ, machine_locks.folder() / "no-home"),
        "PYTHONPATH": str(_PACKAGE.parent),
        "PYTHONUTF8": "1",
    }


def _identity() -> str:
    """A name for who may share a server: every push of this user with the same programs.

    Whose a push is and where it goes reaches the fork that does it, and never the server.
    """
    told = {
        "python": [str(Path(sys.prefix).resolve()), sys.version],
        "packages": _packages().stat().st_mtime_ns,  # any that is installed anew, truss too
        "code": max(path.stat().st_mtime_ns for path in _PACKAGE.rglob("*.py")),
        "environment": _environment(),
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


def _packages() -> Path:
    """The folder that truss is installed in, found without importing it."""
    spec = find_spec("truss")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("truss is not installed beside this program")
    return Path(spec.origin).parents[1]


def _umask() -> int:
    """The process's own: it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
