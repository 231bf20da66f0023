"""PostgreSQL with pgvector, read and searched."""

import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import sql

from baseten_tei_client.backfill._rows import Id
from baseten_tei_client.backfill._sinks.index import BATCH, Vectors, cut, stack_vectors
from baseten_tei_client.backfill._sinks.pgvector_sink import PgvectorSink
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

_OPERATORS = {"cosine": "<=>", "l2": "<->", "ip": "<#>"}
_OPCLASS = (
    "SELECT o.opcname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]"
    " JOIN pg_opclass o ON o.oid = i.indclass[0] WHERE i.indrelid = %s::regclass AND a.attname = %s"
)


class PgvectorIndex(PgvectorSink):
    """A column of vectors. The index on it says by which distance it is searched; without one it is the cosine."""

    def look(self) -> str | None:
        """Connect, and return the note at the column."""
        table, column, name = self._names
        try:
            self._connection = psycopg.connect(self._url, autocommit=True)
            if not self._run("SELECT to_regtype('vector')").fetchone()[0]:
                raise UsageError(f"{self.name}: the database has no extension `vector`")
            register_vector(self._connection)
            where = self._table.as_string(None)
            if not self._connection.execute("SELECT to_regclass(%s)", [where]).fetchone()[0]:
                raise UsageError(f"{self.name}: there is no table {table!r}")
            described = self._run("SELECT * FROM {table} LIMIT 0").description or []
            types = {it.name: it.type_display for it in described}
            for wanted, parameter in ((column, "column"), (name, "id")):
                if wanted not in types:
                    raise UsageError(
                        f"{self.name}: the table has no column {wanted!r}: add &{parameter}=COLUMN"
                    )
            self._kind, self._type = types[name], types[column].partition("(")[0]
            self._operator = self._find_operator()
            return self._note()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def count(self) -> int:
        """Return how many rows have a vector."""
        return int(self._run("SELECT count({column}) FROM {table}").fetchone()[0])

    def scan(self) -> Iterator[tuple[list[Id], Vectors]]:
        """Yield all rows that have a vector, through a cursor of the server's."""
        query = self._sql("SELECT {id}, {column} FROM {table} WHERE {column} IS NOT NULL")
        connection = self._open_connection()
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
        asked = {self._convert(it): it for it in ids}
        query = "SELECT {id}, {column} FROM {table} WHERE {id} = ANY(%s) AND {column} IS NOT NULL"
        try:
            return {asked[it[0]]: _as_array(it[1]) for it in self._run(query, (list(asked),))}
        except psycopg.Error as error:
            raise self._failed(error) from error

    def search(self, vectors: Floats, k: int) -> list[list[Id]]:
        """Return the nearest rows of each."""
        query = (
            "SELECT {id} FROM {table} WHERE {column} IS NOT NULL"
            " ORDER BY {column} {operator} %s::{type} LIMIT %s"
        )
        parts = {"operator": sql.SQL(self._operator), "type": sql.SQL(self._type)}
        try:
            return [
                [_as_id(it[0]) for it in self._run(query, (vector, k), **parts)]
                for vector in vectors
            ]
        except psycopg.Error as error:
            raise self._failed(error) from error

    def _find_operator(self) -> str:
        where = self._table.as_string(None)
        for (name,) in self._run(_OPCLASS, (where, self._names[1])):
            for word, operator in _OPERATORS.items():
                if f"_{word}_" in name:
                    return operator
        return _OPERATORS["cosine"]


def _as_id(value: Any) -> Id:
    """Return an id as a source has it."""
    found: Id = str(value) if isinstance(value, uuid.UUID) else value
    return found


def _as_array(value: Any) -> Floats:
    array: Floats = value.to_numpy() if hasattr(value, "to_numpy") else value
    return array
