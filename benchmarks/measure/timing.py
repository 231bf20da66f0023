"""Times two things in turn, so that other work on the machine affects both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

Action = Callable[[], Any]


@dataclass(frozen=True)
class Figure:
    """Times in seconds; `others` is empty if something was measured alone."""

    section: str
    what: str
    against: str
    ours: tuple[float, ...]
    others: tuple[float, ...] = ()
    aim: float | None = None
    """The largest ratio; without `others`, the most seconds."""

    @property
    def ratio(self) -> float | None:
        """Return the median of the pairs' ratios; each pair was measured within seconds."""
        pairs = list(zip(self.ours, self.others, strict=False))
        return median(one / other for one, other in pairs) if pairs else None

    @property
    def fastest_ratio(self) -> float | None:
        """Return the ratio of the fastest runs, which other work on the machine affects least."""
        return min(self.ours) / min(self.others) if self.others else None

    @property
    def met(self) -> bool | None:
        """Return whether the aim is met; `None` without an aim."""
        value = self.ratio if self.others else median(self.ours)
        return None if self.aim is None or value is None else value <= self.aim


def measure_seconds(action: Action) -> float:
    """Return how many seconds of real time it takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def measure_pairs(
    ours: Action, other: Action, count: int
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the seconds of both, `count` times in turn; every second pair starts with the other one."""
    mine: list[float] = []
    others: list[float] = []
    for n in range(count):
        both = [(mine, ours), (others, other)]
        for times, action in both if n % 2 == 0 else reversed(both):
            times.append(measure_seconds(action))
        print(f"    pair {n + 1}/{count}: {mine[-1]:.2f} s, {others[-1]:.2f} s", flush=True)
    return tuple(mine), tuple(others)
