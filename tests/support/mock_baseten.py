"""A Baseten behind the official SDK: an `httpx` transport that answers what a test says."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from baseten_tei.baseten.api import BasetenApi
from baseten_tei.baseten.target import parse_target
from baseten_tei.facts.network import httpx_client

Answer = tuple[int, Any] | Exception
KEY = "the-s3cret-key"
NOW = "2026-11-22T00:00:00Z"


class MockBaseten:
    """Answers by `METHOD path`; a list is given out one by one, its last item for ever."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, str, Any]] = []
        self.pauses: list[float] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        body = json.loads(request.content) if request.content else None
        self.asked.append((request.method, request.url.raw_path.decode(), body))
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        found = self.answers.get(f"{request.method} {request.url.path}", (404, {"message": "no"}))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        if isinstance(found, Exception):
            raise found
        status, content = found
        if isinstance(content, bytes):
            return httpx.Response(status, content=content, headers=JSON)
        if isinstance(content, str):
            return httpx.Response(status, text=content)
        return httpx.Response(status, json=content)

    @property
    def calls(self) -> list[str]:
        """What was asked, as `METHOD path`."""
        return [f"{method} {path}" for method, path, _ in self.asked]


def stream(answer: httpx.Response) -> httpx.Response:
    """The same answer, as a network gives it: not read yet."""
    content = httpx.ByteStream(answer.content)
    return httpx.Response(answer.status_code, headers=answer.headers, stream=content)


JSON = {"content-type": "application/json"}

Connect = Callable[[dict[str, Any]], tuple[MockBaseten, BasetenApi]]


def connect(monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any]) -> tuple[Any, BasetenApi]:
    """An API whose HTTP goes to a `MockBaseten` and nowhere else; chance always says 1/2."""
    real, server = httpx_client.Client, MockBaseten(answers)
    transport = httpx.MockTransport(lambda request: stream(server(request)))
    monkeypatch.setattr(
        httpx_client, "Client", lambda *args, **more: real(*args, transport=transport, **more)
    )
    api = BasetenApi(parse_target("baseten"), lambda: KEY, server.pauses.append, lambda: 0.5)
    return server, api


def a_model(model_id: str, name: str, team: str, production: str | None = None) -> dict[str, Any]:
    return {
        "id": model_id, "name": name, "team_name": team, "created_at": NOW, "deployments_count": 1,
        "production_deployment_id": production, "development_deployment_id": None,
        "instance_type_name": "L4:4x16",
    }  # fmt: skip


def a_deployment(deployment_id: str, status: str = "ACTIVE", **more: Any) -> dict[str, Any]:
    return {
        "id": deployment_id, "created_at": NOW, "name": deployment_id, "model_id": "m1",
        "is_production": False, "is_development": False, "status": status,
        "active_replica_count": 1, "autoscaling_settings": None, "instance_type_name": "L4:4x16",
        "environment": None, "labels": {"config_digest": "abc"},
        "request_backpressure_settings": {"policy": None},
    } | more  # fmt: skip


def an_environment(name: str, current: str | None, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "created_at": NOW, "model_id": "m1",
        "current_deployment": a_deployment(current, environment=name) if current else None,
        "candidate_deployment": None, "in_progress_promotion": None,
        "autoscaling_settings": AUTOSCALING, "promotion_settings": {"rolling_deploy": True},
        "instance_type": INSTANCE_TYPE, "request_backpressure_settings": {"policy": None},
    } | more  # fmt: skip


def a_promotion(status: str, error: str | None = None) -> dict[str, Any]:
    return {"status": status, "percent_traffic_to_new_version": 0, "error_message": error}


AUTOSCALING: dict[str, Any] = {
    "min_replica": 0, "max_replica": 1, "autoscaling_window": 60, "scale_down_delay": 900,
    "concurrency_target": 32, "target_utilization_percentage": 70,
}  # fmt: skip
INSTANCE_TYPE: dict[str, Any] = {
    "id": "L4:4x16", "name": "L4:4x16", "memory_limit_mib": 16384, "millicpu_limit": 4000,
    "gpu_count": 1, "gpu_type": "L4", "gpu_memory_limit_mib": 24576,
}  # fmt: skip
TEAMS = {
    "teams": [
        {"id": "t1", "name": "search", "default": True, "created_at": NOW},
        {"id": "t2", "name": "ads", "default": False, "created_at": NOW},
    ]
}
LIMITED = (429, {"error": "Rate limit exceeded. Please try again later.", "retry_after": 37})
