"""A preview without credentials: against a snapshot or nothing, with an empty environment, and on no network."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.commands.pr.preview import preview_stack
from baseten_tei.project.stack import Workspace
from tests.support.harness import (
    API_KEY,
    BGE,
    GATED,
    PULUMI_HOME,
    ROOT,
    Checked,
    Emulator,
    Stack,
    file_of_project,
)  # fmt: skip

pytestmark = pytest.mark.e2e

TOKEN = "hf_" + "canary" * 5
OTHER_TOKEN = "hf_" + "other" * 6
PASSPHRASE = "canary-passphrase-of-production"
KEY = "baseten-tei:hf_access_key"
UNREADABLE = {"secure": "v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"
REVISION = "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"
PINNED = {**BGE, "revision": REVISION}
MODELS = {"bge": PINNED, "gated": {**GATED, "revision": REVISION}}


def empty_environment(folder: Path, script: str) -> Checked:
    """A script of bash in a folder, with no more of an environment than a PATH and a HOME."""
    command = [
        "env",
        "-i",
        "PATH=/usr/local/bin:/usr/bin:/bin",
        f"HOME={folder}/home",
        f"PULUMI_HOME={PULUMI_HOME}",
        "bash",
        "-euo",
    ]
    (folder / "home").mkdir(exist_ok=True)
    ended = subprocess.run(
        [*command, "pipefail", "-c", script], cwd=folder, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    return Checked(ended.returncode, ended.stdout, ended.stderr)


class Production:
    """A stack that was brought up with secrets of its own, and the pull requests that follow."""

    def __init__(self, folder: Path, emulator: Emulator) -> None:
        secret = {"PULUMI_CONFIG_PASSPHRASE": PASSPHRASE}
        self.stack = Stack(folder, emulator.url, name="production", environment=secret)
        self.snapshot = folder / "snapshots" / "production.json"

    def configure(self, models: Mapping[str, Any], token: str | None = None) -> None:
        """Write the configuration; the token is encrypted as `pulumi config set --secret` does it."""
        before = yaml.safe_load(self.path.read_text()).get("config", {})
        self.stack.configure(models)
        if token:
            self.stack.pulumi(
                "config", "set", "--secret", KEY, token, "--stack", "production"
            ).check()
        elif KEY in before:
            changed = yaml.safe_load(self.path.read_text())
            changed["config"][KEY] = before[KEY]
            self.path.write_text(yaml.safe_dump(changed))

    @property
    def path(self) -> Path:
        return self.stack.folder / "Pulumi.production.yaml"

    def deploy(self, **environment: str) -> None:
        self.stack.up(**environment).check()
        words = ["--stack", "production", "--commit", COMMIT, "--output", str(self.snapshot)]
        subprocess.run(
            ["baseten-tei", "pr", "snapshot", "export", *words],
            cwd=self.stack.folder, env={**self.stack.env(), **environment}, check=True,
            capture_output=True,
        )  # fmt: skip

    def preview(self) -> dict[str, Any]:
        """The report of a pull request, made with an empty environment."""
        script = f"source {ROOT}/engine/env.sh; baseten-tei pr preview"
        empty_environment(self.stack.folder, script).check()
        report = json.loads((self.stack.folder / "report" / "report.json").read_text())
        (found,) = report["stacks"]
        return dict(found)

    def kinds(self, report: Mapping[str, Any]) -> dict[str, str]:
        return {it["name"]: it["kind"] for it in report["models"]}


@pytest.fixture
def production(tmp_path: Path, emulator: Emulator) -> Production:
    made = Production(tmp_path / "project", emulator)
    made.configure(MODELS)
    return made


@pytest.fixture(scope="module")
def brought_up(tmp_path_factory: pytest.TempPathFactory, shared_emulator: Emulator) -> Production:
    made = Production(tmp_path_factory.mktemp("deployed") / "project", shared_emulator)
    made.configure(MODELS, TOKEN)
    made.deploy(HF_TOKEN="hf_" + "unrelated" * 4)
    return made


@pytest.fixture
def deployed(brought_up: Production, tmp_path: Path, emulator: Emulator) -> Production:
    """A copy of a stack that was brought up with a token of its own: a preview of its snapshot asks no Baseten."""
    shutil.copytree(brought_up.stack.folder, tmp_path / "project", symlinks=True)
    return Production(tmp_path / "project", emulator)


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(it.relative_to(folder)): it.read_bytes() for it in folder.rglob("*") if it.is_file()
    }


def test_against_a_snapshot_an_unchanged_stack_is_unchanged_nobody_is_called_and_no_secret_is_left(
    deployed: Production, emulator: Emulator
) -> None:
    salt = yaml.safe_load(deployed.path.read_text())["encryptionsalt"]
    exported = json.loads(
        deployed.stack.pulumi("stack", "export", "--stack", "production").check().stdout
    )
    stored = [it for it in exported["deployment"]["resources"] if "Secret" in it["type"]]
    hidden = [stored[0]["outputs"]["fingerprint"], stored[0]["inputs"]["value"]["ciphertext"]]
    emulator.forget_calls()
    folder = deployed.stack.folder
    state = files_below(folder / "state")

    told = deployed.preview()
    assert set(deployed.kinds(told).values()) == {"unchanged"}
    assert told["secrets"] == []
    assert told["errors"] == []
    assert told["origin"] == "the state snapshot of commit 0123456, without credentials"
    assert emulator.calls() == []
    assert files_below(folder / "state") == state

    left = {**files_below(folder / "snapshots"), **files_below(folder / "report")}
    assert len(left) == 3
    text = b"".join(left.values()).decode()
    secrets = [
        TOKEN,
        API_KEY,
        PASSPHRASE,
        salt,
        *hidden,
        deployed.path.read_text().split("secure: ")[1][:40],
    ]
    assert [it for it in secrets if it in text] == []


def test_a_rotated_token_is_a_change_of_the_secret_and_of_nothing_else(
    deployed: Production,
) -> None:
    deployed.configure(MODELS, OTHER_TOKEN)
    told = deployed.preview()
    assert len(told["secrets"]) == 1
    assert set(deployed.kinds(told).values()) == {"unchanged"}


def test_a_changed_model_is_pushed_and_the_secret_is_as_it_was(deployed: Production) -> None:
    deployed.configure({**MODELS, "bge": {**PINNED, "max_batch_tokens": 8192}})
    told = deployed.preview()
    assert deployed.kinds(told) == {"bge": "pushed", "gated": "unchanged"}
    assert told["secrets"] == []


def test_a_token_from_the_environment_counts_as_unchanged_where_it_is_not_there(
    production: Production,
) -> None:
    production.deploy(HF_ACCESS_KEY=TOKEN)
    assert TOKEN not in production.snapshot.read_text()
    told = production.preview()
    assert told["secrets"] == []
    assert set(production.kinds(told).values()) == {"unchanged"}


def test_without_a_snapshot_everything_is_new_and_the_report_says_why(
    production: Production, emulator: Emulator
) -> None:
    emulator.forget_calls()
    told = production.preview()
    assert set(production.kinds(told).values()) == {"created"}
    assert told["origin"] == "nothing, without credentials, so that every resource is new"
    assert emulator.calls() == []


def test_a_broken_spec_is_reported_and_the_exit_code_says_so(production: Production) -> None:
    production.configure({"bge": {**PINNED, "max_batch_token": 1}})
    script = f"source {ROOT}/engine/env.sh; baseten-tei pr preview"
    assert empty_environment(production.stack.folder, script).code == 1
    report = (production.stack.folder / "report" / "report.md").read_text()
    assert "unknown key" in report


def test_a_snapshot_of_another_stack_is_an_error_of_the_report(deployed: Production) -> None:
    told = json.loads(deployed.snapshot.read_text()) | {"stack": "staging"}
    deployed.snapshot.write_text(json.dumps(told))
    script = f"source {ROOT}/engine/env.sh; baseten-tei pr preview"
    assert empty_environment(deployed.stack.folder, script).code == 1
    report = (deployed.stack.folder / "report" / "report.json").read_text()
    assert "the snapshot is of stack 'staging', not 'production'" in report


def test_a_restored_snapshot_is_previewed_by_the_line_that_restoring_prints(
    deployed: Production, tmp_path: Path
) -> None:
    words = f"--stack production --into '{tmp_path}/copy of it' snapshots/production.json"
    setup = f"source {ROOT}/engine/env.sh; "
    line = (
        empty_environment(
            deployed.stack.folder,
            f"{setup}baseten-tei pr snapshot restore {words}",
        )
        .check()
        .stdout
    )
    told = empty_environment(tmp_path, setup + line).check().text
    assert "11 unchanged" in told
    again = f"{setup}baseten-tei pr snapshot restore {words}"
    assert "is not empty" in empty_environment(deployed.stack.folder, again).refused().stderr


def test_with_credentials_it_is_the_real_state_that_a_preview_is_held_against(
    tmp_path: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stack on Baseten, whose preview calls nobody: only its own passphrase can read its token."""
    made = Production(tmp_path / "project", emulator)
    made.configure(MODELS, TOKEN)
    made.path.write_text(made.path.read_text().replace(emulator.url, "baseten"))
    for name, value in made.stack.env().items():
        monkeypatch.setenv(name, value)
    for name in ("CI", "PULUMI_CONFIG_PASSPHRASE_FILE"):
        monkeypatch.delenv(name, raising=False)
    found = preview_stack(Workspace(made.stack.folder, "production"), tmp_path, os.environ)
    assert (found.origin, found.is_real, found.preview.errors) == ("the real state", True, ())
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "another")
    found = preview_stack(Workspace(made.stack.folder, "production"), tmp_path, os.environ)
    assert "passphrase" in " ".join(found.preview.errors)


OFFLINE = """
ip link set lo up
python -m baseten_emulator --port 0 > emulator.json &
emulator=$!
trap 'kill $emulator' EXIT
until [ -s emulator.json ]; do sleep 0.1; done
url=$(python -c 'import json; print(json.load(open("emulator.json"))["url"])')
export BASETEN_EMULATOR_PORT=${url##*:}
baseten-tei pr preview
curl -fsS "$url/_emulator/calls" > calls.json
grep ^Ip: /proc/net/snmp > ipv4.txt
grep Ip6OutNoRoutes /proc/net/snmp6 > ipv6.txt
"""


def attempts(folder: Path) -> int:
    """How often something tried to leave the machine: the kernel counts each packet that finds no way."""
    names, numbers = (line.split() for line in (folder / "ipv4.txt").read_text().splitlines())
    ipv4 = int(dict(zip(names, numbers, strict=True))["OutNoRoutes"])
    return ipv4 + int((folder / "ipv6.txt").read_text().split()[1])


def checkout(folder: Path) -> Path:
    """The project's own stack and one on Baseten, with a token that nobody here can decrypt; no state."""
    for name in ("infra", "engine", "locks", "policy", ".venv", ".engine", "Pulumi.yaml"):
        (folder / name).symlink_to(file_of_project(name))
    (folder / "Pulumi.dev.yaml").write_bytes(file_of_project("Pulumi.dev.yaml").read_bytes())
    replicas = {"autoscaling": {"min_replica": 1}}
    document = {
        "config": {
            "baseten:target": "baseten",
            KEY: UNREADABLE,
            "other:deep.down": [{"x.y": UNREADABLE}, "plain", UNREADABLE],
            "baseten-tei:models": {name: {**spec, **replicas} for name, spec in MODELS.items()},
        },
        "encryptionsalt": "v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    }
    (folder / "Pulumi.production.yaml").write_text(yaml.safe_dump(document))
    return folder


def offline(folder: Path, script: str) -> Checked:
    """A script in a network of its own, which has nothing but 127.0.0.1."""
    if subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets nobody make a network namespace (unshare -rn)")
    inside = folder / "inside.sh"
    inside.write_text(f"set -euo pipefail\nsource engine/env.sh\n{script}")
    return empty_environment(folder, "unshare -rn bash inside.sh")


def test_with_an_empty_environment_and_no_network_a_preview_succeeds_and_calls_nobody(
    tmp_path: Path,
) -> None:
    folder = checkout(tmp_path)
    offline(folder, OFFLINE).check()
    assert json.loads((folder / "calls.json").read_text())["calls"] == []
    assert attempts(folder) == 0
    report = (folder / "report" / "report.md").read_text()
    assert "`dev`: 3 created" in report
    assert "`production`: 2 created" in report
    assert not (folder / ".state").exists()


def test_the_network_that_is_blocked_counts_every_try_to_leave_it(tmp_path: Path) -> None:
    tries = (
        "import socket\ntry: socket.create_connection(('192.0.2.1', 443), 1)\nexcept OSError: pass"
    )
    script = OFFLINE.replace("baseten-tei pr preview", f'python -c "{tries}"')
    offline(checkout(tmp_path), script).check()
    assert attempts(tmp_path) == 1
