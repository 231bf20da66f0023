"""The configuration in `Pulumi.<stack>.yaml` as the program gets it from the engine (measured on 3.259.0)."""

import json
from collections.abc import Mapping
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.facts.files.json_reader import DeepError, decode_json
from baseten_tei.facts.files.yaml_reader import parse_yaml


def parse_stack_values(text: str, project: str) -> Mapping[str, Any]:
    """Return what a stack's file holds below `config:`, as `stack_values` does. Raises `UserError` as it does."""
    return stack_values(parse_stack_document(text), project)


def parse_stack_document(text: str) -> Mapping[str, Any]:
    """Return what a stack's file holds. Raises `UserError` without the file's name."""
    loaded = parse_yaml(text)
    if loaded is None:
        return {}
    if not isinstance(loaded, Mapping):
        raise UserError("must be a mapping with a `config:` mapping in it")
    return loaded


def stack_values(document: Mapping[str, Any], project: str) -> Mapping[str, Any]:
    """Return what stands below `config:`, by full key; a word or a number is a text, nothing an empty one.

    Raises `UserError` without the file's name.
    """
    config = document.get("config") or {}
    if not isinstance(config, Mapping):
        raise UserError("must be a mapping with a `config:` mapping in it")
    return {_full_key(key, project, config): _text(value) for key, value in config.items()}


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
