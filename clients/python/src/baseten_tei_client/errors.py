"""Everything this package raises. Every message says what to do; none contains a key or a text."""

LONGEST = 500
"""Most characters of a message."""


class TeiClientError(Exception):
    """The base of all errors of this package. Its message is one printable line."""

    def __init__(self, message: str) -> None:
        super().__init__(_one_line(message))


class UsageError(TeiClientError, ValueError):
    """The call cannot work as written: a reranker cannot embed, a setting is out of range."""


class OutputsError(TeiClientError, ValueError):
    """The stack's outputs cannot be read, or have no such model."""


class RefusedTextError(TeiClientError, ValueError):
    """A text that the model cannot take; `index` is its place, `None` for a query. Nothing was sent."""

    def __init__(self, index: int | None, reason: str) -> None:
        where = "the query" if index is None else f"text {index}"
        super().__init__(f"{where} {reason}")
        self.index, self.reason = index, reason


class SpaceMismatchError(TeiClientError):
    """The model does not use the expected embedding space; no vector was returned."""


class UnauthorizedError(TeiClientError):
    """Baseten did not accept the API key (401, 402, 403), or there is none."""


class RefusedRequestError(TeiClientError):
    """The router refused a request that respected its known limits (4xx)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class UnavailableError(TeiClientError):
    """The model is missing or fails (404, 424, 500), and waiting does not help."""


class DeadlineError(TeiClientError, TimeoutError):
    """There was no complete answer before the caller's deadline."""


def _one_line(text: str) -> str:
    """Return a printable line, cut in its middle, since its end says what to do."""
    if len(text) > LONGEST:
        text = f"{text[:300]} … {text[-190:]}"
    return "".join(it if it.isprintable() else " " for it in text)
