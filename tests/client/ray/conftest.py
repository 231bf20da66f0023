"""A bucket, a model with exactly the permits that a job may use, and jobs on a cluster of three nodes."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.client.stack import ClientStack
from tests.client.stores.object_store import KEYS, running_object_store
from tests.support.harness import API_KEY, ROOT, Run, running_emulator

HERE = ROOT / "tests" / "client" / "ray"
MODEL = "sentence-transformers/all-MiniLM-L6-v2"


@dataclass
class Grid:
    """Where jobs run, and what they read and write."""

    python: Path
    bucket: str
    folder: Path
    stack: ClientStack
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def place(self, name: str) -> str:
        """The URL of a prefix."""
        return self.bucket.format(f"{self.folder.name}/{name}")

    def start(self, script: str, *arguments: str) -> subprocess.Popen[str]:
        """Start a script in the environment with Ray; what it starts ends with it."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME")}
        own = {
            "BASETEN_API_KEY": API_KEY,
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_TMPDIR": str(self.folder),
        }
        process = subprocess.Popen(
            [self.python, HERE / script, *arguments], text=True, cwd=self.folder,
            env={**kept, **KEYS, **own}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        return process

    def call(self, script: str, *arguments: str) -> Run:
        """Run a script to its end."""
        process = self.start(script, *arguments)
        out, err = process.communicate(timeout=600)
        return Run(process.returncode, out, err)

    def job(self, **changed: Any) -> dict[str, Any]:
        """The arguments of a job with three actors."""
        outputs = self.folder / "outputs.json"
        outputs.write_text(json.dumps(self.stack.outputs))
        return {
            "name": "search", "source": self.place("notes"), "target": self.place("vectors"), "actors": 3,
            "id": "key", "text": "body", "payload": ["size"], "outputs": str(outputs), "chunk": 40,
            "share": 1.0, "request_timeout": 10.0, "num_cpus": 1,
            "report": str(self.folder / "report.jsonl"), **changed,
        }  # fmt: skip

    def told(self) -> list[Any]:
        """What the jobs came to."""
        return list(json.loads((self.folder / "told.json").read_text()))

    def report(self) -> list[dict[str, Any]]:
        """The lines of the report."""
        return [json.loads(it) for it in (self.folder / "report.jsonl").read_text().splitlines()]


@pytest.fixture(scope="session")
def ray_python() -> Path:
    subprocess.run([ROOT / "scripts/venv-of.sh", "tests/client/ray", "clients/python"], check=True)
    return ROOT / ".venv-ray" / "bin" / "python"


@pytest.fixture(scope="session")
def paced() -> Iterator[ClientStack]:
    """A model whose permits are three times 40 texts and three times 5 requests, and whose answers take time."""
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put("search", "embedding", MODEL, max_concurrent_requests=120, predict_concurrency=15)
        stack.put("another", "embedding", "BAAI/bge-small-en-v1.5")
        stack.wait()
        emulator.admin("POST", "pace", {"model": "search", "seed": 1, "tokens_per_second": 2500})
        yield stack


@pytest.fixture
def grid(ray_python: Path, paced: ClientStack) -> Iterator[Grid]:
    folder = Path(
        tempfile.mkdtemp(prefix="ray-")
    )  # of Ray's sockets: a path has at most 107 characters
    paced.emulator.forget_calls()
    with running_object_store(ray_python) as bucket:
        grid = Grid(ray_python, bucket, folder, paced)
        yield grid
        for process in grid.started:
            process.kill()
            process.wait()
    shutil.rmtree(folder, ignore_errors=True)
