"""PostgreSQL with pgvector: a table of its own, or a column of one that has the rows already."""

from collections.abc import Sequence
from typing import Any, Self
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, first_line, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.backfill._sinks.payloads import dump_payload
from baseten_tei_client.backfill._sinks.sink import NOTE, check_noted_space, dump_space
from baseten_tei_client.errors import UsageError

try:
    import psycopg
    from pgvector.psycopg import register_vector
    from psycopg import sql

    from baseten_tei_client.backfill._sinks.pgvector_table import Table
except ImportError as error:
    raise missing_extra("PostgreSQL", "pgvector") from error

_FORM = "postgresql://USER@HOST/DATABASE?table=TABLE"


class PgvectorSink:
    """A column of type vector or halfvec. Rows are staged by COPY, then update or join the table in one transaction.

    They are staged as text and cast there, so that ids may be of any type that PostgreSQL reads from text.
    """

    def __init__(self, url: str, table: str, column: str = "embedding", id: str = "id") -> None:  # noqa: A002  # its name there
        self._url, self._names = url, (table, column, id)
        self._opened: Table | None = None

    @classmethod
    def at(cls, url: str) -> Self:
        """Return the sink of a URL with `table=`, and `column=` and `id=` if they are others than these."""
        parts = _split(url)
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
            self._opened = self._connect()
            self._opened.make(example, space)
            note = self._opened.note()
            has = self._table.run("SELECT 1 FROM {table} WHERE {column} IS NOT NULL LIMIT 1")
            check_noted_space(self.name, note, has.fetchone() is not None, space)
            if note is None:
                text = sql.Literal(f"{NOTE}: {dump_space(space)}")
                self._table.run("COMMENT ON COLUMN {table}.{column} IS {text}", text=text)
        except psycopg.Error as error:
            raise self._failed(error) from error

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which have a vector."""
        asked = {str(it): it for it in ids}
        query = (
            "SELECT ids.asked FROM unnest(%s::text[]) ids(asked) WHERE EXISTS"
            " (SELECT FROM {table} WHERE {table}.{id} = ids.asked::{type} AND {column} IS NOT NULL)"
        )
        try:
            return {asked[row[0]] for row in self._table.run(query, (list(asked),))}
        except psycopg.Error as error:
            raise self._failed(error) from error

    def write(self, batch: Batch) -> None:
        """Set the vector of rows that are there, and insert those that are not."""
        table = self._table
        try:
            with table.connection.transaction():
                self._stage(batch, table.connection)
                table.run(
                    "UPDATE {table} SET {sets} FROM staged WHERE {table}.{id} = staged.id::{type}"
                )
                table.run(
                    "INSERT INTO {table} ({names}) SELECT {values} FROM staged WHERE NOT EXISTS"
                    " (SELECT FROM {table} WHERE {table}.{id} = staged.id::{type})"
                    " ON CONFLICT ({id}) DO UPDATE SET {column} = EXCLUDED.{column}"
                )
        except psycopg.Error as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Let the planner know what the table holds now."""
        try:
            self._table.run("ANALYZE {table}")
        except psycopg.Error as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Close the connection."""
        if self._opened is not None:
            self._opened.connection.close()

    def _connect(self) -> Table:
        connection = psycopg.connect(self._url, autocommit=True)
        extension = "SELECT FROM pg_extension WHERE extname = 'vector'"
        if connection.execute(extension).fetchone() is None:
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        staged = "id text, vector vector, payload text"
        connection.execute(f"CREATE TEMP TABLE staged ({staged}) ON COMMIT DELETE ROWS")
        return Table(connection, self.name, *self._names)

    def _stage(self, batch: Batch, connection: "psycopg.Connection[Any]") -> None:
        with connection.cursor() as cursor, cursor.copy("COPY staged FROM STDIN (FORMAT BINARY)") as rows:  # fmt: skip
            rows.set_types(["text", "vector", "text"])
            for row, vector in zip(batch.rows, batch.vectors, strict=True):
                rows.write_row([str(row.id), vector, dump_payload(row, without_nul=True)])

    @property
    def _table(self) -> Table:
        if self._opened is None:
            raise UsageError(f"{self.name} is not open")
        return self._opened

    def _failed(self, error: Exception) -> SinkError:
        return SinkError(f"{self.name}: {first_line(error)}")


def _split(url: str) -> SplitResult:
    """Return the parts of a URL. Raises `UsageError` for one that cannot be."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise UsageError(f"the URL of PostgreSQL cannot be read: {error}: {_FORM}") from error
    return parts
