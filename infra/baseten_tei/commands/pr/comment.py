"""`baseten-tei pr comment`: the report on the pull request, as one comment that stays."""

import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from baseten_tei.commands.shared.command_line import FINDING
from baseten_tei.commands.shared.options import FILE, output_option, show
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.project import git
from baseten_tei.project.selection import project_folder
from baseten_tei.review.forges.choose_forge import Forge, choose_forge
from baseten_tei.review.forges.report_comment import (
    Comment,
    body_problem,
    find_report_comment,
    is_same_text,
    with_folder,
)


def post(there: Forge, file: Path) -> str:
    """Post a file's text; what became of it. Raises `UserError`. It may be done again: it looks before it writes."""
    body = read_text(file)
    if problem := body_problem(body, there.longest, str(file)):
        raise UserError(problem)
    number = there.find_pull_request()
    if number is None:
        return "the pull request is closed, or has a newer commit: nothing was posted"
    return upsert(there, number, with_folder(body, there.folder))


def upsert(there: Forge, number: int, body: str) -> str:
    """Write our comment anew, or the first one."""
    before = find_report_comment(there.list_comments(number), there.author(), there.folder)
    if before is None:
        there.create_comment(number, body)
        return f"commented on #{number}"
    if is_same_text(before.body, body):
        return f"the comment on #{number} says so already"
    there.update_comment(number, before.id, body)
    return f"updated the comment on #{number}"


@dataclass(frozen=True)
class Nothing:
    """There is no report for a commit."""

    why: str


def find_review(there: Forge, sha: str) -> Comment | Nothing:
    """Return the report on the pull request that a commit came from. Raises `UserError`."""
    number = there.find_merged(sha)
    if number is None:
        return Nothing(f"commit {sha} came from no pull request: nothing was reviewed")
    found = find_report_comment(there.list_comments(number), there.author(), there.folder)
    return found or Nothing(f"#{number} has no report by {there.author()}: nothing was reviewed")


def _folder_here() -> str:
    """Return where the project of this folder is in its repository, if there is one."""
    try:
        return git.folder_in_repository(project_folder(None, Path.cwd()))
    except UserError:
        return ""


@click.command(name="comment")
@click.option("--file", type=FILE, help="The report in Markdown, to post.")
@click.option(
    "--find-for-commit", metavar="SHA", help="Get the comment that this commit was merged with."
)
@click.option("--author", help="Whose comment is ours.  [default: the token's owner]")
@output_option()
def command(
    file: Path | None, find_for_commit: str | None, author: str | None, output: Path | None
) -> int:
    """Post the report on the pull request, as one comment that is kept up to date.

    With --find-for-commit, print or write instead what was posted: what was reviewed. For which pull request, and with
    which token, is read from the variables of GitHub and GitLab (GITHUB_TOKEN; GITLAB_TOKEN). Needs no project. Exits
    with 1 where there is no such comment.
    """
    if (file is None) == (find_for_commit is None):
        raise UserError("write --file to post a report, or --find-for-commit to get a posted one")
    there = choose_forge(os.environ, author, _folder_here())
    if file is not None:
        click.echo(there.calls.retry(partial(post, there, file)))
        return 0
    found = there.calls.retry(partial(find_review, there, str(find_for_commit)))
    if isinstance(found, Nothing):
        click.echo(found.why, err=True)
        return FINDING
    show(found.body, output)
    return 0
