"""A copy of a project by links: what a preview without credentials and a rehearsal run in."""

import subprocess
from pathlib import Path

import pytest

from baseten_tei.project.generated_files import link_with_surroundings


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A workspace: two projects, a package and an environment that both use."""
    top = tmp_path / "repository"
    for folder in ("ml/search/program", "ml/other", "libraries/shared", ".venv/bin"):
        (top / folder).mkdir(parents=True)
    for file in (
        "uv.lock",
        "ml/search/Pulumi.yaml",
        "ml/search/Pulumi.dev.yaml",
        "ml/search/.state",
    ):
        (top / file).write_text(file)
    subprocess.run(["git", "init", "--quiet", top], check=True)
    return top


def test_a_project_below_the_top_of_its_repository_finds_what_is_around_it(
    repository: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    there = link_with_surroundings(repository / "ml" / "search", copy, (".state",))
    assert there == copy / "ml" / "search"
    assert sorted(it.name for it in there.iterdir()) == ["Pulumi.yaml", "program"]
    assert (there / "../../.venv/bin").resolve() == repository / ".venv" / "bin"
    assert (there / "../other").resolve() == repository / "ml" / "other"
    assert sorted(it.name for it in copy.iterdir()) == [".venv", "libraries", "ml", "uv.lock"]


def test_a_project_at_the_top_or_outside_of_git_is_the_copy_itself(
    repository: Path, tmp_path: Path
) -> None:
    for name, root in (("top", repository), ("bare", tmp_path / "bare")):
        root.mkdir(exist_ok=True)
        (root / "Pulumi.yaml").write_text("name: search\n")
        copy = tmp_path / f"copy-{name}"
        copy.mkdir()
        assert link_with_surroundings(root, copy, (".git",)) == copy
        assert (copy / "Pulumi.yaml").resolve() == root / "Pulumi.yaml"
        assert not (copy / ".git").exists()
