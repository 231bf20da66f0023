"""What can go wrong, as types. Every message says what to do; none holds a key or a text."""

from __future__ import annotations

LONGEST = 500
"""Characters of a message, whatever a server puts into it."""


class TeiClientError(Exception):
    """Whatever this package raises on purpose. Its message is one line that shows as it is."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


class UsageError(TeiClientError, ValueError):
    """The call cannot work as it was written: a reranker that is to embed, a setting out of bounds."""


class OutputsError(TeiClientError, ValueError):
    """The stack's outputs cannot be read, or do not have the model that was asked for."""


class RefusedTextError(TeiClientError, ValueError):
    """A text that the model cannot take; nothing was sent.

    `index` is its place in the list that was given, `None` for the query of a rerank.
    """

    def __init__(self, index: int | None, reason: str) -> None:
        where = "the query" if index is None else f"text {index}"
        super().__init__(f"{where} {reason}")
        self.index, self.reason = index, reason


class SpaceMismatchError(TeiClientError):
    """The model's embedding space is not the one that was expected; no vector was written."""


class UnauthorizedError(TeiClientError):
    """Baseten does not accept the key (401, 402, 403), or there is none."""


class RefusedRequestError(TeiClientError):
    """The router refuses a request that was inside the limits known to the client (4xx)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnavailableError(TeiClientError):
    """The model is not there, or fails at what it was asked (404, 424, 500), and waiting does not help."""


class DeadlineError(TeiClientError, TimeoutError):
    """The caller's time is over before the answer was complete."""


def _one_line(text: str) -> str:
    """Return a text without control and bidi characters, cut in its middle: the end says what to do."""
    if len(text) > LONGEST:
        text = f"{text[:300]} … {text[-190:]}"
    return "".join(it if it.isprintable() else " " for it in text)
