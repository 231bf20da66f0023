"""JSON values without parts, read as a Rust number, text, bool or enum."""

from collections.abc import Callable
from typing import Any

from baseten_tei.facts.tei.loading.serde.structs import variants_of
from baseten_tei.facts.tei.loading.serde.words import (
    is_integer,
    unknown_variant,
    wrong_type,
    wrong_value,
)

INTEGERS = {
    "usize": (0, 2**64 - 1), "u32": (0, 2**32 - 1), "isize": (-(2**63), 2**63 - 1),
    "i64": (-(2**63), 2**63 - 1),
}  # fmt: skip


def read_integer(type_name: str, value: Any) -> int:
    """Return a whole number within its bits. Raises SerdeError."""
    least, most = INTEGERS[type_name]
    if not is_integer(value):
        raise wrong_type(value, type_name)
    if not least <= value <= most:
        raise wrong_value(value, type_name)
    return int(value)


def float_reader(type_name: str) -> Callable[[Any, str], float]:
    """Return the reader of an `f32` or `f64`, which takes whole numbers, too."""

    def read(value: Any, _release: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(value, type_name)
        return value

    return read


def read_string(value: Any, _release: str) -> str:
    """Return a text. Raises SerdeError."""
    if not isinstance(value, str):
        raise wrong_type(value, "a string")
    return value


def read_boolean(value: Any, _release: str) -> bool:
    """Return a bool. Raises SerdeError."""
    if not isinstance(value, bool):
        raise wrong_type(value, "a boolean")
    return value


def read_variant(enum: str, value: Any, release: str) -> str:
    """Return the variant that a word stands for. Raises SerdeError."""
    if isinstance(value, dict):
        if len(value) != 1:
            raise wrong_value(value, "map with a single key")
        value = next(iter(value))  # `{"gelu": null}`
    if not isinstance(value, str):
        raise wrong_type(value, "string or map")
    variants = variants_of(enum, release)
    if value not in variants:
        raise unknown_variant(value, variants)
    return variants[value]
