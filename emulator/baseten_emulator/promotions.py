"""Promotion: an environment takes over another deployment once that one is ready.

Baseten docs (environments, rolling deployments): one promotion at a time; a new deployment is made
when the source already serves another environment, runs on another instance type, or the environment
redeploys on promotion; afterwards the old deployment is kept, scaled to zero or deactivated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from . import autoscaling, hardware, lifecycle
from .bodies import Fields, checked
from .records import Candidate, Deployment, Environment, Promoting, UnderWay
from .wire import ApiError, refused
from .world import World


@dataclass(frozen=True)
class Wish:
    """What a promotion asks for beside the deployment."""

    scale_down_previous: bool = True
    preserve_instance_type: bool = True
    settings_update: Mapping[str, Any] = field(default_factory=dict)
    settings_override: Mapping[str, Any] = field(default_factory=dict)


_UPDATE_FIELDS: Fields = {
    "instance_type_id": str,
    "autoscaling_settings": dict,
    "request_backpressure_settings": dict,
    "promotion_settings": dict,
}


def promote(
    world: World, environment: Environment, deployment: Deployment, wish: Wish
) -> Deployment:
    """Start a promotion; the answer is the deployment that will serve. Raises ApiError."""
    _check(environment, deployment)
    update = checked(wish.settings_update, _UPDATE_FIELDS)
    environment = with_settings(environment, update)
    override = autoscaling.updated_promotion(environment.promotion, wish.settings_override)
    wanted = _instance_type(environment, deployment, wish, update.get("instance_type_id"))
    redeploy = bool(override["redeploy_on_promotion"])
    serves = environment.current_deployment_id == deployment.id
    if serves and deployment.instance_type == wanted and not redeploy:
        world.store.put(environment)
        return _apply(world, environment, deployment)
    elsewhere = deployment.environment not in (None, environment.name)
    if elsewhere or deployment.instance_type != wanted or redeploy or deployment.is_development:
        deployment = _copy(world, deployment, wanted)
    cleanup = override["promotion_cleanup_strategy"]
    candidate = Candidate(deployment.id, world.now(), wish.scale_down_previous, cleanup)
    return begin(world, environment, deployment, candidate)


def begin(
    world: World, environment: Environment, deployment: Deployment, candidate: Candidate
) -> Deployment:
    """Record a promotion under way."""
    deployment = replace(deployment, environment=environment.name)
    world.store.put(deployment)
    world.store.put(replace(environment, candidate=candidate))
    world.store.put(Promoting(environment.id, environment.owner))
    return deployment


def with_settings(environment: Environment, update: Mapping[str, Any]) -> Environment:
    """The environment with the parts of a settings update that are given. Raises ApiError 400."""
    changes: dict[str, Any] = {}
    if update.get("autoscaling_settings") is not None:
        new = autoscaling.updated(environment.autoscaling, update["autoscaling_settings"])
        changes["autoscaling"] = new
    if update.get("promotion_settings") is not None:
        new = autoscaling.updated_promotion(environment.promotion, update["promotion_settings"])
        changes["promotion"] = new
    if update.get("request_backpressure_settings") is not None:
        policy = autoscaling.updated_backpressure(update["request_backpressure_settings"])
        changes["backpressure"] = policy
    return replace(environment, **changes)


def conclude(world: World, environment: Environment, now: float) -> None:
    """Finish or give up the promotion of an environment, if it is time to."""
    candidate = environment.candidate
    deployment = world.store.get(Deployment, candidate.deployment_id) if candidate else None
    if candidate is None or deployment is None:
        abandon(world, environment)
    elif deployment.outcome is None:
        return
    elif deployment.outcome.status in lifecycle.FAILED or deployment.deactivated_at is not None:
        abandon(world, environment)
    elif now >= (due := _due_at(world, candidate, deployment)):
        _take_over(world, environment, candidate, deployment, due)


def _due_at(world: World, candidate: Candidate, deployment: Deployment) -> float:
    """When traffic has moved: one step after the wish, and not before the deployment was ready."""
    ready_at = lifecycle.decided_at(deployment, world.step_seconds)
    return max(candidate.since + world.step_seconds, ready_at)


def abandon(world: World, environment: Environment) -> None:
    """Give a promotion up: the environment keeps what it serves."""
    if environment.candidate:
        deployment = world.store.get(Deployment, environment.candidate.deployment_id)
        if deployment and deployment.id != environment.current_deployment_id:
            world.store.put(replace(deployment, environment=None))
    world.store.put(replace(environment, candidate=None))
    world.store.delete(Promoting, environment.id)


def _take_over(
    world: World,
    environment: Environment,
    candidate: Candidate,
    deployment: Deployment,
    at: float,
) -> None:
    previous_id = environment.current_deployment_id
    previous = world.store.get(Deployment, previous_id) if previous_id else None
    if previous and previous.id != deployment.id:
        _retire(world, previous, candidate, at)
    environment = replace(
        environment,
        candidate=None,
        current_deployment_id=deployment.id,
        instance_type=deployment.instance_type,
    )
    world.store.put(environment)
    world.store.delete(Promoting, environment.id)
    _apply(world, environment, deployment)


def _retire(world: World, previous: Deployment, candidate: Candidate, at: float) -> None:
    previous = replace(previous, environment=None)
    strategy = candidate.cleanup_strategy if candidate.scale_down_previous else "KEEP"
    if strategy == "DEACTIVATE":
        previous = replace(previous, deactivated_at=at)
    elif strategy == "SCALE_TO_ZERO":
        previous = scaled_down(previous)
    world.store.put(previous)


def scaled_down(deployment: Deployment) -> Deployment:
    """The deployment without replicas, until someone asks it."""
    settings = {**deployment.autoscaling, "min_replica": 0}
    return replace(deployment, scaled_down=True, autoscaling=settings)


def _apply(world: World, environment: Environment, deployment: Deployment) -> Deployment:
    deployment = replace(
        deployment,
        environment=environment.name,
        autoscaling=environment.autoscaling,
        backpressure=environment.backpressure,
        scaled_down=False,
    )
    world.store.put(deployment)
    return deployment


def _check(environment: Environment, deployment: Deployment) -> None:
    if environment.candidate is not None:
        message = f'a promotion to environment "{environment.name}" is already in progress'
        raise ApiError(400, "PROMOTION_IN_PROGRESS", message)
    if deployment.outcome and deployment.outcome.status in lifecycle.FAILED:
        raise refused(f"deployment {deployment.id} is {deployment.outcome.status}: it cannot serve")
    if deployment.deactivated_at is not None:
        raise refused(f"deployment {deployment.id} is inactive: activate it first")


def _instance_type(
    environment: Environment, deployment: Deployment, wish: Wish, asked: str | None
) -> str:
    if asked:
        return hardware.instance_type(asked).name
    preserve = wish.preserve_instance_type and environment.current_deployment_id is not None
    return environment.instance_type if preserve else deployment.instance_type


def _copy(world: World, source: Deployment, instance_type: str) -> Deployment:
    now, number = world.now(), world.store.count(Deployment, source.owner) + 1
    copy = replace(
        source,
        id=world.next_id(),
        name=f"deployment-{number}",
        created_at=now,
        started_at=now,
        instance_type=instance_type,
        built=True,
        is_development=False,
        scaled_down=False,
        deactivated_at=None,
        outcome=None,
        doom=None,
        doom_lines=(),
        environment=None,
    )
    world.store.put(copy)
    world.store.put(UnderWay(copy.id, copy.owner))
    return copy
