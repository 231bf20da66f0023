"""PostgreSQL with pgvector: a table of its own, or a column of one that has the rows already."""

import uuid
from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

try:
    import psycopg
    from pgvector.psycopg import register_vector
    from psycopg import sql
    from psycopg.types.json import Jsonb
except ImportError as error:
    raise missing_extra("PostgreSQL", "pgvector") from error

_FORM = "postgresql://USER@HOST/DATABASE?table=TABLE"


class PgvectorSink:
    """A column of type vector. Rows are staged by COPY, then update or join the table in one transaction."""

    def __init__(self, url: str, table: str, column: str = "embedding", id: str = "id") -> None:  # noqa: A002  # its name there
        self._url, self._names = url, (table, column, id)
        self._table = sql.Identifier(*table.split("."))
        self._column, self._id = sql.Identifier(column), sql.Identifier(id)
        self._has_payload, self._kind = False, "text"
        self._connection: psycopg.Connection[Any] | None = None

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the sink of a URL with `table=`, and `column=` and `id=` if they are others than these."""
        parts = urlsplit(url)
        query = dict(parse_qsl(parts.query))
        own = {key: query.pop(key) for key in ("table", "column", "id") if key in query}
        if not own.get("table"):
            raise UsageError(f"the URL of PostgreSQL has no table: {_FORM}")
        return cls(urlunsplit(parts._replace(query=urlencode(query))), **own)

    @property
    def name(self) -> str:
        """Return the column, without the password that the URL may have."""
        parts = urlsplit(self._url)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
        return f"postgresql://{host}{parts.path} {'.'.join(self._names[:2])}"

    def open(self, space: Space, example: Row) -> None:
        """Make the extension, the table and the column where they are missing, and note the space at the column."""
        try:
            self._connection = psycopg.connect(self._url, autocommit=True)
            self._run("CREATE EXTENSION IF NOT EXISTS vector")
            register_vector(self._connection)
            self._make(example, dimensions_of(space))
            note = self._note()
            has = self._run("SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1").fetchone()
            check_noted_space(self.name, note, has is not None, space)
            if note is None:
                text = sql.Literal(f"{NOTE}: {dump_space(space)}")
                self._run("COMMENT ON COLUMN {table}.{column} IS {text}", text=text)
            self._stage()
        except psycopg.Error as error:
            raise self._failed(error) from error

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which have a vector."""
        try:
            asked = {self._convert(it): it for it in ids}
            query = "SELECT {id} FROM {table} WHERE {id} = ANY(%s) AND {column} IS NOT NULL"
            return {asked[row[0]] for row in self._run(query, (list(asked),))}
        except psycopg.Error as error:
            raise self._failed(error) from error

    def write(self, batch: Batch) -> None:
        """Set the vector of rows that are there, and insert those that are not."""
        connection = self._open_connection()
        try:
            with connection.transaction(), connection.cursor() as cursor:
                copy = self._sql("COPY staged ({names}) FROM STDIN WITH (FORMAT BINARY)")
                with cursor.copy(copy) as rows:
                    rows.set_types(self._types)
                    for row, vector in zip(batch.rows, batch.vectors, strict=True):
                        rows.write_row(self._values(row, vector))
                cursor.execute(self._sql(
                    "UPDATE {table} SET {sets} FROM staged WHERE {table}.{id} = staged.{id}"
                ))  # fmt: skip
                cursor.execute(self._sql(
                    "INSERT INTO {table} ({names}) SELECT {names} FROM staged WHERE NOT EXISTS"
                    " (SELECT 1 FROM {table} WHERE {table}.{id} = staged.{id})"
                    " ON CONFLICT ({id}) DO UPDATE SET {column} = EXCLUDED.{column}"
                ))  # fmt: skip
        except psycopg.Error as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Let the planner know what the table holds now."""
        self._run("ANALYZE {table}")

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None:
            self._connection.close()

    def _make(self, example: Row, dimensions: int) -> None:
        kind = sql.SQL("bigint" if isinstance(example.id, int) else "text")
        size = sql.SQL(str(dimensions))
        payload = sql.SQL(", payload jsonb" if example.payload else "")
        self._run(
            "CREATE TABLE IF NOT EXISTS {table} ({id} {kind} PRIMARY KEY, {column} vector({size}){payload})",
            kind=kind, size=size, payload=payload,
        )  # fmt: skip
        self._run("ALTER TABLE {table} ADD COLUMN IF NOT EXISTS {column} vector({size})", size=size)
        described = self._run("SELECT * FROM {table} LIMIT 0").description or []
        columns = {it.name: it.type_display for it in described}
        if self._names[2] not in columns:
            raise UsageError(
                f"{self.name}: the table has no column {self._names[2]!r}: add &id=COLUMN"
            )
        if example.payload and "payload" not in columns:
            raise UsageError(
                f"{self.name}: the table has no column payload (jsonb): add it, or keep no payload"
            )
        self._has_payload = bool(example.payload)
        self._kind = columns[self._names[2]]

    def _values(self, row: Row, vector: Floats) -> list[Any]:
        payload = [Jsonb(dict(row.payload))] if self._has_payload else []
        return [self._convert(row.id), vector, *payload]

    def _convert(self, row_id: Id) -> Any:
        """Return an id as its column has it. Raises `SinkError` for one that it cannot hold."""
        try:
            if self._kind in ("smallint", "integer", "bigint"):
                return int(row_id)
            return uuid.UUID(str(row_id)) if self._kind == "uuid" else str(row_id)
        except ValueError as error:
            raise SinkError(
                f"{self.name}: the id {row_id!r:.60} is not {self._kind}, as the table's are"
            ) from error

    def _stage(self) -> None:
        """Make a table of this session for the rows of one chunk, and learn its types."""
        self._run(
            "CREATE TEMP TABLE staged ON COMMIT DELETE ROWS AS SELECT {names} FROM {table} LIMIT 0"
        )
        self._types = [
            it.type_code for it in self._run("SELECT {names} FROM staged").description or []
        ]

    def _note(self) -> str | None:
        query = (
            "SELECT col_description(%s::regclass, attnum) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attname = %s"
        )
        table = self._table.as_string(None)
        found = self._run(query, (table, table, self._names[1])).fetchone()
        text = found[0] if found else None
        return text.removeprefix(f"{NOTE}: ") if text and text.startswith(NOTE) else None

    def _run(self, query: str, values: Sequence[Any] | None = None, **parts: sql.Composable) -> Any:
        return self._open_connection().execute(self._sql(query, **parts), values)

    def _sql(self, query: str, **parts: sql.Composable) -> sql.Composed:
        columns = [
            self._id,
            self._column,
            *([sql.Identifier("payload")] if self._has_payload else []),
        ]
        names = sql.SQL(", ").join(columns)
        sets = sql.SQL(", ").join(sql.SQL("{0} = staged.{0}").format(it) for it in columns[1:])
        return sql.SQL(query).format(
            table=self._table, column=self._column, id=self._id, names=names, sets=sets, **parts
        )

    def _open_connection(self) -> "psycopg.Connection[Any]":
        if self._connection is None:
            raise UsageError(f"{self.name} is not open")
        return self._connection

    def _failed(self, error: Exception) -> SinkError:
        return SinkError(
            f"{self.name}: {str(error).strip().splitlines()[0] if str(error) else type(error).__name__}"
        )
