"""Rows with vectors as an Arrow table, as Parquet and LanceDB keep them."""

import json
from collections.abc import Sequence
from typing import Any

from baseten_tei_client.backfill._errors import SinkError, missing_extra
from baseten_tei_client.backfill._rows import Batch, Row

try:
    import pyarrow as pa
except ImportError as error:
    raise missing_extra("Arrow", "parquet") from error


def make_schema(example: Row, dimensions: int) -> Any:
    """Return the schema for rows like this one: id, vector, and a column for each of the payload."""
    payload = [pa.field(name, _type_of(value)) for name, value in example.payload.items()]
    kind = pa.int64() if isinstance(example.id, int) else pa.string()
    vector = pa.list_(pa.float32(), dimensions)
    return pa.schema([pa.field("id", kind), pa.field("vector", vector), *payload])


def make_table(batch: Batch, schema: Any) -> Any:
    """Return the rows with this schema. Raises `SinkError` for a value that does not fit it."""
    columns: list[Any] = []
    for field in schema:
        if field.name == "vector":
            flat = pa.array(batch.vectors.reshape(-1), pa.float32())
            columns.append(pa.FixedSizeListArray.from_arrays(flat, batch.vectors.shape[1]))
        else:
            columns.append(_column(field, [_value(row, field.name) for row in batch.rows]))
    return pa.table(columns, schema=schema)


def _column(field: Any, values: Sequence[Any]) -> Any:
    if pa.types.is_string(field.type):
        values = [
            it if it is None or isinstance(it, str) else json.dumps(it, default=str)
            for it in values
        ]
    try:
        return pa.array(values, field.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError) as error:
        raise SinkError(
            f"column {field.name!r} is {field.type}, as in its first row, and a later value is not: {error}"
        ) from error


def _value(row: Row, name: str) -> Any:
    return row.id if name == "id" else row.payload.get(name)


def _type_of(value: Any) -> Any:
    """Return a column's type; text, or JSON as text, for what is nothing simpler."""
    simple = {bool: pa.bool_(), int: pa.int64(), float: pa.float64()}
    return simple.get(type(value), pa.string())
