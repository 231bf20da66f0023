"""Which failed requests are sent again, and when. Every route of TEI may be asked twice: it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from baseten_tei_client.errors import (
    RefusedRequestError,
    TeiClientError,
    UnauthorizedError,
    UnavailableError,
)

PASSING = frozenset({408, 429, 502, 503, 504})
"""Sent again for as long as the caller waits."""
DOUBTFUL = frozenset({424, 500})
"""May be a batch that met a bad moment, or a model that is broken."""
DOUBTFUL_TRIES = 3
FIRST_PAUSE_SECONDS = 0.25
LONGEST_PAUSE_SECONDS = 10.0

Random = Callable[[], float]
"""A number from 0 to 1."""


@dataclass(frozen=True)
class Failure:
    """One failed try. `status` is `None` where nothing was answered, 200 where what came is no answer."""

    status: int | None
    message: str
    retry_after_seconds: float | None = None

    def __str__(self) -> str:
        return self.message if self.status in (None, 200) else f"{self.status} {self.message}"


def is_worth_a_try(failure: Failure, tries: int) -> bool:
    """Whether the same request may succeed after `tries` that did not."""
    if failure.status is None or failure.status in PASSING:
        return True
    return (failure.status == 200 or failure.status in DOUBTFUL) and tries < DOUBTFUL_TRIES


def pause_seconds(failure: Failure, tries: int, random: Random) -> float:
    """What a 429 or 503 asks for and a little more, else 0.25, 0.5, 1 … 10 s, of which a random half is left out.

    Random, so that many callers do not come back at once.
    """
    if failure.retry_after_seconds is not None:
        return failure.retry_after_seconds * (1 + random() / 4)
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** min(tries - 1, 10))
    return longest * (1 + random()) / 2


def refusal(failure: Failure, model: str) -> TeiClientError:
    """The exception for a failure that no further try mends."""
    told, status = f"model {model!r}: {failure}", failure.status
    if status in (401, 402, 403):
        return UnauthorizedError(
            f"{told}. Check BASETEN_API_KEY: the key must be of the workspace that the outputs are of"
        )
    if status == 404:
        return UnavailableError(
            f"{told}. The outputs are old, or the deployment is deactivated: read the stack's outputs anew"
        )
    if status in (413, 422):
        return RefusedRequestError(
            status,
            f"{told}. The router's limits have changed since this model was connected: connect again; "
            "payload_limit_bytes is known from the stack's outputs alone",
        )
    if status is not None and 400 <= status < 500 and status != 424:
        return RefusedRequestError(status, f"{told}. The router does not take this request")
    return UnavailableError(
        f"{told}, {DOUBTFUL_TRIES} times. Read the model's logs on Baseten; 424 is mostly a GPU that is out of memory"
    )
