"""The socket between a push step and the process that has truss loaded."""

import os
import socket
import struct
import threading
from pathlib import Path

import pytest

from baseten_tei.push.socket import connect, dead, is_own, listen, receive, send

SECONDS = 10.0


@pytest.mark.skipif(not Path("/proc/net/unix").exists(), reason="this kernel lists no sockets")
def test_a_socket_at_which_nobody_listens_is_dead(tmp_path: Path) -> None:
    """Looked up in the kernel's list: asking a server would make it fork."""
    paths = [tmp_path / f"push-{name}-{os.getpid()}" for name in ("gone", "there")]
    listen(paths[0]).close()
    with listen(paths[1]):
        assert dead(paths) == paths[:1]
    assert dead(paths) == paths


def test_what_is_sent_arrives_whole_however_large() -> None:
    one, other = socket.socketpair()
    with one, other:
        message = [{"KEY": "ä\0" * 100_000}, 0, None]
        sender = threading.Thread(target=send, args=(one, message))
        sender.start()
        assert receive(other) == message
        sender.join()


@pytest.mark.parametrize("cut", [b"", b"\0\0", struct.pack("!Q", 5) + b"[1"])
def test_a_message_that_is_cut_off_is_none(cut: bytes) -> None:
    one, other = socket.socketpair()
    with other:
        with one:
            one.sendall(cut)
        with pytest.raises(ConnectionResetError):
            receive(other)


def test_a_server_is_reached_in_a_folder_of_any_depth(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 120)
    deep.mkdir()
    with listen(deep / "push") as listener:
        connection = connect(deep / "push", SECONDS)
        assert connection is not None
        with connection, listener.accept()[0] as served:
            assert is_own(served)
            send(connection, "hello")
            assert receive(served) == "hello"


def test_nobody_is_reached_where_a_server_was_or_never_was(tmp_path: Path) -> None:
    listen(tmp_path / "push").close()
    assert connect(tmp_path / "push", SECONDS) is None
    assert connect(tmp_path / "never", SECONDS) is None


def test_a_server_takes_the_place_of_one_that_is_gone(tmp_path: Path) -> None:
    listen(tmp_path / "push").close()
    with listen(tmp_path / "push"):
        connection = connect(tmp_path / "push", SECONDS)
        assert connection is not None
        connection.close()


def test_a_server_of_another_user_is_told_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listen(tmp_path / "push"):
        user = os.getuid()
        monkeypatch.setattr(os, "getuid", lambda: user + 1)
        with pytest.raises(PermissionError, match="somebody else's"):
            connect(tmp_path / "push", SECONDS)


def test_a_process_that_connects_stays_in_its_folder(tmp_path: Path) -> None:
    before = Path.cwd()
    with listen(tmp_path / "push"):
        pass
    connect(tmp_path / "push", SECONDS)
    assert Path.cwd() == before
