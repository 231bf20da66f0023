"""Where a branch began, and where a project is in its repository."""

import subprocess
from pathlib import Path

import pytest

from baseten_tei.project.git import default_branch, folder_in_repository, merge_base, repository_of


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    command = ["git", "-C", str(folder), *who, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone whose remote has `trunk`, its default branch, and `release`, a commit behind."""
    origin = tmp_path / "origin"
    git(tmp_path, "init", "--quiet", "--initial-branch", "trunk", str(origin))
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "one")
    git(origin, "branch", "release")
    git(origin, "commit", "--quiet", "--allow-empty", "--message", "two")
    git(tmp_path, "clone", "--quiet", str(origin), str(tmp_path / "clone"))
    git(tmp_path / "clone", "checkout", "--quiet", "-b", "feature")
    git(tmp_path / "clone", "commit", "--quiet", "--allow-empty", "--message", "three")
    return tmp_path / "clone"


def test_a_branch_began_at_the_default_branch_whatever_its_name(clone: Path) -> None:
    assert merge_base(clone, {}) == git(clone, "rev-parse", "origin/trunk")
    assert default_branch(clone) == "trunk"


@pytest.mark.parametrize("name", ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"])
def test_in_a_job_it_began_at_the_branch_that_the_pull_request_is_for(
    clone: Path, name: str
) -> None:
    assert merge_base(clone, {name: "release"}) == git(clone, "rev-parse", "origin/release")
    assert merge_base(clone, {name: ""}) == git(clone, "rev-parse", "origin/trunk")


def test_a_folder_is_known_by_its_place_in_the_repository(clone: Path, tmp_path: Path) -> None:
    folder = clone / "ml" / "search"
    folder.mkdir(parents=True)
    assert folder_in_repository(folder) == "ml/search"
    assert folder_in_repository(clone) == folder_in_repository(tmp_path) == ""
    assert repository_of(folder) == clone
