"""`baseten-tei rehearse` with the real engine: what it tells of a change, and that nothing is left of it."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.facts.hub.lockfile import render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts
from tests.e2e.test_rules_in_preview import FACTS, MODEL
from tests.faults.killing import left_running, until
from tests.support.harness import BGE, EMOTIONS, GATED, RERANKER, ROOT
from tests.support.sampling import pick

pytestmark = pytest.mark.e2e

CANARY = "canary-hf-token-0123456789"
GIT = (
    "git",
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@localhost",
    "-c",
    "commit.gpgsign=false",
)
PROC = Path("/proc")


class Project:
    """A project with a stack on a real account, which nobody here has the key of, and a TMPDIR of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.temporary = folder / "project", folder / "tmp"
        self.folder.mkdir()
        self.temporary.mkdir()
        for shared in ("infra", ".venv", "Pulumi.yaml"):
            (self.folder / shared).symlink_to(ROOT / shared)

    def configure(self, models: dict[str, Any]) -> None:
        config = {
            "baseten:target": "baseten",
            "baseten-tei:team": "search",
            "baseten-tei:hf_access_key": {"secure": "v1:c2VjcmV0:c2VjcmV0"},
            "baseten-tei:models": models,
        }
        path = self.folder / "Pulumi.production.yaml"
        path.write_text(yaml.safe_dump({"config": config, "encryptionsalt": "v1:not:ours"}))

    def lock(self, facts: dict[str, Any]) -> None:
        (self.folder / "locks").mkdir()
        text = render_lock([ModelFacts.model_validate(facts)])
        (self.folder / "locks" / "production.yaml").write_text(text)

    def git(self, *arguments: str) -> None:
        subprocess.run([*GIT, *arguments], cwd=self.folder, check=True, capture_output=True)

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        keys = ("BASETEN_API_KEY", "HF_ACCESS_KEY", "PULUMI_ACCESS_TOKEN")
        environment = {**os.environ, "TMPDIR": str(self.temporary), **dict.fromkeys(keys, CANARY)}
        return subprocess.Popen(
            [sys.executable, "-m", "baseten_tei", "rehearse", *arguments], cwd=self.folder, text=True,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, process_group=0,
        )  # fmt: skip

    def rehearse(self, *arguments: str) -> tuple[int, str]:
        process = self.started(*arguments)
        out, err = process.communicate(timeout=300)
        return process.returncode, out + err

    def is_clean(self) -> bool:
        """Whether no folder, no state and no process of a rehearsal is left."""
        folders = [*self.temporary.iterdir(), *self.folder.glob(".state")]
        deadline = time.monotonic() + 10
        while processes_in(self.temporary) and time.monotonic() < deadline:
            time.sleep(0.1)  # plugins end a moment after their engine
        return not folders and not processes_in(self.temporary)


def processes_in(temporary: Path) -> list[str]:
    """Processes whose TMPDIR is this or below; on a system without /proc none is seen."""
    mine = f"TMPDIR={temporary}".encode()
    found = []
    for process in PROC.glob("[0-9]*"):
        try:
            if mine in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_text())
        except OSError:  # ended meanwhile, or another user's
            continue
    return found


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_a_change_is_rehearsed_against_the_commit_it_left_main_at(project: Project) -> None:
    same = {**RERANKER, "environments": {"staging": {}}}  # which is asked, too
    project.configure({"bge": BGE, "same": same, "old": EMOTIONS})
    (project.folder / ".gitignore").write_text("infra\n.venv\n")
    project.git("init", "--quiet", "--initial-branch", "main")
    project.git("add", "--all")
    project.git("commit", "--quiet", "-m", "base")
    project.git("switch", "--quiet", "-c", "change")
    moved = {**BGE, "pooling": "mean", "protect": True, "deployment": "previous"}
    project.configure({"bge": moved, "same": same, "gated": GATED})
    project.git("commit", "--quiet", "-am", "change")

    code, told = project.rehearse("--format", "json", "--output", "report.json")

    assert code == 0, told
    [report] = json.loads((project.folder / "report.json").read_text())["stacks"]
    rows = {row["model"]: row for row in report["rows"]}
    assert {name: (row["pushed"], row["answers"], row["space"]) for name, row in rows.items()} == {
        "bge": ("yes", "ok", "moved (cosine 0.47)"),
        "same": ("no", "ok", "equal (scores within 0.0000)"),
        "gated": ("new", "ok", "new"),
        "old": ("removed", "", ""),
    }
    assert [rows[name]["dimensions"] for name in ("bge", "same", "gated")] == [768, None, 768]
    assert rows["bge"]["milliseconds_before"] > 0
    assert list(report["seconds"]) == ["up base", "calls base", "up", "calls", "destroy"]
    [warning] = report["warnings"]
    assert warning.startswith("model 'bge': moved the embedding space: pooling mean, not cls, ")
    assert "\nbge    embedding   yes      ok " in told
    assert f"\nwarning: {warning}\n" in told
    assert "note: model 'bge': deployment: previous is left out" in told
    assert CANARY not in told + json.dumps(report)
    assert project.is_clean()
    assert not (project.folder / "truss_configs").exists()


def test_a_model_that_does_not_start_fails_it_with_the_routers_words(project: Project) -> None:
    project.lock(FACTS)
    broken = {"task": "embedding", "model_id": MODEL, "silence": {"TEI-TASK-012": "to see it"}}
    project.configure({"search": broken})

    code, told = project.rehearse()

    assert code == 1, told
    assert "\nsearch  embedding  unknown  failed" in told
    assert "\nfailed: model 'search': deployment " in told
    assert "tokenizer.json not found." in told
    assert project.is_clean()


def test_interrupts_in_the_middle_leave_nothing_behind(project: Project) -> None:
    project.configure({"bge": BGE})
    process = project.started()
    while not list(project.temporary.glob("baseten-tei-rehearsal-*/truss_configs")):
        assert process.poll() is None
        time.sleep(0.05)
    assert not PROC.exists() or any(
        "baseten_emulator" in it for it in processes_in(project.temporary)
    )

    process.send_signal(signal.SIGINT)
    time.sleep(0.5)  # as a cancelled job, which is not told once
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=120)

    assert (process.returncode, out) == (130, "")
    *progress, told = err.splitlines()  # a slow machine's steps are told while they last
    assert told == "interrupted: the emulator, and all that was on it, is gone"
    assert all(it.startswith("steps: ") for it in progress)
    assert project.is_clean()


@pytest.mark.parametrize("number", pick([signal.SIGKILL, signal.SIGHUP], 1))
def test_a_rehearsal_that_is_killed_leaves_no_process_and_no_folder(
    project: Project, number: signal.Signals
) -> None:
    project.configure({"bge": BGE})
    process = project.started()
    while not list(project.temporary.glob("baseten-tei-rehearsal-*/truss_configs")):
        assert process.poll() is None
        time.sleep(0.05)

    os.killpg(process.pid, number)
    process.communicate(timeout=120)

    assert until(lambda: not left_running(project.temporary))
    assert until(lambda: not list(project.temporary.iterdir()))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--stack", "productio"), "there is no stack 'productio' in "),
        (("--base", "nowhere"), "there is no revision 'nowhere' in the git repository of "),
    ],
)  # fmt: skip
def test_what_cannot_be_rehearsed_is_told_before_anything_begins(
    project: Project, arguments: tuple[str, ...], said: str
) -> None:
    project.configure({"bge": BGE})
    code, told = project.rehearse(*arguments)
    assert code == 2
    assert told.startswith(said)
    assert project.is_clean()


def test_a_configuration_that_a_rule_refuses_is_not_rehearsed(project: Project) -> None:
    project.lock(FACTS)
    project.configure({"search": {"task": "embedding", "model_id": MODEL}})
    code, told = project.rehearse()
    assert code == 2
    assert "TEI-TASK-012" in told
