"""Which failed requests are retried, and when. All routes of TEI are idempotent."""

from collections.abc import Callable
from dataclasses import dataclass

from baseten_tei_client.errors import (
    RefusedRequestError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
)

PASSING = frozenset({408, 429, 502, 503, 504})
"""Retried for as long as the caller waits."""
DOUBTFUL = frozenset({424, 500})
"""May be a passing failure of one batch, or a broken model."""
DOUBTFUL_TRIES = 3
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 10.0

Random = Callable[[], float]
"""Returns a number from 0 to 1."""


@dataclass(frozen=True)
class Failure:
    """One failed try. `status` is `None` without an answer, and 200 for an answer that cannot be used."""

    status: int | None
    message: str
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return self.message if self.status in (None, 200) else f"{self.status} {self.message}"


def is_worth_a_try(failure: Failure, tries: int) -> bool:
    """Return whether the same request may succeed after `tries` failures."""
    if failure.status is None or failure.status in PASSING:
        return True
    return (failure.status == 200 or failure.status in DOUBTFUL) and tries < DOUBTFUL_TRIES


def pause_seconds(failure: Failure, tries: int, random: Random) -> float:
    """Return what a 429 or 503 asks for, plus up to a quarter; else 0.25, 0.5, 1 … 10 s, less up to half.

    The random part keeps many callers from coming back at once.
    """
    if failure.retry_after_seconds is not None:
        return failure.retry_after_seconds * (1 + random() / 4)
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(tries - 1, 10))
    return longest * (1 + random()) / 2


def error_for(failure: Failure, model: str) -> TeiClientError:
    """Return the exception for a failure that another try would not fix."""
    message, status = f"model {model!r}: {failure}", failure.status
    if status in (401, 402, 403):
        some = ", and a key for some models only must name this one" if status == 403 else ""
        return UnauthorizedError(
            f"{message}. Check BASETEN_API_KEY: the key must belong to the workspace of these outputs{some}"
        )
    if status == 404:
        return UnavailableError(
            f"{message}. The outputs are old, or the deployment is deactivated: read the stack's outputs again"
        )
    if status in (413, 422):
        return RefusedRequestError(
            status,
            f"{message}. The router's limits have changed since this model was connected: connect again "
            "(payload_limit_bytes comes only from the stack's outputs)",
        )
    if status is not None and 400 <= status < 500 and status != 424:
        return RefusedRequestError(status, f"{message}. The router refused this request")
    return UnavailableError(
        f"{message}, {DOUBTFUL_TRIES} times. Read the model's logs on Baseten; 424 usually means out of GPU memory"
    )
