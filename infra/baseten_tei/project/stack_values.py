"""The one reader of `Pulumi.<stack>.yaml`: its configuration as the program gets it (measured on 3.259.0)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import DeepError, decode_json
from baseten_tei.facts.files.yaml_reader import parse_yaml


@dataclass(frozen=True)
class StackFile:
    """What a stack's file holds."""

    document: Mapping[str, Any]
    config: Mapping[str, Any]
    """What stands below `config:`, by full key; a word or a number is a text, nothing an empty one."""


def parse_stack_file(text: str, project: str) -> StackFile:
    """Return what the file of a stack of this project holds. Raise `UserError` without the file's name."""
    loaded = parse_yaml(text)
    document = {} if loaded is None else loaded
    config = (document.get("config") or {}) if isinstance(document, Mapping) else None
    if not isinstance(config, Mapping):
        raise UserError("must be a mapping with a `config:` mapping in it")
    values = {_full_key(key, project, config): _text(value) for key, value in config.items()}
    return StackFile(document, values)


def decode_value(value: Any, what: str) -> Any:
    """Return the value of a key, `what`, that may be a list or a mapping: the engine hands both on as JSON.

    Raises `UserError` for one of too many levels.
    """
    if not isinstance(value, str):
        return value
    try:
        return decode_json(value) if value else None
    except DeepError as error:
        raise UserError(f"{what} is {error}: write it with fewer") from error
    except ValueError:
        return value


def value_text(value: Any) -> str | None:
    """Return the value of a key that is a text, as the program reads it: anything else is its JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _full_key(key: str, project: str, config: Mapping[str, Any]) -> str:
    """`models` is `<project>:models`, and so is `<project>:config:models`."""
    space, _, name = key.rpartition(":")
    full = f"{space.removesuffix(':config') or project}:{name}"
    if full != key and full in config:
        raise UserError(f"config holds {key!r} and {full!r}, which are one key: remove one of them")
    return full


def _text(value: Any) -> Any:
    if value is None or isinstance(value, str):
        return value or ""
    return value if isinstance(value, (Mapping, list)) else json.dumps(value)
