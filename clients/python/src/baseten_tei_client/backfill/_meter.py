"""How far a backfill is."""

import time
from collections.abc import Callable
from dataclasses import dataclass


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


class Meter:
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
