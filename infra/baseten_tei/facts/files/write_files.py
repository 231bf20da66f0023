"""Files of the reader's, written whole or not at all: beside the old one, to the disk, and then in its place."""

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from baseten_tei.errors import UserError


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file and the folders above it. A link stays one; mode and owner stay as they were.

    Raises `UserError` where that is not possible, e.g. on a full disk; the file is then as it was.
    """
    try:
        data = content.encode() if isinstance(content, str) else content
        target = Path(os.path.realpath(path))
        if target.is_dir():
            raise IsADirectoryError(0, "it is a folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        if _is_special(target):
            target.write_bytes(data)  # e.g. `--output /dev/stdout`
        else:
            _replace(target, data)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name, half a surrogate pair
        said = getattr(error, "strerror", None) or error
        raise UserError(
            f"{path}: could not be written ({said}), and is as it was: check the disk and the permissions"
        ) from error


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner may read (mode 600). Raises `UserError` for where a log may end."""
    if path.exists() and (not path.is_file() or _is_printed(path)):
        raise UserError(
            f"{path} is not a file of its own: what is secret is written to a file alone, for logs keep the rest"
        )
    old_mask = os.umask(0o077)
    try:
        with suppress(OSError):  # no such file yet, or none that is ours: writing says why
            path.chmod(0o600)
        write_whole(path, content)
    finally:
        os.umask(old_mask)


def _is_printed(path: Path) -> bool:
    """Whether it is what this process prints to: `/dev/stdout` may be a log's file."""
    for number in (1, 2):
        with suppress(OSError):
            if os.path.samestat(path.stat(), os.fstat(number)):
                return True
    return False


def _is_special(target: Path) -> bool:
    return target.exists() and not target.is_file()


def _replace(target: Path, data: bytes) -> None:
    new = target.with_name(f".{target.name[:40]}.{secrets.token_hex(4)}.tmp")
    try:
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666), "wb") as file:
            _take_mode(target, file.fileno())
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        new.replace(target)
    except BaseException:
        with suppress(OSError):
            new.unlink()
        raise


def _take_mode(target: Path, number: int) -> None:
    """Give the new file the old one's owner and mode."""
    if target.exists():
        old = target.stat()
        with suppress(PermissionError):  # only root may give a file away
            os.fchown(number, old.st_uid, old.st_gid)
        os.fchmod(number, stat.S_IMODE(old.st_mode))


def append_line(path: str, line: str) -> None:
    """Append a line at once, to a file that nobody else reads: several processes may do so."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(file, line.encode() + b"\n")
    finally:
        os.close(file)
