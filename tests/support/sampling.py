"""How much of the slow tests runs: a sample by default, everything with BASETEN_TEI_ALL_FAULTS=1.

The sample is the same for the same BASETEN_TEI_FAULT_SEED (default 0).
"""

import os
import random
from collections.abc import Callable, Sequence
from typing import TypeVar

_T = TypeVar("_T")

ALL = os.environ.get("BASETEN_TEI_ALL_FAULTS", "") not in ("", "0")
SEED = int(os.environ.get("BASETEN_TEI_FAULT_SEED", "0"))


def pick(items: Sequence[_T], count: int) -> list[_T]:
    """Return all of them, or `count` of them in their order."""
    if ALL or count >= len(items):
        return list(items)
    chosen = sorted(random.Random(SEED).sample(range(len(items)), count))  # noqa: S311  # a sample, not a secret
    return [items[index] for index in chosen]


def pick_each(items: Sequence[_T], kind_of: Callable[[_T], str]) -> list[_T]:
    """Return all of them, or one of each kind in their order."""
    if ALL:
        return list(items)
    kinds: dict[str, list[_T]] = {}
    for item in items:
        kinds.setdefault(kind_of(item), []).append(item)
    return [random.Random(f"{SEED} {kind}").choice(some) for kind, some in kinds.items()]  # noqa: S311  # a sample
