"""The part of GitHub's API that reports and snapshots need (docs: REST API 2022-11-28)."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.read_files import read_json
from baseten_tei.review.forges import github_events
from baseten_tei.review.forges.folders import at_folder
from baseten_tei.review.forges.forge import require_variable
from baseten_tei.review.forges.forge_client import BOUNDS, ForgeClient, reads_documented_shape
from baseten_tei.review.forges.report_comment import Comment

API = "https://api.github.com"
AUTHOR = "github-actions[bot]"
"""The author of comments written with a job's own token, which cannot ask for its user."""
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}


class GitHub:
    """One repository, seen from a job that an event started."""

    longest = 65_536

    def __init__(
        self,
        calls: ForgeClient,
        repository: str,
        event: Mapping[str, Any],
        author: str,
        folder: str = "",
    ) -> None:
        self.calls = calls
        self._repository = f"/repos/{repository}"
        self._event = event
        self._author = author
        self.folder = folder

    @classmethod
    def from_environment(
        cls, environ: Mapping[str, str], author: str | None, folder: str = ""
    ) -> "GitHub":
        """Read a job's variables. Raises `UserError` if one is missing."""
        token = require_variable(
            environ, "GITHUB_TOKEN", "give the step env: {GITHUB_TOKEN: the job's token}"
        )
        path = require_variable(environ, "GITHUB_EVENT_PATH", "run this in a job of GitHub's")
        event = read_json(Path(path))
        with naming(path):
            github_events.check_event(event)
        calls = ForgeClient(environ.get("GITHUB_API_URL") or API, token, HEADERS)
        return cls(calls, environ["GITHUB_REPOSITORY"], event, author or AUTHOR, folder)

    def author(self) -> str:
        """Return the given login, or the job token's."""
        return self._author

    @reads_documented_shape
    def find_pull_request(self) -> int | None:
        """Read it from the event, or look it up by the head of a finished run."""
        if number := github_events.pull_request_in(self._event):
            return number
        run = github_events.run_in(self._event)
        query = {"state": "open", "head": github_events.head_of(run)}
        return github_events.find_open_pull_request(
            run, self.calls.get_pages(f"{self._repository}/pulls", **query)
        )

    @reads_documented_shape
    def find_merged(self, sha: str) -> int | None:
        """Look it up by the commit of a merge, a squash or a rebase."""
        pulls = self.calls.get_pages(f"{self._repository}/commits/{sha}/pulls")
        return github_events.find_merged_pull_request(sha, self._default_branch, pulls)

    @reads_documented_shape
    def list_comments(self, number: int) -> list[Comment]:
        """List the conversation's comments, not those on lines."""
        found = self.calls.get_pages(f"{self._repository}/issues/{number}/comments")
        # A deleted account's comments have no user.
        return [
            Comment(int(it["id"]), str((it["user"] or {}).get("login", "")), str(it["body"] or ""))
            for it in found
        ]

    def create_comment(self, number: int, body: str) -> None:
        """Post a comment."""
        self.calls.send("POST", f"{self._repository}/issues/{number}/comments", {"body": body})

    def update_comment(self, number: int, comment: int, body: str) -> None:
        """Edit a comment."""
        del number  # GitHub's comments have numbers of their own in a repository
        self.calls.send("PATCH", f"{self._repository}/issues/comments/{comment}", {"body": body})

    @reads_documented_shape
    def fetch_snapshot(self, stack: str) -> str | None:
        """Read it from the artifact of the newest deployment."""
        query = {"name": f"state-{stack}{at_folder(self.folder)}"}
        every = self.calls.get_pages(f"{self._repository}/actions/artifacts", "artifacts", **query)
        found = github_events.newest_artifact(every, self._default_branch)
        if found is None:
            return None
        return _only_file(self.calls.get_file(found["archive_download_url"]), f"{stack}.json")

    @property
    def _default_branch(self) -> str:
        return str(self._event["repository"]["default_branch"])


def _only_file(archive: bytes, name: str) -> str:
    """Return a file of an artifact (a zip). Raises `UserError` if it is missing or too large."""
    with zipfile.ZipFile(io.BytesIO(archive)) as opened:
        if name not in opened.namelist() or opened.getinfo(name).file_size > BOUNDS.size:
            raise UserError(f"the artifact does not hold {name}: deploy again")
        return opened.read(name).decode()
