"""The sticky comment, on a GitHub and a GitLab of this machine."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from baseten_tei.__main__ import main
from baseten_tei.baseten.api import retries
from baseten_tei.review.forges.report_comment import MARKER
from tests.workflows.loopback_forges import (
    BOT,
    PROJECT,
    REPOSITORY,
    TOKEN,
    Answer,
    GitHub,
    GitLab,
    merged,
    pull,
    serving,
    workflow_run,
)

SHA, OTHER = "a" * 40, "b" * 40
REPORT = f"{MARKER}\n# What this would change\n    indented\n"
PROJECT_BOT = "project_42_bot_1"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retries, "pause_seconds", lambda *_: 0.0)
    for name in ("GITHUB_REPOSITORY", "CI_PROJECT_ID", "GITHUB_TOKEN", "GITLAB_TOKEN"):
        monkeypatch.delenv(name, raising=False)


class Here:
    """A job: the forge, its event, and the commands."""

    def __init__(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = tmp_path
        self.capsys = capsys
        self.out = self.err = ""

    def event(self, event: Any) -> None:
        (self.folder / "event.json").write_text(json.dumps(event))

    def run(self, *arguments: str) -> int:
        code = main(["pr", "comment", *arguments])
        self.out, self.err = self.capsys.readouterr()
        return code

    def post(self, text: str = REPORT) -> int:
        file = self.folder / "comment.md"
        file.write_text(text)
        return self.run("--file", str(file))

    def find(self, sha: str) -> int:
        return self.run("--find-for-commit", sha, "--output", str(self.folder / "found.md"))


@pytest.fixture
def here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Here:
    return Here(tmp_path, capsys)


@pytest.fixture
def github(here: Here, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHub]:
    here.event({"pull_request": {"number": 5}, "repository": {"default_branch": "main"}})
    with serving(GitHub(BOT)) as forge:
        monkeypatch.setenv("GITHUB_API_URL", forge.url)
        monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)
        monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(here.folder / "event.json"))
        assert isinstance(forge, GitHub)
        yield forge
    assert forge.unknown == []


@pytest.fixture
def gitlab(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitLab]:
    with serving(GitLab(PROJECT_BOT)) as forge:
        monkeypatch.setenv("CI_API_V4_URL", f"{forge.url}/api/v4")
        monkeypatch.setenv("CI_PROJECT_ID", PROJECT)
        monkeypatch.setenv("CI_MERGE_REQUEST_IID", "5")
        monkeypatch.setenv("CI_DEFAULT_BRANCH", "main")
        monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
        assert isinstance(forge, GitLab)
        yield forge
    assert forge.unknown == []


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> GitHub | GitLab:
    found: GitHub | GitLab = request.getfixturevalue(request.param)
    return found


def test_the_first_report_is_a_new_comment_and_the_next_one_takes_its_place(
    forge: GitHub | GitLab, here: Here
) -> None:
    forge.say(5, "someone", "hello")
    assert here.post() == 0
    assert here.post(f"{MARKER}\nanother\n") == 0
    assert forge.bodies(5) == ["hello", f"{MARKER}\nanother\n"]
    assert [line.split()[0] for line in forge.writes()] == ["POST", forge.writes()[1].split()[0]]
    assert len(forge.writes()) == 2


def test_a_report_that_says_the_same_writes_nothing(forge: GitHub | GitLab, here: Here) -> None:
    forge.say(5, forge.me, REPORT.replace("\n", "\r\n").rstrip())
    assert here.post() == 0
    assert "says so already" in here.out
    assert forge.writes() == []


def test_another_indentation_is_another_text(forge: GitHub | GitLab, here: Here) -> None:
    forge.say(5, forge.me, REPORT.replace("    ", "  "))
    assert here.post() == 0
    assert forge.bodies(5) == [REPORT]


def test_somebody_elses_copy_of_the_report_stays_as_it_is(
    forge: GitHub | GitLab, here: Here
) -> None:
    forge.say(5, "mallory", REPORT)
    forge.say(5, forge.me, f"I quote: {REPORT}")
    assert here.post(f"{MARKER}\nours\n") == 0
    assert forge.bodies(5) == [REPORT, f"I quote: {REPORT}", f"{MARKER}\nours\n"]


def test_our_comment_is_found_behind_hundreds_of_others(forge: GitHub | GitLab, here: Here) -> None:
    for number in range(250):
        forge.say(5, "someone", f"comment {number}")
    forge.say(5, forge.me, f"{MARKER}\nold\n")
    assert here.post() == 0
    assert forge.bodies(5)[-1] == REPORT
    assert len(forge.bodies(5)) == 251


def test_a_comment_whose_answer_was_lost_is_not_made_twice(
    forge: GitHub | GitLab, here: Here
) -> None:
    asks_who_it_is = isinstance(forge, GitLab)
    forge.faults = [*[Answer(0)] * (1 + asks_who_it_is), None]
    assert here.post() == 0
    assert forge.bodies(5) == [REPORT]
    assert "says so already" in here.out


@pytest.mark.parametrize(
    "fault",
    [Answer(502, "bad gateway"), Answer(429, {"message": "slow"}),
     Answer(403, {"message": "secondary rate limit"}, {"Retry-After": "1"})],
)  # fmt: skip
def test_what_passes_is_tried_again(forge: GitHub | GitLab, here: Here, fault: Answer) -> None:
    forge.faults = [fault, fault]
    assert here.post() == 0
    assert forge.bodies(5) == [REPORT]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Answer(401, {"message": "Bad credentials"}), "check the token"),
        (Answer(403, {"message": "Resource not accessible by integration"}), "permissions of the job"),
        (Answer(404, {"message": "Not Found"}), "check that the token may see it"),
        (Answer(422, {"message": "Validation\nFailed"}), "422: Validation Failed"),
        (Answer(200, {"a": "mapping"}), "the answer is not a list"),
        (Answer(200, b"<html>"), "the answer is not JSON"),
    ],
)  # fmt: skip
def test_what_stays_wrong_is_one_line_without_the_token(
    forge: GitHub | GitLab, here: Here, fault: Answer, said: str
) -> None:
    forge.faults = [fault]
    assert here.post() == 2
    assert said in here.err
    assert len(here.err.splitlines()) == 1
    assert TOKEN not in here.err + here.out
    assert forge.writes() == []


def test_a_forge_that_does_not_answer_is_one_line(here: Here, github: GitHub) -> None:
    github.faults = [None] * 9
    assert here.post() == 2
    assert "does not answer" in here.err
    assert TOKEN not in here.err


def test_a_token_that_is_wrong_is_not_shown(
    here: Here, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "another-canary-token")
    assert here.post() == 2
    assert "another-canary-token" not in here.err
    assert github.writes() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [("# no marker", "does not begin with"), (f" {MARKER} x\n", "does not begin with"),
     (f"{MARKER}\n{'x' * 70_000}", "a comment takes 65536")],
)  # fmt: skip
def test_what_is_no_report_is_refused_before_anyone_is_asked(
    here: Here, github: GitHub, text: str, said: str
) -> None:
    assert here.post(text) == 2
    assert said in here.err
    assert github.seen == []


def test_outside_of_a_job_it_says_what_is_missing(here: Here) -> None:
    assert here.post() == 2
    assert "neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set" in here.err


def test_a_missing_token_is_named(
    here: Here, github: GitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GITHUB_TOKEN")
    assert here.post() == 2
    assert "GITHUB_TOKEN is not set" in here.err
    assert github.seen == []


def test_the_pull_request_of_a_finished_run_is_the_one_whose_head_it_saw(
    here: Here, github: GitHub
) -> None:
    github.pulls = [
        pull(4, "feature", SHA, owner="mallory"),
        pull(5, "feature", SHA),
        pull(6, "other", SHA),
    ]
    here.event(workflow_run("feature", SHA))
    assert here.post() == 0
    assert list(github.comments) == [5]


def test_a_forks_pull_request_is_found_by_the_fork(here: Here, github: GitHub) -> None:
    github.pulls = [pull(5, "main", OTHER), pull(7, "main", SHA, owner="mallory")]
    here.event(workflow_run("main", SHA, owner="mallory"))
    assert here.post() == 0
    assert list(github.comments) == [7]


@pytest.mark.parametrize(
    "pulls",
    [[], [pull(5, "feature", OTHER)], [pull(5, "feature", SHA, state="closed")]],
    ids=["none", "moved on", "closed"],
)
def test_a_run_whose_pull_request_has_moved_on_posts_nothing(
    here: Here, github: GitHub, pulls: list[dict[str, Any]]
) -> None:
    github.pulls = pulls
    here.event(workflow_run("feature", SHA))
    assert here.post() == 0
    assert "nothing was posted" in here.out
    assert github.writes() == []


def test_a_run_that_was_of_no_pull_request_posts_nothing(here: Here, github: GitHub) -> None:
    here.event(workflow_run("main", SHA, event="push"))
    assert here.post() == 2
    assert "does not belong to a pull request" in here.err
    assert github.seen == []


def test_what_was_reviewed_is_found_by_the_commit_that_was_merged(
    here: Here, github: GitHub
) -> None:
    github.by_commit[SHA] = [merged(4, OTHER), merged(5, SHA, base="release"), merged(6, SHA)]
    github.say(6, "mallory", f"{MARKER}\nforged\n")
    github.say(6, BOT, REPORT)
    assert here.find(SHA) == 0
    assert (here.folder / "found.md").read_text() == REPORT


def test_what_was_reviewed_is_found_on_gitlab_after_every_way_of_merging(
    here: Here, gitlab: GitLab
) -> None:
    gitlab.say(6, PROJECT_BOT, REPORT)
    for key in ("merge_commit_sha", "squash_commit_sha", "sha"):
        request = {"iid": 6, "state": "merged", "target_branch": "main", key: SHA}
        gitlab.by_commit[SHA] = [{**request, key: OTHER, "iid": 4}, request]
        assert here.find(SHA) == 0
    assert (here.folder / "found.md").read_text() == REPORT


@pytest.mark.usefixtures("forge")
def test_a_commit_of_no_pull_request_was_not_reviewed(here: Here) -> None:
    assert here.find(SHA) == 1
    assert "nothing was reviewed" in here.err
    assert not (here.folder / "found.md").exists()


def test_a_report_that_somebody_else_wrote_reviews_nothing(here: Here, github: GitHub) -> None:
    github.by_commit[SHA] = [merged(6, SHA)]
    github.say(6, "mallory", REPORT)
    assert here.find(SHA) == 1
    assert f"no report by {BOT}" in here.err
    assert not (here.folder / "found.md").exists()


def test_an_open_pull_request_with_that_commit_reviews_nothing(here: Here, github: GitHub) -> None:
    github.by_commit[SHA] = [{**merged(6, SHA), "merged_at": None}]
    github.say(6, BOT, REPORT)
    assert here.find(SHA) == 1


SNAPSHOT = json.dumps(
    {
        "snapshot": 1,
        "stack": "production",
        "commit": SHA,
        "secure": {},
        "version": 3,
        "deployment": {},
    }
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a stack on Baseten and one on the emulator."""
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "Pulumi.yaml").write_text("name: project\n")
    for stack, target in (("dev", "emulator"), ("production", "baseten")):
        config = {"config": {"baseten:target": target, "baseten-tei:models": {}}}
        (folder / f"Pulumi.{stack}.yaml").write_text(json.dumps(config))
    return folder


def fetch(root: Path) -> int:
    return main(
        ["pr", "snapshot", "fetch", "--root", str(root), "--output", str(root / "snapshots")]
    )


def test_the_newest_snapshot_of_the_default_branch_is_fetched(root: Path, github: GitHub) -> None:
    for number in range(120):
        github.upload("state-production", f"older {number}", created="2026-01-01T00:00:00Z")
    github.upload("state-production", SNAPSHOT, created="2026-01-03T00:00:00Z")
    github.upload("state-production", "expired", created="2026-01-04T00:00:00Z", expired=True)
    github.upload("state-production", "branch", created="2026-01-05T00:00:00Z", branch="feature")
    github.upload("state-production", "fork", created="2026-01-06T00:00:00Z", fork=True)
    github.upload("state-other", "other", created="2026-01-07T00:00:00Z")
    assert fetch(root) == 0
    assert [it.name for it in (root / "snapshots").iterdir()] == ["production.json"]
    assert (root / "snapshots/production.json").read_text() == SNAPSHOT


def test_the_token_does_not_go_to_the_storage_that_github_leads_to(
    root: Path, github: GitHub
) -> None:
    github.upload("state-production", SNAPSHOT)
    assert fetch(root) == 0
    (stored,) = (it for it in github.seen if it.path.startswith("/blobs/"))
    assert "Authorization" not in stored.headers


def test_gitlabs_snapshot_is_the_one_of_the_newest_deploy_job(root: Path, gitlab: GitLab) -> None:
    gitlab.files["main/baseten-tei-deploy/snapshots/production.json"] = SNAPSHOT.encode()
    assert fetch(root) == 0
    assert (root / "snapshots/production.json").read_text() == SNAPSHOT


@pytest.mark.usefixtures("forge")
def test_without_a_snapshot_there_is_none(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert fetch(root) == 0
    assert "no deployment has left a snapshot" in capsys.readouterr().out
    assert not (root / "snapshots").exists()


@pytest.mark.parametrize("options", [{"file": "../production.json"}, {"file": "x.json"}])
def test_an_artifact_without_the_file_is_refused(
    root: Path, github: GitHub, capsys: pytest.CaptureFixture[str], options: dict[str, str]
) -> None:
    github.upload("state-production", SNAPSHOT, **options)  # type: ignore[arg-type]  # a file's name
    assert fetch(root) == 2
    assert "does not hold production.json" in capsys.readouterr().err


def test_a_next_page_on_another_host_is_not_asked_for(here: Here, github: GitHub) -> None:
    link = '<http://localhost:1/stolen>; rel="next"'
    github.faults = [Answer(200, [], {"Link": link})]
    assert here.post() == 2
    assert "a next page at its own address" in here.err


def test_each_project_of_a_repository_has_a_comment_and_snapshots_of_its_own(
    forge: GitHub | GitLab, here: Here, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    folder = tmp_path / "ml" / "search"
    folder.mkdir(parents=True)
    (folder / "Pulumi.yaml").write_text("name: search\n")
    stack = "config: {baseten:target: baseten, baseten-tei:models: {}}\n"
    (folder / "Pulumi.production.yaml").write_text(stack)
    assert here.post() == 0
    monkeypatch.chdir(folder)
    for _ in range(2):
        assert here.post() == 0
    of_folder = REPORT.replace(MARKER, "<!-- baseten-tei:report ml/search -->")
    assert forge.bodies(5) == [REPORT, of_folder]
    if isinstance(forge, GitHub):
        forge.upload("state-production", "another project's")
        forge.upload("state-production@ml-search", SNAPSHOT, file="production.json")
    else:
        forge.files["main/baseten-tei-deploy/snapshots/production.json"] = b"another project's"
        name = "main/baseten-tei-ml-search-deploy/ml/search/snapshots/production.json"
        forge.files[name] = SNAPSHOT.encode()
    assert fetch(folder) == 0
    assert (folder / "snapshots" / "production.json").read_text() == SNAPSHOT
