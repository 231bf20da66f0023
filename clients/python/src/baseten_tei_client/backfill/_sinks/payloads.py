"""Payloads as JSON, which each store takes."""

import base64
import datetime
import json
import math
import re
from collections.abc import Collection, Mapping
from typing import Any

from baseten_tei_client.backfill._rows import Row
from baseten_tei_client.errors import UsageError

_LONE = re.compile("[\ud800-\udfff]")
_LONE_OR_NUL = re.compile("[\x00\ud800-\udfff]")


def check_payload(example: Row, where: str, own: Collection[str]) -> None:
    """Raise `UsageError` where a payload has the name of what the store keeps itself."""
    for name in example.payload:
        if name in own:
            raise UsageError(
                f"{where} keeps {' and '.join(own)} itself: the payload cannot have {name!r} as well"
            )


def dump_payload(row: Row, without_nul: bool = False) -> str | None:
    """Return a row's payload as JSON; `None` without one."""
    if not row.payload:
        return None
    return json.dumps(as_json(row.payload, _LONE_OR_NUL if without_nul else _LONE))


def as_json(value: Any, bad: re.Pattern[str] = _LONE) -> Any:
    """Return what JSON has for a value: no NaN (null), no half of a surrogate pair (U+FFFD), bytes in base64."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if hasattr(value, "tolist"):  # of numpy
        return as_json(value.tolist(), bad)
    if isinstance(value, Mapping):
        return {as_json(str(key), bad): as_json(it, bad) for key, it in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [as_json(it, bad) for it in value]
    return bad.sub("\ufffd", _as_text(value))


def _as_text(value: Any) -> str:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return str(value)
