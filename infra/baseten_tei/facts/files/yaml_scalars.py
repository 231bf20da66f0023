"""What an unquoted word of YAML means to Pulumi's engine, and what the engine makes of it for a program.

The rules are those of gopkg.in/yaml.v3 3.0.1 (`resolve.go`), and of the JSON that Pulumi 3.259.0 hands to programs;
each was measured (tests/support/engine_yaml.json). It is YAML 1.2 but for dates, `0777`, `0b11` and `1_000`.
"""

import math
import re
from datetime import UTC, datetime
from decimal import Decimal

_WORDS = {
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((f"{sign}{word}" for sign in ("", "+") for word in (".inf", ".Inf", ".INF")), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}  # fmt: skip
_INTEGER = re.compile(r"([-+]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_POINT = re.compile(r"\.[0-9](_?[0-9])*([eE][-+]?[0-9](_?[0-9])*)?")
_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:([Tt ])(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[-+]\d{2}:\d{2})?)?",
    re.ASCII,
)
Scalar = str | int | float | bool | None


def plain_scalar(text: str) -> Scalar:
    """Return what an unquoted word is: itself, unless it is a number, a boolean, nothing, or a date."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] == ".":
        return _number(text) if _POINT.fullmatch(text) else text
    if text[0] not in "+-0123456789":
        return text
    return date_text(text) or _number(text)


def _number(text: str) -> Scalar:
    bare = text.replace("_", "")
    if whole := _INTEGER.fullmatch(bare):
        value = int(f"{whole[1]}{_in_python(whole[2])}", 0)
        if -(2**63) <= value < 2**64:
            return value
    if _FLOAT.fullmatch(bare) and math.isfinite(float(bare)):
        return float(bare)
    return text


def _in_python(digits: str) -> str:
    """`010` is eight to the engine, as `0o10` is."""
    octal = len(digits) > 1 and digits[0] == "0" and digits.isdecimal()
    return f"0o{digits[1:]}" if octal else digits


def date_text(text: str) -> str | None:
    """Return the text that a program gets in place of a date; `None` for what is not one."""
    found = _DATE.fullmatch(text)
    try:
        moment = _moment(*(int(it or 0) for it in found.group(1, 2, 3, 5, 6, 7))) if found else None
    except ValueError:
        return None
    if found is None or moment is None or (found[4] and (found[4] == " ") == bool(found[9])):
        return None  # after a `T` there must be a zone, after a space none
    fraction = (found[8] or "")[:9].rstrip("0")
    offset = (found[9] or "Z").replace(":", "")
    zone = "+0000 UTC" if offset in ("Z", "+0000", "-0000") else f"{offset} {offset}"
    return (
        f"{moment:%Y-%m-%d %H:%M:%S}".zfill(19) + (f".{fraction}" if fraction else "") + f" {zone}"
    )


def _moment(*numbers: int) -> datetime:
    year, month, day, hour, minute, second = numbers
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC)


def as_json_gives_it(value: float) -> Scalar:
    """Return a number after the way through the engine's JSON, which knows 64-bit integers and floats only."""
    if isinstance(value, int) and -(2**63) <= value < 2**63:
        return value
    value = float(value)
    return int(Decimal(repr(value))) if value.is_integer() and abs(value) < 1e21 else value


def key_text(value: Scalar) -> str:
    """Return a key as Go shows it: in the engine's hands every key becomes a text."""
    match value:
        case None:
            return "<nil>"
        case bool():
            return str(value).lower()
        case float() if not math.isfinite(value):
            return {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}[str(value)]
        case float():
            return str(as_json_gives_it(value))
    return str(value)
