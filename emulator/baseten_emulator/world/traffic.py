"""What callers of models met, by deployment: answers by status, seconds, requests that still wait for theirs.

It is kept in memory, so that a call costs nothing more: after a restart it begins at nothing, as Prometheus allows.
"""

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from threading import Lock

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
"""Upper bounds of response times in seconds: ours, since the docs name none."""


@dataclass
class Answered:
    """How often a deployment answered, and how soon: counts by bucket, the last one without a bound."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts)


Kind = tuple[int, bool]
"""A status, and whether the request was asynchronous."""


@dataclass
class Traffic:
    """Of all deployments; those that sleep through a cold start are under way, too."""

    _answered: dict[str, dict[Kind, Answered]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(Answered))
    )
    _now: Counter[str] = field(default_factory=Counter)
    _until: dict[str, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, deployment_id: str) -> None:
        """Count a request that came."""
        with self._lock:
            self._now[deployment_id] += 1

    def end(self, deployment_id: str, waiting_seconds: float) -> None:
        """Count it no more, once the rest of its wait is over."""
        with self._lock:
            self._now[deployment_id] -= 1
            if waiting_seconds > 0:
                until = time.monotonic() + waiting_seconds
                self._until.setdefault(deployment_id, []).append(until)

    def note(self, deployment_id: str, kind: Kind, seconds: float) -> None:
        """Count an answer."""
        with self._lock:
            answered = self._answered[deployment_id][kind]
            answered.counts[bisect_left(BUCKETS, seconds)] += 1
            answered.seconds += seconds

    def under_way(self, deployment_id: str) -> int:
        """Return how many requests wait for their answer."""
        with self._lock:
            now = time.monotonic()
            left = [it for it in self._until.pop(deployment_id, []) if it > now]
            if left:
                self._until[deployment_id] = left
            return self._now[deployment_id] + len(left)

    def answers(self, deployment_id: str) -> list[tuple[Kind, Answered]]:
        """Return what was answered so far."""
        with self._lock:
            found = self._answered.get(deployment_id, {})
            return [
                (kind, Answered([*it.counts], it.seconds)) for kind, it in sorted(found.items())
            ]
