"""JSON as serde_json 1.0 reads it (source: `de.rs`, `read.rs`), where Python's parser takes more or gives up."""

import json
import math
import re
from typing import Any, NoReturn

from baseten_emulator.tei.http.serde import Members

MAX_DEPTH = 128
TOO_DEEP = "recursion limit exceeded"
TOO_LARGE = "number out of range"
HALF = "lone leading surrogate in hex escape"
CUT = "unexpected end of hex escape"
REASONS = (TOO_DEEP, TOO_LARGE, HALF, CUT)
_STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_ESCAPE = re.compile(r"\\(?:[^u]|u([0-9a-fA-F]{4}))")
_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*', re.DOTALL)


def parse(text: str) -> Any:
    """Return the first value of a text; axum looks at nothing behind it. Raises json.JSONDecodeError."""
    _require_shallow(text)
    start = len(text) - len(text.lstrip(" \t\n\r"))
    try:
        value, stop = _DECODER.raw_decode(text, start)
    except json.JSONDecodeError:
        _require_pairs(text)
        raise
    except ValueError:  # more digits than Python reads
        _refuse(TOO_LARGE, text, 0)
    _require_pairs(text[:stop])
    _require_finite(text[:stop])
    return value


def parse_start(text: str) -> Any:
    """Return what a text that breaks off says so far, None for nothing: serde refuses a value before it reads on."""
    opened: list[str] = []
    for part in _STRING_OR_BRACKET.finditer(text):
        if part[0] in "[{":
            opened.append("]" if part[0] == "[" else "}")
        elif part[0] in "]}" and opened:
            opened.pop()
    head = text.rstrip(" \t\n\r,")
    try:
        return parse(head + "".join(reversed(opened)))
    except json.JSONDecodeError:
        return None


def _constant(_: str) -> NoReturn:
    raise json.JSONDecodeError("Expecting value", "", 0)


_DECODER = json.JSONDecoder(object_pairs_hook=Members, parse_constant=_constant)


def _require_pairs(text: str) -> None:
    """Refuse half of a surrogate pair, in serde_json's words."""
    escapes = list(_ESCAPE.finditer(text))
    leading: re.Match[str] | None = None
    for escape in escapes:
        code = int(escape[1], 16) if escape[1] else 0
        is_second = leading is not None and leading.end() == escape.start()
        if leading is not None:
            if not is_second or not escape[1]:
                _refuse(CUT, text, leading.end())
            if not 0xDC00 <= code < 0xE000:
                _refuse(HALF, text, escape.end() - 1)
            leading = None
        elif 0xDC00 <= code < 0xE000:
            _refuse(HALF, text, escape.end() - 1)
        elif 0xD800 <= code < 0xDC00:
            leading = escape
    if leading is not None:
        _refuse(CUT, text, leading.end())


def _require_finite(text: str) -> None:
    for number in _NUMBER.finditer(text):
        if number[0][0] != '"' and math.isinf(float(number[0])):
            _refuse(TOO_LARGE, text, number.end() - 1)


def _require_shallow(text: str) -> None:
    if text.count("[") + text.count("{") < MAX_DEPTH:
        return
    depth = 0
    for part in _STRING_OR_BRACKET.finditer(text):
        depth += (part[0] in "[{") - (part[0] in "]}")
        if depth == MAX_DEPTH:
            _refuse(TOO_DEEP, text, part.start())


def _refuse(reason: str, text: str, at: int) -> NoReturn:
    raise json.JSONDecodeError(reason, text, at)
