"""Where Parquet's part files are: a folder of this machine, or a prefix in object storage."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._storage import (
    File,
    StoredFile,
    is_stored,
    list_files,
    open_filesystem,
    without_query,
)
from baseten_tei_client.errors import UsageError

try:
    import pyarrow as pa
    from pyarrow import fs, parquet
except ImportError as error:
    raise missing_extra("Parquet", "parquet") from error


class Parts(Protocol):
    """A place for parts. A part is there whole or not at all; another of its name replaces it."""

    @property
    def name(self) -> str:
        """Return the place, as a user names it."""
        ...

    def prepare(self) -> None:
        """Make the place, and remove what a dead run left half written. Raises `UsageError`."""
        ...

    def list_parts(self) -> list[File]:
        """Return the parts that are there, by name."""
        ...

    def find(self, name: str) -> File | None:
        """Return a part; `None` if it is not there."""
        ...

    def write(self, name: str, table: Any) -> None:
        """Write a part, which is there for good when it returns. Raises `SinkError`."""
        ...


def parts_at(where: str) -> Parts:
    """Return the place of parts that a path or a URL names."""
    if is_stored(where):
        return StoredParts(*open_filesystem(where), without_query(where))
    if "://" in where:
        raise UsageError(f"{where!r:.200}: Parquet is written to a folder, s3://, gs:// or abfs://")
    return FolderParts(Path(where))


@dataclass(frozen=True)
class FolderParts:
    """Parts in a folder: each is written beside its place, synced and renamed."""

    folder: Path

    @property
    def name(self) -> str:
        """Return the folder's whole path."""
        return f"parquet:{self.folder.resolve()}"

    def prepare(self) -> None:
        """Make the folder."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self.folder}: {error.strerror}: name a folder") from error
        for rest in self.folder.glob(".part-*.tmp"):
            rest.unlink(missing_ok=True)

    def list_parts(self) -> list[File]:
        """Return the files of Parquet."""
        return [*sorted(self.folder.glob("*.parquet"))]

    def find(self, name: str) -> File | None:
        """Return the file of this name."""
        path = self.folder / name
        return path if path.exists() else None

    def write(self, name: str, table: Any) -> None:
        """Write a file; two that write the same do not meet."""
        new = self.folder / f".{name}.{uuid4().hex}.tmp"
        try:
            with new.open("wb") as file:
                _write_table(table, file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self.folder / name)
            _sync_folder(self.folder)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise SinkError(f"{self.folder / name} cannot be written: {error.strerror}") from error


def _write_table(table: Any, to: Any) -> None:
    """Write Parquet, with a dictionary only of the payload's values: vectors and ids hardly come twice."""
    payload = [name for name in table.column_names if name not in ("id", "vector")]
    parquet.write_table(table, to, use_dictionary=payload or False)


@dataclass(frozen=True)
class StoredParts:
    """Parts below a prefix of object storage, each put there at once."""

    filesystem: Any
    path: str
    name: str

    def prepare(self) -> None:
        """Do nothing: prefixes need not be made, and nothing is half there."""

    def list_parts(self) -> list[File]:
        """Return the objects of Parquet that are not in a folder below."""
        found = list_files(self.filesystem, self.path, self._scheme)
        direct = [it for it in found if it.path == f"{self.path}/{it.name}"]
        return [it for it in direct if it.name.endswith(".parquet") and it.name[0] not in "._"]

    def find(self, name: str) -> File | None:
        """Return the object of this name."""
        with _as_sink_error(f"{self.name}/{name} cannot be read"):
            info = self.filesystem.get_file_info(f"{self.path}/{name}")
        is_there = info.type == fs.FileType.File and info.size
        return StoredFile(self.filesystem, info.path, self._scheme) if is_there else None

    def write(self, name: str, table: Any) -> None:
        """Put an object."""
        whole = pa.BufferOutputStream()
        _write_table(table, whole)
        with (
            _as_sink_error(f"{self.name}/{name} cannot be written"),
            self.filesystem.open_output_stream(f"{self.path}/{name}") as stream,
        ):
            stream.write(whole.getvalue())

    @property
    def _scheme(self) -> str:
        return self.name.partition("://")[0]


@contextmanager
def _as_sink_error(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SinkError(f"{what}: {error}") from error


def _sync_folder(folder: Path) -> None:
    """Make a rename last through a loss of power, where the system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:  # Windows opens no folder
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
