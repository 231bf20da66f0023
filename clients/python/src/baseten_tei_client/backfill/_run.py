"""Runs a backfill: source, vectors, sink; after whatever ended it, it goes on where it was."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from baseten_tei_client._spaces import Space, compare
from baseten_tei_client.backfill._embedder import ChunkEmbedder, Embedder, Outcome
from baseten_tei_client.backfill._journal import Journal, Totals
from baseten_tei_client.backfill._report import write_report
from baseten_tei_client.backfill._rows import (
    Batch,
    Chunk,
    Finding,
    Id,
    Row,
    Source,
    cut_into_chunks,
)
from baseten_tei_client.backfill._sinks.sink import Sink
from baseten_tei_client.backfill._sources import as_source
from baseten_tei_client.errors import SpaceMismatchError, UsageError

ROWS_OF_A_CHUNK = 2048
AHEAD = 3
"""Chunks that are embedded at the same time, so that the model has work while one of them ends and is written."""
REMEMBERED = 20_000
"""Texts whose vectors are kept, for rows that have the same text."""


@dataclass(frozen=True)
class Progress:
    """How far a backfill is. `rows` counts those done in earlier runs, `rows_per_second` does not."""

    rows: int
    of: int | None
    rows_per_second: float
    tokens: int

    @property
    def seconds_left(self) -> float | None:
        """Return the seconds left at this rate; `None` where the number of rows or the rate is unknown."""
        if self.of is None or not self.rows_per_second:
            return None
        return max(0, self.of - self.rows) / self.rows_per_second


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
        run = _Run(embedder, sink, book, ahead, _Meter(as_source(source).count(), progress))
        run.all(cut_into_chunks(as_source(source), size))
        return book.totals()
    finally:
        if report is not None:
            write_report(book.findings(), report)
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


@dataclass(frozen=True)
class _Work:
    """A chunk on its way; `places`: which of its rows are to be embedded."""

    chunk: Chunk
    places: Sequence[int]
    present: int
    repeated: Sequence[Finding]
    outcomes: "Future[tuple[list[Outcome], int]]"

    @property
    def ids(self) -> set[Id]:
        """Return the ids that it writes."""
        return {self.chunk.rows[place].id for place in self.places}


class _Run:
    """Embeds some chunks ahead, and writes them one after the other."""

    def __init__(
        self, embedder: ChunkEmbedder, sink: Sink, book: Journal, ahead: int, meter: "_Meter"
    ) -> None:
        self._embedder, self._sink, self._book, self._ahead = embedder, sink, book, ahead
        self._meter = meter
        self._waiting: deque[_Work] = deque()
        self._pool = ThreadPoolExecutor(ahead, "backfill")

    def all(self, chunks: Iterator[Chunk]) -> None:
        """Embed and write all chunks that are not done."""
        number = -1
        try:
            for chunk in chunks:
                number = chunk.number
                if not number:
                    self._sink.open(self._embedder.space, chunk.rows[0])
                self._take(chunk)
            while self._waiting:
                self._write(self._waiting.popleft())
        finally:
            self._pool.shutdown(wait=False, cancel_futures=True)
        if number >= 0:
            self._sink.finish()
        self._book.finish_job(number + 1)

    def _take(self, chunk: Chunk) -> None:
        if self._book.is_done(chunk):
            self._meter.skip(len(chunk.rows))
            return
        self._waiting.append(self._start(chunk))
        if len(self._waiting) > self._ahead:
            self._write(self._waiting.popleft())

    def _start(self, chunk: Chunk) -> _Work:
        there = self._sink.known([row.id for row in chunk.rows])
        there = there.union(*(work.ids for work in self._waiting))
        first = _places_of_first(chunk.rows)
        places = [place for row_id, place in first.items() if row_id not in there]
        repeated = [
            Finding(chunk.first + place, row.id, "repeated", {"row_before": chunk.first + first[row.id]})
            for place, row in enumerate(chunk.rows)
            if first[row.id] != place
        ]  # fmt: skip
        texts = [chunk.rows[place].text for place in places]
        outcomes = self._pool.submit(self._embedder.embed, texts)
        return _Work(chunk, places, len(first) - len(places), repeated, outcomes)

    def _write(self, work: _Work) -> None:
        outcomes, tokens = work.outcomes.result()
        chunk = work.chunk
        found = [*work.repeated, *_findings(work, outcomes)]
        self._book.begin(
            chunk, work.present, [chunk.first + it for it in work.places], found, tokens
        )
        good = [n for n, it in enumerate(outcomes) if it.vector is not None]
        if good:
            rows = [chunk.rows[work.places[n]] for n in good]
            vectors = np.stack([outcomes[n].vector for n in good])  # type: ignore[misc]  # those that are not None
            self._sink.write(Batch(chunk.number, rows, vectors))
        self._book.finish(chunk)
        self._meter.add(len(chunk.rows), tokens)


def _places_of_first(rows: Sequence[Row]) -> dict[Id, int]:
    """Return where each id comes first."""
    places: dict[Id, int] = {}
    for place, row in enumerate(rows):
        places.setdefault(row.id, place)
    return places


def _findings(work: _Work, outcomes: Sequence[Outcome]) -> Iterator[Finding]:
    for place, outcome in zip(work.places, outcomes, strict=True):
        where, name = work.chunk.first + place, work.chunk.rows[place].id
        if outcome.refused is not None:
            yield Finding(where, name, "refused", {"reason": outcome.refused})
        elif outcome.cut is not None:
            tokens, limit = outcome.cut
            yield Finding(where, name, "truncated", {"tokens": tokens, "limit": limit})


class _Meter:
    """Counts rows and tells how far they are."""

    def __init__(self, total: int | None, tell: Callable[[Progress], None] | None) -> None:
        self._total, self._tell = total, tell
        self._began, self._rows, self._skipped, self._tokens = time.monotonic(), 0, 0, 0

    def skip(self, rows: int) -> None:
        """Count rows of an earlier run."""
        self._skipped += rows
        self._began = time.monotonic()

    def add(self, rows: int, tokens: int) -> None:
        """Count rows of this run."""
        self._rows += rows
        self._tokens += tokens
        if self._tell is not None:
            rate = self._rows / max(time.monotonic() - self._began, 1e-9)
            self._tell(Progress(self._rows + self._skipped, self._total, rate, self._tokens))
