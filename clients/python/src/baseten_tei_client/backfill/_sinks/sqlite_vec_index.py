"""sqlite-vec, read and searched."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import apsw
import numpy as np
import sqlite_vec

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import BATCH, Vectors, cut, stack_vectors
from baseten_tei_client.backfill._sinks.sink import NOTE
from baseten_tei_client.backfill._sinks.sqlite_vec_sink import WAIT_MILLISECONDS, SqliteVecSink
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats


class SqliteVecIndex(SqliteVecSink):
    """A `vec0` table with id and embedding."""

    def look(self) -> str | None:
        """Open the file to read, and return the note of the table."""
        if not Path(self._file).is_file():
            raise UsageError(f"{self._file} is not there")
        try:
            self._database = apsw.Connection(self._file, flags=apsw.SQLITE_OPEN_READONLY)
            self._database.set_busy_timeout(WAIT_MILLISECONDS)
            self._database.enable_load_extension(True)
            self._database.load_extension(sqlite_vec.loadable_path())
            names = "SELECT name FROM sqlite_master WHERE name IN (?, ?)"
            there = {it[0] for it in self._run(names, (NOTE, self._name))}
            if self._name not in there:
                raise UsageError(f"{self._file} has no table {self._name!r}")
            self._learn_columns()
            if NOTE not in there:
                return None
            query = f"SELECT space FROM {NOTE} WHERE name = ?"  # noqa: S608  # a constant
            note: str | None = self._run(query, (self._name,)).get
        except apsw.Error as error:
            raise self._failed(error) from error
        return note

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all rows."""
        try:
            rows = self._run(f"SELECT id, embedding FROM {self._table}")  # noqa: S608  # quoted
            for some in cut(rows, BATCH):
                yield (
                    [it[0] for it in some],
                    stack_vectors([np.frombuffer(it[1], np.float32) for it in some]),
                )
        except apsw.Error as error:
            raise self._failed(error) from error

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of rows by their ids."""
        query = f"SELECT id, embedding FROM {self._table} WHERE id = ?"  # noqa: S608  # quoted
        try:
            asked = self._ids.convert_all(ids)
            rows = self._database.executemany(query, ((it,) for it in asked))
            return {asked[it[0]]: np.frombuffer(it[1], np.float32) for it in rows}
        except apsw.Error as error:
            raise self._failed(error) from error

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the nearest rows of each."""
        query = f"SELECT id FROM {self._table} WHERE embedding MATCH ? AND k = ? ORDER BY distance"  # noqa: S608  # quoted
        try:
            return [
                [it[0] for it in self._run(query, (vector.astype(np.float32).tobytes(), k))]
                for vector in vectors
            ]
        except apsw.Error as error:
            raise self._failed(error) from error
