"""Inputs of a Command as plain values, and what differs between two sets of them. Pure."""

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"  # marks a special value on Pulumi's wire
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # the mark of a secret  # noqa: S105 -- public constant
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # an unknown string, as previews send it

REPLACING = "triggers"  # the one input whose change replaces the resource
_ABSENT = object()


def plain(value: Any) -> Any:
    """Return the value with its secret wrappings taken off, at any depth."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == SECRET:
            return plain(value["value"])
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield pairs of property path and `add`, `delete` or `update`, down to the leaves that changed."""
    if old is _ABSENT or new is _ABSENT:
        yield path, "add" if old is _ABSENT else "delete"
    elif isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            inner = f"{path}.{key}" if path else key
            yield from differences(old.get(key, _ABSENT), new.get(key, _ABSENT), inner)
    elif isinstance(old, list) and isinstance(new, list):
        for index, (a, b) in enumerate(zip_longest(old, new, fillvalue=_ABSENT)):
            yield from differences(a, b, f"{path}[{index}]")
    elif old != new:
        yield path, "update"
