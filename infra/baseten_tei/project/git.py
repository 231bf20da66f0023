"""Files as another revision has them, from the git repository that a project is in."""

import subprocess
from pathlib import Path

from baseten_tei.errors import UserError

MAIN = ("origin/main", "main")


def merge_base(root: Path) -> str | None:
    """Return the commit at which HEAD left main; `None` where there is no git, no main, or too short a history."""
    found = (_git(root, "merge-base", "HEAD", branch) for branch in MAIN)
    return next((commit.strip() for commit in found if commit), None)


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
