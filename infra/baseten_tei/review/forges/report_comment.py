"""The one comment on a pull request that is ours: found by its first line and its author."""

from collections.abc import Iterable
from dataclasses import dataclass

MARKER = "<!-- baseten-tei:report -->"
"""First line of the report. A comment of somebody else that begins with it is not ours."""


def with_folder(body: str, folder: str) -> str:
    """Return the report of a project in a folder of its repository: each project has a comment of its own."""
    return body.replace(MARKER, _marker(folder), 1)


@dataclass(frozen=True)
class Comment:
    """A comment, or GitLab's note, on a pull request."""

    id: int
    author: str
    """Login name. GitHub gives `[bot]` at its end to apps alone."""
    body: str


def find_report_comment(
    comments: Iterable[Comment], author: str, folder: str = ""
) -> Comment | None:
    """Return the first comment of this author that begins with the project's marker, or `None`."""
    marker = _marker(folder)
    return next(
        (it for it in comments if it.author == author and _first_line(it.body) == marker), None
    )


def body_problem(body: str, limit: int, where: str) -> str | None:
    """Return why a text cannot be posted as the report; `None` if it can."""
    if _first_line(body) != MARKER:
        return (
            f"{where} does not begin with {MARKER}: write it with "
            "baseten-tei pr report --format markdown"
        )
    if len(body) > limit:
        return f"{where} has {len(body)} characters and a comment takes {limit}: shorten the report"
    return None


def is_same_text(one: str, other: str) -> bool:
    """Return whether two bodies are equal but for line ends, which a forge may change."""
    return _lines(one) == _lines(other)


def _lines(body: str) -> list[str]:
    return [line.rstrip() for line in body.strip().splitlines()]


def _first_line(body: str) -> str:
    return body.partition("\n")[0].strip()


def _marker(folder: str) -> str:
    return MARKER.replace(" -->", f" {folder} -->") if folder else MARKER
