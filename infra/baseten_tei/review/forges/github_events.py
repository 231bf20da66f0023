"""What GitHub says of runs, pull requests and artifacts: which of them is the one that is meant.

Fields as in GitHub's REST and webhook documentation.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from baseten_tei.errors import UserError

Json = Mapping[str, Any]


class _Owner(BaseModel):
    login: str


class _Repository(BaseModel):
    full_name: str
    owner: _Owner


class _Run(BaseModel):
    event: str
    head_sha: str
    head_branch: str
    head_repository: _Repository


class _PullRequest(BaseModel):
    number: int


class _Own(BaseModel):
    default_branch: str


class _Event(BaseModel):
    """The fields that are read, of those events that have them."""

    pull_request: _PullRequest | None = None
    workflow_run: _Run | None = None
    repository: _Own | None = None


def check_event(event: Any) -> None:
    """Raise `UserError`, without the file's name, for an event that GitHub would not send."""
    try:
        _Event.model_validate(event)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise UserError(
            f"is not an event of GitHub's: {where}: {first['msg']}: run this in a job of GitHub's"
        ) from error


def pull_request_in(event: Json) -> int | None:
    """The pull request that an event is about; a finished run only says which commit of which branch it saw."""
    found = event.get("pull_request")
    return int(found["number"]) if found else None


def run_in(event: Json) -> Json:
    """The finished run that a `workflow_run` event tells of. Raises `UserError` for another event."""
    run: Json | None = event.get("workflow_run")
    if run is None or run.get("event") != "pull_request":
        raise UserError(
            "this run is about no pull request: use it in a workflow on pull_request, or on workflow_run of one"
        )
    return run


def head_of(run: Json) -> str:
    """`owner:branch`, as the list of pull requests is asked for it."""
    return f"{run['head_repository']['owner']['login']}:{run['head_branch']}"


def find_open_pull_request(run: Json, pulls: Iterable[Json]) -> int | None:
    """The open pull request whose head a run saw; `None` where it has moved on, or is closed.

    The event's own `pull_requests` is empty for forks. Two requests of one branch are told apart by their base.
    """
    same = [
        it
        for it in pulls
        if it["head"]["sha"] == run["head_sha"]
        and (it["head"].get("repo") or {}).get("full_name") == run["head_repository"]["full_name"]
    ]
    return int(same[0]["number"]) if len(same) == 1 else None


def find_merged_pull_request(sha: str, branch: str, pulls: Iterable[Json]) -> int | None:
    """The pull request that a commit of this branch came from, by a merge, a squash or a rebase."""
    merged = [it for it in pulls if it.get("merged_at") and it["base"]["ref"] == branch]
    exact = [it for it in merged if it.get("merge_commit_sha") == sha]
    return int(exact[0]["number"]) if exact else None


def newest_artifact(artifacts: Iterable[Json], branch: str) -> Json | None:
    """The newest that is still there and that a run of this repository's own branch left.

    A pull request can upload under any name, and a fork can call its branch as it likes.
    """
    good = [it for it in artifacts if not it["expired"] and _is_of_own_branch(it, branch)]
    return max(good, key=lambda it: str(it["created_at"]), default=None)


def _is_of_own_branch(artifact: Json, branch: str) -> bool:
    run = artifact.get("workflow_run") or {}
    own = run.get("repository_id") is not None and run["repository_id"] == run.get(
        "head_repository_id"
    )
    return own and run.get("head_branch") == branch
