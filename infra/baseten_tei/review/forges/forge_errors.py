"""Errors of a forge, one line each, without the token."""

import math
from collections.abc import Mapping

from baseten_tei.baseten.api.api_errors import ApiError, NotFoundError
from baseten_tei.errors import to_plain_line
from baseten_tei.facts.files.json_reader import decode_json
from baseten_tei.facts.network.network_errors import NETWORK, NetworkError

_MOST_READ = 16_384
"""Characters of an error's body that are read."""


def no_answer_error(address: str, why: NetworkError) -> ApiError:
    """Return the error for a call without a complete answer."""
    todo = "run the job again, and check the network" if why.todo == NETWORK else why.todo
    return ApiError(
        f"{address} does not answer ({why.what}): {todo}",
        silent=not why.lasting,
        unsent=why.unsent,
    )


def refusal_error(call: str, status: int, body: str, headers: Mapping[str, str]) -> ApiError:
    """Return the error for an HTTP status of 400 or more; `call` is e.g. `GET /repos/o/r/pulls`."""
    answer = f"{call} was answered {status}: {_message(body)}"
    pause = _pause_seconds(headers)
    if status == 404:
        return NotFoundError(f"{answer}: check that the token may see it", status=404)
    if status == 429 or (status == 403 and pause is not None):
        message = f"{answer}: run the job again later"
        return ApiError(message, status=429, retry_after_seconds=pause)
    if status in (401, 403):
        return ApiError(f"{answer}: check the token, and the permissions of the job", status=status)
    return ApiError(f"{answer}: run the job again", status=status)


def answer_error(call: str, wanted: str) -> ApiError:
    """Return the error for an answer of another shape than documented."""
    return ApiError(f"{call}: the answer is not {wanted}: check the API's address")


def _message(body: str) -> str:
    """Return the reason: both forges send `message`, GitLab also `error`, or a mapping of several fields."""
    try:
        answer = decode_json(body[:_MOST_READ])
        text = str(answer.get("message") or answer.get("error") or "no reason given")
    except (ValueError, AttributeError):
        text = "the answer is not JSON"
    return to_plain_line(" ".join(text[:_MOST_READ].split())[:200])


def _pause_seconds(headers: Mapping[str, str]) -> float | None:
    """Return `Retry-After`, which both send with a rate limit (docs: GitHub best practices, GitLab rate limits)."""
    try:
        seconds = float(headers["Retry-After"])
    except (KeyError, ValueError):
        return None
    return seconds if math.isfinite(seconds) else None
