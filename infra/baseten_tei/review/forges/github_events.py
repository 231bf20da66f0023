"""GitHub's events, pull requests and artifacts: find the one that a job is about.

Fields as in GitHub's REST and webhook documentation.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from baseten_tei.errors import UserError
from baseten_tei.spec.messages import first_problem

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
    """Raise `UserError`, without the file's name, for an event of another shape than GitHub's."""
    try:
        _Event.model_validate(event)
    except ValidationError as error:
        raise UserError(
            f"is not a GitHub event: {first_problem(error)}: run this in a GitHub job"
        ) from error


def pull_request_in(event: Json) -> int | None:
    """Return the number of an event's pull request; `None` for a finished run, which has only commit and branch."""
    found = event.get("pull_request")
    return int(found["number"]) if found else None


def run_in(event: Json) -> Json:
    """Return the finished run of a `workflow_run` event. Raises `UserError` for another event."""
    run: Json | None = event.get("workflow_run")
    if run is None or run.get("event") != "pull_request":
        raise UserError(
            "this run does not belong to a pull request: use a workflow on pull_request, or on workflow_run of one"
        )
    return run


def head_of(run: Json) -> str:
    """Return `owner:branch`, by which pull requests are listed."""
    return f"{run['head_repository']['owner']['login']}:{run['head_branch']}"


def find_open_pull_request(run: Json, pulls: Iterable[Json]) -> int | None:
    """Return the open pull request whose head a run saw; `None` if it is closed or has a newer commit.

    The event's own `pull_requests` is empty for forks.
    """
    same = [
        it
        for it in pulls
        if it["head"]["sha"] == run["head_sha"]
        and (it["head"].get("repo") or {}).get("full_name") == run["head_repository"]["full_name"]
    ]
    return int(same[0]["number"]) if len(same) == 1 else None


def find_merged_pull_request(sha: str, branch: str, pulls: Iterable[Json]) -> int | None:
    """Return the pull request that a commit came from by a merge, a squash or a rebase; `None` without one."""
    merged = [it for it in pulls if it.get("merged_at") and it["base"]["ref"] == branch]
    exact = [it for it in merged if it.get("merge_commit_sha") == sha]
    return int(exact[0]["number"]) if exact else None


def newest_artifact(artifacts: Iterable[Json], branch: str) -> Json | None:
    """Return the newest unexpired artifact of a run on this repository's own branch; `None` without one.

    Neither its name nor its branch's name proves that: a pull request may choose both.
    """
    good = [it for it in artifacts if not it["expired"] and _is_of_own_branch(it, branch)]
    return max(good, key=lambda it: str(it["created_at"]), default=None)


def _is_of_own_branch(artifact: Json, branch: str) -> bool:
    run = artifact.get("workflow_run") or {}
    own = run.get("repository_id") is not None and run["repository_id"] == run.get(
        "head_repository_id"
    )
    return own and run.get("head_branch") == branch
