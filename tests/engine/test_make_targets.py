"""What make targets and scripts do to stacks, backends and the selection: with stand-ins for every tool they start."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.harness import file_of_project

ROOT = Path(__file__).parents[2]
COPIED = ("Makefile", "Pulumi.yaml", "Pulumi.dev.yaml", "requirements.lock", "pyproject.toml")
PYTHON = """#!/bin/bash
# Logs what the project's Python is asked for; runs nothing of the project but scripts/clean.py.
case "$*" in
  "-m pulumi_engine --project "*" env") echo "export PATH='{tools}':\\"$PATH\\"" ;;
  scripts/clean.py) exec {python} scripts/clean.py ;;
  *) echo "python $*" >>"$LOG" ;;
esac
"""
PULUMI = """#!/bin/bash
# Logs which backend it is asked about; knows the stacks in KNOWN, and fails where FAILING says.
echo "pulumi [${PULUMI_BACKEND_URL:-none} ${PULUMI_CONFIG_PASSPHRASE:-file}] $*" >>"$LOG"
case "$*" in
  *"stack ls"*) printf 'NAME  LAST UPDATE\\n%s\\n' "${KNOWN:-}" ;;
esac
case "$*" in *"${FAILING:-nothing fails}"*) echo "error: the emulator could not be reached" >&2; exit 1 ;; esac
"""
TEAM = {"PULUMI_BACKEND_URL": "s3://the-teams-bucket", "PULUMI_CONFIG_PASSPHRASE": "the-teams-own"}


class Clone:
    """A clone that was set up, as far as `make` can tell."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder / "a clone", folder / "log"
        tools = folder / "tools"
        for path in (self.folder / ".venv" / "bin", self.folder / "engine", tools):
            path.mkdir(parents=True)
        for name in COPIED:
            shutil.copy(file_of_project(name), self.folder / name)
        shutil.copytree(ROOT / "scripts", self.folder / "scripts")
        for name in ("env.sh", "dev-passphrase"):
            shutil.copy(ROOT / "engine" / name, self.folder / "engine" / name)
        _program(
            self.folder / ".venv/bin/python", PYTHON.format(tools=tools, python=sys.executable)
        )
        _program(self.folder / "scripts/venv-of.sh", "#!/bin/bash\n")
        _program(tools / "pulumi", PULUMI)
        _program(tools / "curl", "#!/bin/bash\nexit 7\n")
        self.log.touch()
        (self.folder / ".venv/.ready").touch()

    def make(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent), "LOG": str(self.log)}
        return subprocess.run(
            ["make", "--no-print-directory", *words], cwd=self.folder, env={**kept, **environment},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def calls(self, of: str = "pulumi") -> list[str]:
        return [line for line in self.log.read_text().splitlines() if line.startswith(of)]

    def state(self, name: str, *types: str) -> Path:
        """A stack in .state/ with resources of these types."""
        file = self.folder / ".state/.pulumi/stacks" / f"{name}.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        held = [{"urn": kind, "type": kind} for kind in ("pulumi:pulumi:Stack", *types)]
        file.write_text(json.dumps({"version": 3, "checkpoint": {"latest": {"resources": held}}}))
        return file


def _program(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o755)


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_setting_up_asks_pulumi_for_nothing(clone: Clone) -> None:
    assert clone.make("setup", **TEAM).returncode == 0
    assert clone.calls("python") == ["python -m pulumi_engine setup"]
    assert clone.calls() == []
    assert not (clone.folder / ".state").exists()


@pytest.mark.parametrize("target", ["setup", "format", "bench", "faults"])
def test_a_target_that_needs_no_stack_leaves_the_teams_backend_and_the_selection_alone(
    clone: Clone, target: str
) -> None:
    ended = clone.make(target, **TEAM)
    assert ended.returncode == 0, ended.stderr
    assert clone.calls() == []
    assert not (clone.folder / ".state").exists()


@pytest.mark.parametrize("target", ["demo", "example"])
@pytest.mark.parametrize("shell", [{}, TEAM], ids=["plain shell", "production shell"])
def test_what_needs_the_dev_stack_makes_it_in_its_own_folder_and_selects_nothing(
    clone: Clone, target: str, shell: dict[str, str]
) -> None:
    assert clone.make(target, **shell).returncode == 0
    own = f"pulumi [file://{clone.folder}/.state file] "
    assert all(call.startswith(own) for call in clone.calls())
    assert clone.calls()[:2] == [
        f"{own}stack ls --non-interactive", f"{own}stack init dev --no-select --non-interactive",
    ]  # fmt: skip
    assert "stack select" not in " ".join(clone.calls())


@pytest.mark.parametrize("known", ["dev", "dev*", "production*\ndev"])
def test_a_dev_stack_that_is_there_is_taken(clone: Clone, known: str) -> None:
    assert clone.make("demo", KNOWN=known).returncode == 0
    assert [call for call in clone.calls() if "init" in call] == []


def test_a_shell_for_another_backend_is_told_how_to_reach_the_dev_stack(clone: Clone) -> None:
    script = "source engine/env.sh && scripts/dev-stack.sh"
    ended = subprocess.run(
        ["bash", "-c", script], cwd=clone.folder, capture_output=True, text=True, check=True,
        env={**TEAM, "PATH": os.environ["PATH"], "LOG": str(clone.log)},
    )  # fmt: skip
    assert "run scripts/dev-stack.sh pulumi … --stack dev" in ended.stderr
    assert "the-teams" not in ended.stderr


def test_cleaning_removes_what_is_devs(clone: Clone) -> None:
    clone.state("baseten-tei/dev", "baseten:index:Model")
    clone.state("search-service/dev", "pulumi:pulumi:StackReference")
    emptied = clone.state("baseten-tei/production")
    for name in (
        "emulator/emulator.sqlite",
        "emulator.log",
        "search-service/index.db",
        "notes-of-mine",
    ):
        (clone.folder / ".state" / name).parent.mkdir(exist_ok=True)
        (clone.folder / ".state" / name).touch()
    ended = clone.make("clean", **TEAM)
    assert ended.returncode == 0, ended.stderr
    own = f"pulumi [file://{clone.folder}/.state file] --non-interactive --cwd {clone.folder}"
    assert clone.calls() == [
        f"{own}/examples/search-service destroy --yes --stack dev",
        f"{own}/examples/search-service stack rm dev --yes --preserve-config",
        f"{own} destroy --yes --stack dev",
        f"{own} stack rm dev --yes --preserve-config",
    ]
    assert emptied.exists()
    assert sorted(it.name for it in (clone.folder / ".state").iterdir()) == [
        ".pulumi",
        "notes-of-mine",
    ]


def test_cleaning_an_untouched_clone_does_nothing(clone: Clone) -> None:
    assert clone.make("clean").returncode == 0
    assert clone.calls() == []


@pytest.mark.parametrize("pending", [False, True])
def test_cleaning_is_refused_while_another_stack_has_resources_there(
    clone: Clone, pending: bool
) -> None:
    clone.state("baseten-tei/dev", "baseten:index:Model")
    other = clone.state("baseten-tei/production", *([] if pending else ["baseten:index:Model"]))
    if pending:
        state: dict[str, Any] = json.loads(other.read_text())
        state["checkpoint"]["latest"]["pending_operations"] = [{"type": "creating"}]
        other.write_text(json.dumps(state))
    ended = clone.make("clean")
    assert ended.returncode != 0
    assert (
        "holds the resources of other stacks: baseten-tei/production (1). Nothing was removed"
        in ended.stderr
    )
    assert "pulumi destroy --stack NAME" in ended.stderr
    assert clone.calls() == []
    assert other.exists()


def test_cleaning_is_refused_where_a_state_cannot_be_read(clone: Clone) -> None:
    other = clone.state("baseten-tei/production")
    other.write_text("{")
    ended = clone.make("clean")
    line = next(line for line in ended.stderr.splitlines() if line.startswith("make clean: "))
    assert ".state/.pulumi/stacks/baseten-tei/production.json cannot be read" in line
    assert clone.calls() == []


@pytest.mark.parametrize("failing", ["destroy", "stack rm"])
def test_cleaning_stops_where_destroying_fails_and_says_what_to_run(
    clone: Clone, failing: str
) -> None:
    state = clone.state("baseten-tei/dev", "baseten:index:Model")
    memory = clone.folder / ".state/emulator/emulator.sqlite"
    memory.parent.mkdir()
    memory.touch()
    ended = clone.make("clean", FAILING=failing)
    assert ended.returncode != 0
    assert "failed, and its state was kept: see above; then run make clean again" in ended.stderr
    assert state.exists()
    assert memory.exists()


def test_no_recipe_needs_one_shell_for_all_its_lines() -> None:
    """GNU make 3.81, macOS's, has no .ONESHELL."""
    assert ".ONESHELL" not in (ROOT / "Makefile").read_text()


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    """A clone in which nobody typed `make setup`."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    for name in ("scripts", "engine", "examples", "infra"):
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", ".venv*")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in COPIED:
        shutil.copy(file_of_project(name), folder / name)
    return folder


def tools(folder: Path, *more: str) -> Path:
    """A PATH with everyday tools, and nothing of this project's or of Pulumi's."""
    (made := folder / "tools").mkdir()
    for name in (
        "bash",
        "dirname",
        "cat",
        "awk",
        "make",
        "mktemp",
        "rm",
        "tee",
        "env",
        "cut",
        *more,
    ):
        found = shutil.which(name)
        assert found, name
        (made / name).symlink_to(found)
    return made


@pytest.mark.parametrize(
    "command",
    [
        "source engine/env.sh",
        "bash examples/call.sh",
        "scripts/dev-stack.sh",
        "scripts/venv-of.sh examples/search-service",
        "scripts/lint-workflows.sh",
        "scripts/browser.sh",
        "python3 examples/call.py",
        "cd infra && python3 -m baseten_tei check",
        "cd infra && python3 -m baseten_tei.push",
        "cd infra && python3 -m baseten_tei.review.policies.production",
    ],
)
def test_a_clone_that_is_not_set_up_says_so_in_one_line(fresh: Path, command: str) -> None:
    bare = [sys.executable, "-S", "-E"]  # a Python without the project's packages
    made = tools(fresh.parent)
    _program(made / "python3", f'#!/bin/bash\nexec {" ".join(bare)} "$@"\n')
    stubbed = 'import sys, types; sys.modules["requests"] = types.ModuleType("requests")'
    if "call.py" in command:  # requests is everywhere, Pulumi is not
        command = f"python3 -c '{stubbed}; exec(open(\"examples/call.py\").read())'"
    ended = subprocess.run(
        ["bash", "-c", command], cwd=fresh, env={"PATH": str(made), "HOME": str(fresh)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode != 0
    [line] = (ended.stdout + ended.stderr).splitlines()
    assert "make setup" in line or "make demo" in line
    assert len(line) <= 500


def test_uv_is_installed_by_its_hash_and_by_nothing_else(fresh: Path) -> None:
    made, log = tools(fresh.parent, "touch", "mkdir"), fresh / "log"
    _program(made / "python3.11", f'#!/bin/bash\necho "$*" >>{log}\n')
    (fresh / ".venv/bin").mkdir(parents=True)
    for name in ("python", "uv"):
        _program(fresh / ".venv/bin" / name, f'#!/bin/bash\necho "{name} $*" >>{log}\n')
    subprocess.run(["bash", "scripts/venv.sh"], cwd=fresh, env={"PATH": str(made)}, check=True)
    installs = [
        line
        for line in log.read_text().splitlines()
        if "pip install" in line and "uv " not in line[:3]
    ]
    assert installs == [
        "python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.txt"
    ]
    first, *hashes = (fresh / ".venv/uv.txt").read_text().splitlines()
    assert first.startswith("uv==")
    assert hashes
    assert all(line.strip().startswith("--hash=sha256:") for line in hashes)
    assert not hashes[-1].endswith("\\")
