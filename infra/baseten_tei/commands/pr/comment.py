"""`python -m baseten_tei.commands.comment --file comment.md`:
post the report on the pull request, as one comment that stays.

The comment of before is found by its first line and by its author, and written anew. `--find-for-commit SHA` writes
the comment of the pull request that a commit of the default branch came from to `--output FILE` instead: what was
reviewed. Where it runs, for which pull request and with which token, GitHub's and GitLab's own variables say
(`GITHUB_TOKEN`; `GITLAB_TOKEN`).

Exit: 0 done, or the pull request has moved on; 1 there is no such comment; 2 it could not be done.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from baseten_tei.commands.ending import ends_with
from baseten_tei.errors import UserError
from baseten_tei.facts.files.read_files import read_text
from baseten_tei.facts.files.write_files import write_whole
from baseten_tei.review.forges.choose import Forge, forge
from baseten_tei.review.forges.our_comment import Comment, body_problem, ours, same_text


@ends_with(2)
def main(argv: Sequence[str] | None = None) -> int:
    """Post or find, and say which."""
    arguments = _parser().parse_args(argv)
    there = forge(os.environ, arguments.author)
    if arguments.file:
        print(there.calls.again(partial(post, there, arguments.file)))
        return 0
    found = there.calls.again(partial(reviewed, there, arguments.find_for_commit))
    if isinstance(found, Nothing):
        print(found.why, file=sys.stderr)
        return 1
    write_whole(arguments.output, found.body)
    print(f"wrote {arguments.output}, by {found.author}")
    return 0


def post(there: Forge, file: Path) -> str:
    """Post a file's text; what became of it. Raises `UserError`. It may be done again: it looks before it writes."""
    body = read_text(file)
    if problem := body_problem(body, there.longest, str(file)):
        raise UserError(problem)
    number = there.number()
    if number is None:
        return "the pull request is closed, or has a newer commit: nothing was posted"
    return upsert(there, number, body)


def upsert(there: Forge, number: int, body: str) -> str:
    """Write our comment anew, or the first one."""
    before = ours(there.comments(number), there.author())
    if before is None:
        there.create(number, body)
        return f"commented on #{number}"
    if same_text(before.body, body):
        return f"the comment on #{number} says so already"
    there.update(number, before.id, body)
    return f"updated the comment on #{number}"


@dataclass(frozen=True)
class Nothing:
    """There is no report for a commit."""

    why: str


def reviewed(there: Forge, sha: str) -> Comment | Nothing:
    """The report on the pull request that a commit came from. Raises `UserError`."""
    number = there.merged_as(sha)
    if number is None:
        return Nothing(f"commit {sha} came from no pull request: nothing was reviewed")
    found = ours(there.comments(number), there.author())
    return found or Nothing(f"#{number} has no report by {there.author()}: nothing was reviewed")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseten_tei.commands.comment", description=__doc__
    )
    todo = parser.add_mutually_exclusive_group(required=True)
    todo.add_argument("--file", type=Path, help="the report in Markdown, to post")
    todo.add_argument("--find-for-commit", metavar="SHA", help="write what was reviewed for it")
    parser.add_argument("--output", type=Path, default=Path("comment.md"), metavar="FILE")
    parser.add_argument("--author", help="whose comment is ours; default: the token's owner")
    return parser


if __name__ == "__main__":
    sys.exit(main())
