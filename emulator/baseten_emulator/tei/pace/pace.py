"""A router that takes time: tokenization workers, one queue, one batch on the GPU at a time.

Requests are threads. The one that finds the GPU idle computes the next batch, whosever texts those are: it sleeps for
as long as `service_time` says, and the others wait for theirs. The emulator's own work is not added to that time: a
batch ends when it would have ended if everything else had taken none.
"""

import heapq
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import fmean
from threading import Condition, Semaphore

from baseten_emulator.tei.memory import batch_size
from baseten_emulator.tei.pace.histograms import Measures
from baseten_emulator.tei.pace.service_time import ServiceTime, Spent


@dataclass(frozen=True)
class Limits:
    """What bounds a replica: Baseten's `predict_concurrency`, and the router's own flags."""

    predict_concurrency: int
    tokenization_workers: int
    max_batch_tokens: int
    padded: bool


@dataclass
class _Text:
    """A text in the queue; `started` is when its batch began, `ended` when it was done."""

    tokens: int
    queued: float
    started: float = 0.0
    ended: float | None = None


class Workers:
    """So many tokenization workers, each with the time at which it is free again; seconds of any clock."""

    def __init__(self, count: int) -> None:
        self._free_at = [0.0] * count

    def assign(self, arrived: float, seconds: float) -> float:
        """Give a text to the first worker that is free, and return when it is done."""
        done = max(arrived, self._free_at[0]) + seconds
        heapq.heapreplace(self._free_at, done)
        return done


class Pace:
    """The time that one replica's requests take. Thread-safe; `clock` and `sleep` are in seconds."""

    def __init__(
        self,
        service: ServiceTime,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.service, self.limits = service, limits
        self.measures = Measures()
        self._clock, self._sleep = clock, sleep
        self._door = Semaphore(limits.predict_concurrency)
        self._changed = Condition()
        self._workers = Workers(limits.tokenization_workers)
        self._waiting: deque[_Text] = deque()
        self._busy, self._free_at = False, 0.0

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Wait at Baseten's proxy until fewer than `predict_concurrency` requests are in the replica."""
        with self._door:
            yield

    def spend(self, lengths: Sequence[int]) -> Spent:
        """Take the time of a request whose texts have so many tokens each."""
        if not lengths:
            return Spent()
        arrived = self._clock()
        tokenized_at = self._tokenize(lengths, arrived)
        self._sleep(max(0.0, tokenized_at[-1] - self._clock()))
        texts = [_Text(tokens, tokenized_at[-1]) for tokens in lengths]
        self._compute(texts)
        spent = Spent(
            fmean(tokenized_at) - arrived,
            fmean(max(0.0, text.started - text.queued) for text in texts),
            fmean((text.ended or 0.0) - text.started for text in texts),
        )
        self.measures.request(spent, self._clock() - arrived)
        return spent

    @property
    def waiting(self) -> int:
        """Texts in the queue."""
        return len(self._waiting)

    def _tokenize(self, lengths: Sequence[int], arrived: float) -> list[float]:
        workers = self.limits.tokenization_workers
        seconds = [self.service.tokenizing_seconds(tokens, workers) for tokens in lengths]
        with self._changed:
            return sorted(self._workers.assign(arrived, duration) for duration in seconds)

    def _compute(self, texts: Sequence[_Text]) -> None:
        """Wait until every one of these texts was in a batch that ended."""
        with self._changed:
            self._waiting.extend(texts)
            while any(text.ended is None for text in texts):
                if self._busy:
                    self._changed.wait()
                else:
                    self._run(self._next_batch())

    def _next_batch(self) -> list[_Text]:
        lengths = (text.tokens for text in self._waiting)
        size = batch_size(lengths, self.limits.max_batch_tokens, self.limits.padded)
        return [self._waiting.popleft() for _ in range(size)]

    def _run(self, batch: Sequence[_Text]) -> None:
        """Run one batch with the lock free. It began when the GPU was free, however late a thread notices."""
        tokens = sum(text.tokens for text in batch)
        self.measures.batch(len(batch), tokens)
        started = max(self._free_at, batch[0].queued)
        self._busy, self._free_at = True, started + self.service.batch_seconds(tokens)
        self._changed.release()
        try:
            self._sleep(max(0.0, self._free_at - self._clock()))
        finally:
            self._changed.acquire()
            for text in batch:
                text.started, text.ended = started, self._free_at
            self._busy = False
            self._changed.notify_all()
