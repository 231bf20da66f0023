"""Files of this machine and of object storage, the latter through pyarrow's file systems."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, Any
from urllib.parse import urlsplit

from baseten_tei_client.backfill._errors import missing_extra
from baseten_tei_client.errors import UsageError

OBJECT_STORES = ("s3", "gs", "gcs", "abfs", "abfss")
"""Schemes of URLs. What stands behind one is there whole or not at all once it is written."""


@dataclass(frozen=True)
class StoredFile:
    """An object, which looks like a `Path` as far as readers need."""

    filesystem: Any
    path: str
    scheme: str

    @property
    def name(self) -> str:
        """Return the last part of its path."""
        return PurePosixPath(self.path).name

    def __str__(self) -> str:
        return f"{self.scheme}://{self.path}"


File = Path | StoredFile


def is_stored(where: str | Path) -> bool:
    """Return whether this is a URL of object storage."""
    return str(where).partition("://")[0] in OBJECT_STORES and "://" in str(where)


def open_binary(file: File) -> IO[bytes]:
    """Open a file for reading."""
    if isinstance(file, Path):
        return file.open("rb")
    opened: IO[bytes] = file.filesystem.open_input_file(file.path)
    return opened


def open_native(file: File) -> Any:
    """Open a file for reading by pyarrow, which then reads without Python."""
    if isinstance(file, Path):
        import pyarrow as pa

        return pa.OSFile(str(file), "rb")
    return file.filesystem.open_input_file(file.path)


def open_filesystem(url: str) -> tuple[Any, str]:
    """Return the file system of a URL and the path there. Raises `UsageError`, also for a URL with a key in it."""
    if urlsplit(url).password:
        raise UsageError(
            "a URL of object storage must not have a key, which lists and logs would show: use the provider's own "
            "variables, files or roles (AWS_ACCESS_KEY_ID, AWS_PROFILE, GOOGLE_APPLICATION_CREDENTIALS, …)"
        )
    try:
        from pyarrow import fs  # an extra
    except ImportError as error:
        raise missing_extra("Object storage", "parquet") from error
    try:
        filesystem, path = fs.FileSystem.from_uri(url)
    except (OSError, ValueError, NotImplementedError) as error:
        raise UsageError(f"{without_query(url)} cannot be opened: {error}") from error
    return filesystem, path.rstrip("/")


def find_stored(url: str) -> tuple[str, list[StoredFile]]:
    """Return the folder that a URL means, and all files there; of a pattern (`*`) those that it names."""
    address, mark, query = url.partition("?")
    parts = address.rstrip("/").split("/")
    first = next((n for n, it in enumerate(parts) if "*" in it), len(parts))
    filesystem, folder = open_filesystem("/".join(parts[:first]) + mark + query)
    pattern = parts[first:]
    found = list_files(filesystem, folder, address.partition("://")[0])
    if pattern:
        found = [it for it in found if _is_named(it.path.removeprefix(f"{folder}/"), pattern)]
    return folder, found


def list_files(filesystem: Any, folder: str, scheme: str) -> list[StoredFile]:
    """Return the files in a folder and below, or the one file of this path, by name. Raises `UsageError`."""
    from pyarrow import fs

    with _explained(f"{scheme}://{folder}"):
        found = [filesystem.get_file_info(folder)]
        if found[0].type != fs.FileType.File:
            selector = fs.FileSelector(folder, recursive=True, allow_not_found=True)
            found = filesystem.get_file_info(selector)
    files = sorted(it.path for it in found if it.type == fs.FileType.File and it.size)
    return [StoredFile(filesystem, it, scheme) for it in files]


def without_query(url: str) -> str:
    """Return a URL without its options."""
    return url.partition("?")[0].rstrip("/")


def _is_named(path: str, pattern: list[str]) -> bool:
    parts = path.split("/")
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


@contextmanager
def _explained(where: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{where} cannot be read: {error}") from error
