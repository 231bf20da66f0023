"""Rows with vectors as an Arrow table, as Parquet and LanceDB keep them."""

import json
from collections.abc import Sequence
from typing import Any

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._errors import SinkError, first_line, missing_extra
from baseten_tei_client.backfill._rows import Batch, Row
from baseten_tei_client.backfill._sinks.ids import Ids
from baseten_tei_client.backfill._sinks.payloads import as_json, check_payload
from baseten_tei_client.backfill._sinks.sink import check_dimensions
from baseten_tei_client.errors import UsageError

try:
    import pyarrow as pa
except ImportError as error:
    raise missing_extra("Arrow", "parquet") from error

OWN = ("id", "vector")


def make_schema(example: Row, dimensions: int) -> Any:
    """Return the schema for rows like this one: id, vector, and a column for each of the payload."""
    check_payload(example, "the store", OWN)
    payload = [pa.field(name, _type_of(value)) for name, value in example.payload.items()]
    kind = pa.int64() if isinstance(example.id, int) else pa.string()
    vector = pa.list_(pa.float32(), dimensions)
    return pa.schema([pa.field("id", kind), pa.field("vector", vector), *payload])


def check_schema(there: Any, wanted: Any, where: str, space: Space) -> None:
    """Raise `UsageError` where the columns that are there cannot take these rows."""
    for name in wanted.names:
        if name not in there.names:
            raise UsageError(f"{where} has no column {name!r}: leave it out, or fill another index")
    vector = there.field("vector").type
    if not pa.types.is_fixed_size_list(vector):
        raise UsageError(f"{where}: column 'vector' is {vector}, not a list of fixed size")
    check_dimensions(where, vector.list_size, space)


def ids_of(schema: Any, where: str) -> Ids:
    """Return what ids are with this schema."""
    has = "id" in schema.names
    return Ids(has and pa.types.is_integer(schema.field("id").type), where)


def make_table(batch: Batch, schema: Any) -> Any:
    """Return the rows with this schema. Raises `SinkError` for a value that does not fit it."""
    ids = ids_of(schema, "the store")
    columns: list[Any] = []
    for field in schema:
        if field.name == "vector":
            flat = pa.array(batch.vectors.reshape(-1), pa.float32())
            columns.append(pa.FixedSizeListArray.from_arrays(flat, batch.vectors.shape[1]))
        elif field.name == "id":
            columns.append(pa.array([ids.convert(it) for it in batch.ids], field.type))
        else:
            columns.append(_column(field, batch.rows))
    _check_names(batch.rows, set(schema.names))
    return pa.table(columns, schema=schema)


def _check_names(rows: Sequence[Row], names: set[str]) -> None:
    """Raise `SinkError` for a payload that would be left out."""
    for row in rows:
        if more := row.payload.keys() - names:
            raise SinkError(
                f"row {row.id!r:.60} has {min(more)!r} in its payload, and the rows before it have not: give all rows "
                "the same"
            )


def _column(field: Any, rows: Sequence[Row]) -> Any:
    """Return a column of the payload. Raises `SinkError` for a value that does not fit, with its row."""
    is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
    values = [as_json(row.payload.get(field.name)) for row in rows]
    if is_text:
        return pa.array([_text(it) for it in values], field.type)
    try:
        return pa.array(values).cast(field.type)
    except (pa.ArrowException, OverflowError):
        for row, value in zip(rows, values, strict=True):
            _check_fit(field, row, value)
        raise


def _check_fit(field: Any, row: Row, value: Any) -> None:
    try:
        pa.array([value]).cast(field.type)
    except (pa.ArrowException, OverflowError) as error:
        raise SinkError(
            f"row {row.id!r:.60}: {field.name!r} is {field.type}, as in the first row, and not {value!r:.60} "
            f"({first_line(error):.100}): make them alike, or leave the column out"
        ) from error


def _text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _type_of(value: Any) -> Any:
    """Return a column's type; text, or JSON as text, for what is nothing simpler."""
    simple = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    return simple.get(type(value), pa.string())
