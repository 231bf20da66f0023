"""What a state knows of GPUs that were not free, and whose turn it is after that.

A turn is known by the config digest of the spec on its GPU: another spec is another list, and begins with its first.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Lack = Mapping[str, Any]
"""One release that found no machine: `digest`, `accelerator`, `deployment_id` while it is there, `minutes`, `at`."""


def choose_turn(digests: Sequence[str], lacks: Iterable[Lack]) -> int:
    """Return whose turn it is: the one after the last that had no capacity, and after the last one the first."""
    last = find_last(digests, lacks)
    return 0 if last is None else (digests.index(last["digest"]) + 1) % len(digests)


def find_last(digests: Sequence[str], lacks: Iterable[Lack]) -> Lack | None:
    """Return the last release of these digests that found no machine."""
    known = [it for it in lacks if it["digest"] in digests]
    return max(known, key=lambda it: str(it["at"]), default=None)


def add_lack(lacks: Iterable[Lack], new: Lack) -> list[Lack]:
    """Return what is known after another release found no machine."""
    return [*(it for it in lacks if it["digest"] != new["digest"]), new]


def keep_lacks(lacks: Iterable[Lack], digests: Sequence[str], served: str) -> list[Lack]:
    """Return what stays known once a version serves: of its own list, and without the deployments, which are gone."""
    kept = [it for it in lacks if it["digest"] in digests and it["digest"] != served]
    return [{key: value for key, value in it.items() if key != "deployment_id"} for it in kept]
