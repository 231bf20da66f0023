"""A deployment's metrics, as far as the emulator knows them: its requests by the minute, its replicas.

Requests are counted as they reach a router, whatever it answers; response times are not measured, so they are null
("A series with no data in this step is null", OpenAPI).
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from baseten_emulator.world.wire import bad_request

_MINUTE = 60_000
_HOUR = 60 * _MINUTE
_WEEK = 7 * 24 * _HOUR
_LATENCY = [{"quantile": q} for q in ("0.5", "0.9", "0.95", "0.99")] + [{"stat": "avg"}]
_STEPS_OF_A_SERIES = 60
KNOWN: dict[str, dict[str, Any]] = {
    name: {"name": name, "unit_hint": unit, "kind": kind, "label_sets": labels}
    for name, unit, kind, labels in (
        ("baseten_replicas_active", "COUNT", "GAUGE", [{}]),
        ("baseten_inference_requests_total", "COUNT", "COUNTER", [{}]),
        ("baseten_end_to_end_response_time_seconds", "SECONDS", "HISTOGRAM", _LATENCY),
    )
}
"""The default set of the real service, by name; there are more of them there."""


@dataclass(frozen=True)
class Window:
    """A span of time and its steps, in milliseconds since the epoch."""

    mode: str
    start: int
    end: int
    step: int | None = None

    @classmethod
    def of(cls, wish: Mapping[str, Any], now: float) -> "Window":
        """Return the window that a query asks for. Raises ApiError 400."""
        mode, end = wish.get("mode", "CURRENT"), int(now * 1000)
        given = {"start_epoch_millis", "end_epoch_millis"} & wish.keys()
        if mode == "CURRENT" and not given:
            return cls(mode, end, end)
        if mode not in ("SUMMARY", "SERIES"):
            raise bad_request("mode must be SUMMARY, SERIES, or CURRENT without start and end")
        end = wish.get("end_epoch_millis", end)
        start = wish.get("start_epoch_millis", end - _HOUR)
        if not 0 <= end - start <= _WEEK:
            raise bad_request("the window between start and end must not exceed 7 days")
        minutes = max(1, math.ceil((end - start) / _STEPS_OF_A_SERIES / _MINUTE))
        return cls(mode, start, end, minutes * _MINUTE if mode == "SERIES" else None)

    def steps(self) -> list[tuple[int, int]]:
        """Start and end of each step."""
        if self.step is None:
            return [(self.start, self.end)]
        starts = range(self.start, max(self.end, self.start + 1), self.step)
        return [(start, min(start + self.step, self.end)) for start in starts]


def render_metrics(
    window: Window,
    names: Sequence[str],
    requests: Mapping[int, int],
    replicas: Callable[[float, float], float | None],
) -> dict[str, Any]:
    """Return a `GetModelMetricsResponseV1`.

    `requests` counts them by the minute since the epoch, `replicas` averages them between two instants in seconds.
    """
    unknown = [name for name in names if name not in KNOWN]
    if unknown:
        raise bad_request(
            f"metrics: the emulator does not know {unknown[0]}; it knows {', '.join(KNOWN)}"
        )
    descriptors = [KNOWN[name] for name in names or KNOWN]
    steps = window.steps()
    return {
        "start_epoch_millis": window.start,
        "end_epoch_millis": window.end,
        "mode": window.mode,
        "step_seconds": window.step // 1000 if window.step else None,
        "metric_descriptors": descriptors,
        "metric_values": [
            {
                "start_epoch_millis": step[0],
                "values": [
                    _values(metric, window, step, requests, replicas) for metric in descriptors
                ],
            }
            for step in steps
        ],
    }


def _values(
    metric: Mapping[str, Any],
    window: Window,
    step: tuple[int, int],
    requests: Mapping[int, int],
    replicas: Callable[[float, float], float | None],
) -> list[float | None]:
    """Return one metric in one step."""
    if metric["name"] == "baseten_replicas_active":
        return [replicas(step[0] / 1000, step[1] / 1000)]
    if metric["kind"] == "HISTOGRAM":
        return [None] * len(metric["label_sets"])
    if window.mode == "CURRENT":
        return [sum(requests.values())]
    counted = {
        max(minute * _MINUTE, window.start): n
        for minute, n in requests.items()
        if minute * _MINUTE > window.start - _MINUTE
    }
    return [sum(n for at, n in counted.items() if step[0] <= at < step[1])]
