"""LanceDB: a table, whose schema notes the space."""

from collections.abc import Sequence
from typing import Any, Self

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, first_line, missing_extra
from baseten_tei_client.backfill._rows import Batch, Id, Row
from baseten_tei_client.backfill._sinks import split_name
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.errors import UsageError

try:
    import lancedb
except ImportError as error:
    raise missing_extra("LanceDB", "lancedb") from error


class LanceSink:
    """A table with columns id, vector and the payload's."""

    def __init__(self, uri: str, table: str) -> None:
        self._uri, self._name = uri, table
        self._table: Any = None
        self._ids = Ids(False, self.name)

    @classmethod
    def at(cls, rest: str) -> Self:
        """Return the sink of a database's folder or URI, with the table's name behind it."""
        return cls(*split_name(rest, "lancedb:FOLDER/TABLE"))

    @property
    def name(self) -> str:
        """Return database and table."""
        return f"lancedb:{self._uri}/{self._name}"

    def open(self, space: Space, example: Row) -> None:
        """Make the table if it is not there, with its space."""
        from baseten_tei_client.backfill._sinks.table import check_schema, ids_of, make_schema

        schema = make_schema(example, dimensions_of(space)).with_metadata({NOTE: dump_space(space)})
        try:
            self._table = self._open_or_make(schema)
            self._ids = ids_of(self._table.schema, self.name)
            note = (self._table.schema.metadata or {}).get(NOTE.encode())
            has = self._table.count_rows() > 0
        except (RuntimeError, ValueError, OSError) as error:
            raise self._failed(error) from error
        check_noted_space(self.name, note and note.decode(), has, space)
        if note is None:
            raise UsageError(
                f"{self.name} was not made by a backfill, and notes no space: name a table that is not there"
            )
        check_schema(self._table.schema, schema, self.name, space)

    def _open_or_make(self, schema: Any) -> Any:
        database = lancedb.connect(self._uri)
        try:
            return database.open_table(self._name)
        except ValueError:  # it is not there
            return database.create_table(self._name, schema=schema)

    def known(self, ids: Sequence[Id]) -> set[Id]:
        """Return which are in the table."""
        asked = self._ids.convert_all(ids)
        listed = ", ".join(map(_literal, asked))
        try:
            query = self._table.search().where(f"id IN ({listed})").select(["id"])
            found = query.limit(len(ids)).to_arrow().column("id").to_pylist()
            return {asked[it] for it in found}
        except (RuntimeError, ValueError, OSError) as error:
            raise self._failed(error) from error

    def write(self, batch: Batch) -> None:
        """Merge the rows into the table by their ids."""
        from baseten_tei_client.backfill._sinks.table import make_table

        rows = make_table(batch, self._table.schema)
        try:
            merge = self._table.merge_insert("id").when_matched_update_all()
            merge.when_not_matched_insert_all().execute(rows)
        except (RuntimeError, ValueError, OSError) as error:
            raise self._failed(error) from error

    def finish(self) -> None:
        """Make fewer files of what many small writes left."""
        try:
            self._table.optimize()
        except (RuntimeError, ValueError, OSError) as error:
            raise self._failed(error) from error

    def close(self) -> None:
        """Forget the table; LanceDB has no connection to close."""
        self._table = None

    def _failed(self, error: Exception) -> SinkError:
        return SinkError(f"{self.name}: {first_line(error)}")


def _literal(row_id: Id) -> str:
    return str(row_id) if isinstance(row_id, int) else "'" + row_id.replace("'", "''") + "'"
