"""One run of a backfill into a store, and what the store then holds: run in the environment of tests/client/stores.

python fill.py run SINK ROWS JOURNAL [another]
python fill.py odd SINK
python fill.py narrow SINK
python fill.py sql SINK QUERY
python fill.py verify SINK OLD
python fill.py look SINK
"""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from baseten_tei_client import TeiClientError
from baseten_tei_client.backfill import Batch, Row, backfill, open_index, open_sink, verify

sys.path.insert(0, str(Path(__file__).parents[3]))
from tests.client.stores.fake_model import (
    FakeModel,
    another_space,
    vector_of,
    with_fingerprint,
)

PAUSE = float(os.environ.get("FILL_PAUSE", "0"))


def rows(count: int) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Rows with every kind of id's trouble, texts that are refused and cut, and a payload."""
    for n in range(count):
        text = "" if n % 17 == 3 else f"text {n % 50} " + "long " * (n % 5)
        yield f"it's {n}", text, {"topic": f"topic {n % 3}", "size": n}


class Slow(FakeModel):
    """Takes its time, so that a kill finds something to interrupt."""

    def embed_documents(self, texts: Any, **options: Any) -> Any:
        time.sleep(PAUSE)
        return super().embed_documents(texts, **options)


def run(sink: str, count: str, journal: str, *another: str) -> None:
    """Fill the sink, and print what it came to, and what the store holds, as its own client reads it."""
    model = another_space() if another else Slow(with_fingerprint())
    told = Path(journal).with_suffix(".report.jsonl")
    totals = backfill(
        model, list(rows(int(count))), open_sink(sink), journal=journal, report=told, chunk=40,
        progress=lambda it: print(it.rows, file=sys.stderr, flush=True),
    )  # fmt: skip
    kind, _, rest = sink.partition(":")
    print(json.dumps({**vars(totals), "holds": list(_SHOWN[kind](rest))}))


ODD = (
    [(-1, "one", {"p": 1}), (-2, "two", {"p": None})],
    [("-2", "two", {"p": 1}), ("3", "three", {"p": 2})],  # as CSV has ids
    [("x", "four", {"p": 1})],
    [(4, "4", {"p": 4}), (5, "5", {"p": 5.5})],
)


def odd(sink: str) -> None:
    """Fill the sink by these rows, one job after the other, and print for each what it said, or what it then holds."""
    kind, _, rest = sink.partition(":")
    for number, some in enumerate(ODD):
        try:
            backfill(FakeModel(with_fingerprint()), some, open_sink(sink), journal=f"{number}.db")
        except TeiClientError as error:
            print(json.dumps(str(error)))
        else:
            shown = [[int(it), payload and payload["p"]] for it, _, payload in _SHOWN[kind](rest)]
            print(json.dumps(sorted(shown)))


def narrow(sink: str) -> None:
    """Make an empty index for 3 dimensions, as its owner would, fill it with vectors of 8, and print what is said."""
    kind, _, rest = sink.partition(":")
    _MADE[kind](rest)
    model = FakeModel(with_fingerprint())
    try:
        backfill(model, [("a", "a text")], open_sink(sink), journal="narrow.db")
    except TeiClientError as error:
        print(type(error).__name__, error, "a text" in model.sent)


def verify_twice(sink: str, old: str) -> None:
    """Fill two stores, verify the first, spoil it, verify it again, and print what was found both times."""
    model = FakeModel(with_fingerprint())
    notes = [Row(n - 2, f"text {n}", {"topic": n % 3}) for n in range(300)]  # numbers as ids
    notes.append(notes.pop(1))  # -1 long after -2, whose hash it has in Python
    for number, store in enumerate((sink, old)):
        backfill(model, notes, open_sink(store), journal=f"both-{number}.db", chunk=70)
    print(json.dumps(_verify(model, notes, sink, old)))
    spoilt = open_sink(sink)
    spoilt.open(with_fingerprint(), notes[0])
    vectors = np.stack([vector_of("text 5", "another model"), vector_of("gone")])
    spoilt.write(Batch(999_999, [notes[5], Row(999, "gone", {"topic": 1})], vectors))
    spoilt.close()
    print(json.dumps(_verify(model, notes, sink, old)))


def _verify(model: FakeModel, notes: list[Row], sink: str, old: str) -> dict[str, Any]:
    found = verify(
        model, model, notes, old=open_index(old), new=open_index(sink),
        queries=[f"text {n} again" for n in range(30)],
    )  # fmt: skip
    return found.as_mapping()


def look(sink: str) -> None:
    """Open a store to read."""
    open_index(sink).look()


def _parquet(rest: str) -> Iterator[list[Any]]:
    import pyarrow.dataset
    from pyarrow.fs import FileSystem

    where = FileSystem.from_uri(f"s3:{rest}") if rest.startswith("//") else (None, rest)
    parts = pyarrow.dataset.dataset(where[1], format="parquet", filesystem=where[0])
    for it in parts.to_table().to_pylist():
        yield [it.pop("id"), it.pop("vector"), it]


def _lancedb(rest: str) -> Iterator[list[Any]]:
    import lancedb

    place, name = rest.rsplit("/", 1)
    for it in lancedb.connect(place).open_table(name).to_arrow().to_pylist():
        yield [it.pop("id"), it.pop("vector"), it]


def _sqlite_vec(rest: str) -> Iterator[list[Any]]:
    place, name = rest.rsplit("/", 1)
    query = f"SELECT id, embedding, payload FROM {name}"  # noqa: S608  # a test's own
    for row_id, vector, payload in _open_sqlite(place).execute(query):
        yield [row_id, np.frombuffer(vector, np.float32).tolist(), json.loads(payload)]


def _open_sqlite(place: str) -> Any:
    import apsw
    import sqlite_vec

    database = apsw.Connection(place)
    database.enable_load_extension(True)
    database.load_extension(sqlite_vec.loadable_path())
    return database


def _qdrant(rest: str) -> Iterator[list[Any]]:
    from qdrant_client import QdrantClient

    place, name = rest.rsplit("/", 1)
    client = QdrantClient(**{"url" if "://" in place else "path": place})
    points, _ = client.scroll(name, limit=100_000, with_vectors=True)
    for it in points:
        payload = dict(it.payload or {})
        yield [payload.pop("id", it.id), it.vector, payload]


def _postgresql(rest: str) -> Iterator[list[Any]]:
    import psycopg
    from pgvector.psycopg import register_vector

    url, table = _url_and_table(f"postgresql:{rest}")
    connection = psycopg.connect(url)
    register_vector(connection)
    query: Any = f"SELECT id, embedding, payload FROM {table} WHERE embedding IS NOT NULL"  # noqa: S608  # a test's own
    for row_id, vector, payload in connection.execute(query):
        yield [row_id, vector.to_list(), payload]


def _url_and_table(sink: str) -> tuple[str, str]:
    url, _, table = sink.partition("table=")
    return url.rstrip("&?"), table


def sql(sink: str, query: str) -> None:
    """Run a query on PostgreSQL, {table} being the sink's table, and print its first value."""
    import psycopg

    url, table = _url_and_table(sink)
    with psycopg.connect(url) as connection:
        cursor = connection.execute(query.replace("{table}", table))
        print(*(cursor.fetchone() or () if cursor.description else ()))


def _make_lancedb(rest: str) -> None:
    import lancedb
    import pyarrow as pa

    place, name = rest.rsplit("/", 1)
    schema = pa.schema([("id", pa.string()), ("vector", pa.list_(pa.float32(), 3))])
    lancedb.connect(place).create_table(name, schema=schema)


def _make_sqlite_vec(rest: str) -> None:
    place, name = rest.rsplit("/", 1)
    columns = "id text primary key, embedding float[3], +payload text"
    _open_sqlite(place).execute(f"CREATE VIRTUAL TABLE {name} USING vec0({columns})")


def _make_qdrant(rest: str) -> None:
    from qdrant_client import QdrantClient, models

    place, name = rest.rsplit("/", 1)
    client = QdrantClient(path=place)
    vectors = models.VectorParams(size=3, distance=models.Distance.COSINE)
    client.create_collection(name, vectors_config=vectors)
    client.close()


def _make_postgresql(rest: str) -> None:
    sql(f"postgresql:{rest}", "CREATE EXTENSION IF NOT EXISTS vector")
    sql(f"postgresql:{rest}", "CREATE TABLE {table} (id text PRIMARY KEY, embedding vector(3))")


_MADE = {
    "lancedb": _make_lancedb, "sqlite-vec": _make_sqlite_vec, "qdrant": _make_qdrant,
    "postgresql": _make_postgresql,
}  # fmt: skip
_SHOWN = {
    "parquet": _parquet, "s3": _parquet, "lancedb": _lancedb, "sqlite-vec": _sqlite_vec, "qdrant": _qdrant,
    "postgresql": _postgresql,
}  # fmt: skip


_COMMANDS: Mapping[str, Callable[..., None]] = {
    "run": run, "sql": sql, "odd": odd, "narrow": narrow, "verify": verify_twice, "look": look,
}  # fmt: skip


if __name__ == "__main__":
    try:
        _COMMANDS[sys.argv[1]](*sys.argv[2:])
    except TeiClientError as error:
        raise SystemExit(f"{type(error).__name__}: {error}") from error
