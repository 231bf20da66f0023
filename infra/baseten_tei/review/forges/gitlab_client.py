"""GitLab, as far as reports and snapshots need it (docs: REST API v4)."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from baseten_tei.baseten.api.errors import NotFoundError
from baseten_tei.review.forges.forge import needed
from baseten_tei.review.forges.forge_client import Calls, documented
from baseten_tei.review.forges.report_comment import Comment

DEPLOY_JOB = "deploy"
"""The job of `.gitlab-ci.yml` that leaves snapshots."""


class GitLab:
    """One project, seen from a job of its pipeline."""

    longest = 1_000_000

    def __init__(self, calls: Calls, environ: Mapping[str, str], author: str | None) -> None:
        self.calls = calls
        self._environ = environ
        self._project = f"/projects/{environ['CI_PROJECT_ID']}"
        self._author = author

    @classmethod
    def from_environment(cls, environ: Mapping[str, str], author: str | None) -> "GitLab":
        """From a job's variables. Raises `UserError` where one is missing."""
        url = needed(environ, "CI_API_V4_URL", "run this in a job of GitLab's")
        why = "make a project access token with scope api, and a CI variable of it"
        return cls(Calls(url, needed(environ, "GITLAB_TOKEN", why), {}), environ, author)

    @documented
    def author(self) -> str:
        """Given, or the token's own user, a bot of the project."""
        if self._author is None:
            self._author = str(self.calls.get("/user")["username"])
        return self._author

    @documented
    def number(self) -> int | None:
        """From the merge request's pipeline."""
        return int(needed(self._environ, "CI_MERGE_REQUEST_IID", "run this for a merge request"))

    @documented
    def merged_as(self, sha: str) -> int | None:
        """Looked up by the commit, which the branch got by a merge, a squash or a rebase."""
        found = self.calls.pages(f"{self._project}/repository/commits/{sha}/merge_requests")
        branch = needed(self._environ, "CI_DEFAULT_BRANCH", "run this in a job of GitLab's")
        merged = [it for it in found if it["state"] == "merged" and it["target_branch"] == branch]
        exact = [it for it in merged if sha in _merge_commits(it)]
        return int(exact[0]["iid"]) if exact else None

    @documented
    def comments(self, number: int) -> list[Comment]:
        """Its notes, without those that GitLab itself wrote."""
        found = self.calls.pages(self._notes(number), sort="asc", order_by="created_at")
        return [
            Comment(int(it["id"]), str(it["author"]["username"]), str(it["body"]))
            for it in found
            if not it["system"]
        ]

    def create(self, number: int, body: str) -> None:
        """Post it."""
        self.calls.send("POST", self._notes(number), {"body": body})

    def update(self, number: int, comment: int, body: str) -> None:
        """Edit it."""
        self.calls.send("PUT", f"{self._notes(number)}/{comment}", {"body": body})

    @documented
    def snapshot(self, stack: str) -> str | None:
        """From the artifacts of the newest deploy job that succeeded."""
        branch = needed(self._environ, "CI_DEFAULT_BRANCH", "run this in a job of GitLab's")
        path = f"{self._project}/jobs/artifacts/{quote(branch, safe='')}/raw/snapshots/{stack}.json"
        try:
            return self.calls.file(path, job=DEPLOY_JOB).decode()
        except NotFoundError:
            return None

    def _notes(self, number: int) -> str:
        return f"{self._project}/merge_requests/{number}/notes"


def _merge_commits(request: Mapping[str, Any]) -> set[Any]:
    """A fast-forward merge makes no commit: then the branch's last one is the default branch's."""
    return {request.get(key) for key in ("merge_commit_sha", "squash_commit_sha", "sha")}
