"""PostgreSQL with pgvector, read and searched."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import BATCH, Vectors, cut, stack_vectors
from baseten_tei_client.backfill._sinks.pgvector_sink import PgvectorSink
from baseten_tei_client.backfill._sinks.pgvector_table import Table
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

_EXTENSION = "SELECT FROM pg_extension WHERE extname = 'vector'"
_OPERATORS = {"cosine": "<=>", "l2": "<->", "ip": "<#>"}
_OPCLASS = (
    "SELECT o.opcname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
    " JOIN pg_opclass o ON o.oid = i.indclass[0] WHERE i.indrelid = %s::regclass AND a.attname = %s"
)


class PgvectorIndex(PgvectorSink):
    """A column of vectors. The index on it says by which distance it is searched; without one it is the cosine."""

    def look(self) -> str | None:
        """Connect, and return the note at the column."""
        try:
            connection = psycopg.connect(self._url, autocommit=True)
            self._opened = Table(connection, self.name, *self._names)
            if connection.execute(_EXTENSION).fetchone() is None:
                raise UsageError(f"{self.name}: the database has no extension `vector`")
            register_vector(connection)
            self._opened.look()
            self._operator = self._find_operator()
            return self._opened.note()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all rows that have a vector, through a cursor of the server's."""
        query = self._table.compose("SELECT {id}, {column} FROM {table} WHERE {column} IS NOT NULL")
        connection = self._table.connection
        try:
            with connection.transaction(), connection.cursor("verification") as rows:
                rows.itersize = BATCH
                for some in cut(rows.execute(query), BATCH):
                    ids = [_as_id(it[0]) for it in some]
                    yield ids, stack_vectors([_as_array(it[1]) for it in some])
        except psycopg.Error as error:
            raise self._failed(error) from error

    def read(self, ids: Sequence[Id]) -> Mapping[Id, Floats]:
        """Return the vectors of rows by their ids."""
        asked = {str(it): it for it in ids}
        query = (
            "SELECT ids.asked, {column} FROM unnest(%s::text[]) ids(asked) JOIN {table}"
            " ON {table}.{id} = ids.asked::{type} WHERE {column} IS NOT NULL"
        )
        try:
            found = self._table.run(query, (list(asked),))
            return {asked[it[0]]: _as_array(it[1]) for it in found}
        except psycopg.Error as error:
            raise self._failed(error) from error

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the nearest rows of each."""
        query = (
            "SELECT {id} FROM {table} WHERE {column} IS NOT NULL"
            " ORDER BY {column} {operator} %s::{kind} LIMIT %s"
        )
        kind = self._table.kept[self._names[1]].kind
        parts = {"operator": sql.SQL(self._operator), "kind": sql.Identifier(kind)}
        try:
            return [
                [_as_id(it[0]) for it in self._table.run(query, (vector, k), **parts)]
                for vector in vectors
            ]
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _find_operator(self) -> str:
        for (name,) in self._table.run(_OPCLASS, (self._table.quoted, self._names[1])):
            for word, operator in _OPERATORS.items():
                if f"_{word}_" in name:
                    return operator
        return _OPERATORS["cosine"]


def _as_id(value: Any) -> Id:
    """Return an id as a source has it."""
    return value if isinstance(value, int) else str(value)


def _as_array(value: Any) -> Floats:
    array: Floats = value.to_numpy() if hasattr(value, "to_numpy") else value
    return array
