"""A JSON file of a repository, read as `serde_json::from_str` reads it into a Rust struct."""

from __future__ import annotations

from typing import Any

from baseten_emulator.tei.http.positions import position_of
from baseten_emulator.tei.http.serde import Decoder, MismatchError
from baseten_emulator.tei.outcome import BootError, startup_error
from baseten_emulator.tei.start.repository import Repository

NO_SUCH_FILE = "No such file or directory (os error 2)"


def read_file(repository: Repository, path: str, decoder: Decoder) -> Any:
    """Return the decoded file; None when it is not there.

    Raises BootError: "Failed to parse `path`", with serde's reason and position.
    """
    if not repository.has(path):
        return None
    try:
        return decoder(repository.files[path])
    except MismatchError as mismatch:
        raise _failure(repository, path, mismatch) from mismatch


def _failure(repository: Repository, path: str, mismatch: MismatchError) -> BootError:
    at = position_of(mismatch, repository.text(path))
    return startup_error(f"Failed to parse `{path}`", f"{mismatch.reason} at {at}")
