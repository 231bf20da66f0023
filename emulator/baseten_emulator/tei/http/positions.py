"""Where serde_json points when it refuses a body: line, and column in bytes.

Source: `serde_json::read::SliceRead::position_of_index` and `de.rs`; measured on two messages.
"""

import json

from baseten_emulator.tei.http import strict_json
from baseten_emulator.tei.http.serde import MismatchError, Path

_DECODER = json.JSONDecoder()
_SYNTAX = {
    "Expecting property name enclosed in double quotes": "key must be a string",
    "Illegal trailing comma before end of object": "trailing comma",
    "Illegal trailing comma before end of array": "trailing comma",
    "Expecting ':' delimiter": "expected `:`",
    "Expecting ',' delimiter": "expected `,` or `}`",
    "Expecting value": "expected value",
    "Invalid control character at": "control character (\\u0000-\\u001F) found while parsing a"
    " string",
    **{own: own for own in strict_json.REASONS},
}


def describe_mismatch(mismatch: MismatchError, body: str) -> str:
    """Return serde's words and position, as `inputs: invalid length 3, expected … at line 1 column 26`."""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in mismatch.path]
    prefix = f"{''.join(steps).removeprefix('.')}: " if steps else ""
    return f"{prefix}{mismatch.reason} at {position_of(mismatch, body)}"


def position_of(mismatch: MismatchError, body: str) -> str:
    """Return where a mismatch stands in a body that is valid JSON, as `line 1 column 26`."""
    return line_and_column(body, _offset(mismatch, body))


def describe_syntax_error(error: json.JSONDecodeError, body: str) -> str:
    """Return serde_json's words for a body that is not JSON; an approximation beyond the usual slips."""
    if not body[error.pos :].strip():
        return f"EOF while parsing a value at {line_and_column(body, len(body))}"
    if error.msg.startswith("Unterminated string"):
        return f"EOF while parsing a string at {line_and_column(body, len(body))}"
    words = _SYNTAX.get(error.msg, "expected value")
    return f"{words} at {line_and_column(body, error.pos + 1)}"


def line_and_column(body: str, offset: int) -> str:
    """Return the position after `offset` characters; columns count bytes."""
    before = body[:offset]
    column = len(before[before.rfind("\n") + 1 :].encode())
    return f"line {before.count(chr(10)) + 1} column {column}"


def _offset(mismatch: MismatchError, body: str) -> int:
    start = _find(body, _skip_blanks(body, 0), mismatch.path)
    if mismatch.at in ("start", "value"):
        return start + (mismatch.at == "value")
    if mismatch.at == "inside":
        return _leave(body, _skip_blanks(body, start + 1), body[start])
    if mismatch.at == "third":
        third = _find(body, start, (2,))
        return _leave(body, _DECODER.raw_decode(body, third)[1], "[")
    if mismatch.at == "again":
        return _second_key(body, start, str(mismatch.path[-1]))
    stop = _DECODER.raw_decode(body, start)[1]
    if mismatch.at == "owner":
        owner = "[" if mismatch.path and isinstance(mismatch.path[-1], int) else "{"
        return _leave(body, stop, owner)
    return stop


def _leave(body: str, stop: int, owner: str) -> int:
    """Return how far serde_json reads on when it leaves a list or an object before its end."""
    closing = _skip_blanks(body, stop)
    if body[closing : closing + 1] == {"[": "]", "{": "}"}.get(owner):
        return closing + 1
    if owner == "[" and body[closing : closing + 1] == ",":
        return _skip_blanks(body, closing + 1)
    return stop


def _second_key(body: str, first: int, key: str) -> int:
    """Return the offset behind the key that is there again, after its first value at `first`."""
    wanted, position = json.dumps(key, ensure_ascii=False), _DECODER.raw_decode(body, first)[1]
    found = body.find(wanted, position)
    return position if found < 0 else found + len(wanted)


def _find(body: str, start: int, path: Path) -> int:
    """Return the offset at which the value at `path` begins; the body is known to be valid JSON."""
    if not path:
        return start
    step, rest = path[0], path[1:]
    position = _skip_blanks(body, start + 1)
    index = 0
    while True:
        key: str | int = index
        if body[start] == "{":
            key, position = _DECODER.raw_decode(body, position)
            position = _skip_blanks(body, _skip_blanks(body, position) + 1)
        if key == step:
            return _find(body, position, rest)
        position = _DECODER.raw_decode(body, position)[1]
        position = _skip_blanks(body, _skip_blanks(body, position) + 1)
        index += 1


def _skip_blanks(body: str, position: int) -> int:
    while body[position : position + 1].isspace():
        position += 1
    return position
