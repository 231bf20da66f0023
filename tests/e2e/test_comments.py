"""Pull requests of fourteen kinds, each a commit of a git repository, and the comment that each one gets.

The base is brought up for real and its snapshot taken; each pull request is a clone with one commit more, previewed
with an empty environment by the real engine. The comments are goldens: `UPDATE_GOLDEN=1` writes them anew.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.harness import (
    DEV_STACK,
    GATED,
    PULUMI_HOME,
    ROOT,
    Checked,
    Stack,
    running_emulator,
)
from tests.support.made_once import made_once, shared_folder
from tests.support.sampling import ALL

pytestmark = pytest.mark.e2e

GOLDEN = ROOT / "tests" / "golden" / "comments"
STACK = "production"
KEY = "baseten-tei:hf_access_key"
TOKENS = {STACK: "hf_" + "canary" * 5, "rotated": "hf_" + "rotated" * 5}
PASSPHRASE = {"PULUMI_CONFIG_PASSPHRASE": "canary-passphrase"}
MOVED = "b" * 40
"""Another commit of the same model, in the lock as the first one is."""

SEARCH = {
    "task": "embedding",
    "model_id": "BAAI/bge-base-en-v1.5",
    "revision": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a",
    "accelerator": "L4",
    "max_batch_tokens": 16384,
    "autoscaling": {"min_replica": 1, "max_replica": 3},
}
RERANK = {
    "task": "reranker",
    "model_id": "BAAI/bge-reranker-base",
    "revision": "2cfc18c9415c912f9d8155881c133215df768a70",
    "autoscaling": {"min_replica": 1},
}
MOODS = {
    "task": "classifier",
    "model_id": "SamLowe/roberta-base-go_emotions",
    "revision": "58b6c5b44a7a12093f782442969019c7e2982299",
    "accelerator": "T4",
    "silence": {"TEI-TASK-010": "callers take the sigmoid"},
    "autoscaling": {"min_replica": 1},
}
TOKENED = {**GATED, "revision": "c" * 40, "autoscaling": {"min_replica": 1}}
MODELS = {"search": SEARCH, "rerank": RERANK, "moods": MOODS, "gemma": TOKENED}

SETTINGS = {**SEARCH, "autoscaling": {"min_replica": 0, "max_replica": 6}}
STAGING = {**SEARCH, "environments": {"staging": {"autoscaling": {"max_replica": 2}}}}

LESS_OFTEN = (
    "new_model", "next_added", "tokens_changed", "revision_moved", "settings_only", "removal", "fleet",
)  # fmt: skip
"""In `make faults` alone: what `several` has, too, and two hundred models, whose comment the units keep short."""

CHANGES: dict[str, Mapping[str, Any]] = {
    "new_model": {**MODELS, "small": {**SEARCH, "accelerator": "T4"}},
    "next_added": {**MODELS, "search": {**SEARCH, "next": {"revision": MOVED}}},
    "tokens_changed": {**MODELS, "search": {**SEARCH, "max_batch_tokens": 8192}},
    "gpu_changed": {**MODELS, "search": {**SEARCH, "accelerator": "H100"}},
    "revision_moved": {**MODELS, "search": {**SEARCH, "revision": MOVED}},
    "settings_only": {**MODELS, "search": SETTINGS},
    "rename": {("find" if name == "search" else name): it for name, it in MODELS.items()},
    "removal": {name: it for name, it in MODELS.items() if name != "moods"},
    "secret_rotated": MODELS,
    "new_environment": {**MODELS, "search": STAGING},
    "nothing": MODELS,
    "broken_spec": {**MODELS, "search": {**SEARCH, "max_batch_token": 8192}},
    "several": {
        "search": {**SEARCH, "revision": MOVED, "max_batch_tokens": 8192},
        "rerank": {**RERANK, "autoscaling": {"min_replica": 2, "max_replica": 2}},
        "gemma": TOKENED,
        "small": {**SEARCH, "accelerator": "T4", "autoscaling": {}},
    },
    "fleet": {**MODELS, **{f"fleet-{n:03}": SEARCH for n in range(200)}},
}

KINDS = [it for it in CHANGES if ALL or it not in LESS_OFTEN]


class Repository:
    """A git repository with a stack in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / f"Pulumi.{STACK}.yaml"

    def git(self, *words: str) -> None:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *words]
        subprocess.run(command, cwd=self.folder, check=True, capture_output=True)

    def commit(self, message: str) -> None:
        self.git("add", "--all")
        self.git("commit", "--allow-empty", "--message", message)

    def models(self, models: Mapping[str, Any]) -> None:
        """Write them into the configuration, and leave the rest of it."""
        found = yaml.safe_load(self.path.read_text())
        found["config"]["baseten-tei:models"] = dict(models)
        self.path.write_text(yaml.safe_dump(found, sort_keys=False))

    def secret(self, ciphertext: str) -> None:
        found = yaml.safe_load(self.path.read_text())
        found["config"][KEY] = {"secure": ciphertext}
        self.path.write_text(yaml.safe_dump(found, sort_keys=False))

    def clone(self, folder: Path) -> "Repository":
        """A pull request's checkout, with the snapshot that the last deployment left."""
        subprocess.run(["git", "clone", "--quiet", self.folder, folder], check=True)
        shutil.copytree(self.folder / "snapshots", folder / "snapshots")
        return Repository(folder)

    def preview(self) -> Checked:
        """As the workflow does it, with an empty environment."""
        script = f"source {ROOT}/engine/env.sh; baseten-tei pr preview"
        home = self.folder / "home"
        home.mkdir()
        command = [
            "env",
            "-i",
            "PATH=/usr/local/bin:/usr/bin:/bin",
            f"HOME={home}",
            f"PULUMI_HOME={PULUMI_HOME}",
            "bash",
            "-c",
            script,
        ]
        ended = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, check=False
        )
        return Checked(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The base commit, brought up once for all processes that run tests."""
    return Repository(made_once(shared_folder(tmp_path_factory) / "base-of-pull-requests", _make))


def _make(folder: Path) -> None:
    repository = Repository(folder)
    with running_emulator() as emulator:
        stack = Stack(repository.folder, emulator.url, name=STACK, environment=PASSPHRASE)
        for name in ("policy", "engine"):
            (stack.folder / name).symlink_to(ROOT / name)
        (stack.folder / "locks").mkdir()
        (stack.folder / "locks" / f"{STACK}.yaml").write_text(_lock())
        ciphertexts = {name: _encrypted(stack, token) for name, token in TOKENS.items()}
        (stack.folder / "ciphertexts.yaml").write_text(yaml.safe_dump(ciphertexts))
        stack.configure({})
        repository.secret(ciphertexts[STACK])
        repository.models(MODELS)
        (stack.folder / ".gitignore").write_text("state/\nxdg/\nsnapshots/\nreport/\nhome/\n")
        stack.up().check()
        repository.git("init", "--quiet", "--initial-branch", "main")
        repository.commit("The base")
        words = ["--stack", STACK, "--commit", "0" * 40, "--output", f"snapshots/{STACK}.json"]
        command = ["baseten-tei", "pr", "snapshot", "export", *words]
        subprocess.run(command, cwd=stack.folder, env=stack.env(), check=True, capture_output=True)
        _as_on_baseten(repository, emulator.url)


def _as_on_baseten(repository: Repository, emulator: str) -> None:
    """Commit the stack as one of a real account, whose comments tell money; previews call nobody."""
    for path in (repository.path, repository.folder / "snapshots" / f"{STACK}.json"):
        path.write_text(path.read_text().replace(emulator, "baseten"))
    repository.commit("On Baseten")


def _lock() -> str:
    """The dev stack's facts, and those of another commit of its embedding."""
    found = yaml.safe_load((DEV_STACK / "locks" / "dev.yaml").read_text())
    first = found["models"][0]
    found["models"].append({**first, "revision": MOVED, "commit": MOVED})
    return yaml.safe_dump(found)


def _encrypted(stack: Stack, token: str) -> str:
    """What `pulumi config set --secret` writes for it."""
    stack.pulumi("config", "set", "--secret", KEY, token, "--stack", STACK).check()
    written = yaml.safe_load((stack.folder / f"Pulumi.{STACK}.yaml").read_text())
    return str(written["config"][KEY]["secure"])


def _change(kind: str) -> Callable[[Repository], None]:
    def apply(repository: Repository) -> None:
        repository.models(CHANGES[kind])
        if kind == "secret_rotated":
            known = yaml.safe_load((repository.folder / "ciphertexts.yaml").read_text())
            repository.secret(known["rotated"])
        repository.commit(kind)

    return apply


@pytest.fixture
def comment(base: Repository, tmp_path: Path, request: pytest.FixtureRequest) -> tuple[str, int]:
    """The comment of a kind of pull request, and how the preview's command ended."""
    request_of = base.clone(tmp_path / "pull-request")
    _change(request.param)(request_of)
    ended = request_of.preview()
    assert ended.code in (0, 1), ended.text
    return (request_of.folder / "report" / "report.md").read_text(), ended.code


def steady(text: str) -> str:
    """Without what another port, folder or day would change: the marks of what was reviewed."""
    marks = re.compile(r"(?<=baseten-tei:reviewed production)( [A-Za-z0-9+/=]{16,})+")
    return marks.sub(lambda it: f" ({len(it[0].split())} marks)", text)


@pytest.mark.parametrize(("comment", "kind"), [(it, it) for it in KINDS], indirect=["comment"])
def test_each_kind_of_pull_request_gets_the_comment_that_was_reviewed(
    comment: tuple[str, int], kind: str
) -> None:
    text, code = comment
    golden = GOLDEN / f"{kind}.md"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(steady(text), encoding="utf-8")
    assert steady(text) == golden.read_text(encoding="utf-8")
    assert len(text) <= 65_536
    assert code == int("⛔" in text)
    assert not [token for token in (*TOKENS.values(), *PASSPHRASE.values()) if token in text]


def test_every_golden_belongs_to_a_kind_or_is_of_many_stacks() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == {*CHANGES, "stacks"}
