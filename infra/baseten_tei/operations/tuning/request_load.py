"""What is sent, and when.

A closed loop keeps so many requests in flight: it finds out how much a replica can do. An open loop sends at a
rate whatever comes back, as users do, and is the one whose latencies tell what they would wait.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle

WARM_UP = 0.2
"""Share of a load that is sent and not counted: connections open, queues fill."""


@dataclass(frozen=True)
class Load:
    """For so many seconds; closed with `clients` requests in flight, or open at `requests_per_second`.

    Of an open one at most `most_in_flight` are under way; the others wait here, as they would at Baseten's gateway.
    """

    seconds: float
    texts_per_request: int
    clients: int = 0
    requests_per_second: float = 0.0
    most_in_flight: int = 4096

    @property
    def name(self) -> str:
        """Return the load in a few words."""
        if self.clients:
            return f"{self.clients} in flight"
        return f"{self.requests_per_second:g} requests/s"


def arrivals(load: Load, seed: int) -> list[float]:
    """Return when the requests of an open loop are due, in seconds from its start: a Poisson process."""
    dice = random.Random(seed)  # noqa: S311  # a load, not a secret
    found, at = [], dice.expovariate(load.requests_per_second)
    while at < load.seconds:
        found.append(at)
        at += dice.expovariate(load.requests_per_second)
    return found


def batches(texts: Sequence[str], size: int, count: int) -> list[list[str]]:
    """Return `count` requests of `size` texts, the texts in turn."""
    endless = cycle(texts)
    return [[next(endless) for _ in range(size)] for _ in range(count)]
