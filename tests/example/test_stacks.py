"""`make example`, with the real engine: two stacks, of which one refers to the other, and what a swap does."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.support.harness import ROOT, Checked, file_of_project, running_emulator

pytestmark = pytest.mark.e2e

COPIED = ("Pulumi.yaml", "Pulumi.dev.yaml", "truss_configs", "examples/search-service")
LINKED = ("infra", "engine", "scripts", "locks", ".venv", ".venv-search-service", ".engine")
EXAMPLE = "source engine/env.sh; python examples/search-service/example.py --once --port 0"


class Checkout:
    """A checkout of the project to type commands in, with an emulator of its own."""

    def __init__(self, folder: Path, emulator: str) -> None:
        self.folder = folder
        for name in COPIED:
            source = file_of_project(name)
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        for name in LINKED:
            (folder / name).symlink_to(file_of_project(name))
        self.configure("baseten:target", emulator)

    def configure(self, key: str, value: object) -> None:
        path = self.folder / "Pulumi.dev.yaml"
        told = yaml.safe_load(path.read_text())
        told["config"][key] = value
        path.write_text(yaml.safe_dump(told))

    def models(self) -> dict[str, dict[str, object]]:
        told = yaml.safe_load((self.folder / "Pulumi.dev.yaml").read_text())
        return dict(told["config"]["baseten-tei:models"])

    def type(self, script: str) -> Checked:
        dropped = ("CI", "PULUMI_CONFIG_PASSPHRASE", "PULUMI_BACKEND_URL")
        environment = {k: v for k, v in os.environ.items() if k not in dropped}
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script], cwd=self.folder, capture_output=True, text=True,
            env={**environment, "PULUMI_SKIP_UPDATE_CHECK": "true", "BASETEN_API_KEY": "emulator"},
            timeout=300, check=False,
        )  # fmt: skip
        return Checked(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture
def checkout(_environments: None, tmp_path: Path) -> Iterator[Checkout]:
    with running_emulator(BASETEN_EMULATOR_API_KEY="emulator") as emulator:
        checkout = Checkout(tmp_path, emulator.url)
        checkout.type("source engine/env.sh; scripts/dev-stack.sh").check()
        yield checkout


def test_the_example_searches_and_refuses_an_index_of_another_space(checkout: Checkout) -> None:
    told = checkout.type(EXAMPLE).check().stdout
    assert "embedded 40 documents" in told
    assert "search-service: 40 documents at http://127.0.0.1:" in told
    assert "Yellow leaves on tomato plants  (place 1 by vector; " in told
    assert (ROOT / "examples/search-service/Pulumi.dev.yaml").read_text() == (
        checkout.folder / "examples/search-service/Pulumi.dev.yaml"
    ).read_text()

    models = checkout.models()
    checkout.configure(
        "baseten-tei:models", {**models, "bge": {**models["bge"], "pooling": "mean"}}
    )
    refused = checkout.type(EXAMPLE).refused()
    assert "embedded" not in refused.stdout
    [line] = [it for it in refused.stderr.splitlines() if it.startswith("search-service: ")]
    assert "pooling 'cls' -> 'mean'" in line
    assert "`python -m search_service index --rebuild`" in line

    preview = (
        "pulumi preview --stack dev --non-interactive --config search-service:models.reranker=bge"
    )
    told = checkout.type(
        f"source engine/env.sh; cd examples/search-service; {preview} --config-path"
    ).refused()
    assert (
        "search-service:models.reranker is 'bge', but the embeddings stack has bge-reranker: "
        "run `pulumi config set --path models.reranker bge-reranker`"
    ) in told.text


def test_a_port_that_is_in_use_is_said_before_anything_is_brought_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "examples/search-service/example.py", "--once", "--port", port]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == (
        f"port {port} cannot be used (Address already in use): run `make example PORT=8001`, or without make give "
        "--port 8001 (0: any free port)\n"
    )
    dry = ["make", "--dry-run", "example", "PORT=8001"]
    made = subprocess.run(dry, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "example.py --port 8001" in made


@pytest.mark.parametrize("port", ["99999", "a"])
def test_a_port_that_cannot_be_is_refused_in_one_line(port: str) -> None:
    command = [sys.executable, "examples/search-service/example.py", "--once", "--port", port]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode == 0, ended.stdout) == (False, "")
    assert port in ended.stderr.splitlines()[-1]
    assert "Traceback" not in ended.stderr
