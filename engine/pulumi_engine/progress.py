"""Says how far a long step is, every few seconds and not at every event."""

import time
from collections.abc import Callable

Clock = Callable[[], float]
EVERY_SECONDS = 5.0


class Progress:
    """Passes a line on when `EVERY_SECONDS` have gone by since the last one."""

    def __init__(self, say: Callable[[str], None], clock: Clock = time.monotonic) -> None:
        self._say, self._clock = say, clock
        self._started = self._said = clock()

    def tick(self, line: str) -> None:
        """Say the newest state if it is time, with the seconds since the start."""
        now = self._clock()
        if now - self._said >= EVERY_SECONDS:
            self._said = now
            self._say(f"{line} ({now - self._started:.0f} s)")
