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

    def author(self) -> str:
        """Whose comments are ours."""
        ...

    def find_pull_request(self) -> int | None:
        """The pull request that this job is about; `None` where it has moved on since."""
        ...

    def find_merged(self, sha: str) -> int | None:
        """The pull request that a commit of the default branch came from."""
        ...

    def list_comments(self, number: int) -> list[Comment]:
        """All of a pull request's comments, oldest first."""
        ...

    def create_comment(self, number: int, body: str) -> None:
        """Add a comment."""
        ...

    def update_comment(self, number: int, comment: int, body: str) -> None:
        """Write a comment anew."""
        ...

    def fetch_snapshot(self, stack: str) -> str | None:
        """The snapshot that the newest deployment from the default branch left, as text."""
        ...


def require_variable(environ: Mapping[str, str], name: str, why: str) -> str:
    """A variable's value. Raises `UserError` where it is not set."""
    if value := environ.get(name, "").strip():
        return value
    raise UserError(f"{name} is not set: {why}")
