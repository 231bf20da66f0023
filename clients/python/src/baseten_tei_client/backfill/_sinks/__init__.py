"""Stores that a backfill writes to, each through its own client, which is imported when it is asked for."""

import importlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from baseten_tei_client.backfill._sinks.index import Index
from baseten_tei_client.backfill._sinks.sink import Sink
from baseten_tei_client.backfill._storage import is_stored
from baseten_tei_client.errors import UsageError

__all__ = ["Index", "Sink", "open_index", "open_sink"]

_KINDS: Mapping[str, tuple[str, str]] = {
    "parquet": ("parquet", "Parquet"),
    "postgresql": ("pgvector", "Pgvector"),
    "postgres": ("pgvector", "Pgvector"),
    "qdrant": ("qdrant", "Qdrant"),
    "lancedb": ("lancedb", "Lance"),
    "sqlite-vec": ("sqlite_vec", "SqliteVec"),
}
FORMS = (
    "FOLDER, s3://BUCKET/PREFIX, gs://… or abfs://… for Parquet, postgresql://USER@HOST/DATABASE?table=TABLE, "
    "qdrant:http://HOST:6333/COLLECTION or qdrant:FOLDER/COLLECTION, lancedb:FOLDER/TABLE, sqlite-vec:FILE/TABLE"
)


def open_sink(where: str | Path) -> Sink:
    """Return the store that this names; nothing is opened or made yet. The forms: see `FORMS`.

    PostgreSQL takes `table`, and `column` (default: embedding) and `id` (id) besides libpq's own parameters; its
    password comes from PGPASSWORD or ~/.pgpass. Qdrant's key is QDRANT_API_KEY; keys of object storage are where the
    provider's own tools have them.

    Raises `UsageError` for a form that is unknown, or a library that is not installed.
    """
    sink: Sink = _open(where, "sink")
    return sink


def open_index(where: str | Path) -> Index:
    """Return the store that this names, to be read and searched; the forms and errors are those of `open_sink`."""
    index: Index = _open(where, "index")
    return index


def _open(where: str | Path, side: str) -> Any:
    kind, _, rest = str(where).partition(":")
    if kind not in _KINDS:
        if not str(where) or (":" in str(where) and not is_stored(where)):
            raise UsageError(f"{str(where)!r:.200} is not a store that is known: {FORMS}")
        kind, rest = "parquet", str(where)
    module, name = _KINDS[kind]
    importlib.import_module(f"{__name__}.{module}_sink")  # which says what is not installed
    found = getattr(importlib.import_module(f"{__name__}.{module}_{side}"), name + side.title())
    return found.at(str(where) if kind.startswith("postgres") else rest)


def split_name(rest: str, form: str) -> tuple[str, str]:
    """Return place and name of `PLACE/NAME`. Raises `UsageError` where one of them is missing."""
    place, _, name = rest.rstrip("/").rpartition("/")
    if not place or not name:
        raise UsageError(f"{rest!r:.200} does not name a place and what is there: {form}")
    return place, name
