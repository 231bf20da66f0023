"""Requests to models that wait for their answer; nothing is remembered over a restart."""

import time
from collections import Counter
from dataclasses import dataclass, field
from threading import Lock


@dataclass
class InFlight:
    """Requests that wait for their answer, by deployment; those that sleep through a cold start included."""

    _now: Counter[str] = field(default_factory=Counter)
    _until: dict[str, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def begin(self, deployment_id: str) -> None:
        """Count one."""
        with self._lock:
            self._now[deployment_id] += 1

    def end(self, deployment_id: str, waiting_seconds: float) -> None:
        """Count it no more, once the rest of its wait is over."""
        with self._lock:
            self._now[deployment_id] -= 1
            if waiting_seconds > 0:
                until = time.monotonic() + waiting_seconds
                self._until.setdefault(deployment_id, []).append(until)

    def count(self, deployment_id: str) -> int:
        """Return how many there are."""
        with self._lock:
            now = time.monotonic()
            left = [it for it in self._until.pop(deployment_id, []) if it > now]
            if left:
                self._until[deployment_id] = left
            return self._now[deployment_id] + len(left)
