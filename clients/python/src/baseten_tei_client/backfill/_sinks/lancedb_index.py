"""LanceDB, read and searched."""

from collections.abc import Iterator, Mapping, Sequence

import lancedb

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import BATCH, Vectors
from baseten_tei_client.backfill._sinks.lancedb_sink import LanceSink, _literal
from baseten_tei_client.backfill._sinks.parquet_index import read_column
from baseten_tei_client.backfill._sinks.sink import NOTE
from baseten_tei_client.backfill._sinks.table import ids_of
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

_ERRORS = (RuntimeError, ValueError, OSError)


class LanceIndex(LanceSink):
    """A table. Its vector index, if it has one, says by which distance it is searched; else it is the cosine."""

    def look(self) -> str | None:
        """Open the table, and return its note."""
        try:
            self._table = lancedb.connect(self._uri).open_table(self._name)
        except _ERRORS as error:
            raise UsageError(f"{self.name} cannot be opened: is the table there?") from error
        if missing := {"id", "vector"} - set(self._table.schema.names):
            raise UsageError(f"{self.name}: the table has no column {min(missing)!r}")
        self._ids = ids_of(self._table.schema, self.name)
        self._distance = self._find_distance()
        note = (self._table.schema.metadata or {}).get(NOTE.encode())
        return note.decode() if note else None

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all rows."""
        try:
            query = (
                self._table.search()
                .select(["id", "vector"])
                .limit(max(1, self._table.count_rows()))
            )
            for some in query.to_batches(BATCH):
                yield some.column("id").to_pylist(), read_column(some.column("vector"))
        except _ERRORS as error:
            raise self._failed(error) from error

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of rows by their ids."""
        if not ids:
            return {}
        asked = self._ids.convert_all(ids)
        listed = ", ".join(map(_literal, asked))
        try:
            query = self._table.search().where(f"id IN ({listed})").select(["id", "vector"])
            found = query.limit(len(ids) * 2).to_arrow()
            vectors = read_column(found.column("vector").combine_chunks())
            names = [asked[it] for it in found.column("id").to_pylist()]
            return dict(zip(names, vectors, strict=True))
        except _ERRORS as error:
            raise self._failed(error) from error

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the nearest rows of each."""
        found = []
        try:
            for vector in vectors:
                query = self._table.search(vector, vector_column_name="vector")
                near = query.distance_type(self._distance).limit(k).select(["id", "_distance"])
                found.append(near.to_arrow().column("id").to_pylist())
        except _ERRORS as error:
            raise self._failed(error) from error
        return found

    def _find_distance(self) -> str:
        for it in self._table.list_indices():
            if "vector" in it.columns:
                stats = self._table.index_stats(it.name)
                return str((stats and stats.distance_type) or "cosine")
        return "cosine"
