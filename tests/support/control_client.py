"""A caller of the emulated Baseten, its two transports, and a world whose clock stands still."""

from __future__ import annotations

import base64
import io
import json
import tarfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import requests

from baseten_emulator.app import App
from baseten_emulator.server import Server
from baseten_emulator.world.wire import Request
from baseten_emulator.world.world import World


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


KEY = "k3y-of-the-emulator-under-test"
CONFIG: dict[str, Any] = {
    "model_name": "bge",
    "base_image": {"image": "baseten/text-embeddings-inference-mirror:89-1.8.3"},
    "docker_server": {
        "start_command": "text-embeddings-router --port 7997 --model-id BAAI/bge-base-en-v1.5",
        "server_port": 7997,
        "predict_endpoint": "/v1/embeddings",
        "readiness_endpoint": "/health",
        "liveness_endpoint": "/health",
    },
    "resources": {"accelerator": "L4", "cpu": "1", "memory": "2Gi"},
    "runtime": {"predict_concurrency": 32},
}


def config_with(**sections: Any) -> dict[str, Any]:
    """CONFIG with sections replaced, a mapping being merged into the section it names."""
    merged = dict(CONFIG)
    for name, value in sections.items():
        known = merged.get(name)
        merged[name] = (
            {**known, **value} if isinstance(known, dict) and isinstance(value, dict) else value
        )
    return merged


@dataclass(frozen=True)
class Answer:
    """A status and what came with it."""

    status: int
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Send = Callable[[str, str, Mapping[str, str], bytes], Answer]


@dataclass
class Echo:
    """A router that says what it was asked."""

    config: Mapping[str, Any]

    def handle(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Any:
        said: dict[str, Any] = {
            "method": method,
            "path": path,
            "headers": dict(headers),
            "body": body.decode(),
        }
        if path == "/info":
            said |= {"model_id": "BAAI/bge-base-en-v1.5", "max_batch_requests": None}
        return Said(200, "application/json", json.dumps(said).encode())


@dataclass(frozen=True)
class Said:
    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Died:
    log_lines: tuple[str, ...]


def echo(config: Mapping[str, Any], _secrets: Mapping[str, str]) -> Any:
    """The data plane of these tests: it starts unless the command holds --broken."""
    broken = "--broken" in config["docker_server"]["start_command"]
    return Died(("error: unexpected argument '--broken' found",)) if broken else Echo(config)


def new_world(**settings: Any) -> World:
    """A world for a test: clock at a standstill, one second for each step."""
    return World(
        **{
            "clock": ManualClock().now,
            "step_seconds": 1.0,
            "api_key": KEY,
            "boot": echo,
            **settings,
        }
    )


@dataclass
class Baseten:
    """A caller of the emulated Baseten, over whichever transport."""

    world: World
    send: Send
    key: str = KEY
    scheme: str = "Api-Key"
    headers: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        data = (
            body
            if isinstance(body, bytes)
            else json.dumps(body).encode()
            if body is not None
            else b""
        )
        sent = {"Authorization": f"{self.scheme} {self.key}", "Content-Type": "application/json"}
        return self.send(method, path, {**sent, **self.headers, **headers}, data)

    def get(self, path: str) -> Any:
        answer = self.call("GET", path)
        assert answer.status == 200, answer
        return answer.json

    def post(self, path: str, **body: Any) -> Any:
        answer = self.call("POST", path, body)
        assert answer.status == 200, answer
        return answer.json

    def patch(self, path: str, **body: Any) -> Any:
        answer = self.call("PATCH", path, body)
        assert answer.status == 200, answer
        return answer.json

    def graphql(self, query: str, **variables: Any) -> Any:
        answer = self.call("POST", "/graphql/", {"query": query, "variables": variables})
        assert answer.status == 200, answer
        return answer.json

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.post("/_emulator/clock", advance_seconds=seconds)

    def fault(self, fault: str, model: str = "*", **options: Any) -> None:
        body = {"fault": fault, "model": model, **options}
        answer = self.call("POST", "/_emulator/faults", body)
        assert answer.status == 200, answer

    def upload(self, archive: bytes, **changed: str) -> tuple[str, Answer]:
        """Ask for credentials and put an archive, as boto3 does."""
        fields = "s3_bucket s3_key aws_access_key_id aws_secret_access_key aws_session_token"
        granted = self.graphql(f"{{ model_s3_upload_credentials {{ {fields} }} }}")
        granted = granted["data"]["model_s3_upload_credentials"]
        signed = f"AWS4-HMAC-SHA256 Credential={granted['aws_access_key_id']}/20260101/us-east-1/s3/aws4_request"
        path = f"/{granted['s3_bucket']}/{granted['s3_key']}"
        answer = self.call("PUT", path, archive, **{"Authorization": signed, **changed})
        return granted["s3_key"], answer

    def push(self, config: Mapping[str, Any] = CONFIG, **options: Any) -> Any:
        """Push as `truss push` does, without its process; the whole GraphQL answer."""
        name = options.pop("model", config["model_name"])
        s3_key, uploaded = self.upload(tar_of(config))
        assert uploaded.status == 200, uploaded
        model = next((m for m in self.get(f"/v1/models?name={name}")["models"]), None)
        target = {"model_id": model["id"]} if model else {"name": name}
        mutation = "create_model_version_from_truss" if model else "create_model_from_truss"
        labels = options.pop("labels", None)
        given = {**target, "s3_key": s3_key, "config": encode_config(config), **options}
        given["user_deploy_metadata"] = json.dumps(labels) if labels is not None else None
        given["raw_config"] = base64.b64encode(text_of(config).encode()).decode()
        return self.graphql(create_query(mutation, given), **given)

    def pushed(self, config: Mapping[str, Any] = CONFIG, **options: Any) -> tuple[str, str]:
        """Push, and give the ids of model and deployment."""
        answer = self.push(config, **options)
        assert "errors" not in answer, answer
        (created,) = answer["data"].values()
        return created["model_version"]["oracle"]["id"], created["model_version"]["id"]

    def deployed(self, config: Mapping[str, Any] = CONFIG, **options: Any) -> tuple[str, str]:
        """Push, and let enough time pass for it to be ready or to have failed."""
        ids = self.pushed(config, **options)
        self.advance(10)
        return ids

    def deployment(self, ids: tuple[str, str]) -> Any:
        return self.get(f"/v1/models/{ids[0]}/deployments/{ids[1]}")

    def status(self, ids: tuple[str, str]) -> str:
        return str(self.deployment(ids)["status"])

    def logs(self, ids: tuple[str, str]) -> list[str]:
        path = f"/v1/models/{ids[0]}/deployments/{ids[1]}/logs?direction=asc"
        return [line["message"] for line in self.get(path)["logs"]]

    def environment(self, model_id: str, name: str = "production") -> Any:
        return self.get(f"/v1/models/{model_id}/environments/{name}")

    def calls(self) -> list[Any]:
        return list(self.get("/_emulator/calls")["calls"])


def create_query(mutation: str, given: Mapping[str, Any]) -> str:
    """A create mutation with every argument as a variable (truss writes most of them inline)."""
    kinds: dict[type, str] = {str: "String!", bool: "Boolean", int: "Int", type(None): "JSONString"}
    types = {
        k: "JSONString" if k == "user_deploy_metadata" else kinds[type(v)] for k, v in given.items()
    }
    declared = " ".join(f"${name}: {kind}" for name, kind in types.items())
    arguments = " ".join(f"{name}: ${name}" for name in given)
    asked = "model_version { id oracle { id name hostname } instance_type { name } }"
    return f"mutation ({declared}) {{ {mutation}({arguments}) {{ {asked} }} }}"


def encode_config(config: Mapping[str, Any]) -> str:
    """A config as truss sends it: base64 of JSON."""
    return base64.b64encode(json.dumps(config).encode()).decode()


def text_of(config: Mapping[str, Any]) -> str:
    """A config.yaml: JSON is YAML too, and quicker."""
    return json.dumps(config)


def tar_of(config: Mapping[str, Any] | str, name: str = "config.yaml") -> bytes:
    """A truss archive: an uncompressed tar, like truss's."""
    text = config if isinstance(config, str) else text_of(config)
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:") as tar:
        member = tarfile.TarInfo(name)
        member.size = len(text.encode())
        tar.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


def in_process(world: World) -> Send:
    """Straight into the app."""
    app = App(world)

    def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        response = app.handle(Request.of(method, path, headers, body))
        return Answer(response.status, response.body)

    return send


class served:  # noqa: N801 - used as a function
    """Serve a world on a free port for the length of a `with`."""

    def __init__(self, world: World) -> None:
        self.server = Server(App(world), 0)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> Send:
        self.thread.start()
        session = requests.Session()
        session.trust_env = False
        base_url = self.server.app.world.base_url

        def send(method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
            url = base_url + path
            answer = session.request(method, url, headers=dict(headers), data=body, timeout=30)
            return Answer(answer.status_code, answer.content)

        return send

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()
