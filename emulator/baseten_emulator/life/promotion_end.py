"""How promotions end: the candidate takes over, or it fails or is canceled and the environment stays as it is."""

from dataclasses import replace

from baseten_emulator.faults import faults
from baseten_emulator.life import lifecycle
from baseten_emulator.life.environment_settings import hand_over
from baseten_emulator.life.promotion_progress import Progress
from baseten_emulator.world.records import (
    Candidate,
    Deployment,
    EndedPromotion,
    Environment,
    Promoting,
)
from baseten_emulator.world.world import World

_SAYS = "the new version did not stay healthy while traffic moved to it"


def progress_of(world: World, environment: Environment) -> Progress | None:
    """Return how far an environment's promotion has come; None when none is in progress."""
    candidate = environment.candidate
    if candidate is None:
        return None
    deployment = world.store.get(Deployment, candidate.deployment_id)
    ready = deployment is not None and deployment.outcome is not None
    ready_at = (
        lifecycle.decision_time(deployment, world.step_seconds) if deployment and ready else None
    )
    return Progress(candidate, ready_at, world.step_seconds, world.now())


def conclude(world: World, environment: Environment) -> None:
    """End the promotion of an environment, if it is time to."""
    candidate, progress = environment.candidate, progress_of(world, environment)
    if candidate is None or progress is None:
        world.store.delete(Promoting, environment.id)
        return
    deployment = world.store.get(Deployment, candidate.deployment_id)
    if deployment is None or (problem := _problem(deployment)):
        deleted = f"deployment {candidate.deployment_id} was deleted"
        end_promotion(world, environment, "FAILED", deleted if deployment is None else problem)
    elif progress.traffic_returned_at is not None and world.now() >= progress.traffic_returned_at:
        end_promotion(world, environment, "CANCELED")
    elif progress.ends_at is not None and world.now() >= progress.ends_at:
        _decide(world, environment, deployment, progress.ends_at)


def end_promotion(
    world: World, environment: Environment, status: str, message: str | None = None
) -> None:
    """Give a promotion up: the environment keeps what it serves, and says how the promotion ended."""
    candidate = environment.candidate
    if candidate is None:
        return
    deployment = world.store.get(Deployment, candidate.deployment_id)
    if deployment and deployment.id != environment.current_deployment_id:
        world.store.put(replace(deployment, environment=None))
    ended = EndedPromotion(status, message, candidate.rolling is not None)
    world.store.put(replace(environment, candidate=None, ended=ended))
    world.store.delete(Promoting, environment.id)


def take_over(world: World, environment: Environment, deployment: Deployment, at: float) -> None:
    """Let the candidate serve, on the settings that came with its promotion."""
    candidate, previous_id = environment.candidate, environment.current_deployment_id
    assert candidate is not None  # noqa: S101 - only called where a promotion is under way
    previous = world.store.get(Deployment, previous_id)
    if previous and previous.id != deployment.id:
        _retire(world, previous, candidate, at)
    environment = replace(
        environment,
        **candidate.settings,
        candidate=None,
        current_deployment_id=deployment.id,
        instance_type=deployment.instance_type,
    )
    hand_over(world, environment, deployment)
    world.store.put(environment)
    world.store.delete(Promoting, environment.id)


def scale_down(deployment: Deployment) -> Deployment:
    """Return the deployment without replicas, until a request wakes it."""
    settings = {**deployment.autoscaling, "min_replica": 0}
    return replace(deployment, scaled_down=True, autoscaling=settings)


def _problem(deployment: Deployment) -> str | None:
    if deployment.outcome and deployment.outcome.status in lifecycle.FAILED:
        return f"deployment {deployment.id} is {deployment.outcome.status}"
    return f"deployment {deployment.id} was deactivated" if deployment.deactivated_at else None


def _decide(world: World, environment: Environment, deployment: Deployment, at: float) -> None:
    name = world.model(environment.owner).name
    if faults.find_live(world, name, "promotion_stuck"):
        return
    fault = faults.use_up(world, faults.find_live(world, name, "promotion_failed"))
    if fault:
        end_promotion(world, environment, "FAILED", str(fault.options.get("message", _SAYS)))
    else:
        take_over(world, environment, deployment, at)


def _retire(world: World, previous: Deployment, candidate: Candidate, at: float) -> None:
    previous = replace(previous, environment=None)
    strategy = candidate.cleanup_strategy if candidate.scale_down_previous else "KEEP"
    if strategy == "DEACTIVATE":
        previous = replace(previous, deactivated_at=at)
    elif strategy == "SCALE_TO_ZERO":
        previous = scale_down(previous)
    world.store.put(previous)
