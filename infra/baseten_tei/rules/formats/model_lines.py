"""On which line of a stack's configuration each model begins, `next` and `previous` included."""

from collections.abc import Iterator, Mapping

import yaml

from baseten_tei.errors import UserError
from baseten_tei.facts.files.yaml_nodes import Alias, compose
from baseten_tei.facts.files.yaml_reader import parse_yaml
from baseten_tei.spec.spaces import expand
from baseten_tei.spec.spec_parser import MODELS


def find_lines(text: str) -> dict[str, int]:
    """Return the line, counted from 1, by what a model's resources are called, and of each key beside the models.

    There is nothing of what cannot be read.
    """
    try:
        config = _child(compose(text), "config")
        specs = parse_yaml(text)["config"].get(MODELS)
    except (UserError, AttributeError, KeyError, TypeError):  # not a mapping where one belongs
        return {}
    beside = {key.value: key.start_mark.line + 1 for key, _ in _pairs(config)}
    if not isinstance(specs, Mapping):
        return beside
    found = [_members(*pair, specs) for pair in _pairs(_child(config, MODELS))]
    return {**beside, **{resource: line for lines in found for resource, line in lines}}


def _members(
    key: yaml.Node, node: yaml.Node, specs: Mapping[str, object]
) -> Iterator[tuple[str, int]]:
    yield key.value, key.start_mark.line + 1
    spec = specs.get(key.value)
    if not isinstance(spec, Mapping):
        return
    lines = {inner.value: inner.start_mark.line + 1 for inner, _ in _pairs(node)}
    try:
        members = expand(key.value, spec)
    except UserError:
        return
    for role, it in members.items():
        yield it.resource, key.start_mark.line + 1 if role == "current" else lines[role]


def _child(node: yaml.Node | None, name: str) -> yaml.Node | None:
    return next((value for key, value in _pairs(node) if key.value == name), None)


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    node = node.value if isinstance(node, Alias) else node
    return node.value if isinstance(node, yaml.MappingNode) else []
