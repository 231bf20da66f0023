"""Each store with its own client, in the environment of this folder, and a PostgreSQL with pgvector."""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.client.stores.object_store import KEYS, running_object_store
from tests.support.harness import ROOT, Run

FILL = ROOT / "tests" / "client" / "stores" / "fill.py"
STORES = ("parquet", "s3", "lancedb", "sqlite-vec", "qdrant", "qdrant server", "postgresql")


@dataclass
class Store:
    """One of them, empty at first, and the runs of a backfill into it."""

    sink: str
    folder: Path
    python: Path
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(
        self, *arguments: str, pause: float = 0, out: int = subprocess.PIPE
    ) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [self.python, FILL, *arguments], text=True, cwd=self.folder, env=environment(pause),
            stdout=out, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.started.append(process)
        return process

    def call(self, *arguments: str) -> Run:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        return Run(process.returncode, out, err)

    def fill(self, rows: int, journal: str = "journal.db", *another: str) -> Run:
        return self.call("run", self.sink, str(rows), journal, *another)

    def filled(self, rows: int, journal: str = "journal.db") -> dict[str, Any]:
        """What a run came to, and what the store `holds`: id, vector and payload of each row."""
        done = self.fill(rows, journal)
        assert done.code == 0, done.text
        totals: dict[str, Any] = json.loads(done.stdout)
        return totals

    def kill_after(self, rows: int, chunks: int, seconds: float) -> None:
        """Start a run and end it with SIGKILL, a while after it has written so many chunks."""
        nowhere = subprocess.DEVNULL  # nobody reads what a run that ends by itself would print
        process = self.start("run", self.sink, str(rows), "journal.db", pause=0.02, out=nowhere)
        assert process.stderr is not None
        for _ in range(chunks):
            process.stderr.readline()
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)

    def report(self) -> list[dict[str, Any]]:
        lines = (self.folder / "journal.report.jsonl").read_text().splitlines()
        return [json.loads(it) for it in lines]


def environment(pause: float = 0) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME")}
    return {**kept, **KEYS, "FILL_PAUSE": str(pause)}


@pytest.fixture(scope="session")
def stores_python() -> Path:
    """The clients of stores are in an environment of their own, for they bring 700 MB."""
    command = [ROOT / "scripts/venv-of.sh", "tests/client/stores", "clients/python"]
    subprocess.run(command, check=True)
    return ROOT / ".venv-stores" / "bin" / "python"


@pytest.fixture(scope="session")
def postgres(stores_python: Path) -> Iterator[str]:
    """The URL of an empty database."""
    folder = tempfile.mkdtemp(prefix="tei-pg-")  # a socket's path has at most 107 characters
    with subprocess.Popen(
        [stores_python, FILL.with_name("postgres.py"), folder], env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdin is not None
        if not (url := process.stdout.readline().strip()):
            pytest.skip(f"PostgreSQL does not start here: {process.stderr.read()[-500:]}")
        yield url
        process.stdin.close()
        process.wait(timeout=60)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def qdrant(stores_python: Path) -> Iterator[str]:
    """The URL of what answers as Qdrant's server does."""
    with subprocess.Popen(
        [stores_python, FILL.with_name("qdrant_server.py")], env=environment(), text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(timeout=60)


@pytest.fixture(scope="session")
def bucket(stores_python: Path) -> Iterator[str]:
    """The URL of a bucket, with {} for a prefix."""
    with running_object_store(stores_python) as url:
        yield url


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, stores_python: Path, tmp_path: Path) -> Iterator[Store]:
    """Each of the stores."""
    kind = request.param
    sinks = {
        "parquet": f"parquet:{tmp_path}/notes", "lancedb": f"lancedb:{tmp_path}/db/notes",
        "sqlite-vec": f"sqlite-vec:{tmp_path}/notes.db/notes", "qdrant": f"qdrant:{tmp_path}/db/notes",
    }  # fmt: skip
    if kind == "s3":
        sinks[kind] = request.getfixturevalue("bucket").format(f"{tmp_path.name}/notes")
    if kind == "qdrant server":
        sinks[kind] = f"qdrant:{request.getfixturevalue('qdrant')}/{tmp_path.name}"
    if kind == "postgresql":
        table = f"notes_{abs(hash(str(tmp_path)))}"
        sinks[kind] = f"{request.getfixturevalue('postgres')}&table={table}"
    store = Store(sinks[kind], tmp_path, stores_python)
    yield store
    for process in store.started:
        process.kill()
        process.wait()
