"""How many requests a replica may have in flight, and how many replicas a peak takes, from what one replica showed.

In a closed loop with c requests in flight a replica answers X(c) texts a second, and 95 of 100 requests within
P(c) milliseconds. Little's law says the rest: texts/s x seconds each = texts in flight.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from baseten_tei.operations.tuning.replica_simulation import ROUNDING, simulate_replicas
from baseten_tei.spec.args import Autoscaling

WITHIN = 0.95
"""Of all moments at which a replica has no more in flight than its target: 95 of 100, as of the requests."""
SPARE_REPLICAS = 1
"""So that one may fail, or be exchanged, at the peak."""
PRODUCTION_REPLICAS = 2
"""Baseten's documentation: at least 2 for production."""
RAMP_SECONDS, PEAK_SECONDS, QUIET_SECONDS = 600, 1800, 3600
"""The traffic that settings are tried on: up to the peak, the peak, and then nothing."""


@dataclass(frozen=True)
class CurvePoint:
    """A replica with so many requests in flight."""

    in_flight: int
    texts_per_second: float
    p95_ms: float


@dataclass(frozen=True)
class Wish:
    """What has to be served: texts a second at the peak, 95 of 100 requests within `slo_ms`."""

    peak_texts_per_second: float
    slo_ms: float
    cold_start_seconds: int = 120


@dataclass(frozen=True)
class TunedAutoscaling:
    """Settings, and each step that led to them, a line each; `met` is whether a replica can be as fast as wished."""

    settings: Autoscaling
    steps: tuple[str, ...]
    met: bool


def derive_autoscaling(
    curve: Sequence[CurvePoint], wish: Wish, now: Autoscaling
) -> TunedAutoscaling:
    """Return settings of an environment; window and delay stay as they are. The curve is of rising `in_flight`."""
    within = [it for it in curve if it.p95_ms <= wish.slo_ms]
    target = within[-1] if within else curve[0]
    utilization = utilization_percent(target.in_flight)
    usual = target.in_flight * utilization / 100
    each = texts_per_second_at(curve, usual)
    in_flight = wish.peak_texts_per_second / each * usual  # Little's law
    replicas = max(1, math.ceil(in_flight / usual - ROUNDING))  # by Baseten's rule
    settings = now.model_copy(
        update={
            "concurrency_target": target.in_flight,
            "target_utilization_percentage": utilization,
            "min_replica": max(now.min_replica, PRODUCTION_REPLICAS),
            "max_replica": max(replicas + SPARE_REPLICAS, PRODUCTION_REPLICAS),
        }
    )
    steps = (
        _slo_step(target, wish, met=bool(within)),
        f"target_utilization_percentage: requests come by chance (Poisson); with {usual:.1f} in flight on average, "
        f"{utilization} % of {target.in_flight}, there are at most {target.in_flight} at {WITHIN:.0%} of all moments",
        f"a replica with {usual:.1f} requests in flight answers {each:.0f} texts/s: "
        f"{wish.peak_texts_per_second:g} texts/s are {in_flight:.1f} requests in flight",
        f"max_replica: ceil({in_flight:.1f} / {usual:.1f}) = {replicas}, and {SPARE_REPLICAS} that may fail",
        f"min_replica: a cold start takes about {wish.cold_start_seconds} s, which no answer within "
        f"{wish.slo_ms:g} ms can wait for, and {PRODUCTION_REPLICAS} are Baseten's advice for production",
        _simulate_peak(settings, target.in_flight, in_flight, wish),
    )
    return TunedAutoscaling(settings, steps, bool(within))


def utilization_percent(concurrency_target: int) -> int:
    """Return the highest percentage with which random arrivals stay within the target nearly always."""
    percents = range(100, 0, -1)
    return next(
        (
            it
            for it in percents
            if _at_most(concurrency_target, concurrency_target * it / 100) >= WITHIN
        ),
        1,
    )


def _at_most(count: int, mean: float) -> float:
    """Return the probability that a Poisson number of this mean is at most `count`."""
    term = total = math.exp(-mean)
    for n in range(1, count + 1):
        term *= mean / n
        total += term
    return total


def texts_per_second_at(curve: Sequence[CurvePoint], in_flight: float) -> float:
    """Return throughput of a replica, between two points of the curve on a straight line."""
    before = CurvePoint(0, 0.0, 0.0)
    for it in curve:
        if it.in_flight >= in_flight:
            share = (in_flight - before.in_flight) / (it.in_flight - before.in_flight)
            return before.texts_per_second + share * (it.texts_per_second - before.texts_per_second)
        before = it
    return before.texts_per_second


def _slo_step(target: CurvePoint, wish: Wish, *, met: bool) -> str:
    if met:
        return (
            f"concurrency_target: with {target.in_flight} in flight 95 of 100 requests are answered within "
            f"{target.p95_ms:.0f} ms, the most that keeps {wish.slo_ms:g} ms"
        )
    return (
        f"concurrency_target: even {target.in_flight} in flight takes {target.p95_ms:.0f} ms, more than "
        f"{wish.slo_ms:g} ms: send fewer texts in a request, or take a faster accelerator"
    )


def _simulate_peak(settings: Autoscaling, target: int, peak: float, wish: Wish) -> str:
    """Simulate the settings under Baseten's rule, on an hour and a half of traffic."""
    ramp = [peak * second / RAMP_SECONDS for second in range(RAMP_SECONDS)]
    trace = [*ramp, *([peak] * PEAK_SECONDS), *([0.0] * QUIET_SECONDS)]
    seconds = simulate_replicas(trace, settings, target, wish.cold_start_seconds)
    most = max(it.ready for it in seconds)
    late = sum(load > it.ready * target for load, it in zip(trace, seconds, strict=True))
    return (
        f"played: a rise to the peak in {RAMP_SECONDS // 60} minutes takes {most} replicas, and more than "
        f"{target} in flight each for {late} s; an hour after the peak {seconds[-1].wanted} are left"
    )
