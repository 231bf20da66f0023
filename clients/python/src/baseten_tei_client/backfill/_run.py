"""Runs a backfill: source, vectors, sink; after whatever ended it, it goes on where it was."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from baseten_tei_client._spaces import Space, compare
from baseten_tei_client.backfill._embedder import ChunkEmbedder, Embedder
from baseten_tei_client.backfill._journal import Journal, Totals
from baseten_tei_client.backfill._meter import Meter, Progress
from baseten_tei_client.backfill._pipeline import Pipeline
from baseten_tei_client.backfill._report import write_report
from baseten_tei_client.backfill._rows import Row, Source, cut_into_chunks
from baseten_tei_client.backfill._sinks.sink import Sink
from baseten_tei_client.backfill._sources import as_source
from baseten_tei_client.errors import SpaceMismatchError, UsageError

ROWS_OF_A_CHUNK = 2048
AHEAD = 3
"""Chunks that are embedded at the same time, so that the model has work while one of them ends and is written."""
REMEMBERED = 20_000
"""Texts whose vectors are kept, for rows that have the same text."""


def backfill(
    model: Embedder, source: Source | Iterable[Any], sink: Sink, *, journal: str | Path,
    report: str | Path | None = None, chunk: int = ROWS_OF_A_CHUNK, ahead: int = AHEAD,
    remember: int = REMEMBERED, timeout: float = 3600.0,
    progress: Callable[[Progress], None] | None = None,
) -> Totals:  # fmt: skip
    """Write the vector of each row that the sink lacks, and return how many rows there were of which kind.

    Args:
        model: Of `connect`, without `cache`; `share=0.5` there leaves half of the model's permits to others.
        source: Of `open_source`, or any rows (`Rows`), in the same order each time.
        sink: Of `open_sink`; it is known by it which rows are there.
        journal: A file beside the job; the same one goes on with it after a kill.
        report: A file for one JSON line a row that was truncated, refused or repeated; written when the run ends.
        chunk: Rows that are embedded and written at once.
        ahead: Chunks that are embedded at the same time.
        remember: Texts whose vectors are kept in memory, so that a text that comes again is not sent again.
        timeout: Seconds for one chunk.
        progress: Called after each chunk.

    Raises:
        SpaceMismatchError: the sink or the job is of another space, or the model began to serve one.
        SinkError: the store failed. Run it again: nothing is lost.
        TeiClientError: see errors.py of the client.
    """
    if chunk < 1 or ahead < 1:
        raise UsageError("chunk and ahead must be at least 1")
    book = Journal.open(journal)
    try:
        embedder = ChunkEmbedder(model, remember, timeout)
        size = _begin(book, sink, embedder.space, chunk)
        rows = as_source(source)
        pipeline = Pipeline(embedder, sink, book, ahead, Meter(rows.count(), progress))
        pipeline.run(cut_into_chunks(rows, size))
        return book.totals()
    finally:
        try:
            if report is not None:
                write_report(book.findings(), report)
        finally:
            book.close()
            sink.close()


def _begin(book: Journal, sink: Sink, space: Space, chunk: int) -> int:
    """Return the rows of a chunk, which stay those that the job began with. Raises for another job's journal."""
    told = {"sink": sink.name, "space": space.as_mapping(), "chunk": chunk}
    known = book.begin_job(told)
    if known["sink"] != sink.name:
        raise UsageError(
            f"{book.path} is the journal of a backfill of {known['sink']}, not of {sink.name}: name another journal"
        )
    if not (comparison := compare(Space.of(known["space"]), space)):
        raise SpaceMismatchError(
            f"{book.path} is the journal of a backfill of another space: {'; '.join(comparison.reasons)}. Connect to "
            "the model that serves that one, or fill a new index with a new journal"
        )
    return int(known["chunk"])


def find_missing(
    source: Source | Iterable[Any], sink: Sink, chunk: int = ROWS_OF_A_CHUNK
) -> Iterator[Row]:
    """Yield the rows of which an open sink has no vector."""
    for some in cut_into_chunks(as_source(source), chunk):
        known = sink.known([row.id for row in some.rows])
        yield from (row for row in some.rows if row.id not in known)
