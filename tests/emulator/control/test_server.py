"""The socket edge and the process: start, address, signals, state on disk, odd requests."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.world.store import Store
from tests.support.control_client import (
    KEY,
    Baseten,
    Send,
    config_with,
    in_process,
    new_world,
    served,
)


@pytest.fixture
def port() -> Iterator[int]:
    world = new_world()
    with served(world):
        yield int(world.base_url.rsplit(":", 1)[1])


def raw(port: int, head: str, body: bytes = b"") -> bytes:
    """What comes back for bytes of our own making."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
        return connection.recv(65536)


AUTHORIZED = f"Authorization: Bearer {KEY}\nConnection: close\n"


def test_a_proxy_form_request_is_answered_like_any_other(port: int) -> None:
    for url in ("http://api.localhost:8000/v1/teams", f"http://127.0.0.1:{port}/v1/teams"):
        assert b"HTTP/1.1 200" in raw(port, f"GET {url} HTTP/1.1\nHost: x\n{AUTHORIZED}")


@pytest.mark.parametrize("url", ["http://example.com/v1/teams", "https://api.example.com/v1/teams"])
def test_nothing_is_forwarded_to_the_outside(port: int, url: str) -> None:
    answer = raw(port, f"GET {url} HTTP/1.1\nHost: x\n{AUTHORIZED}")
    assert b"HTTP/1.1 404" in answer
    assert b"does not forward to" in answer


def test_a_request_under_a_foreign_host_name_is_refused(port: int) -> None:
    assert b"HTTP/1.1 404" in raw(
        port, f"GET /_emulator/calls HTTP/1.1\nHost: evil.example\n{AUTHORIZED}"
    )


def test_a_waiting_upload_is_told_to_continue(port: int) -> None:
    head = f"PUT /v1/x HTTP/1.1\nHost: localhost\nExpect: 100-continue\nContent-Length: 1\n{AUTHORIZED}"
    assert raw(port, head).startswith(b"HTTP/1.1 100 Continue")


def test_a_chunked_body_is_read(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    body = iter([b'{"name": "k", ', b'"value": "v"}'])
    headers = {"Authorization": f"Bearer {KEY}", "Transfer-Encoding": "chunked"}
    connection.request("POST", "/v1/secrets", body, headers, encode_chunked=True)
    assert json.loads(connection.getresponse().read())["name"] == "k"
    connection.close()


def test_a_connection_is_kept_for_the_next_request(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.connect()
    first = connection.sock
    for _ in range(2):
        connection.request("GET", "/v1/teams", headers={"Authorization": f"Bearer {KEY}"})
        connection.getresponse().read()
    assert connection.sock is first
    connection.close()


def test_a_restart_loses_nothing(tmp_path: Path) -> None:
    world = new_world(store=Store.in_folder(tmp_path))
    before = Baseten(world, in_process(world))
    before.post("/v1/secrets", name="k", value="v")
    model_id, _ = before.deployed(labels={"a": "b"})
    before.post(
        f"/v1/models/{model_id}/environments",
        name="staging",
        autoscaling_settings={"max_replica": 4},
    )
    under_way = before.pushed(environment_name="staging")
    before.fault("unhealthy", model="bge")
    world.store.close()

    after = Baseten(world, in_process(world))
    world.store = Store.in_folder(tmp_path)
    after.advance(10)
    assert after.get("/v1/secrets")["secrets"][0]["name"] == "k"
    staging = after.environment(model_id, "staging")
    assert staging["current_deployment"]["id"] == under_way[1]
    assert staging["autoscaling_settings"]["max_replica"] == 4
    assert after.status(under_way) == "UNHEALTHY"
    assert any(c["operation"] == "create_model_from_truss" for c in after.calls())


def test_a_write_that_fails_half_way_is_forgotten(local: Baseten) -> None:
    assert "errors" in local.push(config_with(docker_server={"server_port": 8080}))
    assert local.get("/v1/models") == {"models": []}


def test_state_is_for_its_owner_only(tmp_path: Path) -> None:
    Store.in_folder(tmp_path / "state").close()
    folder = tmp_path / "state"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}


@contextmanager
def process(*arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """The emulator as a process, and the line it prints."""
    command = [sys.executable, "-m", "baseten_emulator", "--port", "0", *arguments]
    source = str(Path(__file__).parents[3] / "emulator")
    environment = {**os.environ, "PYTHONPATH": source, **variables}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as running:
        assert running.stdout is not None
        try:
            yield running, json.loads(running.stdout.readline())
        finally:
            running.kill()


def ask(
    url: str, path: str, key: str = "emulator", method: str = "GET"
) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    connection.request(method, path, headers={"Authorization": f"Api-Key {key}"})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_where_it_listens_and_stops_on_a_signal(
    number: int, tmp_path: Path
) -> None:
    with process("--state", str(tmp_path)) as (running, ready):
        assert ready == {"url": ready["url"], "pid": running.pid, "state": str(tmp_path)}
        assert ready["url"].startswith("http://127.0.0.1:")
        assert ask(ready["url"], "/v1/models").status == 200
        running.send_signal(number)
        assert running.wait(10) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["emulator.sqlite"]


def test_the_key_comes_from_the_environment() -> None:
    with process(BASETEN_EMULATOR_API_KEY="another") as (running, ready):
        assert ready["state"] is None
        assert ask(ready["url"], "/v1/models").status == 401
        assert ask(ready["url"], "/v1/models", key="another").status == 200
        assert ask(ready["url"], "/_emulator/shutdown", method="POST").status == 200
        assert running.wait(10) == 0


@pytest.mark.parametrize(
    ("arguments", "variable", "statuses"),
    [((), "", {404}), ((), "1", {404, 429}), (("--rate-limits",), "0", {404, 429})],
)
def test_rate_limits_are_kept_on_request(
    arguments: tuple[str, ...], variable: str, statuses: set[int]
) -> None:
    with process(*arguments, BASETEN_EMULATOR_RATE_LIMITS=variable) as (_, ready):
        path = "/v1/models/m/deployments/d/retry"
        assert {ask(ready["url"], path, method="POST").status for _ in range(11)} == statuses


def test_a_taken_port_says_what_to_type(port: int) -> None:
    command = [sys.executable, "-m", "baseten_emulator", "--port", str(port)]
    source = str(Path(__file__).parents[3] / "emulator")
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
        env={**os.environ, "PYTHONPATH": source},
    )
    assert ended.returncode == 1
    assert (
        ended.stderr == f"port {port} is already in use: run python -m baseten_emulator --port 0\n"
    )


def test_nothing_heavy_is_imported_at_start() -> None:
    code = (
        "import sys, baseten_emulator.app, baseten_emulator.server\n"
        "print([m for m in ('graphql', 'truss', 'baseten', 'baseten_emulator.tei') if m in sys.modules])"
    )
    source = str(Path(__file__).parents[3] / "emulator")
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": source},
    )  # fmt: skip
    assert ended.stdout == "[]\n"


def test_every_transport_is_the_same_to_a_caller() -> None:
    world = new_world()
    sends: list[Send] = [in_process(world)]
    with served(world) as over_http:
        sends.append(over_http)
        first, second = (Baseten(world, send).get("/v1/teams") for send in sends)
    assert first == second
