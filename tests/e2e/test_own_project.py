"""A stranger's own project, from an empty folder and a new HOME: by the template, and by the library.

The package comes from a wheel that is built here, or over git at a tag. What is run cannot read this clone: an empty
folder is mounted over it where the machine lets us, and nothing of it is on PATH, in a variable or a generated file.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.harness import PULUMI_HOME, ROOT, Checked
from tests.support.sampling import ALL
from tests.workflows.git_over_https import Forge, make_repository, serve_repositories

pytestmark = pytest.mark.e2e

TAG = "v0.1.0"
FIRST = "search"
PAGE = (ROOT / "docs/own-program.md").read_text()
UV = [sys.executable, "-m", "uv"]
TOKEN = "hf_" + "Tk1" * 11
CACHE = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
HIDDEN = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none "$0" && exec "$@"', str(ROOT)]
"""Runs a command that finds an empty folder where this clone is."""


@cache
def hiding() -> list[str]:
    """`HIDDEN`, if this machine lets us; a container's root and a person often may not."""
    may = shutil.which("unshare") and subprocess.run([*HIDDEN, "true"], capture_output=True)
    return HIDDEN if may and may.returncode == 0 else []


@dataclass
class Stranger:
    """Somebody with a new HOME, whose first project's folder has an environment with our package, and an engine."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        engine = json.loads((ROOT / ".engine/engine.json").read_text())
        official = [str(Path(engine["path"]).resolve().parent)] if engine["kind"] == "path" else []
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.variables |= {"BASETEN_EMULATOR_PORT": str(free.getsockname()[1])}
        self.variables |= {
            "HOME": str(self.folder / "home"), "XDG_CACHE_HOME": CACHE, "PULUMI_HOME": PULUMI_HOME,
            "PATH": os.pathsep.join([*official, "/usr/local/bin", "/usr/bin", "/bin"]),
            "PULUMI_SKIP_CONFIRMATIONS": "true", "PULUMI_ENGINE": engine["kind"], "PULUMI_CONFIG_PASSPHRASE": "",
            "PULUMI_BACKEND_URL": f"file://{self.folder}/home",
        }  # fmt: skip
        for name in ("home", FIRST):
            (self.folder / name).mkdir()

    def install(self, package: str) -> None:
        """Make the environment, with the versions that these tests run with, which are in uv's cache."""
        frozen = subprocess.check_output(
            [*UV, "pip", "freeze", "--python", sys.executable], text=True
        )
        pins = self.folder / "pins.txt"
        pins.write_text("\n".join(line for line in frozen.splitlines() if "==" in line))
        python = f"{sys.base_prefix}/bin/python{sys.version_info.major}.{sys.version_info.minor}"
        subprocess.run([python, "-m", "venv", self.environment], check=True)
        into = ["--python", str(self.environment / "bin/python"), "-c", str(pins)]
        variables = {**os.environ, **self.variables, "HOME": str(Path.home())}
        subprocess.run([*UV, "pip", "install", "-q", *into, package], check=True, env=variables)
        self.type("true", engine="venv/bin/python -m pulumi_engine setup").check()

    @property
    def environment(self) -> Path:
        return self.folder / FIRST / "venv"

    def type(self, script: str, project: str = FIRST, engine: str = "", **more: str) -> Checked:
        """Type commands in a project's folder, in a shell with the engine and the environment on PATH."""
        python = self.environment / "bin/python"
        engine = engine or f'eval "$({python} -m pulumi_engine --project ../{FIRST} env)"'
        command = [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            f"{engine}; source venv/bin/activate; {script}",
        ]
        ended = subprocess.run(
            [*hiding(), *command], cwd=self.folder / project, env={**self.variables, **more},
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        return Checked(ended.returncode, ended.stdout, ended.stderr)

    def ask(self, url: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": "Api-Key emulator"}
        answer = requests.post(url, json=body, headers=headers, timeout=60)
        answer.raise_for_status()
        return answer.json()

    def stop(self) -> None:
        address = f"http://127.0.0.1:{self.variables['BASETEN_EMULATOR_PORT']}"
        with suppress(requests.ConnectionError):  # where none was started
            requests.post(f"{address}/_emulator/shutdown", timeout=10)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    folder = tmp_path_factory.mktemp("forge")
    make_repository(ROOT, folder / "team" / "baseten-tei.git", TAG)
    with serve_repositories(folder, folder / "keys") as forge:
        yield forge


@pytest.fixture(params=["wheel", "tag"] if ALL else ["tag"])
def stranger(
    request: pytest.FixtureRequest, forge: Forge, tmp_path: Path
) -> Iterator[tuple[Stranger, str]]:
    """Somebody who has the package, and where that one finds the template."""
    repository = f"{forge.url}/team/baseten-tei"
    if request.param == "tag":
        stranger = Stranger(tmp_path / "own", {"GIT_SSL_CAINFO": str(forge.certificate)})
        package = f"baseten-tei[emulator] @ git+{repository}.git@{TAG}"
        template = f"{repository}/tree/{TAG}/templates/stack"
    else:
        stranger = Stranger(tmp_path / "own")
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
        subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
        [wheel] = tmp_path.glob("*.whl")
        package, template = f"baseten-tei[emulator] @ {wheel.as_uri()}", str(tmp_path / "stack")
        shutil.copytree(ROOT / "templates/stack", template)
    stranger.install(package)
    try:
        yield stranger, template
    finally:
        stranger.stop()


def test_a_template_and_a_program_come_up_and_answer(
    stranger: tuple[Stranger, str], forge: Forge
) -> None:
    own, template = stranger
    enter, new, *activate, up, outputs = shown("template")
    assert enter == f"mkdir {FIRST} && cd {FIRST}"
    assert new.endswith(f"/tree/{TAG}/templates/stack")
    own.type(f"pulumi new {template} --force", SSL_CERT_FILE=str(forge.certificate)).check()
    told = own.type("; ".join([*activate, up]), CI="true").check().text
    assert "14 created" in told.replace("+ ", "")
    assert "warning: model" not in told
    assert json.loads(own.type(outputs).check().stdout)["models"].keys() == {
        "bge", "bge-reranker", "go-emotions",
    }  # fmt: skip
    told = own.type("baseten-tei status").check().stdout
    assert told == "dev: 3 models, nothing to do\n"

    models = json.loads(own.type("pulumi stack output models --json").check().stdout)
    assert_answers(own, models)
    assert {it.name for it in (own.folder / FIRST).iterdir()} - {"__pycache__"} == {
        ".engine", ".gitignore", ".state", "Pulumi.dev.yaml", "Pulumi.yaml", "README.md", "__main__.py", "locks",
        "plugin", "requirements.txt", "truss_configs", "venv",
    }  # fmt: skip

    library = own.folder / "library"
    library.mkdir()
    (library / "venv").symlink_to(own.environment)
    shutil.copy(ROOT / "examples/program/__main__.py", library)
    project_file, commands = marked("library")
    (library / "Pulumi.yaml").write_text(project_file)
    own.type(commands.replace("hf_…", TOKEN), "library").check()
    outputs = json.loads(own.type("pulumi stack output --json", "library").check().stdout)
    assert sorted(outputs) == ["models", "schema_version"]
    answer = own.ask(outputs["models"]["gemma"]["embeddings_url"], {"input": ["a text"]})
    assert len(answer["data"][0]["embedding"]) == 768

    assert_nothing_names_the_clone(own)


def marked(mark: str) -> list[str]:
    """The blocks of the page below a mark."""
    return re.findall(rf"<!-- {mark} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)


def shown(mark: str) -> list[str]:
    """The lines of the one block below a mark, without their comments."""
    [block] = marked(mark)
    return [line.partition("  #")[0].rstrip() for line in block.splitlines()]


def assert_answers(own: Stranger, models: dict[str, Any]) -> None:
    texts = ["Cheese is made of milk.", "Deep Learning is a kind of machine learning."]
    [vector] = own.ask(models["bge"]["predict_url"], {"input": "a text"})["data"]
    best = own.ask(
        models["bge-reranker"]["rerank_url"], {"query": "What is Deep Learning?", "texts": texts}
    )[0]
    mood = own.ask(models["go-emotions"]["predict_url"], {"inputs": "I love this!"})[0]
    assert (len(vector["embedding"]), best["index"], mood["label"]) == (768, 1, "love")


def assert_nothing_names_the_clone(own: Stranger) -> None:
    """Neither a module of ours, nor a file that was made."""
    files = "import baseten_tei, baseten_emulator, pulumi_engine as e; print(baseten_tei.__file__, e.__file__)"
    places = own.type(f'python -c "{files}"').check().stdout.split()
    assert all(place.startswith(f"{own.environment}/") for place in places)
    made = subprocess.run(
        ["grep", "-rIlF", "--exclude-dir=__pycache__", f"{ROOT}/", str(own.folder)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert made.stdout == ""
