"""The pace of `tei.pace.pace` without threads and without waiting: what a replica would do under a load.

Pure: the same arguments give the same answer.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice

from baseten_emulator.tei.memory import batch_size
from baseten_emulator.tei.pace.pace import Limits, Workers
from baseten_emulator.tei.pace.service_time import ServiceTime, Spent

_READY, _DONE = 0, 1


@dataclass(frozen=True)
class ClosedLoop:
    """Clients that each send their next request when they have the answer to the last.

    `lengths` are the tokens of the texts, taken in turn.
    """

    clients: int
    texts_per_request: int
    lengths: Sequence[int]
    requests: int


@dataclass(frozen=True)
class Observed:
    """What the clients saw, and where a text's time went; seconds. Latencies are in the order of the answers."""

    texts_per_second: float
    tokens_per_second: float
    latencies: tuple[float, ...]
    spent: Spent


def simulate(service: ServiceTime, limits: Limits, load: ClosedLoop) -> Observed:
    """Return what a closed loop sees of one replica."""
    return _Replica(service, limits, load).run()


def best_batch_tokens(service: ServiceTime) -> float:
    """Return the tokens of the batch with the most throughput: the hidden optimum."""
    turning = service.overhead_tokens * math.log(2) / service.strain
    return max(service.knee_tokens, turning)


@dataclass
class _Replica:
    service: ServiceTime
    limits: Limits
    load: ClosedLoop
    _events: list[tuple[float, int, int]] = field(default_factory=list)
    _requests: list[list[int]] = field(default_factory=list)
    _sent_at: list[float] = field(default_factory=list)
    _missing: list[int] = field(default_factory=list)
    _queue: deque[tuple[int, int, float]] = field(default_factory=deque)
    _batch: list[tuple[int, int, float]] = field(default_factory=list)
    _door: deque[int] = field(default_factory=deque)
    _inside: int = 0
    _seconds: list[float] = field(default_factory=lambda: [0.0, 0.0, 0.0])
    _latencies: list[float] = field(default_factory=list)

    def run(self) -> Observed:
        texts = cycle(self.load.lengths)
        size = self.load.texts_per_request
        self._requests = [list(islice(texts, size)) for _ in range(self.load.requests)]
        self._workers = Workers(self.limits.tokenization_workers)
        for _ in range(min(self.load.clients, self.load.requests)):
            self._send(0.0)
        end = 0.0
        while self._events:
            end, kind, request = heapq.heappop(self._events)
            if kind == _READY:
                self._queue.extend((request, it, end) for it in self._requests[request])
            else:
                self._end(end)
            self._begin(end)
        tokens = sum(map(sum, self._requests))
        count = self.load.requests * size
        spent = Spent(*(seconds / count for seconds in self._seconds))
        return Observed(count / end, tokens / end, tuple(self._latencies), spent)

    def _send(self, now: float) -> None:
        request = len(self._sent_at)
        if request == len(self._requests):
            return
        self._sent_at.append(now)
        self._missing.append(len(self._requests[request]))
        self._door.append(request)
        self._admit(now)

    def _admit(self, now: float) -> None:
        while self._door and self._inside < self.limits.predict_concurrency:
            request = self._door.popleft()
            self._inside += 1
            workers = self.limits.tokenization_workers
            done = [
                self._workers.assign(now, self.service.tokenizing_seconds(tokens, workers))
                for tokens in self._requests[request]
            ]
            self._seconds[0] += sum(done) - now * len(done)
            heapq.heappush(self._events, (max(done), _READY, request))

    def _begin(self, now: float) -> None:
        """The next batch, where the GPU is idle and something waits."""
        if self._batch or not self._queue:
            return
        lengths = (tokens for _, tokens, _ in self._queue)
        size = batch_size(lengths, self.limits.max_batch_tokens, self.limits.padded)
        self._batch = [self._queue.popleft() for _ in range(size)]
        seconds = self.service.batch_seconds(sum(tokens for _, tokens, _ in self._batch))
        self._seconds[1] += sum(now - queued for *_, queued in self._batch)
        self._seconds[2] += seconds * size
        heapq.heappush(self._events, (now + seconds, _DONE, 0))

    def _end(self, now: float) -> None:
        batch, self._batch = self._batch, []
        for request, *_ in batch:
            self._missing[request] -= 1
            if self._missing[request] == 0:
                self._inside -= 1
                self._latencies.append(now - self._sent_at[request])
                self._admit(now)
                self._send(now)
