"""What is asked of a forge, whichever it is. Every call raises `ApiError` where it gets no good answer."""

from collections.abc import Mapping
from typing import Protocol

from baseten_tei.errors import UserError
from baseten_tei.review.forges.forge_client import ForgeClient
from baseten_tei.review.forges.report_comment import Comment


class Forge(Protocol):
    """GitHub's and GitLab's common words; a merge request is a pull request here."""

    calls: ForgeClient
    longest: int
    """Characters that a comment takes."""
    folder: str
    """The project's folder in its repository; empty where it is the repository's own."""

    def author(self) -> str:
        """Return the login whose comments are ours."""
        ...

    def find_pull_request(self) -> int | None:
        """Return the number of this job's pull request; `None` if it is closed or has a newer commit."""
        ...

    def find_merged(self, sha: str) -> int | None:
        """Return the number of the pull request that a commit of the default branch came from, or `None`."""
        ...

    def list_comments(self, number: int) -> list[Comment]:
        """Return all comments of a pull request, oldest first."""
        ...

    def create_comment(self, number: int, body: str) -> None:
        """Add a comment."""
        ...

    def update_comment(self, number: int, comment: int, body: str) -> None:
        """Replace a comment's text."""
        ...

    def fetch_snapshot(self, stack: str) -> str | None:
        """Return the snapshot of the newest deployment from the default branch, as text; `None` without one."""
        ...


def require_variable(environ: Mapping[str, str], name: str, why: str) -> str:
    """Return a variable's value. Raises `UserError` if it is not set."""
    if value := environ.get(name, "").strip():
        return value
    raise UserError(f"{name} is not set: {why}")
