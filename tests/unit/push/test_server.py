"""The process that forks for each push, with work in truss's place."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.push.client import TAKEN
from baseten_tei.push.socket import connect, listen, receive, send

SECONDS = 30.0
SERVER = """
import os, signal, socket, subprocess, sys, time
from pathlib import Path
from baseten_tei.push import server as push_server
from baseten_tei.push.socket import Outcome

def work(config):
    match config:
        case "tell":
            mask = os.umask(0)
            return Outcome(3, f"{os.environ['KEY']} {sorted(os.environ)}", f"{Path.cwd()} {mask:o}")
        case "die":
            os.kill(os.getpid(), signal.SIGKILL)
        case "break":
            raise RuntimeError("a bug")
    grandchild = os.fork()
    if grandchild:
        Path(config).write_text(f"{os.getpid()} {grandchild}\\n")
    time.sleep(600)

push_server.IDLE_SECONDS = float(sys.argv[2])
push_server.Server(socket.socket(fileno=int(sys.argv[1])), work).run()
"""


@dataclass
class Running:
    """A server, and where it listens."""

    path: Path
    process: subprocess.Popen[bytes]

    def job(self, config: str, **environment: str) -> socket.socket:
        """The connection of a step that has sent its job, and has heard that it is taken."""
        connection = connect(self.path, SECONDS)
        assert connection is not None
        send(connection, [environment, "/", 0o027, config])
        assert receive(connection) == TAKEN
        return connection


@contextmanager
def running(folder: Path, idle_seconds: float = 600, **options: Any) -> Iterator[Running]:
    with listen(folder / "push") as listener:
        command = [sys.executable, "-c", SERVER, str(listener.fileno()), str(idle_seconds)]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()], **options)
    try:
        yield Running(folder / "push", process)
    finally:
        process.kill()
        process.wait()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.01)


def runs(process: int) -> bool:
    """Whether a process is there, and has not merely not been buried yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_two_jobs_at_once_see_only_their_own_environment(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        waiting = server.job(str(tmp_path / "busy"), KEY="first-key")
        with waiting, server.job("tell", KEY="second-key") as second:
            assert receive(second) == [3, "second-key ['KEY']", "/ 27"]
            with server.job("tell", KEY="third-key", MORE="") as third:
                assert receive(third)[1] == "third-key ['KEY', 'MORE']"


def test_a_step_that_is_killed_takes_its_job_and_what_that_started_along(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        jobs = {name: server.job(str(tmp_path / name)) for name in ("killed", "other")}
        killed, other = processes(tmp_path / "killed"), processes(tmp_path / "other")
        assert all(map(runs, [*killed, *other]))
        jobs["killed"].close()
        until(lambda: not any(map(runs, killed)))
        assert all(map(runs, other)), "the other job goes on"
        jobs["other"].close()
        until(lambda: not any(map(runs, other)))


def processes(path: Path) -> list[int]:
    """The job and the process it started, once it has written who they are."""
    until(path.is_file)
    until(lambda: path.read_text().endswith("\n"))
    return list(map(int, path.read_text().split()))


@pytest.mark.parametrize("how", ["die", "break"])
def test_a_job_that_dies_is_told_by_silence_and_the_next_one_is_served(
    tmp_path: Path, how: str
) -> None:
    with running(tmp_path, stderr=subprocess.DEVNULL) as server:
        with server.job(how) as lost, pytest.raises(ConnectionResetError):
            receive(lost)
        with server.job("tell", KEY="k") as job:
            assert receive(job)[0] == 3


def test_a_step_that_hangs_up_before_it_has_said_anything_disturbs_nobody(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        connection = connect(server.path, SECONDS)
        assert connection is not None
        connection.close()
        with server.job("tell", KEY="k") as job:
            assert receive(job)[0] == 3


def test_a_server_that_nobody_asks_ends(tmp_path: Path) -> None:
    with running(tmp_path, idle_seconds=0.1) as server:
        assert server.process.wait(timeout=SECONDS) == 0
        assert connect(server.path, SECONDS) is None


def test_a_server_ends_with_the_session_that_it_was_started_in(tmp_path: Path) -> None:
    """Only a child of a session's leader is in it: here a shell starts the server."""
    script = f'"{sys.executable}" -c "$1" "$2" 600 & echo $! > "{tmp_path}/pid"; sleep 600'
    with listen(tmp_path / "push") as listener:
        command = ["sh", "-c", script, "sh", SERVER, str(listener.fileno())]
        shell = subprocess.Popen(command, pass_fds=[listener.fileno()], start_new_session=True)
    try:
        [server] = processes(tmp_path / "pid")
        with Running(tmp_path / "push", shell).job("tell", KEY="k") as job:
            assert receive(job)[0] == 3
        shell.kill()
        shell.wait()
        until(lambda: not runs(server))
    finally:
        os.killpg(shell.pid, signal.SIGKILL)  # the shell's `sleep` is left


def test_a_server_with_a_second_thread_serves_nobody(tmp_path: Path) -> None:
    """A fork would have a lock that the other thread held, and nobody to give it back."""
    script = """
import sys
from baseten_tei.push import server as push_server
push_server._threads = lambda: 2
sys.exit(push_server.main(sys.argv[1:]))
"""
    with listen(tmp_path / "push") as listener:
        command = [sys.executable, "-W", "ignore", "-c", script, str(listener.fileno())]
        process = subprocess.Popen(command, pass_fds=[listener.fileno()])
    assert process.wait(timeout=120) == 1
    assert connect(tmp_path / "push", SECONDS) is None
