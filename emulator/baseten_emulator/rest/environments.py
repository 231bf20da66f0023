"""/v1/models/{model_id}/environments: the stable names, their settings, and what happens to them.

`ROUTES` holds those of `promotions` and `deployment_settings`, too.
"""

import re
from dataclasses import replace

from baseten_emulator.life import audit, environment_settings, promotion_end
from baseten_emulator.life.views import PRODUCTION, environment_view
from baseten_emulator.push.new_models import new_environment
from baseten_emulator.rest import activation, deployment_settings, promotions
from baseten_emulator.rest.deployment_settings import SAYS
from baseten_emulator.rest.promotions import ENVIRONMENT as ONE
from baseten_emulator.rest.promotions import require_environment
from baseten_emulator.world.bodies import Fields, check_fields, refuse_unsimulated
from baseten_emulator.world.records import Deployment, Environment, Promoting, QueuedSettings
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import ApiError, Request, Response, bad_request, json_response
from baseten_emulator.world.world import World

_BASE = "/v1/models/{model_id}/environments"
_SETTINGS: Fields = {
    "autoscaling_settings": dict,
    "promotion_settings": dict,
    "request_backpressure_settings": dict,
}


def require_serving(world: World, environment: Environment) -> Deployment:
    """Return the deployment that serves an environment. Raises ApiError 400 when there is none."""
    deployment = environment_settings.find_serving(world, environment)
    if deployment is None:
        raise bad_request(f'environment "{environment.name}" has no deployment')
    return deployment


def list_environments(world: World, request: Request) -> Response:
    """Answer GET."""
    model = world.model(request.params["model_id"])
    environments = world.store.all(Environment, model.id)
    return json_response({"environments": [environment_view(world, e) for e in environments]})


def get_environment(world: World, request: Request) -> Response:
    """Answer GET."""
    return json_response(environment_view(world, require_environment(world, request)))


def create_environment(world: World, request: Request) -> Response:
    """Answer POST {name, settings}."""
    model = world.model(request.params["model_id"])
    body = check_fields(request.json(), {"name": str, **_SETTINGS}, required=("name",))
    name = body.pop("name")
    if not re.fullmatch(r"[0-9a-zA-Z_-]{1,255}", name):
        raise bad_request(f"name {name!r} may only hold letters, digits, hyphens and underscores")
    if world.environment(model.id, name):
        message = f'environment "{name}" already exists in model "{model.name}"'
        raise ApiError(400, "ENVIRONMENT_ALREADY_EXISTS", message)
    environment = new_environment(model.id, name, world.now())
    changes = environment_settings.compute_changes(world, environment, body)
    environment = replace(environment, **changes)
    world.store.put(environment)
    audit.on_environment(
        world,
        "ENVIRONMENT_CREATED",
        environment,
        deployment_type=None,
        **audit.settings_of(environment),
    )
    return json_response(environment_view(world, environment))


def update_environment(world: World, request: Request) -> Response:
    """Answer PATCH settings; the deployment that serves the environment takes them over."""
    environment, body = require_environment(world, request), request.json()
    refuse_unsimulated(body, "traffic_routing_settings")
    update = check_fields(body, {**_SETTINGS, "autoscaling_schedule_settings": dict})
    change = environment_settings.change_settings(world, environment, update)
    if change.status != "UNCHANGED":
        audit.on_environment_update(world, environment, change.wanted)
    status, view = change.status, environment_view(world, change.now)
    return json_response({"environment": view, "status": status, "message": SAYS[status]})


def delete_environment(world: World, request: Request) -> Response:
    """Answer DELETE: its promotion is given up and its deployment scaled to zero; never production."""
    environment = require_environment(world, request)
    if environment.name == PRODUCTION:
        raise bad_request("the production environment cannot be deleted")
    promotion_end.end_promotion(world, environment, "CANCELED")
    deployment = environment_settings.find_serving(world, environment)
    if deployment:
        world.store.put(replace(promotion_end.scale_down(deployment), environment=None))
    for kind in (Environment, Promoting, QueuedSettings):
        world.store.delete(kind, environment.id)
    audit.on_environment(world, "ENVIRONMENT_DELETED", environment)
    tombstone = {"name": environment.name, "deleted": True, "model_id": environment.owner}
    return json_response(tombstone)


def activate(world: World, request: Request) -> Response:
    """Answer POST: activate the deployment that serves it."""
    deployment = require_serving(world, require_environment(world, request))
    return json_response(activation.activate_deployment(world, deployment))


def deactivate(world: World, request: Request) -> Response:
    """Answer POST: deactivate the deployment that serves it."""
    deployment = require_serving(world, require_environment(world, request))
    return json_response(activation.deactivate_deployment(world, deployment))


ROUTES: tuple[Route, ...] = (
    Route("GET", _BASE, list_environments),
    Route("POST", _BASE, create_environment),
    Route("GET", ONE, get_environment),
    Route("PATCH", ONE, update_environment),
    Route("DELETE", ONE, delete_environment),
    Route("POST", ONE + "/activate", activate),
    Route("POST", ONE + "/deactivate", deactivate),
    *promotions.ROUTES,
    *deployment_settings.ROUTES,
)
