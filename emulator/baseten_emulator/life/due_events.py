"""What has become due: outcomes of deployments, ends of promotions, queued settings.

Nothing runs in the background. Each request first applies what has become due since the last one, in order of time,
so that an answer never depends on who asked before.
"""

from dataclasses import replace

from baseten_emulator.faults import faults
from baseten_emulator.life import (
    capacity,
    environment_settings,
    lifecycle,
    promotion_end,
    weight_downloads,
)
from baseten_emulator.world.records import Deployment, Environment, Outcome, Promoting, UnderWay
from baseten_emulator.world.world import World


def catch_up(world: World) -> None:
    """Decide every deployment, conclude every promotion and apply all settings that are due."""
    capacity.play(world)
    for deployment in sorted(
        _due(world), key=lambda d: lifecycle.decision_time(d, world.step_seconds)
    ):
        world.store.put(replace(deployment, outcome=_decide(world, deployment)))
        world.store.delete(UnderWay, deployment.id)
    for mark in world.store.all(Promoting):
        environment = world.store.get(Environment, mark.id)
        if environment:
            promotion_end.conclude(world, environment)
    environment_settings.apply_queued(world)


def _due(world: World) -> list[Deployment]:
    marked = [world.store.get(Deployment, mark.id) for mark in world.store.all(UnderWay)]
    return [deployment for deployment in marked if deployment and _is_due(world, deployment)]


def _is_due(world: World, deployment: Deployment) -> bool:
    name = world.model(deployment.owner).name
    slow = faults.find_live_for(world, name, deployment, "slow")
    if slow or capacity.is_lacking(world, deployment, name):
        return False
    return world.now() >= lifecycle.decision_time(deployment, world.step_seconds)


def _decide(world: World, deployment: Deployment) -> Outcome:
    """Return the outcome; a bug in deciding it fails this deployment, not every request from then on."""
    try:
        return outcome_of(world, deployment)
    except Exception as error:  # whatever it is, it is in the log of the deployment
        return Outcome("DEPLOY_FAILED", (f"bug in the emulator: {type(error).__name__}: {error}",))


def outcome_of(world: World, deployment: Deployment) -> Outcome:
    """Return how this deployment's build, weights and start end, with the server's own log."""
    if deployment.doom:
        return Outcome(deployment.doom, deployment.doom_lines)
    if not deployment.archive_config.get("docker_server"):
        return Outcome("DEPLOY_FAILED", ("the emulator only runs docker_server models",))
    secrets = world.secrets_of(world.model(deployment.owner).owner)
    lacking = weight_downloads.load_failure_lines(
        deployment.archive_config, secrets, world.gates_by_repository()
    )
    started = world.start_router(deployment)
    lines = (*lacking, *getattr(started, "log_lines", ()))
    if lines:
        return Outcome("DEPLOY_FAILED", lines)
    return Outcome("ACTIVE", tuple(getattr(started, "boot_log", ())))
