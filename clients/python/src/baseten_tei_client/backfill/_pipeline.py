"""Takes chunks through a backfill: some are embedded ahead, and written one after the other."""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from baseten_tei_client.backfill._embedder import ChunkEmbedder, Embedded
from baseten_tei_client.backfill._journal import Journal
from baseten_tei_client.backfill._meter import Meter
from baseten_tei_client.backfill._rows import Batch, Chunk, Finding, Id
from baseten_tei_client.backfill._sinks.sink import Sink


@dataclass(frozen=True)
class _Work:
    """A chunk on its way; `places`: which of its rows are to be embedded."""

    chunk: Chunk
    places: Sequence[int]
    ids: set[Id]
    """Of these rows."""
    present: int
    repeated: Sequence[Finding]
    embedded: "Future[Embedded]"


class Pipeline:
    """Embeds some chunks ahead, and writes them one after the other."""

    def __init__(
        self, embedder: ChunkEmbedder, sink: Sink, book: Journal, ahead: int, meter: Meter
    ) -> None:
        self._embedder, self._sink, self._book, self._ahead = embedder, sink, book, ahead
        self._meter = meter
        self._waiting: deque[_Work] = deque()
        self._pool = ThreadPoolExecutor(ahead, "backfill")

    def run(self, chunks: Iterator[Chunk]) -> None:
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
        there = self._sink.known(chunk.ids)
        written = self._book.rows_written(chunk)
        if written is not None and len(there) >= written:  # a store may have been emptied since
            self._meter.skip(len(chunk.rows))
            return
        self._waiting.append(self._start(chunk, there))
        if len(self._waiting) > self._ahead:
            self._write(self._waiting.popleft())

    def _start(self, chunk: Chunk, there: set[Id]) -> _Work:
        there = there.union(*(work.ids for work in self._waiting))
        first = _places_of_first(chunk.ids)
        wanted = {row_id: place for row_id, place in first.items() if row_id not in there}
        places = list(wanted.values())
        texts = [chunk.rows[place].text for place in places]
        embedded = self._pool.submit(self._embedder.embed, texts)
        present = len(first) - len(places)
        return _Work(chunk, places, set(wanted), present, _repeated(chunk, first), embedded)

    def _write(self, work: _Work) -> None:
        embedded, chunk = work.embedded.result(), work.chunk
        found = [*work.repeated, *_findings(work, embedded)]
        looked_at = [chunk.first + it for it in work.places]
        self._book.begin(chunk, work.present, looked_at, found, embedded.tokens)
        if batch := _make_batch(work, embedded):
            self._sink.write(batch)
        self._book.finish(chunk)
        self._meter.add(len(chunk.rows), embedded.tokens)


def _places_of_first(ids: Sequence[Id]) -> dict[Id, int]:
    """Return where each id comes first."""
    places: dict[Id, int] = {}
    for place, row_id in enumerate(ids):
        places.setdefault(row_id, place)
    return places


def _repeated(chunk: Chunk, first: dict[Id, int]) -> list[Finding]:
    if len(first) == len(chunk.ids):
        return []
    return [
        Finding(chunk.first + place, row_id, "repeated", {"row_before": chunk.first + first[row_id]})
        for place, row_id in enumerate(chunk.ids)
        if first[row_id] != place
    ]  # fmt: skip


def _findings(work: _Work, embedded: Embedded) -> Iterator[Finding]:
    chunk = work.chunk
    for n, cut in embedded.cut.items():
        place = work.places[n]
        detail = {"tokens": cut.tokens, "limit": cut.limit}
        if cut.at_least:
            detail["at_least"] = True
        yield Finding(chunk.first + place, chunk.ids[place], "truncated", detail)
    for n, reason in embedded.refused.items():
        place = work.places[n]
        yield Finding(chunk.first + place, chunk.ids[place], "refused", {"reason": reason})


def _make_batch(work: _Work, embedded: Embedded) -> Batch | None:
    """Return the rows that have a vector; `None` if there are none."""
    good = [n for n in range(len(work.places)) if n not in embedded.refused]
    if not good:
        return None
    rows = [work.chunk.rows[work.places[n]] for n in good]
    return Batch(work.chunk.number, rows, embedded.vectors[good])
