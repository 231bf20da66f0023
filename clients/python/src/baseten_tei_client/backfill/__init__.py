"""Backfill: the vectors of a source's rows, written to a store; resumable, with an estimate first.

open_source  Parquet, JSON Lines, CSV; any iterable of (id, text[, payload]) needs no opening
open_sink    Parquet, PostgreSQL with pgvector, Qdrant, LanceDB, sqlite-vec, each through its own client (extras)
estimate     rows, tokens, hours, dollars
backfill     writes what the sink lacks, and goes on after a kill
open_index   any of these stores, to be read and searched
verify       whether an index of the next space can take over from the one that is searched now
"""

from baseten_tei_client.backfill._embedder import Embedder
from baseten_tei_client.backfill._errors import SinkError
from baseten_tei_client.backfill._estimate import Estimate, estimate
from baseten_tei_client.backfill._journal import Totals
from baseten_tei_client.backfill._meter import Progress
from baseten_tei_client.backfill._rows import Batch, Row, Source
from baseten_tei_client.backfill._run import backfill, find_missing
from baseten_tei_client.backfill._sinks import Index, Sink, open_index, open_sink
from baseten_tei_client.backfill._sources import Rows, open_source
from baseten_tei_client.backfill._verification.queries import read_queries
from baseten_tei_client.backfill._verification.verdict import Check, Thresholds
from baseten_tei_client.backfill._verification.verify import Verification, verify

__all__ = [
    "Batch",
    "Check",
    "Embedder",
    "Estimate",
    "Index",
    "Progress",
    "Row",
    "Rows",
    "Sink",
    "SinkError",
    "Source",
    "Thresholds",
    "Totals",
    "Verification",
    "backfill",
    "estimate",
    "find_missing",
    "open_index",
    "open_sink",
    "open_source",
    "read_queries",
    "verify",
]
