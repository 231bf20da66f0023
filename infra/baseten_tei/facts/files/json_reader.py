"""JSON that others wrote: decoded, or refused in a few words."""

import json
from collections.abc import Iterable
from typing import Any, NoReturn

from baseten_tei.errors import UserError

DEPTH = 100
"""Levels of lists and mappings; the deepest file of ours has 12. Everything that walks through a value recurses."""

TOO_DEEP = f"nested more than {DEPTH} levels deep"


class DeepError(ValueError):
    """A value of more levels than anything of ours has."""

    def __init__(self) -> None:
        super().__init__(TOO_DEEP)


def decode_json(text: str | bytes) -> Any:
    """Return the value in a JSON text. Raises `ValueError`, in a few words, where it is not JSON or too deep."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = json.loads(text, parse_constant=_refuse)
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise DeepError from error
    check_depth(value)
    return value


def parse_json(text: str | bytes) -> Any:
    """Return the value in a JSON text. Raises `UserError` without the file's name."""
    try:
        return decode_json(text)
    except ValueError as error:
        raise UserError(f"is not valid JSON: {error}: fix it") from error


def check_depth(value: Any) -> None:
    """Raise `DeepError` for a value of too many levels."""
    level = [value]
    for _ in range(DEPTH + 1):
        level = [
            inner
            for outer in level
            for inner in _inside(outer)
            if type(inner) is dict or type(inner) is list
        ]
        if not level:
            return
    raise DeepError


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")
