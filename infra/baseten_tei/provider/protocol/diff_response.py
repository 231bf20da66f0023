"""A resource's changes as the engine shows them: each by its path, with what it does and where it is seen."""

from typing import Any

import pulumi.provider.experimental.provider as protocol

from baseten_tei.provider.protocol.property_path import property_path
from baseten_tei.provider.protocol.resource import Change, Values
from baseten_tei.spec.names import same_secret

_NAMES = ("name", "model", "environment")
_DRIFT = "drift"
_KINDS = protocol.PropertyDiffKind
_REPLACING = {
    _KINDS.ADD: _KINDS.ADD_REPLACE,
    _KINDS.DELETE: _KINDS.DELETE_REPLACE,
    _KINDS.UPDATE: _KINDS.UPDATE_REPLACE,
}


def diff_response(
    kind: str, change: Change, state: Values, inputs: Values
) -> protocol.DiffResponse:
    """Return what `change` from `state` to `inputs` is, in the engine's words."""
    return protocol.DiffResponse(
        changes=bool(change.paths),
        replaces=list(change.replaces),
        diffs=list(dict.fromkeys(path.partition(".")[0] for path in change.paths)),
        delete_before_replace=bool(change.replaces) and may_be_the_same(kind, state, inputs),
        detailed_diff={
            property_path(_parts(path, state, inputs)): _difference(path, change, state, inputs)
            for path in change.paths
        },
    )


def may_be_the_same(kind: str, state: Values, inputs: Values) -> bool:
    """Return whether two resources may be one and the same thing on Baseten.

    A team can be written by name, by id or not at all, and a secret's `-` is its `_`: there, deleting the old
    one after making the new one would delete what was just made.
    """
    old, new = ([str(values.get(name, "")) for name in _NAMES] for values in (state, inputs))
    if kind.endswith(":Secret"):
        return all(map(same_secret, old, new))
    return old == new


def _parts(path: str, *values: Any) -> list[str]:
    """What drifted is named by one key, dots and all; any other path goes through maps, whose keys may have dots."""
    head, _, rest = path.partition(".")
    if head == _DRIFT and rest:
        return [head, rest]
    maps = [it for it in values if isinstance(it, dict)]
    keys = (key for it in maps for key in it if path == key or path.startswith(f"{key}."))
    key = max(keys, key=len, default=path.partition(".")[0])
    rest = path[len(key) + 1 :]
    return [key, *_parts(rest, *(it.get(key) for it in maps))] if rest else [key]


def _difference(path: str, change: Change, state: Values, inputs: Values) -> protocol.PropertyDiff:
    parts = _parts(path, state, inputs)
    if parts[0] == _DRIFT:  # an output, and gone when it is repaired
        return protocol.PropertyDiff(_KINDS.DELETE, input_diff=False)
    before, after = _at(state, parts), _at(inputs, parts)
    kind = _KINDS.ADD if before is None else _KINDS.DELETE if after is None else _KINDS.UPDATE
    replaces = path in change.replaces
    return protocol.PropertyDiff(_REPLACING[kind] if replaces else kind, input_diff=True)


def _at(values: Any, parts: list[str]) -> Any:
    for part in parts:
        values = values.get(part) if isinstance(values, dict) else None
    return values
