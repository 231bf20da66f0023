"""TEI's tokenization workers: a text waits for the first that is free, and then takes its time."""

from __future__ import annotations

import heapq


class Workers:
    """So many workers, each with the time at which it is free again; times in seconds, of any clock."""

    def __init__(self, count: int) -> None:
        self._free_at = [0.0] * count

    def done_at(self, arrived: float, seconds: float) -> float:
        """When a text that arrives then, and takes that long, is done; it is next in line."""
        done = max(arrived, self._free_at[0]) + seconds
        heapq.heapreplace(self._free_at, done)
        return done
