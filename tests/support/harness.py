"""A stack of its own per test: the project's real files, the real engine, an emulator on a free port."""

import atexit
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEV_STACK = ROOT / "tests" / "support" / "dev_stack"
"""The dev stack as this project ships it. The one at the top is the user's: no test reads it."""
PULUMI_HOME = os.environ.get("PULUMI_HOME") or str(Path.home() / ".pulumi")
"""Where plugins are: in an empty one an official engine would have to download them."""
API_KEY = "canary-api-key-0123456789abcdef"

BGE = {"task": "embedding", "model_id": "BAAI/bge-base-en-v1.5"}
RERANKER = {"task": "reranker", "model_id": "BAAI/bge-reranker-base"}
EMOTIONS = {"task": "classifier", "model_id": "SamLowe/roberta-base-go_emotions"}
GATED = {"task": "embedding", "model_id": "google/embeddinggemma-300m", "gated": True}


@dataclass
class Emulator:
    """A running emulator, and what it saw."""

    url: str
    process: subprocess.Popen[str]

    def admin(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(method, f"{self.url}/_emulator/{path}", json=body, timeout=30)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def rest(self, path: str, method: str = "GET", body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {API_KEY}"}
        answer = requests.request(
            method, f"{self.url}{path}", json=body, headers=headers, timeout=30
        )
        answer.raise_for_status()
        return answer.json()

    def calls(self) -> list[dict[str, Any]]:
        return list(self.admin("GET", "calls")["calls"])

    def forget_calls(self) -> None:
        self.admin("DELETE", "calls")

    def fault(self, model: str, name: str, **options: Any) -> None:
        self.admin("POST", "faults", {"model": model, "fault": name, **options})

    def no_faults(self) -> None:
        self.admin("DELETE", "faults")

    def models(self) -> dict[str, str]:
        return {model["name"]: model["id"] for model in self.rest("/v1/models")["models"]}

    def deployments(self, name: str) -> list[dict[str, Any]]:
        return list(self.rest(f"/v1/models/{self.models()[name]}/deployments")["deployments"])

    def secrets(self) -> list[str]:
        return [secret["name"] for secret in self.rest("/v1/secrets")["secrets"]]

    def pushes(self) -> int:
        """Versions published so far: the mutations that truss sends last."""
        wanted = ("create_model_from_truss", "create_model_version_from_truss")
        return sum(call.get("operation") in wanted for call in self.calls())


@contextmanager
def running_emulator(
    state: Path | None = None, port: int = 0, **environment: str
) -> Iterator[Emulator]:
    command = [sys.executable, "-m", "baseten_emulator", "--port", str(port)]
    command += ["--step-seconds", "0.05"]
    process = subprocess.Popen(
        [*command, *(["--state", str(state)] if state else [])],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "BASETEN_EMULATOR_API_KEY": API_KEY, **environment},
    )
    try:
        yield Emulator(json.loads(process.stdout.readline())["url"], process)  # type: ignore[union-attr]
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


def file_of_project(name: str) -> Path:
    """Where a test finds a file or folder of the project: what belongs to a stack, in the fixture of the dev stack."""
    fixture = DEV_STACK / name
    return fixture if fixture.exists() else ROOT / name


@dataclass
class Run:
    """How a command ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout + self.stderr


_INITIALIZED: dict[str, Path] = {}
"""Stack name → its state and configuration as `pulumi stack init` made them."""


@dataclass
class Stack:
    """A Pulumi project in a temporary folder: links to the real program, a state and a stack of its own."""

    folder: Path
    target: str
    name: str = "test"
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if (self.folder / "state").exists():
            return  # copied from another stack's, and as good as that
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "state").mkdir(exist_ok=True)
        for shared in ("infra", ".venv", "Pulumi.yaml"):
            (self.folder / shared).symlink_to(ROOT / shared)
        self.configure({})
        self._initialize()

    def _initialize(self) -> None:
        """`pulumi stack init`, or what it left behind the first time that this process had it made."""
        made = _INITIALIZED.get(self.name)
        if made is None:
            self.pulumi("stack", "init", self.name).check()
            made = _INITIALIZED[self.name] = Path(tempfile.mkdtemp(prefix="stack-init-"))
            atexit.register(shutil.rmtree, made, ignore_errors=True)
            shutil.copytree(self.folder / "state", made / "state")
            shutil.copy(self.folder / f"Pulumi.{self.name}.yaml", made)
            return
        shutil.copytree(made / "state", self.folder / "state", dirs_exist_ok=True)
        shutil.copy(made / f"Pulumi.{self.name}.yaml", self.folder)
        self.configure({})

    def configure(self, models: Any, **config: Any) -> None:
        """Write the stack's configuration, keeping the salt that `stack init` made."""
        path = self.folder / f"Pulumi.{self.name}.yaml"
        kept = yaml.safe_load(path.read_text()) if path.exists() else {}
        kept["config"] = {
            "baseten:target": self.target,
            "baseten-tei:models": models,
            **{f"baseten-tei:{key}": value for key, value in config.items()},
        }
        path.write_text(yaml.safe_dump(kept))

    def env(self) -> dict[str, str]:
        dropped = ("CI", "PULUMI_CONFIG_PASSPHRASE_FILE")
        return {
            **{key: value for key, value in os.environ.items() if key not in dropped},
            "PULUMI_BACKEND_URL": f"file://{self.folder}/state",
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "XDG_STATE_HOME": str(self.folder / "xdg"),
            "BASETEN_API_KEY": API_KEY,
            **self.environment,
        }

    def pulumi(self, *arguments: str, **environment: str) -> "Checked":
        command = ["pulumi", *arguments, "--non-interactive"]
        ended = subprocess.run(
            command, cwd=self.folder, env={**self.env(), **environment}, capture_output=True,
            text=True, timeout=300, check=False,
        )  # fmt: skip
        return Checked(ended.returncode, ended.stdout, ended.stderr)

    def up(self, **environment: str) -> "Checked":
        return self.pulumi("up", "--yes", "--skip-preview", "--stack", self.name, **environment)

    def preview(self, *options: str, **environment: str) -> "Checked":
        return self.pulumi("preview", "--stack", self.name, *options, **environment)

    def planned(self) -> list[dict[str, Any]]:
        """The steps of a preview that do something."""
        told = json.loads(self.pulumi("preview", "--json", "--stack", self.name).check().stdout)
        return [step for step in told["steps"] if step["op"] != "same"]

    def refresh(self) -> "Checked":
        return self.pulumi("refresh", "--yes", "--skip-preview", "--stack", self.name)

    def destroy(self) -> "Checked":
        return self.pulumi("destroy", "--yes", "--skip-preview", "--stack", self.name)

    def outputs(self) -> Mapping[str, Any]:
        told = self.pulumi("stack", "output", "--json", "--stack", self.name).check().stdout
        return dict(json.loads(told))

    def config_text(self, model: str) -> Path:
        return self.folder / "truss_configs" / self.name / model / "config.yaml"


@dataclass
class Checked(Run):
    """A run whose success a test can insist on."""

    def check(self) -> "Checked":
        assert self.code == 0, self.text
        return self

    def refused(self) -> "Checked":
        assert self.code != 0, self.text
        return self


def status(stack: Stack, *options: str) -> Checked:
    """`baseten-tei status` of a stack."""
    command = [sys.executable, "-m", "baseten_tei", "status", "--stack", stack.name, *options]
    ended = subprocess.run(
        command, cwd=stack.folder, env=stack.env(), capture_output=True, text=True, check=False
    )
    return Checked(ended.returncode, ended.stdout, ended.stderr)


def read_by_reference(beside: Stack, names: Iterable[str]) -> dict[str, Any]:
    """The models that the program in examples/many-stacks exports of stacks in the backend of one of them."""
    reader = Path("examples") / "many-stacks"
    folder = shutil.copytree(ROOT / reader, beside.folder / reader)
    stacks = [f"organization/baseten-tei/{name}" for name in names]
    config = {"config": {"many-stacks:stacks": stacks}}
    (folder / "Pulumi.all.yaml").write_text(yaml.safe_dump(config))
    here = ("--cwd", str(folder))
    beside.pulumi("stack", "init", "all", *here).check()
    beside.pulumi("up", "--yes", "--skip-preview", "--stack", "all", *here).check()
    told = beside.pulumi("stack", "output", "models", "--json", "--stack", "all", *here).check()
    return dict(json.loads(told.stdout))
