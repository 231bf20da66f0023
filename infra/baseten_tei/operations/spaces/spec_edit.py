"""A model's spec in `Pulumi.<stack>.yaml`, rewritten key by key: what stays the same keeps its comments."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.operations.adoption.yaml_edit import remove_value, set_values

_ROLES = ("next", "previous")


def rewrite_spec(text: str, model: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the file's text with another spec of a model. Raises `UserError` where the model is not in the file."""
    for key in before:
        if key not in after or (before[key] != after[key] and not _in_place(before[key])):
            text = remove_value(text, model, key)
    for key in sorted(after, key=_ROLES.__contains__):  # the current model's own keys come first
        if key not in before or before[key] != after[key]:
            text = set_values(text, model, {key: after[key]})
    return text


def _in_place(value: Any) -> bool:
    """Return whether a value is one word, which another can replace where it stands."""
    return not isinstance(value, Mapping | list)
