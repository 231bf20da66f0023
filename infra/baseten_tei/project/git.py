"""Files as another revision has them, from the git repository that a project is in."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from baseten_tei.errors import UserError

TARGETS = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
"""Variables of a forge's job: the branch that a pull request is for (documented by both)."""
MAIN = ("origin/HEAD", "origin/main", "main", "origin/master", "master")


def merge_base(root: Path, environ: Mapping[str, str] = os.environ) -> str | None:
    """Return the commit at which HEAD left main; `None` where there is no git, no main, or too short a history.

    In a job of a pull request, main is the branch that it is for.
    """
    targets = [f"origin/{it}" for name in TARGETS if (it := environ.get(name))]
    found = (_git(root, "merge-base", "HEAD", branch) for branch in (*targets, *MAIN))
    return next((commit.strip() for commit in found if commit), None)


def repository_of(root: Path) -> Path | None:
    """Return the top folder of the git repository that a folder is in; `None` outside of one."""
    found = _git(root, "rev-parse", "--show-toplevel")
    return Path(found.rstrip("\n")) if found else None


def folder_in_repository(root: Path) -> str:
    """Return a folder's path in its git repository; empty for the top, and outside of one."""
    found = _git(root, "rev-parse", "--show-prefix")
    return (found or "").strip().rstrip("/")


def default_branch(root: Path) -> str | None:
    """Return the branch that the remote repository begins with, as the last clone or fetch left it."""
    found = _git(root, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    return found.strip().removeprefix("origin/") if found else None


def remote_address(root: Path) -> str:
    """Return the remote repository's address; empty where there is none."""
    return (_git(root, "remote", "get-url", "origin") or "").strip()


def commit_of(root: Path, revision: str) -> str:
    """Return the commit that a branch, tag or commit names. Raises `UserError`."""
    found = _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
    if found:
        return found.strip()
    raise UserError(
        f"there is no revision {revision!r} in the git repository of {root}: "
        "run `git fetch`, or name another --base"
    )


def file_at(root: Path, commit: str, path: str) -> str | None:
    """Return the text of a file below `root` at a commit; `None` where it was not there."""
    return _git(root, "show", f"{commit}:./{path}")


def export_folder(root: Path, commit: str, folder: Path) -> None:
    """Write the files that a project's folder had at a commit into another, empty folder."""
    archive = folder / "commit.tar"
    if _git(root, "archive", "--output", str(archive), commit, ".") is None:
        raise UserError(f"git cannot read the files of {root} at {commit}: run `git fetch`")
    shutil.unpack_archive(archive, folder)
    archive.unlink()


def differs(root: Path, commit: str) -> bool:
    """Return whether a file of the project's folder is another one than at a commit, or new."""
    changed = _git(root, "diff", "--quiet", commit, "--", ".") is None
    return changed or bool(_git(root, "ls-files", "--others", "--exclude-standard", "--", "."))


def would_be_committed(path: Path) -> bool:
    """Return whether `git add` would take a file: it is in a repository, and nothing ignores it."""
    folder = path.absolute().parent
    there = folder.is_dir() and repository_of(folder) is not None
    return there and _git(folder, "check-ignore", "--quiet", path.name) is None


def _git(root: Path, *arguments: str) -> str | None:
    """What git prints; `None` where it fails, or is not there."""
    try:
        ended = subprocess.run(  # noqa: S603  # revisions and paths; no shell
            ["git", *arguments],  # noqa: S607  # the reader's own git
            cwd=root, capture_output=True, encoding="utf-8", check=False,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    return ended.stdout if ended.returncode == 0 else None
