"""`config.yaml` as people read it: the config's data, byte-stable, with a comment where one would ask why."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from baseten_tei.deployment.config.config_comments import comments_of
from baseten_tei.deployment.config.truss_config import TrussConfig, json_for_yaml
from baseten_tei.spec.args import ModelArgs

MARK = "# Generated from the stack's configuration by "
"""How a generated file begins, whichever version of this package wrote it."""
HEADER = f"{MARK}`baseten-tei generate`; edit Pulumi.*.yaml instead.\n"
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./-]*")
_RESERVED = {"true", "false", "null", "yes", "no", "on", "off", "y", "n", "~"}
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


def render_config(config: TrussConfig, args: ModelArgs) -> str:
    """Return the text of a model's `config.yaml`; loading it as YAML gives `config` back."""
    return HEADER + "\n".join(_mapping(config, "", comments_of(args), 0)) + "\n"


def _mapping(
    value: Mapping[str, Any], path: str, notes: Mapping[str, str], depth: int
) -> Iterator[str]:
    indent = "  " * depth
    for key, item in value.items():
        here = f"{path}.{key}" if path else key
        yield from (f"{indent}# {line}" for line in notes.get(here, "").splitlines())
        yield from _entry(f"{indent}{_key(key)}:", item, here, notes, depth)


def _entry(start: str, item: Any, path: str, notes: Mapping[str, str], depth: int) -> Iterator[str]:
    match item:
        case dict() if item:
            yield start
            yield from _mapping(item, path, notes, depth + 1)
        case list() | tuple() if item:
            yield start
            for element in item:
                yield from _element(element, path, notes, depth)
        case _:
            yield f"{start} {_scalar(item)}"


def _element(element: Any, path: str, notes: Mapping[str, str], depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(element, dict) and element:
        lines = list(_mapping(element, path, notes, depth + 1))
        first = next(n for n, line in enumerate(lines) if not line.lstrip().startswith("#"))
        yield from lines[:first]
        yield f"{indent}- {lines[first].lstrip()}"
        yield from lines[first + 1 :]
    else:
        yield f"{indent}- {json_for_yaml(element) if isinstance(element, list | dict) else _scalar(element)}"


def _key(key: str) -> str:
    return key if _PLAIN_KEY.fullmatch(key) and key.lower() not in _RESERVED else json_for_yaml(key)


def _scalar(value: Any) -> str:
    """JSON is YAML: what is not a plain word is written as JSON writes it."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _RESERVED:
        return value
    return json_for_yaml(value)
