"""State in a bucket, as teams have it: Pulumi's own S3 backend, on a loopback server that answers as S3 does (moto)."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import requests
from moto.server import ThreadedMotoServer

from tests.support.harness import BGE, Emulator, Stack, read_by_reference, status
from tests.support.worlds import PAIR, TOKEN

pytestmark = pytest.mark.e2e

BUCKET, REGION = "state", "us-east-1"
LOGIN = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_REGION": REGION}


@dataclass
class Bucket:
    """An empty bucket, and how Pulumi finds it."""

    address: str
    client: Any

    @property
    def environment(self) -> dict[str, str]:
        options = f"region={REGION}&endpoint={self.address}&disableSSL=true&s3ForcePathStyle=true"
        return {**LOGIN, "PULUMI_BACKEND_URL": f"s3://{BUCKET}?{options}"}

    def take(self, stack: Stack) -> Stack:
        """From now on the stack's state is here, and there is none yet."""
        stack.environment.update(self.environment)
        stack.pulumi("stack", "init", stack.name).check()
        return stack

    def objects(self) -> dict[str, bytes]:
        found = self.client.list_objects_v2(Bucket=BUCKET).get("Contents", ())
        read = self.client.get_object
        return {it["Key"]: read(Bucket=BUCKET, Key=it["Key"])["Body"].read(-1) for it in found}


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in LOGIN.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    requests.post(f"http://{host}:{port}/moto-api/reset", timeout=30).raise_for_status()
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name=REGION)
    client.create_bucket(Bucket=BUCKET)
    yield Bucket(f"{host}:{port}", client)
    server.stop()


@pytest.mark.pair
def test_a_stack_moves_into_a_bucket_and_is_read_and_goes_on_there_without_a_push(
    stack: Stack, tmp_path: Path, emulator: Emulator, bucket: Bucket
) -> None:
    file = tmp_path / "state.json"
    export = ("stack", "export", "--stack", stack.name, "--file", str(file))
    stack.pulumi(*export).check()
    shutil.rmtree(stack.folder / "state")

    bucket.take(stack)
    stack.pulumi("stack", "import", "--stack", stack.name, "--file", str(file)).check()
    assert "unchanged" in stack.up().check().text
    assert status(stack).stdout.strip() == "test: 2 models, nothing to do"

    told = read_by_reference(stack, [stack.name])["bge"]
    assert told["predict_url"] == stack.outputs()["models"]["bge"]["predict_url"]
    stack.configure({**PAIR, "bge": {**PAIR["bge"], "autoscaling": {"max_replica": 2}}})
    assert "update bge-production: autoscaling.max_replica" in status(stack).stdout
    stack.up().check()
    assert status(stack).stdout.strip() == "test: 2 models, nothing to do"
    assert "unchanged" in stack.refresh().check().text
    objects = bucket.objects()
    assert f".pulumi/stacks/baseten-tei/{stack.name}.json" in objects
    token = TOKEN["HF_ACCESS_KEY"].encode()
    assert not [name for name, held in objects.items() if token in held]
    assert not [name for name in objects if name.startswith(".pulumi/locks")]
    assert emulator.pushes() == 0


def test_a_stack_that_somebody_else_updates_is_locked(
    tmp_path: Path, emulator: Emulator, bucket: Bucket
) -> None:
    stack = bucket.take(Stack(tmp_path / "project", emulator.url))
    stack.configure({"bge": BGE})
    lock = {"pid": 1, "username": "ana", "hostname": "laptop", "timestamp": "2026-11-26T12:00:00Z"}
    bucket.client.put_object(
        Bucket=BUCKET,
        Key=f".pulumi/locks/organization/baseten-tei/{stack.name}/ana.json",
        Body=json.dumps(lock).encode(),
    )
    told = stack.up().refused().text
    assert "the stack is currently locked by 1 lock(s)" in told
    assert "ana@laptop" in told
    assert emulator.pushes() == 0
    stack.pulumi("cancel", "--yes", "--stack", stack.name).check()
    stack.configure({})
    stack.up().check()
