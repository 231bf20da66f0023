"""The GitHub workflows, step for step, against a loopback GitHub and the emulator: from a pull request to its merge.

They are those that `baseten-tei pr init` writes into a user's project, which is in a folder of its repository.
"""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.review.forges.report_comment import MARKER
from tests.support.harness import Emulator, running_emulator
from tests.workflows import runner
from tests.workflows.loopback_forges import (
    BOT,
    TOKEN,
    GitHub,
    merged,
    pull,
    serving,
    workflow_run,
)
from tests.workflows.runner import Job, Runner
from tests.workflows.users_machine import UsersMachine
from tests.workflows.users_project import UsersProject, git

pytestmark = pytest.mark.e2e

FOLDER = "ml/search"
NAME = "baseten-tei-ml-search"
OF_FOLDER = f"<!-- baseten-tei:report {FOLDER} -->"
PULL_REQUEST = {"pull_request": {"number": 5}, "repository": {"default_branch": "main"}}
PUSH = {"repository": {"default_branch": "main"}}
MATRIX = {"stack": "production"}
STACKS = {"stacks": {"outputs": {"stacks": '["production"]'}}}
"""What the job `stacks` would say of a stack on the real Baseten, which no test can have."""


class Repository:
    """A user's project on GitHub."""

    def __init__(
        self, place: Path, forge: GitHub, machine: UsersMachine, emulator: Emulator
    ) -> None:
        self.project = UsersProject(place, machine, emulator, FOLDER)
        self.folder = self.project.top
        self.emulator = emulator
        self.secrets = self.project.secrets
        self.forge = forge
        self.runner = Runner(self.project, forge)
        self.by_hand = self.project.by_hand
        self.write = self.project.write
        self.by_hand("baseten-tei pr init --github")
        self.project.commit("workflows")
        git(self.folder, "branch", "--force", "main", "HEAD")

    def preview(self, **options: Any) -> Job:
        return self.runner.run(
            f"{NAME}-preview", "preview", "pull_request", PULL_REQUEST, **options
        )

    def comment(self, sha: str | None = None) -> Job:
        """What follows a preview of a commit: GitHub starts it on the default branch."""
        event = workflow_run("feature", sha or self.head)
        return self.runner.run(f"{NAME}-comment", "comment", "workflow_run", event)

    def merge(self) -> str:
        """Merge the branch; the merge commit, which GitHub then knows of."""
        git(self.folder, "checkout", "--quiet", "main")
        git(self.folder, "merge", "--quiet", "--no-ff", "--message", "merge #5", "feature")
        sha = git(self.folder, "rev-parse", "HEAD")
        self.forge.by_commit[sha] = [merged(5, sha)]
        return sha

    def deploy(self, event_name: str = "push") -> Job:
        return self.runner.run(
            f"{NAME}-deploy",
            "deploy",
            event_name,
            PUSH,
            secrets=self.secrets,
            matrix=MATRIX,
            needs=STACKS,
        )

    def pull_request(self, **spec: Any) -> None:
        """Push a version of the model to the branch of #5."""
        git(self.folder, "checkout", "--quiet", "-B", "feature", "main")
        self.forge.pulls = [pull(5, "feature", self.write(**spec))]

    @property
    def head(self) -> str:
        """The newest commit of #5."""
        return str(self.forge.pulls[0]["head"]["sha"])

    def drift(self) -> Job:
        return self.runner.run(
            f"{NAME}-drift",
            "drift",
            "schedule",
            PUSH,
            secrets=self.secrets,
            matrix=MATRIX,
            needs=STACKS,
        )

    def report(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.runner.artifacts["report"]["report.json"])
        return {it["stack"]: it for it in found["stacks"]}


@pytest.fixture
def repository(tmp_path: Path, users_machine: UsersMachine) -> Iterator[Repository]:
    with serving(GitHub(BOT)) as forge, running_emulator() as emulator:
        assert isinstance(forge, GitHub)
        yield Repository(tmp_path, forge, users_machine, emulator)
    assert forge.unknown == []


def test_a_pull_request_is_reported_merged_and_held_against_by_the_next_one(
    repository: Repository,
) -> None:
    repository.pull_request()
    previewed_without_any_secret(repository)
    commented_once(repository)
    deployed_as_it_was_reviewed(repository)
    held_against_the_snapshot(repository)
    assert "### production" in repository.drift().check().summary
    for workflow in ("deploy", "drift"):
        no_stack_of_this_project_is_on_an_account(repository, workflow)
    checked_and_rehearsed(repository)
    no_step_stands_in_a_workflow_alone(repository)


def previewed_without_any_secret(repository: Repository) -> None:
    told = repository.preview().check()
    assert repository.emulator.calls() == []
    report = repository.report()
    assert set(report) == {"dev", "production"}
    assert report["production"]["origin"].startswith("nothing, without credentials")
    assert MARKER in told.summary


def commented_once(repository: Repository) -> None:
    """Rendered by the default branch's code, from data."""
    for _ in range(2):
        repository.comment().check()
    (body,) = repository.forge.bodies(5)
    assert body.startswith(f"{OF_FOLDER}\n")
    assert "`production`" in body
    assert "baseten-tei:reviewed production" in body
    assert TOKEN not in body


def deployed_as_it_was_reviewed(repository: Repository) -> None:
    sha = repository.merge()
    told = repository.deploy().check()
    assert repository.emulator.pushes() == 1
    assert "everything that would change was reviewed" in told.text
    ((name, content),) = repository.runner.artifacts["state-production@ml-search"].items()
    assert name == "production.json"
    assert json.loads(content)["commit"] == sha
    for secret in repository.secrets.values():
        assert secret not in content.decode()
        assert secret not in told.text


def held_against_the_snapshot(repository: Repository) -> None:
    content = repository.runner.artifacts["state-production@ml-search"]["production.json"].decode()
    repository.forge.upload("state-production@ml-search", content, file="production.json")
    deployed = json.loads(content)["commit"]
    repository.pull_request(max_batch_tokens=8192)
    repository.emulator.forget_calls()
    repository.preview().check()
    assert repository.emulator.calls() == []
    report = repository.report()["production"]
    assert report["origin"] == f"the state snapshot of commit {deployed[:7]}, without credentials"
    assert [(it["name"], it["kind"]) for it in report["models"]] == [("bge", "pushed")]
    git(repository.folder, "checkout", "--quiet", "main")


def no_stack_of_this_project_is_on_an_account(repository: Repository, workflow: str) -> None:
    """So none is deployed, nor looked at by night."""
    name = f"{NAME}-{workflow}"
    told = repository.runner.run(name, "stacks", "push", PUSH).check()
    assert told.outputs == {"stacks": "[]"}
    assert ("### Upstream" in told.summary and " TEI: " in told.summary) == (workflow == "drift")
    needs = {"stacks": {"outputs": told.outputs}}
    ended = repository.runner.run(name, workflow, "push", PUSH, matrix=MATRIX, needs=needs)
    assert ended.status == "skipped"


def checked_and_rehearsed(repository: Repository) -> None:
    told = repository.runner.run(f"{NAME}-preview", "check", "pull_request", PULL_REQUEST).check()
    assert "the workflows are up to date" in told.text
    assert "generated files are up to date" in told.text


def no_step_stands_in_a_workflow_alone(repository: Repository) -> None:
    workflows = list((repository.folder / ".github/workflows").glob("*.yml"))
    assert len(workflows) == 4
    every = {
        step["run"]
        for path in workflows
        for job in runner.read(path.stem, repository.folder)["jobs"].values()
        for step in job["steps"]
        if "run" in step
    }
    assert every
    assert every - repository.runner.ran == set()


def test_a_merge_that_holds_something_else_than_the_comment_is_refused(
    repository: Repository,
) -> None:
    repository.pull_request()
    repository.preview().check()
    repository.comment().check()
    repository.write(max_batch_tokens=4096)
    repository.merge()
    refused(repository, "Nothing but that")
    a_report_by_somebody_else_approves_nothing(repository)
    told = repository.deploy("workflow_dispatch").check()  # by hand the approval is the review
    assert told.outcome("What was reviewed") == "skipped"
    assert repository.emulator.pushes() == 1


def refused(repository: Repository, step: str) -> None:
    told = repository.deploy()
    assert told.status == "failure"
    assert told.outcome(step) == "failure"
    for name in ("Up", "Snapshot for the next pull requests"):
        assert told.outcome(name) == "skipped"
    assert repository.emulator.pushes() == 0


def a_report_by_somebody_else_approves_nothing(repository: Repository) -> None:
    (body,) = repository.forge.bodies(5)
    kept = repository.forge.comments.pop(5)
    repository.forge.say(5, "mallory", body)
    refused(repository, "What was reviewed")
    repository.forge.comments[5] = kept


def test_what_a_pull_requests_run_leaves_is_data_and_of_its_newest_commit(
    repository: Repository,
) -> None:
    repository.pull_request()
    repository.runner.artifacts["report"] = {"report.json": b'{"stacks": "<script>"}'}
    assert repository.comment().status == "failure"
    assert repository.forge.bodies(5) == []
    good = {"stacks": []}
    repository.runner.artifacts["report"] = {"report.json": json.dumps(good).encode()}
    assert "nothing was posted" in repository.comment("f" * 40).check().text
    assert repository.forge.writes() == []


def test_a_night_with_drift_fails_and_names_the_field(repository: Repository) -> None:
    repository.pull_request()
    repository.deploy("workflow_dispatch").check()
    model = repository.emulator.models()["bge"]
    changed = {"autoscaling_settings": {"max_replica": 3}}
    repository.emulator.rest(f"/v1/models/{model}/environments/production", "PATCH", changed)
    told = repository.drift()
    assert told.status == "failure"
    assert "max_replica" in told.summary
    assert "### production" in told.summary
    stacks = repository.by_hand("pulumi stack ls --json")
    assert [it["name"] for it in json.loads(stacks)] == ["production"]  # and no job made another


def test_a_stack_on_baseten_is_deployed_and_an_example_is_not(tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: project\n")
    for name, target in (("a", "baseten"), ("b", "emulator"), ("c.example", "baseten")):
        config = {"config": {"baseten:target": target, "baseten-tei:models": {}}}
        (tmp_path / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump(config))
    command = [
        sys.executable,
        "-m",
        "baseten_tei",
        "stacks",
        "--deployable",
        "--root",
        str(tmp_path),
    ]
    for option, said in ((["--json"], '["a"]'), ([], "a")):
        done = subprocess.run([*command, *option], capture_output=True, text=True, check=True)
        assert done.stdout.strip() == said
