"""Checks arguments: a wrong one is a `UsageError` that names it."""

from numbers import Integral, Real
from typing import TypeGuard

from baseten_tei_client.errors import UsageError


def require_positive(name: str, value: object) -> None:
    """Raise `UsageError` unless the value is a number above 0."""
    if not is_number(value) or not value > 0:
        raise UsageError(f"{name} must be a number above 0, not {value!r:.50}")


def require_count(name: str, value: object, least: int) -> None:
    """Raise `UsageError` unless the value is a whole number, at least this one."""
    if not isinstance(value, Integral) or isinstance(value, bool) or value < least:
        raise UsageError(f"{name} must be a whole number from {least}, not {value!r:.50}")


def is_number(value: object) -> TypeGuard[float]:
    """Return whether the value is a number, of Python or numpy."""
    return isinstance(value, Real) and not isinstance(value, bool)


def require_bool(name: str, value: object) -> None:
    """Raise `UsageError` unless the value is True or False."""
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {value!r:.50}")
