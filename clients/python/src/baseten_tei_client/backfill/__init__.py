"""Backfill: the vectors of a source's rows, written to a store; resumable, with an estimate first.

open_source  Parquet, JSON Lines, CSV; any iterable of (id, text[, payload]) needs no opening
open_sink    Parquet, PostgreSQL with pgvector, Qdrant, LanceDB, sqlite-vec, each through its own client (extras)
estimate     rows, tokens, hours, dollars
backfill     writes what the sink lacks, and goes on after a kill
"""

from baseten_tei_client.backfill._embedder import Embedder
from baseten_tei_client.backfill._errors import SinkError
from baseten_tei_client.backfill._estimate import Estimate, estimate
from baseten_tei_client.backfill._journal import Totals
from baseten_tei_client.backfill._meter import Progress
from baseten_tei_client.backfill._rows import Batch, Row, Source
from baseten_tei_client.backfill._run import backfill, find_missing
from baseten_tei_client.backfill._sinks import Sink, open_sink
from baseten_tei_client.backfill._sources import Rows, open_source

__all__ = [
    "Batch",
    "Embedder",
    "Estimate",
    "Progress",
    "Row",
    "Rows",
    "Sink",
    "SinkError",
    "Source",
    "Totals",
    "backfill",
    "estimate",
    "find_missing",
    "open_sink",
    "open_source",
]
