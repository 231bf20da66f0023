"""The emulator's time: always an argument, never a call to `time` elsewhere."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Seconds since the epoch."""

    def now(self) -> float:
        """Return the present, in seconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Return the machine's time."""
        return time.time()


def iso(at: float) -> str:
    """Return an instant as ISO 8601 in UTC, as the management API writes `created_at`."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
