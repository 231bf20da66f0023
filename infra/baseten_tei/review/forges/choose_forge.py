"""The forge that a job runs on, as far as reports and snapshots need it."""

from collections.abc import Mapping

from baseten_tei.errors import UserError
from baseten_tei.review.forges.forge import Forge
from baseten_tei.review.forges.github_client import GitHub
from baseten_tei.review.forges.gitlab_client import GitLab

__all__ = ["Forge", "choose_forge"]


def choose_forge(environ: Mapping[str, str], author: str | None = None, folder: str = "") -> Forge:
    """Return GitHub or GitLab, whichever runs this job. Raises `UserError` outside of both.

    `author` is whose comments are ours; by default whoever the job's token belongs to. `folder` is the project's in
    its repository.
    """
    if environ.get("GITHUB_REPOSITORY"):
        return GitHub.from_environment(environ, author, folder)
    if environ.get("CI_PROJECT_ID"):
        return GitLab.from_environment(environ, author, folder)
    raise UserError(
        "neither GITHUB_REPOSITORY nor CI_PROJECT_ID is set: run this in a job of GitHub's or GitLab's"
    )
