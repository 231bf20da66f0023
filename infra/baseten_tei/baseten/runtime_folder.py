"""The folder for locks and sockets: one that only its user can open, and the same for all processes of that user."""

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from baseten_tei.errors import UserError

NAME = "baseten-tei"
_FURTHER = 9
"""Names tried beside the first one in the folder for temporary files, where nothing else can be had."""


def runtime_folder() -> Path:
    """Return the first of these folders that is private, made where it is not there. Raises `UserError` without one.

    Anyone may have made the one among the temporary files: then it is passed over, by every process alike.
    """
    paths = list(_candidates(os.environ))
    for path in paths:
        if _is_private(path):
            return path
    raise UserError(
        f"no private folder for locks: {paths[0]} must be a folder of your own with mode 700: remove it, or type "
        "export TMPDIR=<a folder of your own>"
    )


def _candidates(environ: Mapping[str, str]) -> Iterator[Path]:
    user, temporary = os.getuid(), Path(tempfile.gettempdir())
    yield temporary / f"{NAME}-{user}"
    session = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{user}")
    if session.is_absolute() and _is_own(session):
        yield session / NAME
    state = environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    yield Path(state) / NAME / "run"
    yield from (temporary / f"{NAME}-{user}-{n}" for n in range(1, _FURTHER + 1))


def _is_private(path: Path) -> bool:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError:  # a file, a link to nothing, or a folder that cannot be written
        return False
    return _is_own(path)


def _is_own(path: Path) -> bool:
    """Whether this is a folder, no link to one, that its user alone can look into."""
    try:
        found = path.lstat()
    except OSError:
        return False
    own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    return own and not found.st_mode & 0o077
