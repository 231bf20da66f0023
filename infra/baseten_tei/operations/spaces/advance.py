"""How a spec changes when `next` becomes the current model, and on the way back: every model keeps its own spec."""

from collections.abc import Mapping
from typing import Any

from baseten_tei.errors import UserError
from baseten_tei.spec.spaces import OWN, WITHOUT, Role, Spec, expand, inherited, no_next

_ASLEEP = {"min_replica": 0}
_WARM = ("warm", "schedules")
"""Keys of `autoscaling` that keep replicas up by the clock."""


def advance(name: str, spec: Spec, *, sleep: bool = False) -> dict[str, Any]:
    """Return the spec in which `next` is current and what was current is `previous`; an older `previous` is gone.

    With `sleep` the new `previous` may scale to zero. Raises `UserError` where there is no `next`.
    """
    found = expand(name, spec)
    if "next" not in found:
        raise UserError(no_next(name))
    before = _whole(found["current"].spec)
    if sleep:
        before["autoscaling"] = _asleep(before.get("autoscaling") or {})
    return _with_role(_whole(found["next"].spec), "previous", before)


def go_back(name: str, spec: Spec) -> dict[str, Any]:
    """Return the spec in which `previous` is current again, and what was current is `next`.

    Raises `UserError` where there is no `previous`, or where it would push a `next` out.
    """
    found = expand(name, spec)
    if "previous" not in found:
        raise UserError(f"model {name!r} has no previous, so there is no way back")
    if "next" in found:
        resource = found["next"].resource
        raise UserError(
            f"model {name!r} has a next already ({resource}), and the way back needs its place: remove next first"
        )
    return _with_role(_whole(found["previous"].spec), "next", _whole(found["current"].spec))


def without_null(spec: Spec) -> dict[str, Any]:
    """Return a spec that says with `without` what `next` and `previous` say with null, for languages that drop it."""
    found = dict(spec)
    for role in ("next", "previous"):
        if part := spec.get(role):
            names = [key for key, it in part.items() if it is None]
            kept = {key: it for key, it in part.items() if it is not None}
            found[role] = {**kept, **({WITHOUT: names} if names else {})}
    return found


def find_pin(name: str, spec: Spec) -> str | None:
    """Return which model under a name has a pin (`deployment:`), which would keep what is to be moved."""
    for role, member in expand(name, spec).items():
        environments = member.spec.get("environments") or {}
        if member.spec.get("deployment") or any(
            it.get("deployment") for it in environments.values()
        ):
            return role
    return None


def _whole(spec: Spec) -> dict[str, Any]:
    """Return a model's own spec, with its edition and without the others."""
    rest = {key: value for key, value in spec.items() if key not in ("next", "previous")}
    return {**rest, "edition": spec.get("edition", 1)}


def _with_role(current: dict[str, Any], role: Role, other: dict[str, Any]) -> dict[str, Any]:
    """Return a current spec with another model beside it: what differs of that one, and null for what it has not."""
    from_current = inherited(current, other)
    differing = {
        key: value
        for key, value in other.items()
        if key in OWN or key not in from_current or from_current[key] != value
    }
    without = dict.fromkeys(key for key in from_current if key not in other)
    top = {key: value for key, value in current.items() if (key, value) != ("edition", 1)}
    return {**top, role: {**differing, **without}}


def _asleep(autoscaling: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in autoscaling.items() if key not in _WARM}
    return {**kept, **_ASLEEP}
