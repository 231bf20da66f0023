"""The calls that `truss push --no-wait` makes (measured, truss 0.18.35), without its process and its 1.5 s."""

import base64
import io
import json
import tarfile
from typing import Any

import requests

from baseten_tei.deployment.push_job import Job
from baseten_tei.errors import UserError

CREDENTIALS = "s3_bucket s3_key aws_access_key_id aws_secret_access_key aws_session_token"


class Pusher:
    """Pushes to the Baseten at an address. Like truss, it never repeats a call."""

    def __init__(self, address: str, api_key: str) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Authorization"] = f"Bearer {api_key}"

    def push(self, job: Job) -> str:
        """Publish a version: its id. Raises `UserError`."""
        known = self._ask("{ models(all: true) { id name } }")["models"]
        model = next((it["id"] for it in known if it["name"] == job.model), None)
        granted = self._ask(f"{{ model_s3_upload_credentials {{ {CREDENTIALS} }} }}")
        key = self._upload(granted["model_s3_upload_credentials"], job.config)
        mutation = "create_model_version_from_truss" if model else "create_model_from_truss"
        target = {"model_id": model} if model else {"name": job.model}
        created = self._ask(*_create(mutation, {**target, **_arguments(job, key)}))[mutation]
        return str(created["model_version"]["id"])

    def _ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body = {"query": query, "variables": variables or {}}
        told = self._send("POST", "/graphql/", json=body).json()
        if told.get("errors"):
            raise UserError(f"truss push failed: {told['errors'][0]['message']}")
        return dict(told["data"])

    def _upload(self, granted: dict[str, str], config: str) -> str:
        credential = f"Credential={granted['aws_access_key_id']}/20260101/us-east-1/s3/aws4_request"
        path = f"/{granted['s3_bucket']}/{granted['s3_key']}"
        headers = {"Authorization": f"AWS4-HMAC-SHA256 {credential}"}
        self._send("PUT", path, data=_archive(config), headers=headers)
        return granted["s3_key"]

    def _send(self, method: str, path: str, **body: Any) -> requests.Response:
        try:
            answer = self._session.request(method, self._address + path, timeout=30, **body)
            answer.raise_for_status()
            if method == "POST":
                answer.json()
        except requests.RequestException as error:
            raise UserError(f"truss push failed: {error}") from error
        return answer


def _arguments(job: Job, s3_key: str) -> dict[str, str]:
    raw = base64.b64encode(job.config.encode()).decode()
    labels = json.dumps(dict(job.labels))
    return {"s3_key": s3_key, "config": raw, "raw_config": raw, "user_deploy_metadata": labels}


def _create(mutation: str, arguments: dict[str, str]) -> tuple[str, dict[str, str]]:
    kinds = dict.fromkeys(arguments, "String!") | {"user_deploy_metadata": "JSONString"}
    declared = " ".join(f"${name}: {kinds[name]}" for name in arguments)
    passed = " ".join(f"{name}: ${name}" for name in arguments)
    asked = f"{mutation}({passed}) {{ model_version {{ id }} }}"
    return f"mutation ({declared}) {{ {asked} }}", arguments


def _archive(config: str) -> bytes:
    buffer, data = io.BytesIO(), config.encode()
    with tarfile.open(fileobj=buffer, mode="w:") as tar:
        member = tarfile.TarInfo("config.yaml")
        member.size = len(data)
        tar.addfile(member, io.BytesIO(data))
    return buffer.getvalue()
