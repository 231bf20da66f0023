"""sqlite-vec: a virtual table of vectors in a SQLite file, and a table that notes its space.

It is opened by apsw, since Python's own sqlite3 is often built without extensions.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, first_line, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.backfill._sinks import split_name
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.payloads import dump_payload
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_dimensions,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.errors import UsageError

try:
    import apsw
    import sqlite_vec
except ImportError as error:
    raise missing_extra("sqlite-vec", "sqlite-vec") from error

_DIMENSIONS = re.compile(r"\bembedding\s+\w+\s*\[(\d+)\]", re.IGNORECASE)
_NUMBERS = re.compile(r"\bid\s+integer\s+primary\s+key", re.IGNORECASE)
WAIT_MILLISECONDS = 30_000
"""How long to wait for another writer of the file."""


class SqliteVecSink:
    """A `vec0` table with id, embedding and payload (JSON); distances are cosines."""

    def __init__(self, file: str, table: str) -> None:
        self._file, self._name = file, table
        self._table = '"' + table.replace('"', '""') + '"'
        self._database: Any = None
        self._ids = Ids(False, self.name)

    @classmethod
    def at(cls, rest: str) -> Self:
        """Return the sink of a file, with the table's name behind it."""
        return cls(*split_name(rest, "sqlite-vec:FILE/TABLE"))

    @property
    def name(self) -> str:
        """Return file and table."""
        return f"sqlite-vec:{Path(self._file).resolve()}/{self._name}"

    def open(self, space: Space, example: Row) -> None:
        """Make the tables where they are missing, and note the space."""
        kind = "integer" if isinstance(example.id, int) else "text"
        try:
            self._database = apsw.Connection(self._file)
            self._database.set_busy_timeout(WAIT_MILLISECONDS)
            self._database.enable_load_extension(True)
            self._database.load_extension(sqlite_vec.loadable_path())
            with self._database:
                self._run(
                    f"CREATE TABLE IF NOT EXISTS {NOTE} (name TEXT PRIMARY KEY, space TEXT NOT NULL)"
                )
                self._run(
                    f"CREATE VIRTUAL TABLE IF NOT EXISTS {self._table} USING vec0(id {kind} primary key,"
                    f" embedding float[{dimensions_of(space)}] distance_metric=cosine, +payload text)"
                )
                note = self._run(f"SELECT space FROM {NOTE} WHERE name = ?", (self._name,)).get  # noqa: S608  # a constant
                has = self._run(f"SELECT 1 FROM {self._table} LIMIT 1").get  # noqa: S608  # quoted above
                check_noted_space(self.name, note, has is not None, space)
                check_dimensions(self.name, self._learn_columns(), space)
                keep = f"INSERT OR IGNORE INTO {NOTE} VALUES (?, ?)"  # noqa: S608  # a constant
                self._run(keep, (self._name, dump_space(space)))
        except apsw.Error as error:
            raise self._failed(error) from error

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which are in the table."""
        query = f"SELECT id FROM {self._table} WHERE id = ?"  # noqa: S608  # quoted above
        asked = self._ids.convert_all(ids)
        try:
            found = self._database.executemany(query, ((it,) for it in asked))
            return {asked[row[0]] for row in found}
        except apsw.Error as error:
            raise self._failed(error) from error

    def write(self, batch: Batch) -> None:
        """Replace the rows in one transaction; `vec0` has no upsert."""
        rows = [
            (self._ids.convert(row.id), vector.tobytes(), dump_payload(row))
            for row, vector in zip(batch.rows, batch.vectors, strict=True)
        ]
        try:
            with self._database:
                remove = f"DELETE FROM {self._table} WHERE id = ?"  # noqa: S608  # quoted above
                self._database.executemany(remove, ((it[0],) for it in rows))
                insert = f"INSERT INTO {self._table} (id, embedding, payload) VALUES (?, ?, ?)"  # noqa: S608  # the same
                self._database.executemany(insert, rows)
        except apsw.Error as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Do nothing: each chunk is committed."""

    def close(self) -> None:
        """Close the file."""
        if self._database is not None:
            self._database.close()

    def _learn_columns(self) -> int | None:
        """Learn what ids are, and return how long vectors are, as the columns were declared."""
        query = "SELECT sql FROM sqlite_master WHERE name = ?"
        declared = self._run(query, (self._name,)).get or ""
        self._ids = Ids(_NUMBERS.search(declared) is not None, self.name)
        dimensions = _DIMENSIONS.search(declared)
        return int(dimensions[1]) if dimensions else None

    def _run(self, query: str, values: Sequence[Any] = ()) -> Any:
        return self._database.execute(query, values)

    def _failed(self, error: Exception) -> Exception:
        if isinstance(error, apsw.CantOpenError):
            return UsageError(
                f"{self._file} cannot be opened: is its folder there, and may you write to it?"
            )
        return SinkError(f"{self.name}: {first_line(error)}")
