"""`Pulumi.<stack>.yaml` with more in it: what stands there stays as it is, to the byte, comments included.

New text is put in where YAML's own parser says that the models end; nothing is written anew.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import yaml

from baseten_tei.deployment.config.truss_config import json_for_yaml
from baseten_tei.errors import UserError
from baseten_tei.facts.files.yaml_nodes import MAP, compose
from baseten_tei.spec.spec_parser import MODELS

PIN = " # adopted as it runs: remove this line, and the next `pulumi up` pushes the spec above"

_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*(:[A-Za-z0-9_./-]+)*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}


def add_models(text: str, models: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the file's text with these models besides its own. Raises `UserError` for what is not a mapping."""
    config = _child(_root(text), "config")
    found = _child(config, MODELS) if config else None
    if config is None or found is None:
        return add_key(text, MODELS, dict(models))
    return _insert(text, found, models, _column(config, 2) + 2)


def add_key(text: str, key: str, value: Any) -> str:
    """Return the file's text with one more key of its configuration; unchanged where it has it."""
    config = _child(_root(text), "config")
    if config is None:
        return f"{_end_line(text)}config:\n{render_block({key: value}, 2)}"
    return text if _child(config, key) is not None else _insert(text, config, {key: value}, 2)


def set_values(text: str, model: str, values: Mapping[str, Any], *inside: str) -> str:
    """Return the file's text with these values in a model's spec, or `inside` a mapping of it; all else stays as it is.

    Raises `UserError` where the model is not in the file.
    """
    path = ("config", MODELS, model, *inside)
    for key, value in values.items():
        node = _find_mapping(text, path)
        child = _child(node, key)
        if isinstance(value, Mapping) and isinstance(child, yaml.MappingNode):
            text = set_values(text, model, value, *inside, key)
        elif child is None:
            text = _insert(text, node, {key: value}, 2 * len(path))
        else:
            start, end = child.start_mark.index, child.end_mark.index
            text = f"{text[:start]}{json_for_yaml(value)}{text[end:]}"
    return text


def remove_value(text: str, model: str, key: str) -> str:
    """Return the file's text without one key of a model's spec, and what stands in it; unchanged where it has it not.

    Raises `UserError` where the model is not in the file.
    """
    node = _find_mapping(text, ("config", MODELS, model))
    child = _child(node, key)
    if child is None or not isinstance(node, yaml.MappingNode):
        return text
    place = next(at for at, (name, _) in enumerate(node.value) if name.value == key)
    if node.flow_style:
        start, end = _flow_part(node, place)
        return f"{text[:start]}{text[end:]}"
    lines = text.splitlines(keepends=True)
    first = node.value[place][0].start_mark
    last = _last_line(lines, child, first.column + 1)
    return "".join([*lines[: first.line], *lines[last + 1 :]])


def _flow_part(node: yaml.Node, place: int) -> tuple[int, int]:
    """Return where one entry of a mapping in braces begins and ends, with the comma that goes with it."""
    entries = node.value
    if place + 1 < len(entries):
        return entries[place][0].start_mark.index, entries[place + 1][0].start_mark.index
    before = entries[place - 1][1].end_mark.index if place else entries[0][0].start_mark.index
    return before, entries[place][1].end_mark.index


def _find_mapping(text: str, path: Sequence[str]) -> yaml.Node:
    """Return the mapping at the end of a path. Raises `UserError` where there is none."""
    node: yaml.Node | None = _root(text)
    for name in path:
        node = _child(node, name) if node else None
    if node is None:
        raise UserError(f"has no {'.'.join(path)}: write the model there first")
    return node


def _root(text: str) -> yaml.Node:
    return compose(text) or yaml.MappingNode(MAP, [])


def _child(node: yaml.Node, name: str) -> yaml.Node | None:
    """Return a key's value. Raises `UserError` where the node is not a mapping."""
    if not isinstance(node, yaml.MappingNode):
        raise UserError("must be a mapping with a `config:` mapping in it")
    return next((value for key, value in node.value if key.value == name), None)


def _insert(text: str, node: yaml.Node, more: Mapping[str, Any], indent: int) -> str:
    """Return the text with more keys at the end of a mapping: in its own style, or as a block where it is empty."""
    start, end = node.start_mark.index, node.end_mark.index
    if node.value in ("", "null", "~", []):
        after = text[end:].removeprefix("\n")
        return f"{text[:start].rstrip(' ')}\n{render_block(more, indent)}{after}"
    if not isinstance(node, yaml.MappingNode):
        raise UserError("must be a mapping with a `config:` mapping in it")
    if node.flow_style:
        inner = json_for_yaml(more)[1:-1]
        return f"{text[: end - 1].rstrip().rstrip(',')}, {inner}{text[end - 1 :]}"
    lines = _end_line(text).splitlines(keepends=True)
    column = _column(node, indent)
    place = _last_line(lines, node, column) + 1
    return "".join([*lines[:place], render_block(more, column), *lines[place:]])


def _column(node: yaml.Node, default: int) -> int:
    """Return where a block mapping's keys begin."""
    is_block = isinstance(node, yaml.MappingNode) and node.value and not node.flow_style
    return node.value[0][0].start_mark.column if is_block else default


def _last_line(lines: list[str], node: yaml.Node, column: int) -> int:
    """Return the last line of a block mapping; comments that stand further left belong to what follows."""
    last, before = min(node.end_mark.line, len(lines) - 1), node.end_mark.column
    if last == node.end_mark.line and not lines[last][:before].strip():
        last -= 1  # its end is where the next thing begins
    while not _belongs(lines[last], column):
        last -= 1
    return last


def _belongs(line: str, column: int) -> bool:
    stripped = line.lstrip(" ")
    comment = stripped.startswith("#") and len(line) - len(stripped) < column
    return bool(stripped.strip()) and not comment


def render_block(values: Mapping[str, Any], indent: int = 0) -> str:
    """Return keys and values as YAML text: words bare, all else as JSON, which YAML reads as the same."""
    return "".join(f"{' ' * indent}{line}\n" for line in _lines(values))


def _lines(values: Mapping[str, Any]) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping) and value:
            yield f"{_scalar(key)}:"
            yield from (f"  {line}" for line in _lines(value))
        else:
            yield f"{_scalar(key)}: {_scalar(value)}{PIN if key == 'deployment' else ''}"


def _scalar(value: Any) -> str:
    """Return a value as YAML. Pulumi reads YAML 1.2, where `1e5` is a number too: only words stay bare."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json_for_yaml(value)


def _end_line(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"
