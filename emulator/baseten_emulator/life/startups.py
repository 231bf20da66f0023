"""How a deployment started, as `StartupAttemptV1`: one attempt, by the times of its phases.

DEPLOYING is shown as SCHEDULING, LOADING_MODEL as CONTAINER_START and a READINESS that takes no time: the emulator
has no finer phases. Building is not part of a startup.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from baseten_emulator.life import lifecycle
from baseten_emulator.world.records import Deployment

_PHASES = ("SCHEDULING", "CONTAINER_START", "READINESS")


def attempts_of(
    deployment: Deployment, step_seconds: float, now: float, stalled: bool
) -> list[dict[str, Any]]:
    """Return the attempts so far: none before it was built, or while one is under way and not stalled."""
    built = deployment.started_at + (0.0 if deployment.built else step_seconds)
    outcome = deployment.outcome
    if (outcome is None and not stalled) or (outcome and outcome.status == "BUILD_FAILED"):
        return []
    if outcome is None and now < built:
        return []
    ready = outcome is not None and outcome.status == "ACTIVE"
    end = lifecycle.decision_time(deployment, step_seconds) if outcome else now
    return [
        {
            "model_id": deployment.owner,
            "deployment_id": deployment.id,
            "deployment_name": deployment.name,
            "environment_name": None,
            "replica_id": None if stalled else deployment.id[:5],
            "started_at_epoch_millis": _millis(built),
            "ready_at_epoch_millis": _millis(end) if ready else None,
            "duration_ms": _millis(end - built),
            "outcome": "SUCCESS" if ready else "FAILED" if outcome else "STALLED",
            "phase_summary": _phases(_millis(step_seconds), _millis(end - built), ready, stalled),
        }
    ]


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
        for phase in _PHASES
        if any(entry["phase"] == phase for a in attempts for entry in a["phase_summary"])
    ]
    return {
        "start_epoch_millis": wish["start_epoch_millis"],
        "end_epoch_millis": wish["end_epoch_millis"],
        "total_duration_ms": _distribution([a["duration_ms"] for a in attempts]),
        "phase_duration_ms": phases,
    }


def _phases(step: int, lasted: int, ready: bool, stalled: bool) -> list[dict[str, Any]]:
    if stalled:
        return [_phase("SCHEDULING", 0, None, "FAILED")]
    scheduling = min(step, lasted)
    started = _phase(
        "CONTAINER_START", scheduling, lasted - scheduling, "COMPLETED" if ready else "FAILED"
    )
    done = [_phase("SCHEDULING", 0, scheduling, "COMPLETED"), started]
    return [*done, _phase("READINESS", lasted, 0, "COMPLETED")] if ready else done


def _phase(name: str, offset: int, duration: int | None, status: str) -> dict[str, Any]:
    return {"phase": name, "status": status, "offset_ms": offset, "duration_ms": duration}


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
