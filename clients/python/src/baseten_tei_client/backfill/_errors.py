"""What a backfill raises besides the client's own errors; one line each."""

from baseten_tei_client.errors import TeiClientError, UsageError


class SinkError(TeiClientError):
    """A store refused what was to be written or read; nothing that was written is lost."""


def missing_extra(what: str, extra: str) -> UsageError:
    """Return the error for a library that is not installed."""
    return UsageError(f"{what} needs an extra: pip install 'baseten-tei-client[{extra}]'")


def first_line(error: BaseException) -> str:
    """Return what a library says, short enough for a message."""
    lines = str(error).strip().splitlines()
    return f"{lines[0]:.300}" if lines else type(error).__name__
