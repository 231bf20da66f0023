"""Which failed calls are worth another try, and how long after; tenacity does the rest.

Baseten limits activations to 20 and retries to 10 a minute, everything else to 100 a second, and says with
each refusal how many seconds to wait (Baseten docs: management API, rate limits).
"""

from collections.abc import Callable

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
)

from baseten_tei.baseten.api.api_errors import ApiError

ATTEMPTS = 4
"""Tries of one call."""
BUDGET_SECONDS = 300.0
"""No try begins later than this after the first."""
LONGEST_PAUSE_SECONDS = 60.0

_PASSING = frozenset({429, 500, 502, 503, 504})

Sleep = Callable[[float], None]
Random = Callable[[], float]
"""A number from 0 to 1."""


def retrying(sleep: Sleep, random: Random) -> Retrying:
    """Call a function until it returns, or raises an `ApiError` that no further try can fix."""
    return Retrying(
        retry=retry_if_exception(may_pass),
        stop=stop_after_attempt(ATTEMPTS) | stop_before_delay(BUDGET_SECONDS),
        wait=lambda state: pause_seconds(_error(state), state.attempt_number, random),
        sleep=sleep,
        reraise=True,
    )


def may_pass(error: BaseException | None) -> bool:
    """Return whether the same call may succeed a little later."""
    if not isinstance(error, ApiError):
        return False
    return error.silent or error.status in _PASSING


def pause_seconds(error: BaseException | None, attempt: int, random: Random) -> float:
    """Return what a 429 asks for, else a random part of 2, 4, 8 s, so that many callers do not come back at once."""
    asked = error.retry_after_seconds if isinstance(error, ApiError) else None
    seconds = random() * 2.0**attempt if asked is None else asked
    return max(0.0, min(seconds, LONGEST_PAUSE_SECONDS))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None
