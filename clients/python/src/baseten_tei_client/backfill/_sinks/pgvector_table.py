"""A table of PostgreSQL that takes vectors: its columns, their types, and queries with their names."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from psycopg import Connection, sql

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._rows import Row
from baseten_tei_client.backfill._sinks.sink import NOTE, check_dimensions, dimensions_of
from baseten_tei_client.errors import UsageError

_COLUMNS = """
SELECT a.attname, n.nspname, t.typname, a.atttypmod, EXISTS (
  SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique AND i.indpred IS NULL
  AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum), col_description(a.attrelid, a.attnum)
FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_namespace n ON n.oid = t.typnamespace
WHERE a.attrelid = to_regclass(%s) AND a.attnum > 0 AND NOT a.attisdropped
"""
STAGED = ("id", "vector", "payload")


class Column(NamedTuple):
    """A column: schema and name of its type, the type's modifier, whether it is unique, its comment."""

    schema: str
    kind: str
    modifier: int
    is_unique: bool
    comment: str | None


@dataclass
class Table:
    """A table, and which of its columns have vectors and ids."""

    connection: "Connection[Any]"
    where: str
    table: str
    column: str
    id: str
    kept: Mapping[str, Column] = field(default_factory=dict)
    """The columns that are written, in the order of `STAGED`."""

    def make(self, example: Row, space: Space) -> None:
        """Make what is missing, and nothing else: whoever may only write to a table needs no more."""
        size = sql.SQL(str(dimensions_of(space)))
        if not (columns := self._columns()):
            self.run(
                "CREATE TABLE IF NOT EXISTS {table} ({id} {kind} PRIMARY KEY, {column} vector({size}){payload})",
                kind=sql.SQL("bigint" if isinstance(example.id, int) else "text"), size=size,
                payload=sql.SQL(", payload jsonb" if example.payload else ""),
            )  # fmt: skip
        elif self.column not in columns:
            self.run("ALTER TABLE {table} ADD COLUMN {column} vector({size})", size=size)
        self.look()
        self._check(self._columns(), example, space)

    def look(self) -> None:
        """Find the columns of ids and vectors. Raises `UsageError` where one is missing."""
        if not (columns := self._columns()):
            raise UsageError(f"{self.where}: there is no table {self.table!r}")
        for wanted, parameter in ((self.column, "column"), (self.id, "id")):
            if wanted not in columns:
                raise UsageError(
                    f"{self.where}: the table has no column {wanted!r}: add &{parameter}=COLUMN"
                )
        self.kept = {name: columns[name] for name in (self.id, self.column)}

    def note(self) -> str | None:
        """Return the space that is noted at the column."""
        text = self.kept[self.column].comment or ""
        return text.removeprefix(f"{NOTE}: ") if text.startswith(NOTE) else None

    def run(self, query: str, values: Any = None, **parts: sql.Composable) -> Any:
        """Run a query in which `{table}`, `{column}`, `{id}` and `{type}` (of ids) are this table's."""
        return self.connection.execute(self.compose(query, **parts), values)

    def compose(self, query: str, **parts: sql.Composable) -> sql.Composed:
        """Return the query with the table's names, and `{names}`, `{values}`, `{sets}` of what is staged."""
        values = {
            name: sql.SQL("staged.{}::{}").format(sql.Identifier(it), _type(column))
            for (name, column), it in zip(self.kept.items(), STAGED, strict=False)
        }
        sets = [
            sql.SQL("{} = {}").format(sql.Identifier(name), it)
            for name, it in values.items() if name != self.id
        ]  # fmt: skip
        if self.kept:
            parts["type"] = _type(self.kept[self.id])
        return sql.SQL(query).format(
            table=sql.Identifier(*self.table.split(".")), column=sql.Identifier(self.column),
            id=sql.Identifier(self.id), names=sql.SQL(", ").join(map(sql.Identifier, self.kept)),
            sets=sql.SQL(", ").join(sets), values=sql.SQL(", ").join(values.values()), **parts,
        )  # fmt: skip

    @property
    def quoted(self) -> str:
        """Return the table's name as SQL has it."""
        quoted: str = sql.Identifier(*self.table.split(".")).as_string(None)
        return quoted

    def _columns(self) -> dict[str, Column]:
        found = self.connection.execute(_COLUMNS, (self.quoted,))
        return {name: Column(*rest) for name, *rest in found}

    def _check(self, columns: Mapping[str, Column], example: Row, space: Space) -> None:
        """Raise `UsageError` for a table that cannot take these rows."""
        if not columns[self.id].is_unique:
            raise UsageError(
                f"{self.where}: rows are known by column {self.id!r}: give it a primary key or a unique index"
            )
        if example.payload and "payload" not in columns:
            raise UsageError(
                f"{self.where}: the table has no column payload (jsonb): add it, or keep no payload"
            )
        vectors = columns[self.column]
        if vectors.kind not in ("vector", "halfvec"):
            raise UsageError(
                f"{self.where} is of type {vectors.kind}, not vector or halfvec: name another column with &column="
            )
        check_dimensions(self.where, vectors.modifier if vectors.modifier > 0 else None, space)
        if example.payload:
            self.kept = {**self.kept, "payload": columns["payload"]}


def _type(column: Column) -> sql.Composable:
    """Return a column's type without its length, with which a cast would cut a text."""
    return sql.Identifier(column.schema, column.kind)
