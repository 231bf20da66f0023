"""Models on an emulator, pushed over REST, and the outputs that a stack would tell of them."""

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from baseten_tei_client import AsyncModel, Model, aconnect, connect
from tests.support.harness import API_KEY, Emulator

ROUTES = {"embedding": "/v1/embeddings", "reranker": "/rerank", "classifier": "/predict"}
URLS = {"embedding": "embeddings_url", "reranker": "rerank_url", "classifier": "classify_url"}
LIMITS: dict[str, Any] = {
    "max_client_batch_size": 32,
    "payload_limit_bytes": 2_000_000,
    "max_batch_tokens": 16384,
    "max_concurrent_requests": 512,
    "predict_concurrency": 32,
    "auto_truncate": True,
    "max_replica": 1,
}
SPACE: dict[str, Any] = {
    "revision": "main", "dimensions": 384, "pooling": "mean", "normalized": True, "prompt": None,
    "prompt_name": None, "dtype": "float16", "max_input_length": 256, "fingerprint": None,
}  # fmt: skip


@dataclass
class ClientStack:
    """Some models and their outputs. Limits are given by the outputs' names, and become the router's flags."""

    emulator: Emulator
    models: dict[str, dict[str, Any]] = field(default_factory=dict)

    def put(
        self, name: str, task: str, repo: str, version: str = "1.9.3", flags: str = "",
        **changed: Any,
    ) -> None:  # fmt: skip
        """Push a model; it is ready after `wait`."""
        limits = {**LIMITS, **{key: changed.pop(key) for key in list(changed) if key in LIMITS}}
        made = self.emulator.rest(
            "/v1/models", "POST", {"source": _source(name, task, repo, version, flags, limits)}
        )
        model_id = made["model"]["id"]
        serving = f"{self.emulator.url}/hosts/model-{model_id}/environments/production"
        self.models[name] = {
            "model_id": model_id, "task": task, "environment": "production",
            "deployment_id": made["deployment"]["id"], "config_digest": f"digest-of-{name}",
            "predict_url": f"{serving}/predict", "sync_url": f"{serving}/sync",
            "wake_url": f"{serving}/wake", URLS[task]: f"{serving}/sync{ROUTES[task]}",
            "limits": limits,
            **({"space": {"model_id": repo, **SPACE}} if task == "embedding" else {}),
            **changed,
        }  # fmt: skip

    def wait(self) -> None:
        """Until every model serves."""
        for name in self.models:
            while self.emulator.deployments(name)[0]["status"] != "ACTIVE":
                time.sleep(0.02)

    def sleep(self) -> None:
        """Let so much of the emulator's time pass that every model is scaled to zero."""
        self.emulator.admin("POST", "clock", {"advance_seconds": 1000})

    @property
    def outputs(self) -> dict[str, Any]:
        """As `pulumi stack output --json` prints them."""
        return {"schema_version": 1, "models": self.models}

    def change_outputs(self, name: str, **changes: Any) -> dict[str, Any]:
        """The outputs, with one model's changed."""
        return {"schema_version": 1, "models": {name: {**self.models[name], **changes}}}

    def connect(self, name: str, **options: Any) -> Model:
        return connect(name, **{"outputs": self.outputs, "api_key": API_KEY, **options})

    async def aconnect(self, name: str, **options: Any) -> AsyncModel:
        return await aconnect(name, **{"outputs": self.outputs, "api_key": API_KEY, **options})

    def count_calls(self) -> Counter[tuple[str, int | None]]:
        """How often each route of the models was answered with each status."""
        calls = [it for it in self.emulator.calls() if it["path"].startswith("/hosts/")]
        return Counter((it["path"].partition("/production/")[2], it["status"]) for it in calls)


def _source(
    name: str, task: str, repo: str, version: str, more: str, limits: dict[str, Any]
) -> dict[str, Any]:
    flags = [
        f"--{key.replace('_', '-').replace('payload-limit-bytes', 'payload-limit')} {limits[key]}"
        for key in ("max_client_batch_size", "payload_limit_bytes", "max_batch_tokens",
                    "max_concurrent_requests")
    ]  # fmt: skip
    flags += [_truncating(version, limits["auto_truncate"]), more]
    config = {
        "base_image": {"image": f"ghcr.io/huggingface/text-embeddings-inference:89-{version}"},
        "docker_server": {
            "start_command": f"text-embeddings-router --port 7997 --model-id {repo} {' '.join(flags)}",
            "server_port": 7997, "predict_endpoint": ROUTES[task],
            "readiness_endpoint": "/health", "liveness_endpoint": "/health",
        },
        "resources": {"accelerator": "L4"},
        "runtime": {"predict_concurrency": limits["predict_concurrency"]},
    }  # fmt: skip
    return {"kind": "model_archive", "name": name, "deployment": {"config": config}}


def _truncating(version: str, wanted: bool) -> str:
    """The flag took a value from 1.9.2 on, and was off without one before 1.9.0."""
    if version.startswith("1.9"):
        return f"--auto-truncate {str(wanted).lower()}"
    return "--auto-truncate" if wanted else ""
