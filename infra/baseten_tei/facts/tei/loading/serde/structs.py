"""TEI's structs and enums, release by release, from structs.json and enums.json.

Each field has the line of its source at v1.9.3, or at the last release that has it. Generated from the sources at
their tags; serde's rules for them are in serde_values.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from baseten_tei.facts.tei.loading.rows import read_rows
from baseten_tei.facts.tei.releases import known_release, rows_of

_STRUCTS: Mapping[str, Any] = read_rows(Path(__file__).with_name("structs.json"))
_ENUMS: Mapping[str, Any] = read_rows(Path(__file__).with_name("enums.json"))

DEFAULT_OF_TYPE = {"usize": 0, "bool": False}
NAMED_DEFAULTS = {"default_is_causal": True, "default_max_trained_positions": 2048}
"""Functions that structs.json names as a default → what they return."""


@dataclass(frozen=True)
class Field:
    """One field: its name in the file, its Rust type, and what stands in for it."""

    name: str
    type: str
    aliases: tuple[str, ...] = ()
    has_default: bool = False
    default: Any = None
    reader: str | None = None
    """A function of TEI's own that reads it (`deserialize_with`): serde then asks for the field."""
    source: str = ""


def _field(row: Mapping[str, Any], source: str) -> Field:
    default = row.get("default")
    value = NAMED_DEFAULTS.get(str(default), _default_of(row["type"]))
    aliases, reader = tuple(row.get("aliases", ())), row.get("with")
    place = f"{source}:{row['line']}"
    return Field(row["name"], row["type"], aliases, default is not None, value, reader, place)


def _default_of(type_name: str) -> Any:
    if type_name in _ENUMS:
        return _ENUMS[type_name].get("default")
    return DEFAULT_OF_TYPE.get(type_name)


@cache
def _fields(struct: str, release: str) -> tuple[Field, ...]:
    rows = _STRUCTS[struct]
    return tuple(_field(row, rows["source"]) for row in rows_of(rows["fields"], release))


def fields_of(struct: str, release: str) -> tuple[Field, ...]:
    """Return the fields of a struct in a release, in the order of its source."""
    return _fields(struct, known_release(release))


@cache
def names_of(struct: str, release: str) -> Mapping[str, Field]:
    """Return each name that a struct reads, aliases among them, and its field."""
    fields = fields_of(struct, release)
    return {name: field for field in fields for name in (field.name, *field.aliases)}


def rust_name(struct: str) -> str:
    """Return the name that serde uses in its messages."""
    return str(_STRUCTS[struct]["rust"])


def is_struct(type_name: str) -> bool:
    """Return whether a type is one of the structs."""
    return type_name in _STRUCTS


def is_enum(type_name: str) -> bool:
    """Return whether a type is one of the enums without data."""
    return type_name in _ENUMS


@cache
def variants_of(enum: str, release: str) -> Mapping[str, str]:
    """Return each name of each variant → the variant, in the order in which serde lists them."""
    rows = rows_of(_ENUMS[enum]["variants"], release)
    return {name: row["names"][0] for row in rows for name in row["names"]}


def all_names(
    including: frozenset[str] | None = None, excluding: frozenset[str] = frozenset()
) -> frozenset[str]:  # fmt: skip
    """Return each name that these structs read, in any release; of all but `excluding` unless said."""
    structs = (including or frozenset(_STRUCTS)) - excluding
    rows = (row for struct in structs for row in _STRUCTS[struct]["fields"])
    return frozenset(name for row in rows for name in (row["name"], *row.get("aliases", ())))
