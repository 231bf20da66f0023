"""Strict JSON bodies: the wrong type and the unknown field are refused by name.

The management API rejects unknown fields on updates (`additionalProperties: false` in its OpenAPI).
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from baseten_emulator.world.wire import Request, bad_request

_SHOWN = 100
Fields = Mapping[str, type | tuple[type, ...]]


def check_fields(
    body: Mapping[str, Any], fields: Fields, required: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Return `body` without its nulls. Raises ApiError 400 naming a field that is unknown, missing or mistyped."""
    for name, value in body.items():
        if name not in fields:
            raise bad_request(_describe_unknown(name, fields))
        if value is not None and not _is_of(value, fields[name]):
            raise bad_request(f"{name}: {shorten(value)} has the wrong type")
    for name in required:
        if body.get(name) in (None, ""):
            raise bad_request(f"{name}: field required")
    return {name: value for name, value in body.items() if value is not None}


def shorten(value: Any) -> str:
    """Return a value for a message: its beginning, where it is long."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def require_range(name: str, value: Any, least: float, most: float) -> None:
    """Refuse a number outside of these. Raises ApiError 400 that names the field."""
    if not least <= value <= most:
        raise bad_request(f"{name}: {value} must be between {least:g} and {most:g}")


def require_short(name: str, value: Any, most: int) -> None:
    """Refuse a text of more characters. Raises ApiError 400 that names the field."""
    if isinstance(value, str) and len(value) > most:
        raise bad_request(f"{name}: has {len(value)} characters, at most {most} are kept")


def require_room(count: int, most: int, what: str) -> None:
    """Refuse one more where there are as many as are kept. Raises ApiError 400 that says what to do."""
    if count >= most:
        raise bad_request(
            f"there are already {count} {what}, as many as are kept: DELETE some first"
        )


def _is_of(value: Any, kinds: type | tuple[type, ...]) -> bool:
    wanted = kinds if isinstance(kinds, tuple) else (kinds,)
    return isinstance(value, wanted) and not (isinstance(value, bool) and bool not in wanted)


def _describe_unknown(name: str, fields: Fields) -> str:
    close = get_close_matches(name, fields, 1)
    hint = f'; perhaps you meant "{close[0]}"' if close else ""
    return f"{name[:_SHOWN]}: extra fields not permitted{hint}"


def refuse_unsimulated(body: Mapping[str, Any], *names: str) -> None:
    """Refuse, by name, what Baseten has and the emulator does not simulate."""
    for name in names:
        if body.get(name) is not None:
            raise bad_request(f"{name}: not simulated by the emulator")


def read_query(request: Request, fields: Fields, required: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a request's query parameters, checked as `check_fields` checks a body; lists repeat."""
    query: dict[str, Any] = {}
    for name, values in request.query.items():
        kind = fields.get(name)
        last = values[-1]
        whole = kind is int and re.fullmatch(r"-?[0-9]{1,18}", last)
        query[name] = list(values) if kind is list else int(last) if whole else last
    return check_fields(query, fields, required)
