"""Files of the reader's: one line that names the file, says what is wrong with it, and what to do about it."""

import os
import stat
from pathlib import Path
from typing import Any

from baseten_tei.errors import UserError, naming
from baseten_tei.facts.files.json_reader import parse_json

LARGEST_BYTES = 256 << 20
"""Of any file; the state of 1,000 models has 15 MB."""
LARGEST_YAML = 16 << 20
"""The configuration of 10,000 models has 4 MB."""
_CHUNK = 1 << 20


def read_bytes(path: Path, name: object = None, most: int = LARGEST_BYTES) -> bytes:
    """Return a file's content. Raises `UserError`, which calls it `name`; a pipe without an end does not hold it up."""
    try:
        number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(number, "rb") as file:
            content = file.read(most + 1) or b"" if _is_readable(path, number) else None
    except FileNotFoundError as error:
        missing = "is a link to a file that is not there" if path.is_symlink() else "is not there"
        raise UserError(f"{name or path}: {missing}: check the name and the folder") from error
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        said = getattr(error, "strerror", None) or error
        raise UserError(f"{name or path}: cannot be read ({said}): check the file") from error
    if content is None:
        raise UserError(f"{name or path}: is not a file: name a file")
    if len(content) > most:
        raise UserError(f"{name or path}: is larger than {most >> 20} MiB: name another file")
    return content


def is_there(path: Path) -> bool:
    """Return whether something has this name, and be it a link that leads nowhere: reading it says what is wrong."""
    return os.path.lexists(path)


def read_bytes_if_there(path: Path, name: object = None) -> bytes | None:
    """Return a file's content; `None` where there is no such file. Raises `UserError` as `read_bytes` does."""
    return read_bytes(path, name) if is_there(path) else None


def read_text(path: Path, name: object = None, most: int = LARGEST_BYTES) -> str:
    """Return a file's text. Raises `UserError`."""
    return decode_text(read_bytes(path, name, most), name or path)


def read_text_if_there(path: Path, name: object = None) -> str | None:
    """Return a file's text; `None` where there is no such file. Raises `UserError`."""
    content = read_bytes_if_there(path, name)
    return None if content is None else decode_text(content, name or path)


def read_json(path: Path, name: object = None) -> Any:
    """Return what a JSON file holds. Raises `UserError`."""
    text = read_text(path, name)
    with naming(name or path):
        return parse_json(text)


def read_yaml(path: Path, name: object = None) -> Any:
    """Return what a YAML file holds; `None` for an empty one. Raises `UserError`."""
    from baseten_tei.facts.files.yaml_reader import parse_yaml

    text = read_text(path, name, LARGEST_YAML)
    with naming(name or path):
        return parse_yaml(text)


def decode_text(content: bytes, name: object) -> str:
    """Return a content's text, line ends as `\\n`. Raises `UserError` where it is not UTF-8."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(f"{name}: line {line} is not UTF-8: save the file as UTF-8") from error
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _is_readable(path: Path, number: int) -> bool:
    """Whether it is a file, a device such as /dev/null, or a pipe that a shell has opened, `<(…)`."""
    mode = os.fstat(number).st_mode
    if stat.S_ISFIFO(mode) and str(path).startswith(("/dev/fd/", "/dev/stdin", "/proc/self/fd/")):
        os.set_blocking(number, True)
        return True
    return stat.S_ISREG(mode) or stat.S_ISCHR(mode)
