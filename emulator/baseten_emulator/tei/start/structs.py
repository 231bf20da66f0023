"""TEI's structs and enums, release by release, as decoders: what serde makes of a repository's files.

structs.json has them as TEI's source does, type for type; `scripts/emulator_structs.py` writes it from a clone.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from baseten_emulator.tei.http.serde import (
    REQUIRED,
    Decoder,
    Field,
    Members,
    MismatchError,
    Struct,
    boolean,
    floating,
    list_of,
    map_of,
    optional,
    signed,
    string,
    unsigned,
    untagged,
    wrong_type,
)
from baseten_emulator.tei.versions import Version, parse_version

Row = Mapping[str, Any]
_TYPES: Mapping[str, Sequence[Row]] = json.loads(
    Path(__file__).with_name("structs.json").read_text("utf-8")
)
_PLAIN: Mapping[str, Decoder] = {
    "String": string, "bool": boolean, "usize": unsigned(64, "usize"), "u32": unsigned(32, "u32"),
    "isize": signed(64, "isize"), "i64": signed(64, "i64"), "f32": floating("f32"), "f64": floating("f64"),
}  # fmt: skip
_DEFAULTS = {"bool": False, "usize": 0}
_NAMED_DEFAULTS = {"is_causal": True, "max_trained_positions": 2048}
_READERS = {"deserialize_pos_att_type": "StringOrVec"}
_GENERIC = re.compile(r"(Option|Vec|HashMap)<(?:String, )?(.+)>")
_WRAPS: Mapping[str, Callable[[Decoder], Decoder]] = {
    "Option": optional, "Vec": list_of, "HashMap": map_of,
}  # fmt: skip


@cache
def decoder_of(name: str, version: Version) -> Decoder:
    """Return the decoder of a Rust type as the source writes it, e.g. `Option<usize>` or `BertConfig`."""
    if name in _PLAIN:
        return _PLAIN[name]
    if generic := _GENERIC.fullmatch(name):
        return _WRAPS[generic[1]](decoder_of(generic[2], version))
    row = row_of(name, version)
    if "type" in row:
        return decoder_of(row["type"], version)
    return _struct(name, row, version) if "fields" in row else _enum(name, row, version)


def row_of(name: str, version: Version) -> Row:
    """Return a type as a release has it: the last row that is not newer."""
    return [row for row in _TYPES[name] if parse_version(row["since"]) <= version][-1]


def variants_of(name: str, version: Version) -> dict[str, Any]:
    """Return the names of an enum's variants → what each holds, in the order in which serde lists them."""
    row = row_of(name, version)
    named: dict[str, Any] = {}
    for variant, content in row["variants"].items():
        aliases = [old for old, new in row.get("aliases", {}).items() if new == variant]
        named |= dict.fromkeys((variant, *aliases), content)
    return named


def _struct(name: str, row: Row, version: Version) -> Struct:
    fields = {field: _field(field, kind, row, version) for field, kind in row["fields"].items()}
    return Struct(name, fields, row.get("aliases", {}))


def _field(name: str, kind: str, row: Row, version: Version) -> Field:
    reader = row.get("readers", {}).get(name)
    decoder = decoder_of(_READERS[reader] if reader else kind, version)
    if kind.startswith("Option"):
        return Field(decoder, None, in_lists=name in row.get("defaults", ()))
    if name not in row.get("defaults", ()):
        return Field(decoder, REQUIRED)
    return Field(decoder, _NAMED_DEFAULTS.get(name, _DEFAULTS.get(kind, "absolute")))


def _enum(name: str, row: Row, version: Version) -> Decoder:
    if row.get("untagged"):
        contents = (_content(name, content, version) for content in row["variants"].values())
        return untagged(name, *contents)
    if "tag" in row:
        return _tagged(name, row, version)
    return _words(name, version)


def _content(name: str, content: Any, version: Version) -> Decoder:
    is_struct = isinstance(content, dict)
    return _struct(name, content, version) if is_struct else decoder_of(content, version)


def _words(name: str, version: Version) -> Decoder:
    """Read an enum without data: a word, or an object with the word and null."""
    known = variants_of(name, version)
    variants = {name: name for name in known} | row_of(name, version).get("aliases", {})

    def decode(value: Any) -> str:
        if isinstance(value, dict):
            if len(value) != 1:
                raise MismatchError("invalid value: map, expected map with a single key")
            value, content = next(iter(value.items()))
            if content is not None:
                raise wrong_type(content, "unit")
        if not isinstance(value, str):
            raise wrong_type(value, "string or map")
        if value not in known:
            raise unknown_variant(value, known)
        return str(variants[value])

    return decode


def _tagged(name: str, row: Row, version: Version) -> Decoder:
    """Read an enum whose variant one of its members names."""
    tag, known = row["tag"], variants_of(name, version)

    def decode(value: Any) -> Any:
        if not isinstance(value, dict):
            raise wrong_type(value, f"internally tagged enum {name}")
        if tag not in value:
            raise MismatchError(f"missing field `{tag}`")
        if not isinstance(value[tag], str):
            raise wrong_type(value[tag], "variant identifier")
        if value[tag] not in known:
            raise unknown_variant(value[tag], known)
        members = getattr(value, "members", value.items())
        rest = Members((key, item) for key, item in members if key != tag)
        return decoder_of(known[value[tag]], version)(rest)

    return decode


def unknown_variant(word: str, known: Mapping[str, Any]) -> MismatchError:
    """Return serde's refusal of a word that an enum does not have."""
    listed = [f"`{name}`" for name in known]
    wanted = " or ".join(listed) if len(listed) < 3 else f"one of {', '.join(listed)}"
    return MismatchError(f"unknown variant `{word}`, expected {wanted}")
