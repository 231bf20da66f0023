"""What serde says of a value that does not fit, word for word (serde 1.0.219, serde_json 1.0.140)."""

import json
import re
from collections.abc import Iterable
from typing import Any

from baseten_tei.facts.tei.loading.serde.json_text import MOST


class SerdeError(Exception):
    """A value that does not fit its Rust type. `field` is the struct's own, which serde does not always name."""

    def __init__(self, text: str, field: str = "") -> None:
        super().__init__(text)
        self.field = field


def describe(value: Any) -> str:
    """Return a value as serde's `Unexpected` names it, e.g. "integer `5`", "null", "sequence"."""
    if value is None or isinstance(value, list | dict):
        return "null" if value is None else "map" if isinstance(value, dict) else "sequence"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    if isinstance(value, bool):
        return f"boolean `{json.dumps(value)}`"
    return f"integer `{value}`" if is_integer(value) else f"floating point `{_float(value)}`"


def is_integer(value: Any) -> bool:
    """Return whether serde_json keeps a number as an integer: not beyond 64 bits."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value <= MOST


def _float(value: float) -> str:
    return re.sub(r"e([+-]?)0*(?=\d)", lambda found: f"e{found[1].strip('+')}", repr(float(value)))


def wrong_type(value: Any, expected: str) -> SerdeError:
    """Return the error of a value of another type."""
    return SerdeError(f"invalid type: {describe(value)}, expected {expected}")


def wrong_value(value: Any, expected: str) -> SerdeError:
    """Return the error of a value of the type, but out of its range."""
    return SerdeError(f"invalid value: {describe(value)}, expected {expected}")


def wrong_length(count: int, expected: str) -> SerdeError:
    """Return the error of a sequence that ends too early, or goes on."""
    return SerdeError(f"invalid length {count}, expected {expected}")


def unknown_variant(name: str, variants: Iterable[str]) -> SerdeError:
    """Return the error of a word that an enum has not."""
    listed = [f"`{variant}`" for variant in variants]
    wanted = " or ".join(listed) if len(listed) <= 2 else f"one of {', '.join(listed)}"
    return SerdeError(f"unknown variant `{name}`, expected {wanted}")


def missing_field(name: str) -> SerdeError:
    """Return the error of a field that has to be there."""
    return SerdeError(f"missing field `{name}`", name)


def duplicate_field(name: str) -> SerdeError:
    """Return the error of a field that is there twice, under one name or two."""
    return SerdeError(f"duplicate field `{name}`", name)
