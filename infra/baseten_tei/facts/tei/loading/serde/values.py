"""A JSON value read as a Rust type, as serde's derived code does it.

Which of several faults serde reports: a member of the wrong type or a second one of its name, in the order of the
file; after the last member a missing field, in the order of the struct.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from baseten_tei.facts.tei.loading.serde.json_text import members_of
from baseten_tei.facts.tei.loading.serde.scalars import (
    INTEGERS,
    float_reader,
    read_boolean,
    read_integer,
    read_string,
    read_variant,
)
from baseten_tei.facts.tei.loading.serde.special import SPECIAL
from baseten_tei.facts.tei.loading.serde.structs import (
    Field,
    fields_of,
    is_enum,
    is_struct,
    names_of,
    rust_name,
)
from baseten_tei.facts.tei.loading.serde.words import (
    SerdeError,
    duplicate_field,
    missing_field,
    wrong_length,
    wrong_type,
)

Known = frozenset[str] | None
"""Names of members whose absence means something; `None`: all."""
_GENERIC = re.compile(r"(Option|list|map)<(.+)>")


def read_value(type_name: str, value: Any, release: str) -> Any:
    """Return a value read as a Rust type. Raises SerdeError."""
    if generic := _GENERIC.fullmatch(type_name):
        return _READ_GENERIC[generic[1]](generic[2], value, release)
    if type_name in INTEGERS:
        return read_integer(type_name, value)
    if is_enum(type_name):
        return read_variant(type_name, value, release)
    if is_struct(type_name):
        return read_struct(type_name, value, release)
    if special := SPECIAL.get(type_name):
        return special(value, release, read_value)
    return _READ[type_name](value, release)


def read_struct(struct: str, value: Any, release: str, known: Known = None) -> dict[str, Any]:
    """Return the fields of a struct; members that it does not have are passed over. Raises SerdeError.

    A field that is absent, and that might be there because it is not among the `known` names, is left out.
    """
    if isinstance(value, list):
        return _by_position(struct, value, release)
    if not isinstance(value, dict):
        raise wrong_type(value, f"struct {rust_name(struct)}")
    found = _members(names_of(struct, release), value, release)
    return {
        field.name: found[field.name] if field.name in found else _absent(field)
        for field in fields_of(struct, release)
        if field.name in found or _is_known(field, known)
    }


def _is_known(field: Field, known: Known) -> bool:
    return known is None or known.issuperset((field.name, *field.aliases))


def _members(
    names: Mapping[str, Field], value: Mapping[str, Any], release: str
) -> dict[str, Any]:  # fmt: skip
    found: dict[str, Any] = {}
    for name, member in members_of(value):
        if (field := names.get(name)) is None:
            continue
        if field.name in found:
            raise duplicate_field(field.name)
        found[field.name] = _read_field(field, member, release)
    return found


def _read_field(field: Field, value: Any, release: str) -> Any:
    try:
        return read_value(field.reader or field.type, value, release)
    except SerdeError as error:
        error.field = field.name
        raise


def _absent(field: Field) -> Any:
    if field.has_default:
        return field.default
    if field.type.startswith("Option<") and not field.reader:
        return None
    raise missing_field(field.name)


def _by_position(struct: str, values: list[Any], release: str) -> dict[str, Any]:
    """serde reads a list as the struct's fields in their order; only a default may be left out."""
    fields = fields_of(struct, release)
    found: dict[str, Any] = {}
    for position, field in enumerate(fields):
        if position >= len(values) and not field.has_default:
            count = f"{len(fields)} element{'s' * (len(fields) != 1)}"
            raise wrong_length(position, f"struct {rust_name(struct)} with {count}")
        given = position < len(values)
        found[field.name] = (
            _read_field(field, values[position], release) if given else field.default
        )
    if len(values) > len(fields):
        raise SerdeError("trailing characters")
    return found


def _option(inner: str, value: Any, release: str) -> Any:
    return None if value is None else read_value(inner, value, release)


def _list(inner: str, value: Any, release: str) -> list[Any]:
    if not isinstance(value, list):
        raise wrong_type(value, "a sequence")
    return [read_value(inner, item, release) for item in value]


def _map(inner: str, value: Any, release: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise wrong_type(value, "a map")
    return {name: read_value(inner, member, release) for name, member in members_of(value)}


_READ_GENERIC: Mapping[str, Callable[[str, Any, str], Any]] = {
    "Option": _option, "list": _list, "map": _map,
}  # fmt: skip
_READ: Mapping[str, Callable[[Any, str], Any]] = {
    "f32": float_reader("f32"), "f64": float_reader("f64"), "string": read_string, "bool": read_boolean,
    }  # fmt: skip
