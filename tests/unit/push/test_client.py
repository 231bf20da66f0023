"""A push step and its server: who shares one, and what the step does when something is wrong with it."""

import io
import os
import socket
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.deployment.push_job import Job, write_job
from baseten_tei.push import __main__, client, push
from baseten_tei.push.socket import Outcome, listen, receive, send

ALONE = Outcome(0, "alone\n", "")
SERVED = Outcome(3, "served\n", "a note\n")
Server = Callable[[socket.socket], Any]


def job(stack: str = "dev", target: str = "emulator") -> dict[str, str]:
    labels = {"pulumi_project": "p", "pulumi_stack": stack}
    return write_job(Job("bge", "digest", labels, 30, None, target, "{}"), "1")


@pytest.fixture(autouse=True)
def step(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A job in the environment, a TMPDIR of its own, and a push that would say it was made alone."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for name, value in {**job(), "BASETEN_API_KEY": "the-key"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv(client.ALONE, raising=False)
    monkeypatch.setattr(push, "run_push", lambda _: ALONE)
    monkeypatch.setattr("sys.stdin", io.StringIO("{}"))


def printed(capsys: pytest.CaptureFixture[str]) -> Outcome:
    return Outcome(__main__.main(), *capsys.readouterr())


def served(monkeypatch: pytest.MonkeyPatch, serve: Server) -> list[Any]:
    """Have a thread stand for the server; what it was sent."""
    sent: list[Any] = []

    def started(path: Path) -> socket.socket:
        with listen(path) as listener:
            connection = client.connect(path, 10.0)
            assert connection is not None
            other, _ = listener.accept()

        def answer() -> None:
            with other:
                sent.append(receive(other))
                serve(other)

        threading.Thread(target=answer).start()
        return connection

    monkeypatch.setattr(client, "_start_server", started)
    return sent


def does(connection: socket.socket) -> None:
    send(connection, client.TAKEN)
    send(connection, SERVED)


def test_a_step_sends_its_job_and_prints_what_the_server_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = served(monkeypatch, does)
    mask = os.umask(0o027)
    try:
        assert printed(capsys) == SERVED
    finally:
        os.umask(mask)
    [[environment, folder, umask, config]] = sent
    assert environment.items() >= {**job(), "BASETEN_API_KEY": "the-key"}.items()
    assert (folder, umask, config) == (str(Path.cwd()), 0o027, "{}")


WRONG: dict[str, Server] = {
    "hangs up": lambda _: None,
    "takes the job and hangs up": lambda connection: send(connection, client.TAKEN),
    "says something else": lambda connection: send(connection, "hello"),
    "says no JSON": lambda connection: connection.sendall(b"\0" * 7 + b"\1{"),
    "gives no outcome": lambda connection: [
        send(connection, it) for it in (client.TAKEN, {"a": 1})
    ],
    "gives half an outcome": lambda connection: [
        send(connection, it) for it in (client.TAKEN, [0])
    ],
}


@pytest.mark.parametrize("serve", WRONG.values(), ids=WRONG)
def test_a_step_pushes_by_itself_where_the_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], serve: Server
) -> None:
    sent = served(monkeypatch, serve)
    assert printed(capsys) == ALONE
    assert len(sent) == 1


def test_a_step_pushes_by_itself_where_the_server_takes_too_long(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(client, "TAKE_SECONDS", 0.01)

    def started(path: Path) -> socket.socket:
        hung.append(listen(path))
        connection = client.connect(path, client.TAKE_SECONDS)
        assert connection is not None
        return connection

    hung: list[socket.socket] = []
    monkeypatch.setattr(client, "_start_server", started)
    assert printed(capsys) == ALONE
    hung[0].close()


@pytest.mark.parametrize("problem", [PermissionError("no"), OSError("no"), FileNotFoundError("no")])
def test_a_step_pushes_by_itself_where_no_server_can_be_had(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: OSError
) -> None:
    def refuse(*_: object) -> socket.socket:
        raise problem

    monkeypatch.setattr(client, "listen", refuse)
    assert printed(capsys) == ALONE


def test_a_step_that_is_told_to_asks_no_server(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = served(monkeypatch, does)
    monkeypatch.setenv(client.ALONE, "1")
    assert printed(capsys) == ALONE
    assert sent == []


def test_a_step_pushes_by_itself_where_a_process_cannot_be_forked(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sent = served(monkeypatch, does)
    monkeypatch.setattr(client, "CAN_FORK", False)
    assert printed(capsys) == ALONE
    assert sent == []


@pytest.mark.parametrize(
    "other",
    [
        {"SSL_CERT_FILE": "/other/certificates.pem"},
        {"TMPDIR": "/other"},
        {"LANG": "C"},
    ],
    ids=["certificates", "temporary folder", "language"],
)
def test_steps_of_another_share_no_server(
    monkeypatch: pytest.MonkeyPatch, other: dict[str, str]
) -> None:
    monkeypatch.setenv("LANG", "C.UTF-8")
    before = client._identity()
    assert client._identity() == before
    for name, value in other.items():
        monkeypatch.setenv(name, value)
    assert client._identity() != before


def test_another_stack_model_and_key_share_the_server_and_never_tell_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = client._identity()
    monkeypatch.setenv("BASETEN_API_KEY", "other-key")
    for name, value in {**job(stack="production"), **job(target="baseten")}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BASETEN_TEI_MODEL", "other")
    monkeypatch.setenv("https_proxy", "http://user:password@proxy")
    assert client._identity() == before
    told = str(client._environment())
    assert not [word for word in ("other-key", "password", "BASETEN_TEI") if word in told]


def test_another_truss_or_another_version_of_this_program_is_another_server(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    names = set()
    for folder in (tmp_path, Path(__file__).parent):
        monkeypatch.setattr(client, "_packages", lambda folder=folder: folder)
        names.add(client._identity())
    monkeypatch.setattr(client, "_PACKAGE", Path(__file__).parent)
    names.add(client._identity())
    assert len(names) == 3
