"""JSON as serde_json 1.0 reads it (source: `de.rs`, `read.rs`), where Python's parser takes more or gives up."""

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 128
TOO_DEEP = "recursion limit exceeded"
TOO_LARGE = "number out of range"
HALF = "lone leading surrogate in hex escape"
REASONS = (TOO_DEEP, TOO_LARGE, HALF)
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


def parse(text: str) -> Any:
    """Return the value of a JSON text. Raises json.JSONDecodeError."""
    _require_shallow(text)
    try:
        value = json.loads(text, parse_constant=lambda _: _refuse("Expecting value", text, 0))
    except json.JSONDecodeError:
        raise
    except ValueError:  # more digits than Python reads
        _refuse(TOO_LARGE, text, 0)
    escape = _SURROGATE.search(text)
    if escape and not _is_text(value):
        _refuse(HALF, text, escape.end() + 1)
    return value


def _require_shallow(text: str) -> None:
    if text.count("[") + text.count("{") < MAX_DEPTH:
        return
    depth = 0
    for part in _STRING_OR_BRACKET.finditer(text):
        depth += (part[0] in "[{") - (part[0] in "]}")
        if depth == MAX_DEPTH:
            _refuse(TOO_DEEP, text, part.start())


def _is_text(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _refuse(reason: str, text: str, at: int) -> NoReturn:
    raise json.JSONDecodeError(reason, text, at)
