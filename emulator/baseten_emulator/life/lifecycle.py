"""A deployment's status: a pure function of its record and of the time.

A published deployment is BUILDING, DEPLOYING, LOADING_MODEL, for one step each unless a test says otherwise, then what
its outcome says. ACTIVE becomes SCALED_TO_ZERO after `scale_down_delay` idle seconds when `min_replica` is 0 (Baseten
docs: autoscaling), and WAKING_UP for one step after the next request. The words are Baseten's (`DeploymentStatusV1`);
how long each lasts is the emulator's choice.
"""

from dataclasses import dataclass

from baseten_emulator.world.records import PHASES, Activity, Deployment

UNDER_WAY = frozenset(PHASES)
FAILED = frozenset({"BUILD_FAILED", "DEPLOY_FAILED"})
READY = frozenset({"ACTIVE", "SCALED_TO_ZERO", "WAKING_UP", "UNHEALTHY"})

STARTUP_PHASES = (
    "SCHEDULING", "IMAGE_PULL", "WEIGHT_DOWNLOAD", "CONTAINER_CREATE", "CONTAINER_START", "READINESS",
)  # fmt: skip
"""Baseten's words for the parts of a startup (`StartupPhaseV1`), in their order; building is not among them."""
_FIRST_OF_LOADING = "WEIGHT_DOWNLOAD"
_TAKE_A_STEP = ("SCHEDULING", "CONTAINER_START")
"""The phases that take time where nobody said how much: one step for DEPLOYING, and one for LOADING_MODEL."""


@dataclass(frozen=True)
class Span:
    """One phase of a startup, in seconds since the epoch."""

    phase: str
    begin: float
    end: float


def built_time(deployment: Deployment, step_seconds: float) -> float:
    """Return when its image is there; a built one is not built again."""
    return deployment.started_at + (0.0 if deployment.built else step_seconds)


def list_spans(deployment: Deployment, step_seconds: float) -> tuple[Span, ...]:
    """Return the phases of its startup, one after the other; who waits for a machine is in SCHEDULING until then."""
    at, spans = built_time(deployment, step_seconds), []
    lengths = {**dict.fromkeys(_TAKE_A_STEP, step_seconds), **deployment.startup_seconds}
    for phase in STARTUP_PHASES:
        end = at + lengths.get(phase, 0.0)
        if phase == "SCHEDULING" and deployment.scheduled_at is not None:
            end = max(end, deployment.scheduled_at)
        spans.append(Span(phase, at, end))
        at = end
    return tuple(spans)


def list_phases(deployment: Deployment, step_seconds: float) -> tuple[tuple[str, float], ...]:
    """Return the phases that its status names, with when each begins; a built image is not built again."""
    spans = {it.phase: it.begin for it in list_spans(deployment, step_seconds)}
    begins = (deployment.started_at, spans["SCHEDULING"], spans[_FIRST_OF_LOADING])
    every = tuple(zip(PHASES, begins, strict=True))
    return every[1:] if deployment.built else every


def decision_time(deployment: Deployment, step_seconds: float) -> float:
    """Return when its outcome is known: after BUILDING if the build is doomed, else after loading."""
    if deployment.doom == "BUILD_FAILED":
        return deployment.started_at + step_seconds
    return list_spans(deployment, step_seconds)[-1].end


def phase_at(deployment: Deployment, now: float, step_seconds: float) -> str:
    """Return the phase by elapsed time; the last one lasts until the outcome is recorded."""
    phases = list_phases(deployment, step_seconds)
    begun = [phase for phase, begin in phases if now >= begin]
    return begun[-1] if begun else phases[0][0]


def status_at(
    deployment: Deployment, activity: Activity | None, now: float, step_seconds: float
) -> str:
    """Return the status at `now`, one of Baseten's words."""
    if deployment.deactivated_at is not None:
        is_over = now - deployment.deactivated_at >= step_seconds
        return "INACTIVE" if is_over else "DEACTIVATING"
    if deployment.outcome is None:
        return phase_at(deployment, now, step_seconds)
    if deployment.outcome.status != "ACTIVE":
        return deployment.outcome.status
    if activity and activity.woken_at is not None and now - activity.woken_at < step_seconds:
        return "WAKING_UP"
    return "SCALED_TO_ZERO" if is_idle(deployment, activity, now, step_seconds) else "ACTIVE"


def is_idle(
    deployment: Deployment, activity: Activity | None, now: float, step_seconds: float
) -> bool:
    """Return whether no replica is left: scaled down by a promotion, or not asked for long enough."""
    if deployment.scaled_down:
        return True
    if deployment.autoscaling["min_replica"] > 0:
        return False
    ready_at = decision_time(deployment, step_seconds)
    last_used = max(ready_at, activity.at if activity else ready_at)
    return bool(now - last_used >= deployment.autoscaling["scale_down_delay"])


def count_replicas(deployment: Deployment, status_now: str) -> int:
    """Return how many replicas a deployment in this status has."""
    return max(1, deployment.autoscaling["min_replica"]) if status_now == "ACTIVE" else 0
