"""Requests that no client of Baseten sends: each is a refusal, in time, and holds up nobody else."""

from __future__ import annotations

import base64
import gzip
import json
import os
import resource
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator import server
from baseten_emulator.http import doorkeeper
from tests.support.control_client import (
    CONFIG,
    KEY,
    Baseten,
    config_with,
    create_query,
    encode_config,
    new_world,
    served,
    tar_of,
)

HOST = "Host: 127.0.0.1\r\n"
AUTHORIZED = f"{HOST}Authorization: Bearer {KEY}\r\n"
POST = f"POST /v1/secrets HTTP/1.1\r\n{AUTHORIZED}"
CHUNKED = f"{POST}Transfer-Encoding: chunked\r\n"


@dataclass
class Remote(Baseten):
    """A caller over HTTP who can look at the server."""

    server: Any = None


@pytest.fixture
def remote() -> Iterator[Remote]:
    world = new_world()
    serving = served(world)
    with serving as send:
        yield Remote(world, send, server=serving.server)


def connect(baseten: Baseten) -> socket.socket:
    port = int(baseten.world.base_url.rsplit(":", 1)[1])
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def read_to_end(connection: socket.socket) -> bytes:
    """Everything until the emulator ends the connection."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def status_of(answer: bytes) -> int:
    line, _, rest = answer.partition(b"\r\n")
    assert line.startswith(b"HTTP/1."), answer[:100]
    json.loads(rest.partition(b"\r\n\r\n")[2])
    return int(line.split()[1])


def send_raw(baseten: Baseten, data: bytes) -> int:
    with connect(baseten) as connection:
        connection.sendall(data)
        return status_of(read_to_end(connection))


MALFORMED: dict[str, tuple[int, str]] = {
    "no request line": (400, "\x00\x01\x02\r\n\r\n"),
    "a method that is none": (405, f"BREW /v1/models HTTP/1.1\r\n{AUTHORIZED}\r\n"),
    "a version that is none": (400, f"GET /v1/models HTTP/9.9\r\n{AUTHORIZED}\r\n"),
    "a target that is no address": (400, f"GET http://[::1 HTTP/1.1\r\n{AUTHORIZED}\r\n"),
    "a tunnel": (400, f"CONNECT example.com:443 HTTP/1.1\r\n{AUTHORIZED}\r\n"),
    "a path of 100,000 characters": (414, f"GET /{'a' * 100_000} HTTP/1.1\r\n{AUTHORIZED}\r\n"),
    "a header of 100,000 characters": (431, f"GET / HTTP/1.1\r\n{AUTHORIZED}X: {'a' * 100_000}\r\n\r\n"),
    "a thousand headers": (431, f"GET / HTTP/1.1\r\n{AUTHORIZED}{'X: a' + chr(13) + chr(10)}" * 1000 + "\r\n"),
    "many long headers": (
        431, f"GET / HTTP/1.1\r\n{AUTHORIZED}" + "".join(f"X{i}: {'a' * 9000}\r\n" for i in range(30)) + "\r\n",
    ),
    "a header without a colon": (400, f"GET / HTTP/1.1\r\n{AUTHORIZED}hello\r\n\r\n"),
    "two hosts": (400, f"GET / HTTP/1.1\r\n{AUTHORIZED}Host: localhost\r\n\r\n"),
    "a length with a sign": (400, f"{POST}Content-Length: +2\r\n\r\n{{}}"),
    "two lengths": (400, f"{POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{{}}"),
    "a length and chunks": (400, f"{CHUNKED}Content-Length: 2\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"),
    "another coding": (400, f"{POST}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    "a chunk's size in words": (400, f"{CHUNKED}\r\nmany\r\n{{}}\r\n0\r\n\r\n"),
    "a chunk longer than its size": (400, f"{CHUNKED}\r\n1\r\n{{}}\r\n0\r\n\r\n"),
    "a chunk of more than all": (413, f"{CHUNKED}\r\nfffffffffff\r\n"),
    "trailers without an end": (400, f"{CHUNKED}\r\n0\r\n" + "X: a\r\n" * 100 + "\r\n"),
    "a length of more than all": (413, f"{POST}Content-Length: 999999999999\r\n\r\n"),
    "not JSON": (400, f"{POST}Connection: close\r\nContent-Length: 3\r\n\r\n{{a}}"),
}  # fmt: skip


@pytest.mark.parametrize(("status", "request_"), MALFORMED.values(), ids=list(MALFORMED))
def test_a_malformed_request_is_the_clients_mistake(
    remote: Remote, status: int, request_: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert send_raw(remote, request_.encode("latin-1")) == status
    assert remote.get("/v1/models") == {"models": []}
    assert capsys.readouterr().err == ""


def test_a_body_that_ends_early_is_refused(remote: Remote) -> None:
    with connect(remote) as connection:
        connection.sendall(f"{POST}Content-Length: 10\r\n\r\n{{}}".encode())
        connection.shutdown(socket.SHUT_WR)
        assert status_of(read_to_end(connection)) == 400


BODIES: dict[str, bytes] = {
    "brackets without an end": b"[" * 100_000,
    "100,000 levels": b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "500 levels": b'{"name": ' + b"[" * 500 + b"]" * 500 + b"}",
    "100,000 levels of objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "bytes that are no UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "half a character": b'{"name": "\\ud800", "value": "v"}',
    "a number without an end": b'{"name": ' + b"9" * 100_000 + b"}",
    "endlessness": b'{"name": 1e999}',
    "not a number": b'{"name": NaN}',
    "a list": b"[]",
    "a word": b'"a"',
    "nothing that is JSON": b"\x00\x00\x00",
}


OTHER_READERS = ("/v1/models", "/graphql/", "/_emulator/faults")
"""Of JSON bodies; all read them through one function, so one body of each kind is enough for them."""


@pytest.mark.parametrize(
    ("path", "body"),
    [
        *(pytest.param("/v1/secrets", body, id=name) for name, body in BODIES.items()),
        *((path, BODIES[name]) for path in OTHER_READERS for name in ("500 levels", "a list")),
    ],
)
def test_a_body_that_is_no_plain_json_is_refused(baseten: Baseten, path: str, body: bytes) -> None:
    answer = baseten.call("POST", path, body)
    assert answer.status == 400
    assert len(answer.json["message"]) <= 500
    assert baseten.get("/v1/secrets")["secrets"] == []


@pytest.mark.parametrize(
    "query",
    [
        "{a" * 20_000,
        "{ models { id } " * 999,
        "{ " + "a: teams { id } " * 999 + "}",
        "\x00",
        "{ teams }" * 9,
    ],
)
def test_a_graphql_document_out_of_proportion_is_an_error_of_its_own(
    baseten: Baseten, query: str
) -> None:
    answer = baseten.graphql(query)
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


def test_graphql_variables_and_configs_that_are_none_are_refused(baseten: Baseten) -> None:
    query = "{ truss_validation(config: %s) { success } }"
    assert (
        baseten.call("POST", "/graphql/", {"query": "{ teams { id } }", "variables": [1]}).status
        == 400
    )
    for config in (b"\xff", b"[" * 100_000, b"[]", b'{"a": 1e999}'):
        answer = baseten.graphql(query % json.dumps(base64.b64encode(config).decode()))
        assert answer["errors"][0]["extensions"]["code"] == "VALIDATION_ERROR"


@pytest.mark.parametrize(
    "query", ["limit=--5", "limit=%C2%B2", "limit=" + "9" * 5000, "start_epoch_millis=1e9"]
)
def test_an_absurd_query_is_refused(baseten: Baseten, query: str) -> None:
    model_id, deployment_id = baseten.deployed()
    path = f"/v1/models/{model_id}/deployments/{deployment_id}/logs"
    assert baseten.call("GET", f"{path}?{query}").status == 400
    assert baseten.call("GET", f"{path}?search_pattern=(a%2B)%2B%24").status == 400


@pytest.mark.parametrize(
    "path", ["/v1/%00", "/v1/models/%ff%fe", "/v1/../../etc/passwd", "/" + "%41" * 5000, "/v1//x"]
)
def test_an_absurd_path_is_not_found(baseten: Baseten, path: str) -> None:
    answer = baseten.call("GET", path)
    assert answer.status == 404
    assert len(answer.json["message"]) <= 500


DEEP = [
    (b'{"inputs": ' + b"[" * 100_000, 400, "recursion limit exceeded at line 1 column 138"),
    (b'{"inputs": %s}' % (b"9" * 5000), 400, "number out of range"),
    (b'{"inputs": "\\ud800"}', 400, "unexpected end of hex escape"),
    (b'{"inputs": "\xff"}', 400, "invalid unicode code point at line 1 column 14"),
]


@pytest.mark.parametrize(("body", "status", "words"), DEEP)
def test_a_model_server_refuses_as_serde_does(body: bytes, status: int, words: str) -> None:
    world = new_world(boot=None)
    with served(world) as send:
        baseten = Baseten(world, send)
        model_id, _ = baseten.deployed()
        answer = baseten.call("POST", f"/hosts/model-{model_id}/production/sync/embed", body)
    assert answer.status == status
    assert words in answer.body.decode()


def test_no_body_is_read_before_the_key(remote: Remote) -> None:
    """A gigabyte is announced and never sent: the refusal does not wait for it."""
    heads = {
        "POST /v1/secrets": f"{HOST}Authorization: Bearer wrong\r\n",
        "POST /graphql/": HOST,
        "PUT /baseten-emulator-uploads/models/x/truss.tgz": AUTHORIZED,
        "POST /hosts/model-x/production/predict": HOST,
        "POST /_emulator/reset": f"{HOST}Origin: https://evil.example\r\n",
    }
    for line, head in heads.items():
        with connect(remote) as connection:
            connection.sendall(
                f"{line} HTTP/1.1\r\n{head}Content-Length: 100000000\r\n\r\n".encode()
            )
            answer = connection.recv(65536)
            assert answer.split()[1] in (b"401", b"403"), (line, answer)


def test_a_caller_who_waits_with_the_body_is_told_to_go_on_only_with_the_key(
    remote: Remote,
) -> None:
    waiting = "Expect: 100-continue\r\nContent-Length: 28\r\nConnection: close\r\n\r\n"
    with connect(remote) as connection:
        connection.sendall(f"POST /v1/secrets HTTP/1.1\r\n{HOST}{waiting}".encode())
        assert connection.recv(65536).startswith(b"HTTP/1.1 401 ")
    with connect(remote) as connection:
        connection.sendall(f"{POST}{waiting}".encode())
        assert connection.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b'{"name": "k", "value": "vvv"}'[:28])
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")  # 28 bytes are no JSON
    with connect(remote) as connection:
        connection.sendall(
            f"{POST}Expect: 100-continue\r\nContent-Length: 999999999999\r\n\r\n".encode()
        )
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("surface", ["control", "management", "graphql"])
def test_a_body_above_its_bound_is_refused_whole_or_in_chunks(remote: Remote, surface: str) -> None:
    path = {"control": "/_emulator/hub", "management": "/v1/secrets", "graphql": "/graphql/"}[
        surface
    ]
    large = b'{"a": "%s"}' % (b"a" * doorkeeper.BODY_LIMITS[surface])
    assert remote.call("POST", path, large).status == 413
    head = f"POST {path} HTTP/1.1\r\n{AUTHORIZED}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    with connect(remote) as connection:
        connection.sendall(head.encode())
        for _ in range(doorkeeper.BODY_LIMITS[surface] // 65536 + 1):
            connection.sendall(chunk)
        assert status_of(read_to_end(connection)) == 413


@pytest.mark.parametrize(
    "begin", ["", "G", "GET /v1/models HTTP/1.1\r\nHost: a", f"{POST}Content-Length: 9\r\n\r\n{{"]
)
def test_a_client_that_falls_silent_loses_its_connection(
    remote: Remote, begin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("IDLE_SECONDS", "HEAD_SECONDS"):
        monkeypatch.setattr(server, name, 0.2)
    monkeypatch.setattr("baseten_emulator.http.incoming.GRACE_SECONDS", 0.2)
    with connect(remote) as connection:
        connection.sendall(begin.encode())
        answer = read_to_end(connection)
    assert answer == b"" or status_of(answer) == 408


def test_a_client_that_sends_a_byte_now_and_then_loses_its_connection(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "HEAD_SECONDS", 0.5)
    ended = threading.Event()
    with connect(remote) as connection:

        def drip() -> None:
            while not ended.wait(0.05):
                try:
                    connection.sendall(b"a")
                except OSError:
                    return

        connection.sendall(b"GET /")
        dripping = threading.Thread(target=drip)
        dripping.start()
        try:
            assert read_to_end(connection) == b""
        except ConnectionResetError:
            pass  # a byte came after the end
        finally:
            ended.set()
            dripping.join()


def test_a_client_that_never_reads_is_let_go(
    remote: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = threading.Event()
    shutdown_request = remote.server.shutdown_request

    def note_end(request: Any) -> None:
        shutdown_request(request)
        ends.set()

    model_id, _ = remote.deployed()
    monkeypatch.setattr(server, "GRACE_SECONDS", 0.2)
    monkeypatch.setattr(server, "BYTES_PER_SECOND", 10**9)
    monkeypatch.setattr(remote.server, "shutdown_request", note_end)
    body = json.dumps({"input": "a" * 20_000_000}).encode()  # the echo of it is not read
    line = f"POST /hosts/model-{model_id}/production/predict HTTP/1.1"
    head = f"{line}\r\n{AUTHORIZED}Content-Length: {len(body)}\r\n\r\n"
    with connect(remote) as connection:
        connection.sendall(head.encode() + body)
        assert ends.wait(30)


def test_who_holds_connections_open_and_says_nothing_keeps_nobody_out(remote: Remote) -> None:
    idle = [connect(remote) for _ in range(100)]
    try:
        assert remote.get("/v1/models") == {"models": []}
    finally:
        for connection in idle:
            connection.close()


def test_a_thousand_connections_at_once_are_all_answered() -> None:
    source = str(Path(__file__).parents[3] / "emulator")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    started = subprocess.Popen(
        [sys.executable, "-m", "baseten_emulator", "--port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": source},
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard)),
    )  # fmt: skip
    with started as running:
        try:
            assert running.stdout is not None
            port = int(json.loads(running.stdout.readline())["url"].rsplit(":", 1)[1])
            connections = [socket.create_connection(("127.0.0.1", port), 60) for _ in range(1000)]
            for connection in connections:
                connection.sendall(
                    f"GET /v1/models HTTP/1.1\r\n{HOST}Authorization: Api-Key emulator\r\n\r\n".encode()
                )
            answers = [connection.recv(65536)[:12] for connection in connections]
            for connection in connections:
                connection.close()
        finally:
            running.terminate()
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert running.stderr is not None
        assert running.stderr.read() == ""
    assert answers == [b"HTTP/1.1 200"] * 1000


ALIASES = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)
)
ARCHIVES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "noise": lambda: bytes(range(256)) * 100,
    "a bomb": lambda: gzip.compress(tar_of(" " * 30_000_000)),
    "half of it": lambda: tar_of(CONFIG)[:700],
    "a config of a megabyte": lambda: tar_of("a: " + "a" * 1_000_000),
    "a config of 100,000 levels": lambda: tar_of("[" * 100_000),
    "a config that multiplies": lambda: tar_of(ALIASES),
    "a config that holds itself": lambda: tar_of("a: &a [*a]"),
    "a config with a date": lambda: tar_of("model_name: 2024-01-01"),
    "a config with a date that is none": lambda: tar_of("model_name: 2024-99-99"),
    "a config with bytes": lambda: tar_of("model_name: !!binary aGk="),
    "a config with endlessness": lambda: tar_of("model_name: .inf"),
    "a config with a long number": lambda: tar_of("model_name: " + "9" * 5000),
    "a config with a tag that does not fit": lambda: tar_of("model_name: !!timestamp x"),
    "a config with code": lambda: tar_of("model_name: !!python/object/apply:os.getcwd []"),
    "a config that is a list": lambda: tar_of("- a"),
    "10,001 files": lambda: (
        b"".join(tar_of("", f"f{number}")[:512] for number in range(10_001)) + bytes(1024)
    ),
}


@pytest.mark.parametrize("archive", ARCHIVES.values(), ids=list(ARCHIVES))
def test_an_archive_that_is_no_truss_is_refused_at_the_push(
    local: Baseten, archive: Callable[[], bytes]
) -> None:
    ids = local.deployed()
    key, uploaded = local.upload(archive())
    assert uploaded.status == 200
    given = {"name": "other", "s3_key": key, "config": encode_config(CONFIG)}
    answer = local.graphql(create_query("create_model_from_truss", given), **given)
    error = answer["errors"][0]
    assert error["extensions"]["code"] in ("INVALID_ARCHIVE", "VALIDATION_ERROR")
    assert len(error["message"]) <= 500
    assert [model["name"] for model in local.get("/v1/models")["models"]] == ["bge"]
    assert local.status(ids) == "ACTIVE"


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"build": {"secret_to_path_mapping": {"a": 1}}}, "build.secret_to_path_mapping.a: must be text"),
        ({"build_commands": "make"}, "build_commands: must be a list"),
        ({"weights": ["hf://a/b"]}, "weights[0]: must be a mapping"),
        ({"weights": [{"source": 1}]}, "weights[0].source: must be text"),
        ({"weights": [{"source": "hf://a/b", "ignore_patterns": "*"}]}, "weights[0].ignore_patterns: must be a list"),
        ({"model_cache": [1]}, "model_cache[0]: must be a mapping"),
        ({"base_image": "image"}, "base_image: must be a mapping"),
        ({"docker_server": {"start_command": ["a"]}}, "docker_server.start_command: must be text"),
        ({"environment_variables": [1]}, "environment_variables: must be a mapping"),
        ({"resources": {"accelerator": 4}}, "resources.accelerator: must be text"),
        ({"model_name": 7}, "model_name: must be text"),
    ],
)  # fmt: skip
def test_a_config_of_other_types_is_refused_at_the_push(
    local: Baseten, sections: Any, words: str
) -> None:
    answer = local.push(config_with(**sections), model="bge")
    assert words in answer["errors"][0]["message"]


def test_a_part_without_a_number_and_an_archive_without_an_end_are_refused(
    local: Baseten, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("baseten_emulator.push.uploads.MAX_ARCHIVE_BYTES", 10)
    key, _ = local.upload(b"")
    granted = local.world.store.get(_upload_kind(), key)
    assert granted is not None
    signed = {"Authorization": f"AWS4-HMAC-SHA256 Credential={granted.owner}/x"}
    path = f"/baseten-emulator-uploads/{key}?uploadId=1&partNumber="
    for number in ("x", "-1", "0", "10001", "9" * 5000):
        assert local.call("PUT", path + number, b"a", **signed).status == 400
    assert local.call("PUT", path + "1", b"a" * 8, **signed).status == 200
    answer = local.call("PUT", path + "2", b"a" * 8, **signed)
    assert (answer.status, b"EntityTooLarge" in answer.body) == (400, True)


def _upload_kind() -> Any:
    from baseten_emulator.world.records import Upload

    return Upload
