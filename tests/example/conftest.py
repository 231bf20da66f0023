"""The search service on models of an emulator: its commands, the service at work, and a browser."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from baseten_tei_client._fingerprints import PROBES, fingerprint
from tests.client.stack import ClientStack
from tests.support.harness import API_KEY, ROOT, Run, running_emulator

EXAMPLE = ROOT / "examples" / "search-service"
ROLES = {"embedding": "search", "reranker": "rerank", "classifier": "moods"}
HOSTILE: list[dict[str, Any]] = [
    {"id": "markup", "topic": "<b>hostile</b>", "title": "<img src=x onerror=alert(1)> hostile",
     "text": "<script>alert('hostile')</script> & \"quotes\" &lt;b&gt; hostile {{7*7}} hostile"},
    {"id": "'; DROP TABLE documents; --", "topic": "hostile", "title": "A title \u202e turned around",
     "text": "hostile \x00 zero \x1b[31m, a joiner \u200d and half of nothing"},
    {"id": "long", "topic": "hostile", "title": "hostile " + "w" * 300, "text": "hostile " * 800},
]  # fmt: skip


@dataclass
class Place:
    """Somewhere to run the service's commands in: settings, an index, documents."""

    folder: Path
    stack: ClientStack

    @property
    def settings(self) -> Path:
        return self.folder / "settings.json"

    @property
    def index(self) -> Path:
        return self.folder / "index.db"

    @property
    def log(self) -> Path:
        """What a service said on standard error."""
        return self.folder / "service.log"

    def configure(self, **roles: str) -> None:
        told = {**self.stack.outputs, "roles": {**ROLES, **roles}}
        self.settings.write_text(json.dumps(told))

    def configure_models(self, models: dict[str, Any]) -> None:
        """As the stack would tell of some models otherwise."""
        outputs = {**self.stack.outputs, "models": {**self.stack.outputs["models"], **models}}
        self.settings.write_text(json.dumps({**outputs, "roles": ROLES}))

    def documents(self, documents: list[dict[str, Any]]) -> Path:
        path = self.folder / "documents.jsonl"
        path.write_text("".join(f"{json.dumps(it)}\n" for it in documents))
        return path

    def command(self, *arguments: str | Path) -> list[str | Path]:
        python = ROOT / ".venv-search-service" / "bin" / "python"
        files = ["--settings", self.settings, "--index", self.index]
        return [python, "-m", "search_service", arguments[0], *files, *arguments[1:]]

    def run(self, *arguments: str | Path, **environment: str) -> Run:
        """A command of the service; it has to end by itself."""
        ended = subprocess.run(
            self.command(*arguments), cwd=EXAMPLE, env={**_environment(), **environment},
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        return Run(ended.returncode, ended.stdout, ended.stderr)

    @contextmanager
    def serving(self, *more: str | Path) -> Iterator[str]:
        """The address of the service at work."""
        command = self.command("serve", "--port", "0", *more)
        with (
            self.log.open("w") as log,
            subprocess.Popen(
                command,
                cwd=EXAMPLE,
                env=_environment(),
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                line = process.stdout.readline() if process.stdout else ""
                yield line.partition(" at ")[2].split()[0]
            finally:
                process.terminate()


def _environment() -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "BASETEN_API_KEY": API_KEY}


def replaced_models(models: ClientStack, *, advanced: bool = False) -> dict[str, Any]:
    """The embedding model as a stack tells of it that replaces `search` by `other`, before it advances or after."""
    old, new = (models.models[name] for name in ("search", "other"))
    if advanced:
        return {"search": {**new, "spaces": {"current": _served(new), "previous": _served(old)}}}
    return {"search": {**old, "spaces": {"current": _served(old), "next": _served(new)}}}


def _served(model: dict[str, Any]) -> dict[str, Any]:
    return {key: it for key, it in model.items() if key not in ("model_id", "task")}


def bundled() -> list[dict[str, Any]]:
    lines = (EXAMPLE / "documents.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.fixture(scope="session")
def _environments() -> None:
    subprocess.run(
        [ROOT / "scripts/venv-of.sh", "examples/search-service", "clients/python"], check=True
    )


@pytest.fixture(scope="session")
def models(_environments: None) -> Iterator[ClientStack]:
    """Two embedding models of as many dimensions, a reranker, a classifier, as a stack would tell of them."""
    with running_emulator() as emulator:
        stack = ClientStack(emulator)
        stack.put("search", "embedding", "sentence-transformers/all-MiniLM-L6-v2")
        stack.put("other", "embedding", "BAAI/bge-small-en-v1.5")
        stack.put("rerank", "reranker", "BAAI/bge-reranker-base")
        stack.put("moods", "classifier", "SamLowe/roberta-base-go_emotions", multi_label=True)
        stack.wait()
        for name in ("search", "other"):
            with stack.connect(name) as model:
                taken = fingerprint(model.embed(list(PROBES)).vectors)
            stack.models[name]["space"]["fingerprint"] = taken
        yield stack


@pytest.fixture
def place(models: ClientStack, tmp_path: Path) -> Iterator[Place]:
    """An empty one."""
    place = Place(tmp_path, models)
    place.configure()
    yield place
    models.emulator.no_faults()


@pytest.fixture(scope="session")
def filled(models: ClientStack, tmp_path_factory: pytest.TempPathFactory) -> Place:
    """One whose index holds the bundled documents and hostile ones."""
    place = Place(tmp_path_factory.mktemp("service"), models)
    place.configure()
    done = place.run("index", place.documents([*bundled(), *HOSTILE]))
    assert done.code == 0, done.text
    return place


@pytest.fixture(scope="session")
def service(filled: Place) -> Iterator[str]:
    """The address of a service with those documents."""
    with filled.serving() as address:
        yield address


def get(address: str, path: str, **query: Any) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{address}{path}", params=query, timeout=60)
