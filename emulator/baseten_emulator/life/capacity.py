"""Deployments that wait for a machine: the fault `no_capacity`, by GPU, for a time or for as long as it is set.

After half an hour in DEPLOYING Baseten gives a deployment up without a word about capacity: it is INACTIVE then (users
report it; two L4s in July 2026). An activation begins again.
"""

from collections.abc import Iterator
from dataclasses import replace

from baseten_emulator.life import hardware, lifecycle
from baseten_emulator.world.records import Deployment, Fault, Outcome, UnderWay
from baseten_emulator.world.world import World

GIVE_UP_SECONDS = 1800.0
_FOR_EVER = float("inf")


def is_lacking(world: World, deployment: Deployment, model_name: str) -> bool:
    """Return whether there is no machine for a deployment now; a build that is doomed fails all the same."""
    if deployment.doom == "BUILD_FAILED":
        return False
    return any(_end(it) > world.now() for it in _find_lacks(world, deployment, model_name))


def play(world: World) -> None:
    """Let what waited go on where a machine became free, and give up what waited too long."""
    for mark in world.store.all(UnderWay):
        deployment = world.store.get(Deployment, mark.id)
        if deployment and deployment.doom != "BUILD_FAILED":
            _play(world, deployment)


def _play(world: World, deployment: Deployment) -> None:
    name = world.model(deployment.owner).name
    lacks = list(_find_lacks(world, deployment, name))
    began = lifecycle.built_time(deployment, world.step_seconds)
    free_at = max(map(_end, lacks), default=0.0)
    gives_up_at = began + GIVE_UP_SECONDS
    if free_at > gives_up_at:
        if world.now() >= gives_up_at:
            _give_up(world, deployment, lacks[0], gives_up_at)
    elif began < free_at <= world.now() and deployment.scheduled_at is None:
        world.store.put(replace(deployment, scheduled_at=free_at))


def _give_up(world: World, deployment: Deployment, fault: Fault, at: float) -> None:
    if fault.options.get("status") == "DEPLOY_FAILED":
        ended = replace(deployment, outcome=Outcome("DEPLOY_FAILED"), scheduled_at=at, gave_up=True)
    else:
        ended = replace(deployment, deactivated_at=at, gave_up=True)
    world.store.put(ended)
    world.store.delete(UnderWay, deployment.id)


def _find_lacks(world: World, deployment: Deployment, model_name: str) -> Iterator[Fault]:
    gpu = hardware.instance_type(deployment.instance_type).gpu
    for fault in (*world.store.all(Fault, model_name), *world.store.all(Fault, "*")):
        spared = deployment.created_at < fault.options.get("since", 0.0)
        if fault.kind == "no_capacity" and not spared and fault.options.get("gpu") in (None, gpu):
            yield fault


def _end(fault: Fault) -> float:
    return float(fault.options.get("until", _FOR_EVER))
