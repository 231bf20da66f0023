"""Two nested values compared by field: each leaf that differs, as a short text `one → other`.

The texts go to logs and to the state, so they hold no secret: what stands under a secret's name, or looks
like one, is masked.
"""

import json
import re
from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from baseten_tei.errors import MASK, redact

Texts = dict[str, str]
"""Field → what differs there."""

NONE = "(none)"
WIDTH = 60
"""Characters of a long value that are shown."""
_BEFORE = 20
"""How many of them stand before the first difference."""

_SECRET_WORD = "(?:token|secret|password|passwd|credentials?|key)"  # noqa: S105  # words of names, no secret
_SECRET_NAME = re.compile(rf"(?i)(^|[_-]){_SECRET_WORD}$")
_INDEX = re.compile(r"(\[\d+\])+$")
_ASSIGNED = re.compile(
    rf"""(?i)((?:\b|--)[\w-]*{_SECRET_WORD}=|--[\w-]*{_SECRET_WORD}\s+)("[^"]*"|'[^']*'|\S+)"""
)


def find_differences(one: Any, other: Any, path: str = "") -> Texts:
    """Return both values by the path of each leaf that differs; what is empty and what is not there are the same."""
    if one == other or (_empty(one) and _empty(other)):
        return {}
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return _compare_mappings(
            one, other, [(name, _below(path, name)) for name in {**one, **other}]
        )
    if _is_list(one) and _is_list(other):
        pairs = enumerate(zip_longest(one, other))
        found = [find_differences(*pair, f"{path}[{index}]") for index, pair in pairs]
        return {name: text for texts in found for name, text in texts.items()}
    name = _INDEX.sub("", path).rpartition(".")[2]
    return {path: format_change(_mask_secrets(one, name), _mask_secrets(other, name))}


def format_change(one: Any, other: Any) -> str:
    """Return `one → other`, both cut to the place where they begin to differ."""
    texts = _text(one), _text(other)
    pairs = enumerate(zip_longest(*texts))
    at = next((index for index, (mine, yours) in pairs if mine != yours), 0)
    return " → ".join(_around(text, at) for text in texts)


def _compare_mappings(
    one: Mapping[str, Any], other: Mapping[str, Any], names: list[tuple[str, str]]
) -> Texts:
    found = [find_differences(one.get(name), other.get(name), path) for name, path in names]
    return {path: text for texts in found for path, text in texts.items()}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)


def _empty(value: Any) -> bool:
    return value is None or value in ("", {}, [], ())


def _text(value: Any) -> str:
    if _empty(value):
        return NONE
    plain = isinstance(value, str) and value == " ".join(value.split())
    text = value if plain else json.dumps(value, ensure_ascii=False, sort_keys=True)
    return redact(_ASSIGNED.sub(rf"\1{MASK}", text))


def _mask_secrets(value: Any, name: str) -> Any:
    """The value without what stands under a secret's name, at any depth."""
    if isinstance(value, Mapping):
        return {key: _mask_secrets(item, key) for key, item in value.items()}
    if _is_list(value):
        return [_mask_secrets(item, name) for item in value]
    secret = isinstance(value, str) and value and _SECRET_NAME.search(name)
    return MASK if secret else value


def _around(text: str, at: int) -> str:
    if len(text) <= WIDTH:
        return text
    start = max(0, min(at - _BEFORE, len(text) - WIDTH))
    end = start + WIDTH
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def find_changed_paths(
    old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = ""
) -> list[str]:
    """Return paths of the leaves that differ, or that only one of two nested maps holds.

    At the top only `new`'s keys count: a resource's state holds outputs beside its inputs.
    """
    names = {**old, **new} if prefix else new
    found: list[str] = []
    for name in names:
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += find_changed_paths(before, after, f"{prefix}{name}.")
        elif before != after:
            found.append(f"{prefix}{name}")
    return found
