"""Keeping to a rate limit, rather than being refused and coming again."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

PER_SECOND = 100
"""Calls of one endpoint (Baseten docs: management API, rate limits)."""


class Pace:
    """Lets as many pass in a second as the API answers, and the others a little later."""

    def __init__(
        self,
        per_second: int = PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = Lock()
        self._turns = deque([float("-inf")] * per_second, maxlen=per_second)

    def wait(self) -> None:
        """Return when it is the caller's turn."""
        with self._lock:
            now = self._clock()
            turn = max(now, self._turns[0] + 1.0)
            self._turns.append(turn)
        if turn > now:
            self._sleep(turn - now)
