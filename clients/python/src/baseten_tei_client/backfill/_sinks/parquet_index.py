"""Parquet, read and searched: every vector is compared, part by part, so that memory stays small."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pyarrow import ArrowException, parquet

from baseten_tei_client.backfill._errors import SinkError
from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import BATCH, Vectors, as_vector, stack_vectors
from baseten_tei_client.backfill._sinks.nearest import find_nearest
from baseten_tei_client.backfill._sinks.parquet_sink import ParquetSink
from baseten_tei_client.backfill._sinks.sink import NOTE
from baseten_tei_client.backfill._sinks.table import ids_of
from baseten_tei_client.backfill._storage import File, open_native
from baseten_tei_client.errors import SpaceMismatchError, UsageError
from baseten_tei_client.results import Floats


class ParquetIndex(ParquetSink):
    """A folder of parts. A search reads all of it."""

    def look(self) -> str | None:
        """Read the ids and the note of each part."""
        self._files = self._parts.list_parts()
        if not self._files:
            raise UsageError(f"{self.name} has no part of Parquet: is the place right?")
        notes = {self._look_at(it) for it in self._files}
        if len(notes) > 1:
            raise SpaceMismatchError(
                f"{self.name} has parts with different notes of their space: fill another place"
            )
        return notes.pop()

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield the rows of one part after the other."""
        for it in self._files:
            try:
                with open_native(it) as opened, parquet.ParquetFile(opened) as file:
                    for some in file.iter_batches(batch_size=BATCH, columns=["id", "vector"]):
                        yield some.column("id").to_pylist(), read_column(some.column("vector"))
            except (ArrowException, OSError) as error:
                raise SinkError(f"{it} cannot be read: {error}") from error

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of rows, which a look at all of them finds."""
        wanted = self._ids.convert_all(ids)
        found: dict[Id, Floats] = {}
        for names, vectors in self.scan():
            for name, vector in zip(names, vectors, strict=True):
                if name in wanted:
                    found[wanted[name]] = vector
        return found

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the rows with the greatest cosines."""
        return find_nearest(vectors, k, self.scan())

    def _look_at(self, part: File) -> str | None:
        try:
            with open_native(part) as opened, parquet.ParquetFile(opened) as file:
                if missing := {"id", "vector"} - set(file.schema_arrow.names):
                    raise UsageError(f"{part} has no column {min(missing)!r}")
                self._ids = ids_of(file.schema_arrow, self.name)
                for some in file.iter_batches(columns=["id"]):
                    self._seen.add(some.column(0).to_pylist())
                note = (file.schema_arrow.metadata or {}).get(NOTE.encode())
        except (ArrowException, OSError) as error:
            raise SinkError(f"{part} is not Parquet: {error}") from error
        return note.decode() if note else None


def read_column(column: Any) -> Vectors:
    """Return a column of vectors as a matrix where they have one length."""
    import pyarrow as pa

    if pa.types.is_fixed_size_list(column.type) and not column.null_count:
        matrix: Floats = column.flatten().to_numpy(zero_copy_only=False)
        return matrix.reshape(len(column), column.type.list_size)
    return stack_vectors([as_vector(it) for it in column.to_pylist()])
