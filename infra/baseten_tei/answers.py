"""Answers of Baseten's API, and silence, in the reader's words."""

import json


def unreachable(address: str, error: str) -> str:
    """One line for a service that does not answer."""
    todo = (
        "start the emulator with `make emulator`"
        if address.startswith("http://")
        else "check the network, and https://status.baseten.co"
    )
    return f"Baseten cannot be reached at {address} ({error}): {todo}"


def refused(status: int, body: str) -> str:
    """One line for an answer that is an error."""
    if status in (401, 403):
        return (
            f"Baseten refused the API key ({status}): check BASETEN_API_KEY, or create a key at "
            "https://app.baseten.co/settings/api_keys"
        )
    return f"Baseten answered {status}: {message(body)}"


def message(body: str) -> str:
    """What an error body says: its `message`, else its `error`, else all of it (no contract is documented)."""
    try:
        told = json.loads(body)
        text = told.get("message") or told.get("error") or body
    except (ValueError, AttributeError):
        text = body
    return " ".join(str(text).split())[:300]


def pause_seconds(body: str, attempt: int) -> float:
    """How long to wait before the next try: what a 429 asks for (`retry_after`, seconds), else 1, 2, 4."""
    try:
        asked = float(json.loads(body)["retry_after"])
    except (ValueError, KeyError, TypeError):
        asked = float(2**attempt)
    return max(0.0, min(asked, 60.0))


def worth_another_try(status: int) -> bool:
    """Whether the same call may succeed a little later."""
    return status in (429, 502, 503, 504)
