"""Baseten's autoscaler, played second by second on a trace of requests in flight.

Its rule, as Baseten's documentation has it (deployment/autoscaling/overview): requests in flight are averaged over
`autoscaling_window`; that, divided by concurrency_target x target_utilization_percentage and rounded up, is how many
replicas are wanted. More are started at the next decision. Fewer only after the load was below for the whole of
`scale_down_delay`: then half of the excess goes, and half of what remains after each further delay.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from baseten_tei.spec.args import Autoscaling

ROUNDING = 1e-9
"""25 / (10 x 0.7) is to be 3.57…, and 14 / (10 x 0.7) to be 2."""
MAX_SCALE_DOWN_RATE = 50
"""Percent of the excess that goes in one step: Baseten's default, and its most."""


@dataclass(frozen=True)
class Second:
    """One second: replicas that the autoscaler keeps, and those of them that can answer already."""

    wanted: int
    ready: int


def count_replicas(in_flight: float, settings: Autoscaling, concurrency_target: int) -> int:
    """Return the replicas for an average of requests in flight."""
    capacity = concurrency_target * settings.target_utilization_percentage / 100
    wanted = math.ceil(in_flight / capacity - ROUNDING)
    return min(max(wanted, settings.min_replica), settings.max_replica)


def simulate_replicas(
    in_flight: Sequence[float],
    settings: Autoscaling,
    concurrency_target: int,
    cold_start_seconds: int = 0,
    begun_with: int | None = None,
) -> list[Second]:
    """Simulate each second of a trace with one value a second; `begun_with` replicas are up at its start."""
    scaler = _Scaler(settings, concurrency_target, cold_start_seconds)
    first = settings.min_replica if begun_with is None else begun_with
    return list(scaler.seconds(in_flight, first))


@dataclass
class _Scaler:
    settings: Autoscaling
    concurrency_target: int
    cold_start_seconds: int

    def seconds(self, in_flight: Sequence[float], first: int) -> Iterator[Second]:
        window = self.settings.autoscaling_window
        ready_at = [0] * first
        below_since: int | None = None
        for now in range(len(in_flight)):
            if now and now % window == 0:
                average = fmean(in_flight[now - window : now])
                wanted = count_replicas(average, self.settings, self.concurrency_target)
                if wanted >= len(ready_at):
                    below_since = None
                    start = now + self.cold_start_seconds
                    ready_at += [start] * (wanted - len(ready_at))
                elif below_since is None:
                    below_since = now - window
                if below_since is not None and now - below_since >= self.settings.scale_down_delay:
                    del ready_at[len(ready_at) - self._fewer(len(ready_at) - wanted) :]
                    below_since = now if len(ready_at) > wanted else None
            yield Second(len(ready_at), sum(at <= now for at in ready_at))

    @staticmethod
    def _fewer(excess: int) -> int:
        return math.ceil(excess * MAX_SCALE_DOWN_RATE / 100)
