"""The part of GitLab's API that reports and snapshots need (docs: REST API v4)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from baseten_tei.baseten.api.api_errors import NotFoundError
from baseten_tei.review.forges.folders import workflow_name
from baseten_tei.review.forges.forge import require_variable
from baseten_tei.review.forges.forge_client import ForgeClient, reads_documented_shape
from baseten_tei.review.forges.report_comment import Comment


class GitLab:
    """One project, seen from a job of its pipeline."""

    longest = 1_000_000

    def __init__(
        self, calls: ForgeClient, environ: Mapping[str, str], author: str | None, folder: str = ""
    ) -> None:
        self.calls = calls
        self._environ = environ
        self._project = f"/projects/{environ['CI_PROJECT_ID']}"
        self._author = author
        self.folder = folder

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], author: str | None, folder: str = ""
    ) -> "GitLab":
        """Read a job's variables. Raises `UserError` if one is missing."""
        url = require_variable(environ, "CI_API_V4_URL", "run this in a job of GitLab's")
        why = "make a project access token with scope api, and a CI variable of it"
        token = require_variable(environ, "GITLAB_TOKEN", why)
        return cls(ForgeClient(url, token, {}), environ, author, folder)

    @reads_documented_shape
    def author(self) -> str:
        """Return the given login, or the token's user, a bot of the project."""
        if self._author is None:
            self._author = str(self.calls.get("/user")["username"])
        return self._author

    @reads_documented_shape
    def find_pull_request(self) -> int | None:
        """Read it from the merge request's pipeline."""
        return int(
            require_variable(self._environ, "CI_MERGE_REQUEST_IID", "run this for a merge request")
        )

    @reads_documented_shape
    def find_merged(self, sha: str) -> int | None:
        """Look it up by the commit of a merge, a squash or a rebase."""
        found = self.calls.get_pages(f"{self._project}/repository/commits/{sha}/merge_requests")
        branch = require_variable(
            self._environ, "CI_DEFAULT_BRANCH", "run this in a job of GitLab's"
        )
        merged = [it for it in found if it["state"] == "merged" and it["target_branch"] == branch]
        exact = [it for it in merged if sha in _merge_commits(it)]
        return int(exact[0]["iid"]) if exact else None

    @reads_documented_shape
    def list_comments(self, number: int) -> list[Comment]:
        """List the notes, without those that GitLab itself wrote."""
        found = self.calls.get_pages(self._notes(number), sort="asc", order_by="created_at")
        return [
            Comment(int(it["id"]), str(it["author"]["username"]), str(it["body"]))
            for it in found
            if not it["system"]
        ]

    def create_comment(self, number: int, body: str) -> None:
        """Post a note."""
        self.calls.send("POST", self._notes(number), {"body": body})

    def update_comment(self, number: int, comment: int, body: str) -> None:
        """Edit a note."""
        self.calls.send("PUT", f"{self._notes(number)}/{comment}", {"body": body})

    @reads_documented_shape
    def fetch_snapshot(self, stack: str) -> str | None:
        """Read it from the artifacts of the newest deploy job that succeeded."""
        branch = require_variable(
            self._environ, "CI_DEFAULT_BRANCH", "run this in a job of GitLab's"
        )
        place = f"{self.folder}/" if self.folder else ""
        artifacts = f"{self._project}/jobs/artifacts/{quote(branch, safe='')}"
        path = f"{artifacts}/raw/{place}snapshots/{stack}.json"
        try:
            return self.calls.get_file(path, job=f"{workflow_name(self.folder)}-deploy").decode()
        except NotFoundError:
            return None

    def _notes(self, number: int) -> str:
        return f"{self._project}/merge_requests/{number}/notes"


def _merge_commits(request: Mapping[str, Any]) -> set[Any]:
    """Return the commits that stand for a merge; a fast-forward has none but the branch's last."""
    return {request.get(key) for key in ("merge_commit_sha", "squash_commit_sha", "sha")}
