"""The dev stack's three models on an emulator, with room for two texts in a request, and the recipes' environment."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import API_KEY, DEV_STACK, ROOT, Emulator, Run, Stack, running_emulator

TEXTS_IN_A_REQUEST = 2  # fewer than each recipe has, so that those that do not split are refused


@dataclass
class Consumer:
    """Another service: it knows the stack's outputs and the key, and has an environment of its own."""

    emulator: Emulator
    outputs: str
    python: Path

    def run(self, *command: str | Path, **environment: str) -> Run:
        """Run a command as the docs say, with the outputs on stdin."""
        ended = subprocess.run(
            command, input=self.outputs, env={**self._environment(), **environment},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return Run(ended.returncode, ended.stdout, ended.stderr)

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": "/usr/bin:/bin",
            "BASETEN_API_KEY": API_KEY,
            "HAYSTACK_TELEMETRY_ENABLED": "False",
        }

    def calls(self) -> list[dict[str, Any]]:
        """What models were asked since the log was last emptied."""
        return [call for call in self.emulator.calls() if call["path"].startswith("/hosts/")]


@pytest.fixture(scope="session")
def clients_python() -> Path:
    subprocess.run([ROOT / "scripts" / "venv-of.sh", "examples/clients"], check=True)
    return ROOT / ".venv-clients" / "bin" / "python"


@pytest.fixture(scope="session")
def consumer(clients_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consumer]:
    dev = yaml.safe_load((DEV_STACK / "Pulumi.dev.yaml").read_text())["config"][
        "baseten-tei:models"
    ]
    models = {
        name: {**spec, "max_client_batch_size": TEXTS_IN_A_REQUEST} for name, spec in dev.items()
    }
    with running_emulator() as emulator:
        stack = Stack(tmp_path_factory.mktemp("recipes") / "project", emulator.url)
        stack.configure(models)
        stack.up().check()
        outputs = stack.pulumi("stack", "output", "--json", "--stack", stack.name).check().stdout
        yield Consumer(emulator, outputs, clients_python)
