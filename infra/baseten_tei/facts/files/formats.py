"""Format versions of what this package writes, in files and in states, and one refusal of what a later release wrote.

What carries no version is version 1, as everything is that 0.1.0 wrote: no file is rewritten to say so. A later
version is written with the first release that reads it, `format: 2` beside `release: 0.4.0`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import decode_json


@dataclass(frozen=True)
class Format:
    """What is versioned, the newest version that this release reads, and the keys that hold it and its release."""

    what: str
    version: int = 1
    key: str = "format"
    release_key: str = "release"


CONFIGURATION = Format("stack configuration", key="baseten-tei:format", release_key="baseten-tei:release")  # fmt: skip
LOCK = Format("lock file", version=2)
GOLDEN = Format("golden file", version=2)
VERIFICATION = Format("verification of a next")
OUTPUTS = Format("stack's outputs", key="schema_version")
SNAPSHOT = Format("snapshot", key="snapshot")
REPORT = Format("report", version=2, key="version")
STATE = Format("resource's state")
FORMATS = (CONFIGURATION, LOCK, GOLDEN, VERIFICATION, OUTPUTS, SNAPSHOT, REPORT, STATE)
"""As docs/upgrading.md lists them."""


def check_format(kind: Format, document: Any) -> None:
    """Raise `UserError`, in one line without the file's name, for a version that this release does not read."""
    if not isinstance(document, Mapping) or kind.key not in document:
        return
    version = _number(document[kind.key])
    if version is None or version < 1:
        raise UserError(
            f"{kind.key} {document[kind.key]!r} is not a format version: "
            f"write {kind.key}: {kind.version}, or leave it out"
        )
    if version > kind.version:
        from baseten_tei import __version__

        raise UserError(
            f"format version {version} of the {kind.what} is newer than {kind.version}, which baseten-tei "
            f"{__version__} reads: install {_which(document.get(kind.release_key))}"
        )


def check_json_format(kind: Format, text: str | bytes) -> None:
    """Do the same for a JSON text; one that is not JSON is left to its own reader."""
    try:
        document = decode_json(text)
    except ValueError:
        return
    check_format(kind, document)


def check_writer(what: str, release: str) -> None:
    """Raise `UserError` for what a later release than this one generated: writing it again would take it back."""
    from baseten_tei import __version__

    if _parts(release) > _parts(__version__):
        raise UserError(
            f"the {what} was written by baseten-tei {release}, which is newer than {__version__}: "
            f"install {_which(release)}"
        )


def _parts(release: str) -> tuple[int, ...]:
    return tuple(int(it) for it in re.findall(r"\d{1,9}", release.partition("+")[0])[:3])


def _number(version: Any) -> int | None:
    """Return a version as a number: a stack's configuration and a state hold it as a text or a float."""
    if isinstance(version, bool) or not isinstance(version, (int, float, str)):
        return None
    text = (
        str(int(version)) if isinstance(version, float) and version.is_integer() else str(version)
    )
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _which(release: Any) -> str:
    """Return what to install, with the command for it."""
    if isinstance(release, str) and release.replace(".", "").isalnum() and release.isascii():
        return f"{release} or newer, with `pip install 'baseten-tei>={release}'`"
    return "the newest release, with `pip install --upgrade baseten-tei`"
