"""YAML with the rules of Pulumi's engine, for every file of ours: commands and the program read the same values."""

import base64
import binascii
import math
from collections.abc import Iterator
from typing import Any

import yaml

from baseten_tei.errors import UserError
from baseten_tei.facts.files.yaml_nodes import PLAIN, TEXT, Alias, compose, yaml_error
from baseten_tei.facts.files.yaml_scalars import as_json_gives_it, date_text, key_text, plain_scalar

_STANDARD = "tag:yaml.org,2002:"
_KINDS: dict[str, tuple[type, ...]] = {
    "int": (int,), "float": (int, float), "bool": (bool,), "null": (type(None),), "timestamp": (str,),
}  # fmt: skip


def parse_yaml(text: str) -> Any:
    """Return what the text holds, as JSON would; `None` for an empty one.

    Raises `UserError` without the file's name, for double keys and endless numbers as well.
    """
    root = compose(text)
    try:
        return None if root is None else _value(root)
    except yaml.MarkedYAMLError as error:
        where = error.problem_mark.line + 1 if error.problem_mark else 1
        raise UserError(f"is not valid YAML: line {where}: {error.problem}: fix it") from error


def _value(node: yaml.Node) -> Any:
    match node:
        case Alias():
            return _value(node.value)
        case yaml.MappingNode():
            return _mapping(node)
        case yaml.SequenceNode():
            return [_value(it) for it in node.value]
    value = _scalar(node)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return value
    if not math.isfinite(value):
        raise yaml_error(f"{node.value} is a number that JSON does not have", node.start_mark)
    return as_json_gives_it(value)


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    found = {_key(key): _value(value) for key, value in node.value if not _is_merge(key)}
    for key, value in node.value:
        if _is_merge(key):
            for source in _sources(value):
                found = {**_value(source), **found}
    return found


def _sources(node: yaml.Node) -> Iterator[yaml.Node]:
    """The mappings that a `<<` merges, the one that goes before the others first."""
    every = node.value if isinstance(node, yaml.SequenceNode) else [node]
    for source in every:
        target = source.value if isinstance(source, Alias) else source
        if not isinstance(target, yaml.MappingNode):
            raise yaml_error(
                "map merge requires map or sequence of maps as the value", node.start_mark
            )
        yield target


def _is_merge(key: yaml.Node) -> bool:
    """Quoted as well: the engine writes what it read anew, without quotes, and reads that."""
    return isinstance(key, yaml.ScalarNode) and key.value == "<<"


def _key(node: yaml.Node) -> str:
    target = node.value if isinstance(node, Alias) else node
    if not isinstance(target, yaml.ScalarNode):
        raise yaml_error("invalid map key: a list or a mapping", node.start_mark)
    return key_text(_scalar(target))


def _scalar(node: yaml.Node) -> Any:
    """A word by its tag; a tag that YAML does not know says nothing."""
    text, tag = node.value, node.tag.removeprefix(_STANDARD)
    if node.tag == TEXT:
        return text
    if node.tag == PLAIN:
        return plain_scalar(text)
    if tag == "binary":
        return _binary(node)
    if tag not in _KINDS:
        return text
    value = date_text(text) if tag == "timestamp" else plain_scalar(text)
    if type(value) not in _KINDS[tag]:
        raise yaml_error(f"cannot decode {text!r} as a !!{tag}", node.start_mark)
    return value


def _binary(node: yaml.Node) -> str:
    try:
        return base64.b64decode(node.value).decode(errors="replace")
    except binascii.Error as error:
        raise yaml_error("!!binary value contains invalid base64 data", node.start_mark) from error
