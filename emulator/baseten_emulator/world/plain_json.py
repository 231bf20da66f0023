"""JSON from outside: no deeper, with no larger numbers and no other text than everything here can keep.

Python's parser accepts `1e999` and `NaN`, numbers of 4,300 digits and half a surrogate pair, and fails on depth with
a `RecursionError`: each of them would fail later, in the middle of the work.
"""

import json
import math
from collections.abc import Iterator
from typing import Any

MAX_DEPTH = 100
MAX_NUMBER = 2**63 - 1


class PlainJsonError(ValueError):
    """The text is not JSON, or not JSON that can be kept; the message says why."""


def parse(text: bytes | str) -> Any:
    """Return the value of a JSON text. Raises PlainJsonError."""
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        value = json.loads(decoded)
    except RecursionError:
        raise PlainJsonError(_TOO_DEEP) from None
    except UnicodeDecodeError as error:
        raise PlainJsonError(f"byte {error.start} is not UTF-8") from error
    except ValueError as error:
        raise PlainJsonError(str(error)) from error
    require_plain(value)
    return value


def require_plain(value: Any) -> None:
    """Refuse what cannot be kept as JSON and read again. Raises PlainJsonError."""
    waiting = [(value, 1)]
    while waiting:
        part, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise PlainJsonError(_TOO_DEEP)
        if problem := _problem_of(part):
            raise PlainJsonError(problem)
        waiting += ((inner, depth + 1) for inner in _inside(part))


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"


def _inside(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from part
        yield from part.values()
    elif isinstance(part, list | tuple):
        yield from part


def _problem_of(part: Any) -> str | None:
    if isinstance(part, str):
        return None if part.isascii() or _is_text(part) else "a text holds half a surrogate pair"
    if isinstance(part, float):
        return None if math.isfinite(part) else f"{part} is not a finite number"
    if isinstance(part, int):
        return None if abs(part) <= MAX_NUMBER else "a number has more than 63 bits"
    known = part is None or isinstance(part, dict | list | tuple)
    return None if known else f"a {type(part).__name__} is not a value of JSON"


def _is_text(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:
        return False
    return True
