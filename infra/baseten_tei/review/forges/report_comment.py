"""The one comment that a pull request has of us: found by its first line and by who wrote it."""

from collections.abc import Iterable
from dataclasses import dataclass

MARKER = "<!-- baseten-tei:report -->"
"""First line of the report; whoever copies it into a comment of their own has not written ours."""


@dataclass(frozen=True)
class Comment:
    """A comment, or GitLab's note, on a pull request."""

    id: int
    author: str
    """Login name. GitHub gives `[bot]` at its end to apps alone."""
    body: str


def find_report_comment(comments: Iterable[Comment], author: str) -> Comment | None:
    """The first comment of this author that begins with the marker."""
    return next((it for it in comments if it.author == author and _is_report(it.body)), None)


def body_problem(body: str, limit: int, where: str) -> str | None:
    """Why a text cannot be posted as the report."""
    if not _is_report(body):
        return (
            f"{where} does not begin with {MARKER}: write it with "
            "baseten-tei pr report --format markdown"
        )
    if len(body) > limit:
        return f"{where} has {len(body)} characters and a comment takes {limit}: shorten the report"
    return None


def is_same_text(one: str, other: str) -> bool:
    """Whether two bodies are one text: a forge may have its own line ends, and drop the last."""
    return _lines(one) == _lines(other)


def _lines(body: str) -> list[str]:
    return [line.rstrip() for line in body.strip().splitlines()]


def _is_report(body: str) -> bool:
    return body.partition("\n")[0].strip() == MARKER
