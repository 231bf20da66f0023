"""How a deployment started, as `StartupAttemptV1`: one attempt, of its present life.

Building is not part of a startup. An attempt that is under way has the phases so far; without a machine it is
STALLED in SCHEDULING, and stays so once it is given up.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from baseten_emulator.life import lifecycle
from baseten_emulator.world.records import Deployment

_FAILING = "CONTAINER_START"
"""In which phase an attempt fails that got a machine."""
UNDER_WAY = "IN_PROGRESS"


def attempts_of(
    deployment: Deployment, step_seconds: float, now: float, lacking: bool
) -> list[dict[str, Any]]:
    """Return the attempts so far: none before it was built; `lacking` says that it has no machine now."""
    built = lifecycle.built_time(deployment, step_seconds)
    decided = deployment.outcome
    ended = decided is not None or deployment.deactivated_at is not None
    if (decided and decided.status == "BUILD_FAILED") or (not ended and now < built):
        return []
    outcome, end = _end(deployment, step_seconds, now, lacking)
    if end < built:  # deactivated while it was being built
        return []
    ready = outcome == "SUCCESS"
    return [
        {
            "model_id": deployment.owner,
            "deployment_id": deployment.id,
            "deployment_name": deployment.name,
            "environment_name": None,
            "replica_id": None if outcome == "STALLED" else deployment.id[:5],
            "started_at_epoch_millis": _millis(built),
            "ready_at_epoch_millis": _millis(end) if ready else None,
            "duration_ms": _millis(end - built),
            "outcome": outcome,
            "phase_summary": list(_list_phases(deployment, step_seconds, end, outcome)),
        }
    ]


def _end(
    deployment: Deployment, step_seconds: float, now: float, lacking: bool
) -> tuple[str, float]:
    """Return the attempt's outcome, and when it ended, or the present time."""
    decided = deployment.outcome
    if deployment.gave_up:
        return "STALLED", deployment.deactivated_at or deployment.scheduled_at or now
    if decided is not None:
        word = "SUCCESS" if decided.status == "ACTIVE" else "FAILED"
        return word, lifecycle.decision_time(deployment, step_seconds)
    if deployment.deactivated_at is not None:
        return "FAILED", deployment.deactivated_at
    return "STALLED" if lacking else UNDER_WAY, now


def _list_phases(
    deployment: Deployment, step_seconds: float, end: float, outcome: str
) -> Iterator[dict[str, Any]]:
    """Yield the phases that have begun by then."""
    spans = lifecycle.list_spans(deployment, step_seconds)
    last = {"STALLED": "SCHEDULING", "FAILED": _FAILING}.get(outcome, spans[-1].phase)
    begin = spans[0].begin
    for span in spans:
        open_ended = outcome == "STALLED" or span.end > end
        failed = outcome in ("STALLED", "FAILED") and (open_ended or span.phase == last)
        status = "FAILED" if failed else UNDER_WAY if open_ended else "COMPLETED"
        length = None if open_ended else _millis(span.end - span.begin)
        yield {
            "phase": span.phase,
            "status": status,
            "offset_ms": _millis(span.begin - begin),
            "duration_ms": length,
        }
        if open_ended or span.phase == last:
            return


def select_attempts(
    attempts: Sequence[Mapping[str, Any]], wish: Mapping[str, Any]
) -> list[Mapping[str, Any]]:
    """Return the attempts that a query asks for; with one attempt at most there is nothing to sort or to page."""
    return [
        attempt
        for attempt in attempts
        if wish["start_epoch_millis"]
        <= attempt["started_at_epoch_millis"]
        <= wish["end_epoch_millis"]
        and attempt["duration_ms"] >= wish.get("min_duration_ms", 0)
        and attempt["outcome"] in wish.get("outcomes", [attempt["outcome"]])
        and ("phase" not in wish or _duration_in(attempt, wish["phase"]) > 0)
        and ("search" not in wish or _is_meant(attempt, wish["search"]))
    ]


def summarise(attempts: Sequence[Mapping[str, Any]], wish: Mapping[str, Any]) -> dict[str, Any]:
    """Return the `StartupSummaryV1` of these attempts."""
    phases = [
        {"phase": phase, "duration_ms": _distribution([_duration_in(a, phase) for a in attempts])}
        for phase in lifecycle.STARTUP_PHASES
        if any(entry["phase"] == phase for a in attempts for entry in a["phase_summary"])
    ]
    return {
        "start_epoch_millis": wish["start_epoch_millis"],
        "end_epoch_millis": wish["end_epoch_millis"],
        "total_duration_ms": _distribution([a["duration_ms"] for a in attempts]),
        "phase_duration_ms": phases,
    }


def _duration_in(attempt: Mapping[str, Any], phase: str) -> int:
    return sum(p["duration_ms"] or 0 for p in attempt["phase_summary"] if p["phase"] == phase)


def _is_meant(attempt: Mapping[str, Any], text: str) -> bool:
    return attempt["replica_id"] == text or text.lower() in attempt["deployment_name"].lower()


def _distribution(durations: Sequence[int]) -> dict[str, Any]:
    """Return the statistics of at most one sample, which is each of its percentiles."""
    value = durations[0] if durations else None
    names = ("mean_ms", "p50_ms", "p90_ms", "p95_ms", "p99_ms")
    return {"sample_count": len(durations), **dict.fromkeys(names, value)}


def _millis(seconds: float) -> int:
    return round(seconds * 1000)
