"""Parquet: part files in a folder or in object storage, each there whole or not at all."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row, digest_ids
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.parts import Parts, parts_at
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.backfill._storage import File, open_native

try:
    from pyarrow import ArrowException, parquet
except ImportError as error:
    raise missing_extra("Parquet", "parquet") from error


class ParquetSink:
    """Parts with columns id, vector and the payload's. It remembers the ids there by 8 bytes each."""

    def __init__(self, parts: Parts) -> None:
        self._parts, self._schema = parts, None
        self._seen = _Hashes()
        self._ids = Ids(False, self.name)

    @classmethod
    def at(cls, rest: str) -> Self:
        """Return the sink of this folder, or of this URL of object storage."""
        return cls(parts_at(rest))

    @property
    def name(self) -> str:
        """Return the place."""
        return self._parts.name

    def open(self, space: Space, example: Row) -> None:
        """Make the place, and read the ids of its parts."""
        from baseten_tei_client.backfill._sinks.table import check_schema, ids_of, make_schema

        self._parts.prepare()
        wanted = schema = make_schema(example, dimensions_of(space))
        for part in self._parts.list_parts():
            schema = self._read_part(part, space)
        check_schema(schema, wanted, self.name, space)
        self._ids = ids_of(schema, self.name)
        self._schema = schema.with_metadata({NOTE: dump_space(space)})

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which are in a part."""
        asked = self._ids.convert_all(ids)
        return {asked[it] for it in self._seen.among(list(asked))}

    def write(self, batch: Batch) -> None:
        """Write a part, named after its chunk and its ids."""
        from baseten_tei_client.backfill._sinks.table import make_table

        name = f"part-{batch.chunk:06d}-{digest_ids(batch.ids)}.parquet"
        self._parts.write(name, make_table(batch, self._schema))
        self._seen.add([self._ids.convert(it) for it in batch.ids])

    def finish(self) -> None:
        """Do nothing: each part is whole."""

    def close(self) -> None:
        """Do nothing: no part stays open."""

    def _read_part(self, part: File, space: Space) -> Any:
        """Take the ids of a part, and return its schema."""
        try:
            with open_native(part) as opened, parquet.ParquetFile(opened) as file:
                schema = file.schema_arrow
                note = (schema.metadata or {}).get(NOTE.encode())
                check_noted_space(str(part), note and note.decode(), True, space)
                for some in file.iter_batches(columns=["id"]):
                    self._seen.add(some.column(0).to_pylist())
        except (ArrowException, OSError, KeyError) as error:
            raise SinkError(f"{part} is not a part that a backfill wrote: {error}") from error
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
    """Return 8 bytes for each id: a number itself (Python's hash of -1 is that of -2), the hash of a text."""
    return np.fromiter((it if isinstance(it, int) else hash(it) for it in ids), np.int64, len(ids))
