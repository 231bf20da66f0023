"""Truss configs as the product and truss-examples write them, and one-line HTTP against a router."""

from __future__ import annotations

import json
from typing import Any

from baseten_emulator.tei.http.router import Router
from baseten_emulator.tei.outcome import BootFailure, TeiResponse
from baseten_emulator.tei.start.boot import start_container

MIRROR = "baseten/text-embeddings-inference-mirror"
UPSTREAM = "ghcr.io/huggingface/text-embeddings-inference"
MODEL_PATH = "/app/model_cache/cached_model"
JSON = {"Content-Type": "application/json"}


def config(
    repo_id: str = "BAAI/bge-base-en-v1.5",
    *,
    tag: str = "89-1.8.3",
    flags: str = "",
    start: str | None = None,
    accelerator: str | None = "L4",
    predict_endpoint: str = "/v1/embeddings",
    **more: Any,
) -> dict[str, Any]:
    """A docker_server config whose weights Baseten mounts at MODEL_PATH."""
    router = start or f"text-embeddings-router --port 7997 --model-id {MODEL_PATH} {flags}"
    return {
        "base_image": {"image": f"{MIRROR}:{tag}"},
        "docker_server": {
            "start_command": f"sh -c '{router}'" if start is None else start,
            "readiness_endpoint": "/health",
            "liveness_endpoint": "/health",
            "predict_endpoint": predict_endpoint,
            "server_port": 7997,
        },
        "weights": [{"source": f"hf://{repo_id}@main", "mount_location": MODEL_PATH}],
        "resources": {"accelerator": accelerator, "cpu": "2"},
    } | more


def boot(*args: Any, secrets: dict[str, str] | None = None, **kwargs: Any) -> Router:
    """The router of a config that must start."""
    outcome = start_container(config(*args, **kwargs), secrets or {})
    assert isinstance(outcome, Router), outcome
    return outcome


def last_words(*args: Any, secrets: dict[str, str] | None = None, **kwargs: Any) -> str:
    """The log of a config that must not start."""
    outcome = start_container(config(*args, **kwargs), secrets or {})
    assert isinstance(outcome, BootFailure)
    return "\n".join(outcome.log_lines)


def get(router: Router, path: str) -> TeiResponse:
    return router.handle("GET", path, {}, b"")


def post(router: Router, path: str, value: Any) -> TeiResponse:
    return router.handle("POST", path, JSON, json.dumps(value).encode())


def info(router: Router) -> dict[str, Any]:
    return dict(json.loads(get(router, "/info").body))


def answer(router: Router, path: str, value: Any) -> Any:
    """The body of a POST that must succeed."""
    response = post(router, path, value)
    assert response.status == 200, response.body
    return json.loads(response.body)


def refusal(router: Router, path: str, value: Any) -> tuple[int, str]:
    """Status and message of a POST that must fail."""
    response = post(router, path, value)
    assert response.status >= 400
    if response.content_type != "application/json":
        return response.status, response.body.decode()
    body = json.loads(response.body)
    return response.status, body.get("error") or body["message"]
