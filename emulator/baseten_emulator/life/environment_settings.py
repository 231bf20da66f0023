"""Changes of an environment's settings: at once, or queued until the deployment that serves it is ready.

Baseten answers an update with ACCEPTED, QUEUED or UNCHANGED and applies it asynchronously (OpenAPI: "Poll the
GET endpoint for the applied state"). The environment owns the settings of the deployment that serves it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from baseten_emulator.faults import faults, not_enabled
from baseten_emulator.life import autoscaling, schedules
from baseten_emulator.world.records import Deployment, Environment, QueuedSettings
from baseten_emulator.world.world import World


@dataclass(frozen=True)
class Change:
    """A change of an environment: as it is now, as it will be, and the status that the API answers."""

    now: Environment
    wanted: Environment
    status: str


def compute_changes(
    world: World, environment: Environment, update: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the fields of an environment after an update, those it gives. Raises ApiError 400 or 403."""
    not_enabled.require_enabled(world, world.model(environment.owner).name, update)
    changed: dict[str, Any] = {}
    if update.get("autoscaling_settings") is not None:
        new = autoscaling.apply_autoscaling(environment.autoscaling, update["autoscaling_settings"])
        changed["autoscaling"] = new
    if update.get("promotion_settings") is not None:
        new = autoscaling.apply_promotion_settings(
            environment.promotion, update["promotion_settings"]
        )
        changed["promotion"] = new
    if update.get("request_backpressure_settings") is not None:
        policy = autoscaling.parse_backpressure(update["request_backpressure_settings"])
        changed["backpressure"] = policy
    if update.get(schedules.PLACE) is not None:
        changed |= schedules.apply_schedules(world, environment, update[schedules.PLACE])
    return changed


def change_settings(world: World, environment: Environment, update: Mapping[str, Any]) -> Change:
    """Update an environment, at once or later. Raises ApiError 400 or 403."""
    queued = world.store.get(QueuedSettings, environment.id)
    expected = replace(environment, **(queued.changes if queued else {}))
    changes = {**(queued.changes if queued else {}), **compute_changes(world, expected, update)}
    wanted = replace(environment, **changes)
    if wanted == expected:
        return Change(environment, wanted, "UNCHANGED")
    delay = _delay_of(world, environment)
    if delay is None and queued is None:
        return Change(_apply(world, environment, changes), wanted, "ACCEPTED")
    due = world.now() + (delay or 0.0)
    world.store.put(QueuedSettings(environment.id, environment.owner, changes, due))
    return Change(environment, wanted, "QUEUED")


def apply_queued(world: World) -> None:
    """Apply the queued settings whose time has come."""
    for queued in world.store.all(QueuedSettings):
        environment = world.store.get(Environment, queued.id)
        if environment and (
            world.now() < queued.due or _is_under_way(find_serving(world, environment))
        ):
            continue
        if environment:
            _apply(world, environment, queued.changes)
        world.store.delete(QueuedSettings, queued.id)


def find_serving(world: World, environment: Environment) -> Deployment | None:
    """Return the deployment that serves an environment now."""
    return world.store.get(Deployment, environment.current_deployment_id)


def hand_over(world: World, environment: Environment, deployment: Deployment) -> Deployment:
    """Let a deployment serve this environment on its settings, and return it."""
    deployment = replace(
        deployment,
        environment=environment.name,
        autoscaling=environment.autoscaling,
        backpressure=environment.backpressure,
        scaled_down=False,
    )
    world.store.put(deployment)
    return deployment


def _delay_of(world: World, environment: Environment) -> float | None:
    """Return the seconds that a change waits at least; None when it need not wait."""
    if faults.find_live(world, world.model(environment.owner).name, "settings_queued"):
        return world.step_seconds
    return 0.0 if _is_under_way(find_serving(world, environment)) else None


def _is_under_way(deployment: Deployment | None) -> bool:
    return deployment is not None and deployment.outcome is None and not deployment.deactivated_at


def _apply(world: World, environment: Environment, changed: Mapping[str, Any]) -> Environment:
    """Change an environment after what serves it, whose history is of the settings so far."""
    environment = replace(environment, **changed)
    deployment = find_serving(world, environment)
    if deployment:
        scaling, policy = environment.autoscaling, environment.backpressure
        world.store.put(replace(deployment, autoscaling=scaling, backpressure=policy))
    world.store.put(environment)
    return environment
