"""Request bodies, read as serde reads them: same types accepted, same words and columns refused.

A decoder turns plain JSON into a value or raises `MismatchError`. Only when one does, the body is searched again for
the position that serde would report. Source: serde 1.0, serde_json 1.0 and axum's `Json` extractor; two messages are
measured on TEI 1.8.3 and 1.9.3, the others follow the code.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Path = tuple[str | int, ...]
Decoder = Callable[[Any], Any]
Where = Literal["start", "stop", "inside", "owner", "again", "value", "third"]
"""The value's first character, its last; where a list or object ends that was left early; after the value in what holds
it; the second key of one name; the first character as a reader of JSON sees it, which is one column on; behind the
third item of a list."""
REQUIRED = object()


class MismatchError(Exception):
    """A value of the wrong shape: serde's reason, the path to it, and where serde points.

    `is_syntax`: serde_json says that it is not JSON, where an enum can only be a word or an object.
    """

    def __init__(
        self, reason: str, at: Where = "stop", path: Path = (), is_syntax: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.at, self.path, self.is_syntax = reason, at, path, is_syntax

    def under(self, step: str | int) -> "MismatchError":
        """Return the same mismatch seen from one level further out."""
        return MismatchError(self.reason, self.at, (step, *self.path), self.is_syntax)


def wrong_type(value: Any, expected: str) -> MismatchError:
    """Return a mismatch such as `invalid type: integer `5`, expected a string`."""
    at: Where = "start" if isinstance(value, list | dict) else "stop"
    return MismatchError(f"invalid type: {_describe_value(value)}, expected {expected}", at)


def _describe_value(value: Any) -> str:
    if value is None or isinstance(value, list | dict):
        return "null" if value is None else "map" if isinstance(value, dict) else "sequence"
    if isinstance(value, str):
        return f"string {json.dumps(value, ensure_ascii=False)}"
    kind = {bool: "boolean", int: "integer"}.get(type(value), "floating point")
    return f"{kind} `{re.sub(r'e([+-]?)0*', _exponent, json.dumps(value))}`"


def _exponent(found: re.Match[str]) -> str:
    return f"e{found[1].removeprefix('+')}"


def string(value: Any) -> str:
    """Decode a Rust `String`."""
    if isinstance(value, str):
        return value
    raise wrong_type(value, "a string")


def boolean(value: Any) -> bool:
    """Decode a Rust `bool`."""
    if isinstance(value, bool):
        return value
    raise wrong_type(value, "a boolean")


def unsigned(bits: int, name: str) -> Decoder:
    """Return the decoder of a Rust `u32` or `usize`."""
    return _integer(0, 2**bits, name)


def _integer(least: int, end: int, name: str) -> Decoder:
    def decode(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong_type(value, name)
        if not -(2**63) <= value < 2**64:  # serde_json reads it as a float
            raise wrong_type(float(value), name)
        if not least <= value < end:
            raise MismatchError(f"invalid value: integer `{value}`, expected {name}")
        return value

    return decode


def signed(bits: int, name: str) -> Decoder:
    """Return the decoder of a Rust `i64` or `isize`."""
    return _integer(-(2 ** (bits - 1)), 2 ** (bits - 1), name)


def floating(name: str) -> Decoder:
    """Return the decoder of a Rust `f32` or `f64`, which takes whole numbers, too."""

    def decode(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise wrong_type(value, name)
        return value

    return decode


def optional(decoder: Decoder) -> Decoder:
    """Return the decoder of a Rust `Option`: null is None."""
    return lambda value: None if value is None else decoder(value)


def list_of(decoder: Decoder) -> Decoder:
    """Return the decoder of a Rust `Vec`."""

    def decode(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise wrong_type(value, "a sequence")
        return [within(index, decoder, item) for index, item in enumerate(value)]

    return decode


def map_of(decoder: Decoder) -> Decoder:
    """Return the decoder of a Rust `HashMap` with text for keys."""

    def decode(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise wrong_type(value, "a map")
        return {key: within(key, decoder, item) for key, item in value.items()}

    return decode


def untagged(name: str, *decoders: Decoder) -> Decoder:
    """Return the decoder of a Rust untagged enum: the first variant that fits."""

    def decode(value: Any) -> Any:
        for decoder in decoders:
            try:
                return decoder(value)
            except MismatchError:
                continue
        raise MismatchError(f"data did not match any variant of untagged enum {name}", "owner")

    return decode


def one_of(*names: str) -> Decoder:
    """Return the decoder of a Rust enum without data: a word, or an object of the word and null."""
    listed = [f"`{name}`" for name in names]
    wanted = " or ".join(listed) if len(listed) == 2 else f"one of {', '.join(listed)}"

    def decode(value: Any) -> str:
        word = value
        if isinstance(value, dict) and len(value) == 1:
            [(word, content)] = value.items()
            if content is not None:
                raise wrong_type(content, "unit").under(word)
        if not isinstance(word, str):
            raise MismatchError("expected value", "value", is_syntax=True)
        if word not in names:
            raise MismatchError(f"unknown variant `{word}`, expected {wanted}")
        return word

    return decode


class Members(dict[str, Any]):
    """A JSON object that remembers all its members, a name that is there twice among them."""

    def __init__(self, members: Iterable[tuple[str, Any]]) -> None:
        self.members = tuple(members)
        super().__init__(self.members)


@dataclass(frozen=True)
class Field:
    """One field of a struct; without a default it must be there."""

    decoder: Decoder
    default: Any = REQUIRED
    in_lists: bool = True
    """Whether a list in place of the object may end before it: not for an `Option` without `serde(default)`."""


@dataclass(frozen=True)
class Struct:
    """A Rust struct: fields in the order of the body first, then the missing ones."""

    name: str
    fields: Mapping[str, Field]
    aliases: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, value: Any) -> dict[str, Any]:
        """Return the decoded fields; unknown ones are ignored, as serde does."""
        if isinstance(value, list):
            return self._read_list(value)
        if not isinstance(value, dict):
            raise wrong_type(value, f"struct {self.name}")
        decoded: dict[str, Any] = {}
        for key, item in getattr(value, "members", value.items()):
            name = self.aliases.get(key, key)
            if name in decoded:
                raise MismatchError(f"duplicate field `{name}`", "again", (key,))
            if name in self.fields:
                decoded[name] = within(key, self.fields[name].decoder, item)
        return {name: decoded.get(name, self._default(name, decoded)) for name in self.fields}

    def _default(self, name: str, decoded: Mapping[str, Any]) -> Any:
        default = self.fields[name].default
        if default is REQUIRED and name not in decoded:
            raise MismatchError(f"missing field `{name}`")
        return default

    def _read_list(self, values: list[Any]) -> dict[str, Any]:
        """Read a list by position, as serde does."""
        decoded: dict[str, Any] = {}
        for number, (name, known) in enumerate(self.fields.items()):
            if number < len(values):
                decoded[name] = within(number, known.decoder, values[number])
            elif known.default is REQUIRED or not known.in_lists:
                count = f"{len(self.fields)} element{'s' * (len(self.fields) != 1)}"
                wanted = f"struct {self.name} with {count}"
                raise MismatchError(f"invalid length {number}, expected {wanted}")
            else:
                decoded[name] = known.default
        if len(values) > len(self.fields):
            raise MismatchError("trailing characters")
        return decoded


def within(step: str | int, decoder: Decoder, value: Any) -> Any:
    """Decode a part, so that a mismatch knows the way to it."""
    try:
        return decoder(value)
    except MismatchError as mismatch:
        raise mismatch.under(step) from None
