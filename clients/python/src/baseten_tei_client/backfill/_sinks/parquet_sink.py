"""Parquet: a folder of part files, each written beside its place and renamed."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row, digest_ids
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.errors import UsageError

try:
    from pyarrow import ArrowException, parquet
except ImportError as error:
    raise missing_extra("Parquet", "parquet") from error


class ParquetSink:
    """A folder with columns id, vector and the payload's. It remembers the ids there by 8 bytes each."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._schema = folder, None
        self._seen = _Hashes()

    @classmethod
    def at(cls, rest: str) -> Self:
        """Return the sink of this folder."""
        if "://" in rest:
            raise UsageError(f"{rest!r:.200}: Parquet is written to a folder of this machine")
        return cls(Path(rest))

    @property
    def name(self) -> str:
        """Return the folder."""
        return f"parquet:{self._folder.resolve()}"

    def open(self, space: Space, example: Row) -> None:
        """Make the folder, read the ids of its parts, and remove what a dead run left half written."""
        from baseten_tei_client.backfill._sinks.table import make_schema

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{self._folder}: {error.strerror}: name a folder") from error
        for rest in self._folder.glob(".part-*.tmp"):
            rest.unlink(missing_ok=True)
        schema = make_schema(example, dimensions_of(space))
        for path in sorted(self._folder.glob("*.parquet")):
            schema = self._read_part(path, space)
        self._schema = schema.with_metadata({NOTE: dump_space(space)})

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which are in a part."""
        return self._seen.among(ids)

    def write(self, batch: Batch) -> None:
        """Write a part, named after its chunk and its ids."""
        from baseten_tei_client.backfill._sinks.table import make_table

        name = f"part-{batch.chunk:06d}-{digest_ids(batch.ids)}.parquet"
        new = self._folder / f".{name}.tmp"
        try:
            with new.open("wb") as file:
                parquet.write_table(make_table(batch, self._schema), file)
                file.flush()
                os.fsync(file.fileno())
            new.replace(self._folder / name)
            _sync_folder(self._folder)
        except OSError as error:
            new.unlink(missing_ok=True)
            raise SinkError(f"{self._folder / name} cannot be written: {error.strerror}") from error
        self._seen.add(batch.ids)

    def finish(self) -> None:
        """Do nothing: each part is whole."""

    def close(self) -> None:
        """Do nothing: no part stays open."""

    def _read_part(self, path: Path, space: Space) -> Any:
        """Take the ids of a part, and return its schema."""
        try:
            with parquet.ParquetFile(path) as file:
                schema = file.schema_arrow
                note = (schema.metadata or {}).get(NOTE.encode())
                check_noted_space(str(path), note and note.decode(), True, space)
                for some in file.iter_batches(columns=["id"]):
                    self._seen.add(some.column(0).to_pylist())
        except (ArrowException, OSError, KeyError) as error:
            raise SinkError(f"{path} is not a part that a backfill wrote: {error}") from error
        return schema


class _Hashes:
    """Which ids were seen, by their hashes: sorted arrays, some of which are merged now and then."""

    _MOST = 16

    def __init__(self) -> None:
        self._sorted: list[NDArray[np.int64]] = []

    def add(self, ids: Sequence[Id]) -> None:
        """Remember ids."""
        self._sorted.append(np.sort(_hash(ids)))
        if len(self._sorted) > self._MOST:
            self._sorted = [np.sort(np.concatenate(self._sorted))]

    def among(self, ids: Sequence[Id]) -> set[Id]:
        """Return which of these were seen."""
        hashes = _hash(ids)
        seen = np.zeros(len(hashes), bool)
        for some in self._sorted:
            places = np.minimum(np.searchsorted(some, hashes), len(some) - 1)
            seen |= some[places] == hashes
        return {it for it, is_seen in zip(ids, seen, strict=True) if is_seen}


def _hash(ids: Sequence[Id]) -> NDArray[np.int64]:
    return np.fromiter(map(hash, ids), np.int64, len(ids))


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
