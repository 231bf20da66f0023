"""Comparing nested maps by the dotted paths of their leaves."""

from collections.abc import Mapping
from typing import Any


def changed_paths(old: Mapping[str, Any], new: Mapping[str, Any], prefix: str = "") -> list[str]:
    """Paths of the leaves that differ, or that only one of two nested maps holds.

    At the top only `new`'s keys count: a resource's state holds outputs beside its inputs.
    """
    names = {**old, **new} if prefix else new
    found: list[str] = []
    for name in names:
        before, after = old.get(name), new.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            found += changed_paths(before, after, f"{prefix}{name}.")
        elif before != after:
            found.append(f"{prefix}{name}")
    return found
