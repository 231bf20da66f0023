"""Types that TEI reads by more than one shape: `RopeScaling`, and DeBERTa's `pos_att_type`."""

from collections.abc import Callable, Mapping
from typing import Any

from baseten_tei.facts.tei.loading.serde.structs import fields_of
from baseten_tei.facts.tei.loading.serde.words import (
    SerdeError,
    missing_field,
    unknown_variant,
    wrong_type,
)

ReadValue = Callable[[str, Any, str], Any]
"""Reads a value as a type in a release."""


def read_rope_scaling(value: Any, release: str, read: ReadValue) -> Any:
    """Return a `RopeScaling`: up to 1.8.3 `type` tells its kinds apart, then the first struct that fits is taken."""
    if not fields_of("RopeScaling::Ntk", release):
        return _tagged_scaling(value, release, read)
    for struct in ("RopeScaling::Llama3", "RopeScaling::Ntk"):
        try:
            return read(struct, value, release)
        except SerdeError:
            continue
    raise SerdeError("data did not match any variant of untagged enum RopeScaling")


def _tagged_scaling(value: Any, release: str, read: ReadValue) -> Any:
    if not isinstance(value, dict):
        raise wrong_type(value, "internally tagged enum RopeScaling")
    if "type" not in value:
        raise missing_field("type")
    if not isinstance(value["type"], str):
        raise wrong_type(value["type"], "variant identifier")
    if value["type"] != "ntk":
        raise unknown_variant(value["type"], ("ntk",))
    return read("NTKScaling", value, release)


def read_position_kinds(value: Any, release: str, read: ReadValue) -> Any:
    """Return DeBERTa's `pos_att_type`: a list, or a text with bars between."""
    if isinstance(value, str):
        return value.split("|")
    try:
        return read("list<string>", value, release)
    except SerdeError:
        raise SerdeError("data did not match any variant of untagged enum StringOrVec") from None


SPECIAL: Mapping[str, Callable[[Any, str, ReadValue], Any]] = {
    "RopeScaling": read_rope_scaling,
    "deserialize_pos_att_type": read_position_kinds,
}
"""By the name that structs.json has for the type, or for the function that reads it."""
