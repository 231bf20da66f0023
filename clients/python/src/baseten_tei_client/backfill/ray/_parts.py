"""Part files with their report in them: what was cut and refused is there exactly if the rows are."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from baseten_tei_client._spaces import Space
from baseten_tei_client.backfill._embedder import Embedded
from baseten_tei_client.backfill._errors import SinkError
from baseten_tei_client.backfill._readers import open_parquet
from baseten_tei_client.backfill._rows import Columns, check_id, require_columns
from baseten_tei_client.backfill._sinks.sink import (
    NOTE,
    check_noted_space,
    dimensions_of,
    dump_space,
)
from baseten_tei_client.backfill._storage import File
from baseten_tei_client.backfill._units import Hashes, find_groups, hash_ids
from baseten_tei_client.errors import UsageError
from baseten_tei_client.results import Floats

REPORT = "baseten_tei_report"
"""The name under which a part keeps what was found of single rows, and its tokens, as JSON."""


@dataclass(frozen=True)
class Part:
    """What a part came to; `findings` are lines of the report."""

    written: int
    tokens: int = 0
    findings: Sequence[Mapping[str, Any]] = field(default_factory=list)

    @property
    def refused(self) -> list[Any]:
        """Return the ids of rows that were refused."""
        return [it["id"] for it in self.findings if it["what"] == "refused"]


@dataclass(frozen=True)
class KnownPart:
    """What a part tells another run."""

    written: Hashes
    refused: Hashes
    findings: Sequence[Mapping[str, Any]]


def read_ids(file: File, column: str) -> Hashes:
    """Return the hashes of a source file's ids. Raises `UsageError` for a value that cannot be an id."""
    found = []
    with open_parquet(file) as opened:
        require_columns([column], opened.schema_arrow.names, str(file))
        for some in opened.iter_batches(columns=[column]):
            ids = some.column(0).to_pylist()
            found.append(hash_ids(check_id(it, str(file)) for it in ids))
    return np.concatenate([*found, np.empty(0, np.int64)])


def read_rows(
    file: File, columns: Columns, first: int, count: int, size: int
) -> Iterator[pa.Table]:
    """Yield these rows of a file, `size` at a time."""
    with open_parquet(file) as opened:
        require_columns(columns.all, opened.schema_arrow.names, str(file))
        sizes = [opened.metadata.row_group(n).num_rows for n in range(opened.num_row_groups)]
        groups, skipped = find_groups(sizes, first, count)
        batches = opened.iter_batches(row_groups=groups, columns=columns.all, batch_size=size)
        yield from _cut(batches, skipped, count, size)


def _cut(batches: Iterator[Any], skipped: int, count: int, size: int) -> Iterator[pa.Table]:
    kept = None
    for batch in batches:
        some = pa.Table.from_batches([batch])
        passed = min(skipped, len(some))
        skipped -= passed
        some = some.slice(passed, count)
        count -= len(some)
        kept = some if kept is None else pa.concat_tables([kept, some])
        while len(kept) >= size or (not count and len(kept)):
            yield kept.slice(0, size)
            kept = kept.slice(size)
        if not count:
            return


def make_schema(source: pa.Schema, columns: Columns, space: Space) -> pa.Schema:
    """Return the schema of parts for a source of this one."""
    vector = pa.field("vector", pa.list_(pa.float32(), dimensions_of(space)))
    payload = [source.field(name) for name in columns.payload]
    kept = [pa.field(it.name, it.type) for it in payload]
    id_type = source.field(columns.id).type
    kind = pa.int64() if pa.types.is_integer(id_type) else pa.string()
    return pa.schema([pa.field("id", kind), vector, *kept])


def make_part(
    rows: pa.Table, embedded: Embedded, columns: Columns, schema: pa.Schema, space: Space, part: Part
) -> pa.Table:  # fmt: skip
    """Return the part of these rows but the refused ones. Raises `SinkError` for a value that does not fit."""
    good = [n for n in range(len(rows)) if n not in embedded.refused]
    kept = rows.take(pa.array(good, pa.int64()))
    note = {
        NOTE: dump_space(space),
        REPORT: json.dumps({"tokens": part.tokens, "findings": [*part.findings]}),
    }
    try:
        made = [
            as_array(embedded.vectors[good], it.type)
            if it.name == "vector"
            else kept.column(columns.id if it.name == "id" else it.name).cast(it.type)
            for it in schema
        ]
    except (pa.ArrowException, KeyError) as error:
        raise SinkError(f"rows do not fit the parts that are there: {error}") from error
    return pa.table(made, schema=schema.with_metadata(note))


def read_part(file: File) -> Part:
    """Return what a part came to."""
    with open_parquet(file) as opened:
        return Part(int(opened.metadata.num_rows), **_report(opened.schema_arrow))


def read_known(file: File, space: Space) -> KnownPart:
    """Return what a part tells another run. Raises `SpaceMismatchError` for a part of another space."""
    try:
        with open_parquet(file) as opened:
            note = (opened.schema_arrow.metadata or {}).get(NOTE.encode())
            check_noted_space(str(file), note and note.decode(), True, space)
            ids = [
                it
                for some in opened.iter_batches(columns=["id"])
                for it in some.column(0).to_pylist()
            ]
            part = Part(len(ids), **_report(opened.schema_arrow))
    except UsageError as error:
        raise SinkError(f"{file} is not a part that a backfill wrote: {error}") from error
    return KnownPart(hash_ids(ids), hash_ids(part.refused), part.findings)


def read_schema(file: File) -> pa.Schema:
    """Return a file's schema, without what is noted in it."""
    with open_parquet(file) as opened:
        return opened.schema_arrow.remove_metadata()


def _report(schema: pa.Schema) -> dict[str, Any]:
    told = json.loads((schema.metadata or {}).get(REPORT.encode(), b"{}"))
    return {"tokens": told.get("tokens", 0), "findings": told.get("findings", [])}


def as_array(vectors: Floats, kind: pa.DataType, refused: Any = None) -> Any:
    """Return vectors as a column, null where the mask says that they were refused."""
    if vectors.shape[-1] != kind.list_size:  # nothing but refused texts
        vectors = np.full((len(vectors), kind.list_size), np.nan, np.float32)
    flat = pa.array(vectors.reshape(-1), pa.float32())
    mask = None if refused is None else pa.array(refused)
    return pa.FixedSizeListArray.from_arrays(flat, type=kind, mask=mask)
