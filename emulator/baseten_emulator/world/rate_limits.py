"""Baseten's documented rate limits, for a key and an endpoint each; off unless the emulator is started with them.

Source: Baseten docs, management API rate limits: activate and deactivate 20 a minute, retry 10 a minute, every other
/v1 endpoint 100 a second; 429 with `retry_after` in seconds. That the window slides is a guess.
"""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from baseten_emulator.world.wire import RefusedError, json_response

PER_SECOND = 100
_SAYS = "Rate limit exceeded. Please try again later."


@dataclass
class RateLimits:
    """The calls let in lately, by endpoint. There is one key; nothing is remembered over a restart."""

    _let_in: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def let_in(self, endpoint: str, now: float, per_minute: int | None = None) -> None:
        """Count a call. Raises RefusedError 429 when there were too many."""
        most, window = (per_minute, 60.0) if per_minute else (PER_SECOND, 1.0)
        calls = self._let_in[endpoint]
        while calls and calls[0] <= now - window:
            calls.popleft()
        if len(calls) >= most:
            wait = max(1, math.ceil(calls[0] + window - now))
            raise RefusedError(json_response({"error": _SAYS, "retry_after": wait}, 429))
        calls.append(now)
