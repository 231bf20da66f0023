"""Files that this package wrote and a user may have edited: the first line says which version wrote what."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from enum import Enum
from hashlib import sha256

from baseten_tei.facts.files.formats import check_writer

_FIRST_LINE = re.compile(r"# Written by baseten-tei (?P<release>\S+) \((?P<digest>[0-9a-f]{12})\)")


class State(Enum):
    """What is to be done about a file, as a line of `--check` says it."""

    MISSING = "is missing"
    SAME = "is up to date"
    BEHIND = "is behind"
    EDITED = "was edited, and is up to date otherwise"
    IN_CONFLICT = "is behind, and was edited"


@dataclass(frozen=True)
class WantedFile:
    """A file as this version writes it; `path` is relative to the git repository."""

    path: str
    text: str


def mark(path: str, body: str, version: str, command: str) -> WantedFile:
    """Return a file with a first line that says who wrote it, and of which content."""
    first = (
        f"# Written by baseten-tei {version} ({_digest(body)}): `{command}` brings it up to date.\n"
    )
    return WantedFile(path, first + body)


def compare(found: str | None, wanted: WantedFile) -> State:
    """Return how a file is behind. What a version wrote is known by its digest, whichever version that was."""
    if found is None:
        return State.MISSING
    first, _, body = found.partition("\n")
    written = _FIRST_LINE.match(first)
    content = _digest(wanted.text.partition("\n")[2])
    if _digest(body) == content:
        return State.SAME
    if written is None:
        return State.IN_CONFLICT
    if written["digest"] == content:
        return State.EDITED
    return State.BEHIND if written["digest"] == _digest(body) else State.IN_CONFLICT


def check_release(found: str) -> None:
    """Raise `UserError`, without the file's name, where a later release than this one wrote the file."""
    if written := _FIRST_LINE.match(found):
        check_writer("file", written["release"])


def show_difference(found: str, wanted: WantedFile) -> Iterator[str]:
    """Yield the lines of a diff from what is there to what would be written."""
    lines = found.splitlines(), wanted.text.splitlines()
    return unified_diff(*lines, wanted.path, f"{wanted.path} (new)", lineterm="", n=1)


def _digest(body: str) -> str:
    return sha256(body.encode()).hexdigest()[:12]
