"""Activate, deactivate, retry: the lives of one deployment."""

from dataclasses import replace
from typing import Any

from baseten_emulator.life import audit, lifecycle, startup_times
from baseten_emulator.life.views import current_status, deployment_view
from baseten_emulator.rest.deployments import ALIASES, ONE, require_deployment
from baseten_emulator.world.records import Deployment, UnderWay
from baseten_emulator.world.routing import Route, add_aliases
from baseten_emulator.world.wire import Request, Response, json_response
from baseten_emulator.world.world import World


def activate(world: World, request: Request) -> Response:
    """Answer POST: an inactive deployment starts again from its built image."""
    return json_response(activate_deployment(world, require_deployment(world, request)))


def activate_deployment(world: World, deployment: Deployment) -> dict[str, Any]:
    """Activate a deployment, and return what the API answers."""
    if deployment.deactivated_at is None:
        return {"success": True, "no_op": True}
    audit.on_deployment(world, "MODEL_DEPLOYMENT_ACTIVATED", deployment)
    _begin_again(world, replace(deployment, deactivated_at=None, built=True))
    return {"success": True, "no_op": False}


def deactivate(world: World, request: Request) -> Response:
    """Answer POST: no replicas, 404 on calls, reversible."""
    return json_response(deactivate_deployment(world, require_deployment(world, request)))


def deactivate_deployment(world: World, deployment: Deployment) -> dict[str, Any]:
    """Deactivate a deployment, and return what the API answers."""
    if deployment.deactivated_at is not None:
        return {"success": True, "no_op": True}
    audit.on_deployment(world, "MODEL_DEPLOYMENT_DEACTIVATED", deployment)
    world.store.put(replace(deployment, deactivated_at=world.now()))
    world.store.delete(UnderWay, deployment.id)
    return {"success": True, "no_op": False}


def retry(world: World, request: Request) -> Response:
    """Answer POST: a failed deployment is built and started once more, by the same config."""
    deployment = require_deployment(world, request)
    status = current_status(world, deployment, world.model(deployment.owner).name)
    failed = status in lifecycle.FAILED
    audit.on_deployment(world, "MODEL_DEPLOYMENT_RETRIED", deployment, retried=failed)
    if failed:
        deployment = _begin_again(world, replace(deployment, doom=None, doom_lines=()))
    reason = None if failed else f"the deployment is {status}, not failed"
    answer = {"retried": failed, "reason": reason, "deployment": deployment_view(world, deployment)}
    return json_response(answer)


def _begin_again(world: World, deployment: Deployment) -> Deployment:
    deployment = replace(
        deployment, started_at=world.now(), outcome=None, scaled_down=False, gave_up=False, scheduled_at=None,
        startup_seconds=startup_times.find_seconds(world, world.model(deployment.owner).name),
    )  # fmt: skip
    world.store.put(deployment)
    world.store.put(UnderWay(deployment.id, deployment.owner))
    return deployment


_ENDPOINTS = (  # rate limits: Baseten docs
    Route("POST", ONE + "/activate", activate, per_minute=20),
    Route("POST", ONE + "/deactivate", deactivate, per_minute=20),
    Route("POST", ONE + "/retry", retry, per_minute=10),
)
ROUTES: tuple[Route, ...] = tuple(
    route for endpoint in _ENDPOINTS for route in add_aliases(endpoint, "deployment_id", *ALIASES)
)
