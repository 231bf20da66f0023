"""A deployment's status: a pure function of its record and of the time.

A published deployment is BUILDING, DEPLOYING, LOADING_MODEL for one step each, then what its outcome says. ACTIVE
becomes SCALED_TO_ZERO after `scale_down_delay` idle seconds when `min_replica` is 0 (Baseten docs: autoscaling), and
WAKING_UP for one step after the next request. The words are Baseten's (`DeploymentStatusV1`); how long each lasts is
the emulator's choice.
"""

from baseten_emulator.world.records import PHASES, Activity, Deployment

UNDER_WAY = frozenset(PHASES)
FAILED = frozenset({"BUILD_FAILED", "DEPLOY_FAILED"})
READY = frozenset({"ACTIVE", "SCALED_TO_ZERO", "WAKING_UP", "UNHEALTHY"})


def phases_of(deployment: Deployment) -> tuple[str, ...]:
    """Return the phases it goes through; a built image is not built again."""
    return PHASES[1:] if deployment.built else PHASES


def decision_time(deployment: Deployment, step_seconds: float) -> float:
    """Return when its outcome is known: after BUILDING if the build is doomed, else after loading."""
    phases = 1 if deployment.doom == "BUILD_FAILED" else len(phases_of(deployment))
    return deployment.started_at + phases * step_seconds


def phase_at(deployment: Deployment, now: float, step_seconds: float) -> str:
    """Return the phase by elapsed time; the last one lasts until the outcome is recorded."""
    phases = phases_of(deployment)
    elapsed = max(now - deployment.started_at, 0.0)
    index = int(elapsed / step_seconds) if step_seconds > 0 else len(phases)
    return phases[min(index, len(phases) - 1)]


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
