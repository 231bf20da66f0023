"""The GitLab pipeline's own lines, against a loopback GitLab and the emulator."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.review.forges.report_comment import MARKER
from tests.support.harness import API_KEY, BGE, PULUMI_HOME, ROOT, Emulator, running_emulator
from tests.workflows.loopback_forges import PROJECT, TOKEN, GitLab, serving
from tests.workflows.runner import checked_out, commit, git, stood_in

pytestmark = pytest.mark.e2e

BOT = "project_42_bot_1"
PIPELINE: dict[str, Any] = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
JOBS = ("check", "rehearse", "preview", "comment", "deploy", "drift")
_JOB = {
    "stage",
    "rules",
    "environment",
    "script",
    "artifacts",
    "needs",
    "interruptible",
    "resource_group",
    "cache",
}
PINNED = {**BGE, "revision": "a5beb1e3e68b9ab74eb54cfd186867f64f240e1a"}
# The stack that is deployed here is on an emulator, so the command that names those on an account is stood in for.
DEPLOYABLE = ("baseten-tei stacks --deployable", "echo production")


class Project:
    """A project on a loopback GitLab with a stack `production` on an emulator, which stands for Baseten here."""

    def __init__(self, place: Path, forge: GitLab, emulator: Emulator) -> None:
        self.folder = checked_out(place / "checkout")
        self.forge = forge
        (place / "state").mkdir()
        self.credentials = {
            "BASETEN_API_KEY": API_KEY,
            "PULUMI_BACKEND_URL": f"file://{place}/state",
            "PULUMI_CONFIG_PASSPHRASE": "canary-passphrase-of-production",
        }
        script = self.folder / "scripts" / "ci" / "deploy.sh"
        script.write_text(script.read_text().replace(*DEPLOYABLE))
        init = "source engine/env.sh; pulumi stack init production --non-interactive --no-select"
        self.bash(init, self.credentials)
        path = self.folder / "Pulumi.production.yaml"
        document = yaml.safe_load(path.read_text())
        document["config"] = {"baseten:target": emulator.url, "baseten-tei:models": {"bge": PINNED}}
        path.write_text(yaml.safe_dump(document))
        self.bash("source engine/env.sh; baseten-tei generate", {})
        self.sha = commit(self.folder, "production")
        git(self.folder, "branch", "--force", "main", "HEAD")

    def job(self, name: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """A job's lines in one bash, as GitLab runs them (documented), with its predefined variables."""
        described = PIPELINE[name]
        assert not set(described) - _JOB
        script = stood_in("\n".join(described["script"]))
        script = script.replace(f".venv/bin/{DEPLOYABLE[0]}", DEPLOYABLE[1])
        return self.bash(script, {"GITLAB_TOKEN": TOKEN, **variables}, check=False)

    def bash(
        self, script: str, variables: dict[str, str], *, check: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder.parent / "home"),
            "PULUMI_HOME": PULUMI_HOME,
            "CI_API_V4_URL": f"{self.forge.url}/api/v4",
            "CI_PROJECT_ID": PROJECT,
            "CI_DEFAULT_BRANCH": "main",
            **variables,
        }
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=self.folder, env=environment, check=check,
            capture_output=True, text=True, timeout=300,
        )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with serving(GitLab(BOT)) as forge, running_emulator() as emulator:
        assert isinstance(forge, GitLab)
        yield Project(tmp_path, forge, emulator)
    assert forge.unknown == []


def test_a_merge_request_is_reported_merged_and_looked_at_by_night(project: Project) -> None:
    request = {"CI": "true", "CI_MERGE_REQUEST_IID": "5"}
    for name in ("check", "rehearse", "preview", "comment"):
        ended = project.job(name, **request)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    (body,) = project.forge.bodies(5)
    assert body.startswith(MARKER)
    assert "nothing, without credentials" in body
    merged = {"iid": 5, "state": "merged", "target_branch": "main", "merge_commit_sha": project.sha}
    project.forge.by_commit[project.sha] = [merged]
    on_main = {"CI": "true", "CI_COMMIT_SHA": project.sha, **project.credentials}
    ended = project.job("deploy", **on_main)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "everything that would change was reviewed" in ended.stdout
    snapshot = project.folder / "snapshots" / "production.json"
    assert json.loads(snapshot.read_text())["commit"] == project.sha
    project.forge.files["main/deploy/snapshots/production.json"] = snapshot.read_bytes()
    snapshot.unlink()
    assert project.job("preview", **request).returncode == 0
    report = json.loads((project.folder / "report" / "report.json").read_text())
    origins = {it["stack"]: it["origin"] for it in report["stacks"]}
    assert origins["production"].startswith(f"the state snapshot of commit {project.sha[:7]}")
    assert project.job("drift", **on_main).returncode == 0


def test_a_merge_without_a_report_deploys_nothing(project: Project) -> None:
    ended = project.job("deploy", CI_COMMIT_SHA=project.sha, **project.credentials)
    assert ended.returncode == 1
    assert "came from no pull request" in ended.stderr


def test_a_fork_has_no_token_and_is_previewed_all_the_same(project: Project) -> None:
    ended = project.job("preview", CI="true", GITLAB_TOKEN="")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert project.forge.seen == []
    assert (project.folder / "report" / "report.md").read_text().startswith(MARKER)


def test_these_are_all_jobs_of_the_pipeline() -> None:
    words = {"workflow", "stages", "default", "variables"}
    assert {it for it in PIPELINE if it not in words and not it.startswith(".")} == set(JOBS)


@pytest.mark.parametrize("name", ["comment", "deploy", "drift"])
def test_no_job_with_a_token_takes_what_a_merge_request_put_into_the_cache(name: str) -> None:
    assert PIPELINE[name]["cache"] == []
