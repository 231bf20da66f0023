"""Playing what has become due: outcomes of deployments, ends of promotions.

Nothing runs in the background. Each request first plays what time has brought since the last one, in
order of time, so that an answer never depends on who asked before.
"""

from __future__ import annotations

from dataclasses import replace

from . import faults, lifecycle, promotions, weights
from .records import Deployment, Environment, Outcome, Promoting, UnderWay
from .world import World


def catch_up(world: World) -> None:
    """Decide every deployment and conclude every promotion that is due."""
    for deployment in sorted(
        _due(world), key=lambda d: lifecycle.decided_at(d, world.step_seconds)
    ):
        world.store.put(replace(deployment, outcome=outcome_of(world, deployment)))
        world.store.delete(UnderWay, deployment.id)
    for mark in world.store.all(Promoting):
        environment = world.store.get(Environment, mark.id)
        if environment:
            promotions.conclude(world, environment, world.now())


def _due(world: World) -> list[Deployment]:
    marked = [world.store.get(Deployment, mark.id) for mark in world.store.all(UnderWay)]
    return [deployment for deployment in marked if deployment and _is_due(world, deployment)]


def _is_due(world: World, deployment: Deployment) -> bool:
    if faults.live(world, world.model(deployment.owner).name, "slow"):
        return False
    return world.now() >= lifecycle.decided_at(deployment, world.step_seconds)


def outcome_of(world: World, deployment: Deployment) -> Outcome:
    """How this deployment's build, weights and start end, with the server's own log."""
    if deployment.doom:
        return Outcome(deployment.doom, deployment.doom_lines)
    if not deployment.archive_config.get("docker_server"):
        return Outcome("DEPLOY_FAILED", ("the emulator only runs docker_server models",))
    secrets = world.secrets_of(world.model(deployment.owner).owner)
    lacking = weights.load_failure(deployment.archive_config, secrets, world.gates())
    started = world.start(deployment)
    lines = (*lacking, *getattr(started, "log_lines", ()))
    if lines:
        return Outcome("DEPLOY_FAILED", lines)
    return Outcome("ACTIVE", tuple(getattr(started, "boot_log", ())))
