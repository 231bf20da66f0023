"""Checks arguments: a wrong one is a `UsageError` that names it."""

from collections.abc import Sequence
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
    """Return whether the value is a number that a float holds, of Python or numpy."""
    if not isinstance(value, Real) or isinstance(value, bool):
        return False
    try:
        float(value)
    except OverflowError:
        return False
    return True


def require_choice(name: str, value: object, known: Sequence[object]) -> None:
    """Raise `UsageError` unless the value is one of these; an array or a frame is compared with none of them."""
    if not isinstance(value, str | bool | None) or value not in known:
        raise UsageError(f"{name} must be one of {', '.join(map(repr, known))}, not {value!r:.50}")


def require_bool(name: str, value: object) -> None:
    """Raise `UsageError` unless the value is True or False."""
    if not isinstance(value, bool):
        raise UsageError(f"{name} must be True or False, not {value!r:.50}")
