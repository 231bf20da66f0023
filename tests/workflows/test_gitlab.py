"""The GitLab jobs' own lines, in a user's project, against a loopback GitLab and the emulator.

They are those that `baseten-tei pr init` writes there.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from baseten_tei.review.forges.report_comment import MARKER
from tests.support.harness import ROOT, Emulator, running_emulator
from tests.workflows.gitlab_jobs import read_jobs, script_of
from tests.workflows.loopback_forges import PROJECT, TOKEN, GitLab, serving
from tests.workflows.runner import bare_machine, stood_in
from tests.workflows.users_machine import UsersMachine
from tests.workflows.users_project import VIRTUALENV, UsersProject, git

pytestmark = pytest.mark.e2e

BOT = "project_42_bot_1"
REQUEST = {"CI": "true", "CI_MERGE_REQUEST_IID": "5"}
ENGINE = "/the/engine"
STAND_INS = {
    # The stack that is deployed here is on an emulator, so the command that names those on an account is stood in for.
    f"{VIRTUALENV}/bin/baseten-tei stacks --deployable": "echo production",
    # The engine is looked for once, not in each job.
    f"{VIRTUALENV}/bin/python -m pulumi_engine setup": f"ln -s {ENGINE} .engine",
    # The workflows of GitHub rehearse.
    f"{VIRTUALENV}/bin/baseten-tei rehearse": f"{VIRTUALENV}/bin/baseten-tei rehearse --help",
}


class Project:
    """A user's project on GitLab."""

    def __init__(
        self, place: Path, forge: GitLab, machine: UsersMachine, emulator: Emulator
    ) -> None:
        self.users = UsersProject(place, machine, emulator)
        self.folder = self.users.folder
        self.forge = forge
        self.users.by_hand("baseten-tei pr init --gitlab")
        self.sha = self.users.commit("jobs")
        git(self.folder, "branch", "--force", "main", "HEAD")
        self.jobs = read_jobs(self.folder / ".gitlab" / "baseten-tei.yml")

    def job(self, name: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """A job's lines in one bash, as GitLab runs them (documented), with its predefined variables.

        What other jobs left for it is there.
        """
        for left in (VIRTUALENV, ".engine"):
            (self.folder / left).unlink(missing_ok=True)
        script = stood_in(script_of(self.jobs[f"baseten-tei-{name}"]))
        for line, stand_in in STAND_INS.items():
            script = script.replace(line, stand_in)
        script = script.replace(ENGINE, str(self.users.machine.engine))
        environment = {
            **bare_machine(self.users),
            "HOME": str(self.folder.parent / "home"),
            "CI_API_V4_URL": f"{self.forge.url}/api/v4",
            "CI_PROJECT_ID": PROJECT,
            "CI_DEFAULT_BRANCH": "main",
            "GITLAB_TOKEN": TOKEN,
            **variables,
        }
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", script], cwd=self.folder, env=environment,
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path, users_machine: UsersMachine) -> Iterator[Project]:
    with serving(GitLab(BOT)) as forge, running_emulator() as emulator:
        assert isinstance(forge, GitLab)
        yield Project(tmp_path, forge, users_machine, emulator)
    assert forge.unknown == []


def test_a_merge_request_is_reported_merged_and_looked_at_by_night(project: Project) -> None:
    a_fork_has_no_token_and_is_previewed_all_the_same(project)
    for name in ("check", "comment"):
        ended = project.job(name, **REQUEST)
        assert ended.returncode == 0, ended.stdout + ended.stderr
    (body,) = project.forge.bodies(5)
    assert body.startswith(MARKER)
    assert "nothing, without credentials" in body
    on_main = {"CI": "true", "CI_COMMIT_SHA": project.sha, **project.users.secrets}
    a_merge_without_a_report_deploys_nothing(project, on_main)
    merged = {"iid": 5, "state": "merged", "target_branch": "main", "merge_commit_sha": project.sha}
    project.forge.by_commit[project.sha] = [merged]
    ended = project.job("deploy", **on_main)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "everything that would change was reviewed" in ended.stdout
    held_against_the_snapshot(project)
    ended = project.job("drift", **on_main)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert " TEI: " in ended.stdout  # what is newer upstream


def a_fork_has_no_token_and_is_previewed_all_the_same(project: Project) -> None:
    ended = project.job("preview", CI="true", GITLAB_TOKEN="")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert project.forge.seen == []
    assert (project.folder / "report" / "report.md").read_text().startswith(MARKER)


def a_merge_without_a_report_deploys_nothing(project: Project, on_main: dict[str, str]) -> None:
    ended = project.job("deploy", **on_main)
    assert ended.returncode == 1
    assert "came from no pull request" in ended.stderr
    assert project.users.emulator.pushes() == 0


def held_against_the_snapshot(project: Project) -> None:
    snapshot = project.folder / "snapshots" / "production.json"
    assert json.loads(snapshot.read_text())["commit"] == project.sha
    project.forge.files["main/baseten-tei-deploy/snapshots/production.json"] = snapshot.read_bytes()
    snapshot.unlink()
    assert project.job("preview", **REQUEST).returncode == 0
    report = json.loads((project.folder / "report" / "report.json").read_text())
    origins = {it["stack"]: it["origin"] for it in report["stacks"]}
    assert origins["production"].startswith(f"the state snapshot of commit {project.sha[:7]}")


JOBS = read_jobs(ROOT / ".gitlab" / "baseten-tei.yml")


def test_these_are_all_jobs_and_each_is_run_above() -> None:
    names = ("check", "preview", "comment", "deploy", "drift")
    assert list(JOBS) == [f"baseten-tei-{name}" for name in names]


@pytest.mark.parametrize("name", ["comment", "deploy", "drift"])
def test_no_job_with_a_token_takes_what_a_merge_request_put_into_the_cache(name: str) -> None:
    assert JOBS[f"baseten-tei-{name}"]["cache"] == []


def test_the_products_own_job_is_beside_those_of_a_user() -> None:
    found = yaml.safe_load((ROOT / ".gitlab-ci.yml").read_text())
    assert found["include"] == [{"local": ".gitlab/baseten-tei.yml"}]
    assert found["ci"]["script"] == ["make check"]
