"""Autoscaling and backpressure of a deployment; where it serves an environment, they are the environment's."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from baseten_emulator.faults import not_enabled
from baseten_emulator.life import audit, autoscaling, environment_settings
from baseten_emulator.life.replicas import find_environment
from baseten_emulator.rest.deployments import ALIASES, ONE, require_deployment
from baseten_emulator.world.records import Deployment
from baseten_emulator.world.routing import Route, add_aliases
from baseten_emulator.world.wire import Request, Response, json_response
from baseten_emulator.world.world import World

SAYS = {
    "ACCEPTED": "Autoscaling settings are being updated",
    "QUEUED": "Autoscaling settings will be updated once the deployment is ready",
    "UNCHANGED": "Autoscaling settings are unchanged",
}


def update_autoscaling(world: World, request: Request) -> Response:
    """Answer PATCH autoscaling_settings; of what serves an environment, they are the environment's."""
    deployment, update = require_deployment(world, request), request.json()
    environment = find_environment(world, deployment)
    if environment:
        settings = {"autoscaling_settings": update}
        status = environment_settings.change_settings(world, environment, settings).status
    else:
        status = _own_autoscaling(world, deployment, update)
    if status != "UNCHANGED":
        _note_autoscaling(world, deployment, update)
    return json_response({"status": status, "message": SAYS[status]})


def _own_autoscaling(world: World, deployment: Deployment, update: Mapping[str, Any]) -> str:
    """Change a deployment that serves no environment, and return the status; QUEUED until it is ready."""
    name = world.model(deployment.owner).name
    not_enabled.require_enabled(world, name, {"autoscaling_settings": update})
    new = autoscaling.apply_autoscaling(deployment.autoscaling, update, deployment.is_development)
    if new == deployment.autoscaling:
        return "UNCHANGED"
    world.store.put(replace(deployment, autoscaling=new))
    return "QUEUED" if deployment.outcome is None else "ACCEPTED"


def _note_autoscaling(world: World, deployment: Deployment, update: Mapping[str, Any]) -> None:
    before = deployment.autoscaling
    given = {name: value for name, value in update.items() if value is not None}
    audit.on_deployment(
        world, "MODEL_DEPLOYMENT_AUTOSCALING_SETTINGS_CHANGED", deployment, schedules=None,
        deployment_type=None, previous_settings=audit.scaling_of(before),
        **audit.scaling_of({**before, **given}),
    )  # fmt: skip


def update_backpressure(world: World, request: Request) -> Response:
    """Answer PATCH request_backpressure_settings {policy}; of what serves an environment, the environment's."""
    deployment, update = require_deployment(world, request), request.json()
    policy, environment = (
        autoscaling.parse_backpressure(update),
        find_environment(world, deployment),
    )
    if environment:
        settings = {"request_backpressure_settings": update}
        environment_settings.change_settings(world, environment, settings)
    else:
        world.store.put(replace(deployment, backpressure=policy))
    audit.on_deployment(
        world, "MODEL_DEPLOYMENT_REQUEST_BACKPRESSURE_SETTINGS_CHANGED", deployment,
        policy=policy, previous_policy=deployment.backpressure,
    )  # fmt: skip
    return json_response({"policy": policy})


ROUTES: tuple[Route, ...] = (
    *add_aliases(
        Route("PATCH", ONE + "/autoscaling_settings", update_autoscaling), "deployment_id", *ALIASES
    ),
    Route("PATCH", ONE + "/request_backpressure_settings", update_backpressure),
)
