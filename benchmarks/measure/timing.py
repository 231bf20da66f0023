"""Timing two things in turn, so that whatever else the machine does meets both alike."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

Action = Callable[[], Any]


@dataclass(frozen=True)
class Figure:
    """Times in seconds; `others` is empty where something was measured alone."""

    section: str
    what: str
    against: str
    ours: tuple[float, ...]
    others: tuple[float, ...] = ()
    aim: float | None = None
    """The largest ratio, or where `others` is empty the most seconds."""

    @property
    def ratio(self) -> float | None:
        """Median over the pairs, each measured within seconds of one another."""
        pairs = list(zip(self.ours, self.others, strict=False))
        return median(one / other for one, other in pairs) if pairs else None

    @property
    def fastest_ratio(self) -> float | None:
        """Fastest against fastest: what is left when nothing else runs on the machine."""
        return min(self.ours) / min(self.others) if self.others else None

    @property
    def met(self) -> bool | None:
        """Whether the aim is reached; `None` where there is none."""
        value = self.ratio if self.others else median(self.ours)
        return None if self.aim is None or value is None else value <= self.aim


def seconds(action: Action) -> float:
    """How long it takes, on the clock on the wall."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def pairs(ours: Action, other: Action, count: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Both, `count` times in turn; every second pair starts with the other one."""
    mine: list[float] = []
    others: list[float] = []
    for n in range(count):
        both = [(mine, ours), (others, other)]
        for times, action in both if n % 2 == 0 else reversed(both):
            times.append(seconds(action))
        print(f"    pair {n + 1}/{count}: {mine[-1]:.2f} s, {others[-1]:.2f} s", flush=True)
    return tuple(mine), tuple(others)
