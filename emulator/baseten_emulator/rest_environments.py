"""/v1/models/{model_id}/environments: the stable names, their settings, and promotion into them."""

from __future__ import annotations

import re
from dataclasses import replace

from . import promotions, rest_activation
from .bodies import Fields, checked
from .publish import new_environment
from .records import Deployment, Environment, Promoting
from .rest_deployments import PROMOTE_FIELDS, SAYS, deployment_of, settings_status, wish_of
from .routing import Route
from .views import PRODUCTION, deployment_view, environment_id, environment_view
from .wire import ApiError, Request, Response, json_response, not_found, refused
from .world import World

_BASE = "/v1/models/{model_id}/environments"
_ONE = _BASE + "/{env_name}"
_SETTINGS: Fields = {
    "autoscaling_settings": dict,
    "promotion_settings": dict,
    "request_backpressure_settings": dict,
}


def _asked(world: World, request: Request) -> Environment:
    model, name = world.model(request.params["model_id"]), request.params["env_name"]
    environment = world.store.get(Environment, environment_id(model.id, name))
    if environment is None:
        raise not_found("environment", name)
    return environment


def _serving(world: World, environment: Environment) -> Deployment:
    current = environment.current_deployment_id
    deployment = world.store.get(Deployment, current) if current else None
    if deployment is None:
        raise refused(f'environment "{environment.name}" has no deployment')
    return deployment


def list_environments(world: World, request: Request) -> Response:
    """GET."""
    model = world.model(request.params["model_id"])
    found = world.store.all(Environment, model.id)
    return json_response({"environments": [environment_view(world, e) for e in found]})


def get_environment(world: World, request: Request) -> Response:
    """GET."""
    return json_response(environment_view(world, _asked(world, request)))


def create_environment(world: World, request: Request) -> Response:
    """POST {name, settings}."""
    model = world.model(request.params["model_id"])
    body = checked(request.json(), {"name": str, **_SETTINGS}, required=("name",))
    name = body.pop("name")
    if not re.fullmatch(r"[0-9a-zA-Z_-]{1,255}", name):
        raise refused(f"name {name!r} may only hold letters, digits, hyphens and underscores")
    if world.store.get(Environment, environment_id(model.id, name)):
        message = f'environment "{name}" already exists in model "{model.name}"'
        raise ApiError(400, "ENVIRONMENT_ALREADY_EXISTS", message)
    environment = promotions.with_settings(new_environment(model.id, name, world.now()), body)
    world.store.put(environment)
    return json_response(environment_view(world, environment))


def update_environment(world: World, request: Request) -> Response:
    """PATCH settings; the deployment that serves the environment takes them over."""
    environment, body = _asked(world, request), request.json()
    for name in ("autoscaling_schedule_settings", "traffic_routing_settings"):
        if body.get(name) is not None:
            raise refused(f"{name}: the emulator does not simulate these")
    new = promotions.with_settings(environment, checked(body, _SETTINGS))
    current = environment.current_deployment_id
    deployment = world.store.get(Deployment, current) if current else None
    status = settings_status(deployment, environment.autoscaling, new.autoscaling)
    world.store.put(new)
    if deployment:
        settings = replace(deployment, autoscaling=new.autoscaling, backpressure=new.backpressure)
        world.store.put(settings)
    view = environment_view(world, new)
    return json_response({"environment": view, "status": status, "message": SAYS[status]})


def delete_environment(world: World, request: Request) -> Response:
    """DELETE: its promotion is given up and its deployment scaled to zero; never production."""
    environment = _asked(world, request)
    if environment.name == PRODUCTION:
        raise refused("the production environment cannot be deleted")
    promotions.abandon(world, environment)
    current = environment.current_deployment_id
    deployment = world.store.get(Deployment, current) if current else None
    if deployment:
        world.store.put(replace(promotions.scaled_down(deployment), environment=None))
    world.store.delete(Environment, environment.id)
    world.store.delete(Promoting, environment.id)
    tombstone = {"name": environment.name, "deleted": True, "model_id": environment.owner}
    return json_response(tombstone)


def promote(world: World, request: Request) -> Response:
    """POST {deployment_id, ...}: start a promotion; the answer is the deployment that will serve."""
    environment = _asked(world, request)
    fields = {**PROMOTE_FIELDS, "deployment_id": str, "scale_down_previous_deployment": bool}
    body = checked(request.json(), fields, required=("deployment_id",))
    deployment = deployment_of(world, environment.owner, body["deployment_id"])
    wish = wish_of(body, "scale_down_previous_deployment")
    promoted = promotions.promote(world, environment, deployment, wish)
    return json_response(deployment_view(world, promoted))


def cancel_promotion(world: World, request: Request) -> Response:
    """POST: the environment keeps what it serves."""
    environment = _asked(world, request)
    if environment.candidate is None:
        raise refused(f'environment "{environment.name}" has no promotion in progress')
    promotions.abandon(world, environment)
    return json_response({"status": "CANCELED", "message": "The promotion was canceled"})


def activate(world: World, request: Request) -> Response:
    """POST: activate the deployment that serves it."""
    deployment = _serving(world, _asked(world, request))
    return json_response(rest_activation.activated(world, deployment))


def deactivate(world: World, request: Request) -> Response:
    """POST: deactivate the deployment that serves it."""
    deployment = _serving(world, _asked(world, request))
    return json_response(rest_activation.deactivated(world, deployment))


ROUTES: tuple[Route, ...] = (
    Route("GET", _BASE, list_environments),
    Route("POST", _BASE, create_environment),
    Route("GET", _ONE, get_environment),
    Route("PATCH", _ONE, update_environment),
    Route("DELETE", _ONE, delete_environment),
    Route("POST", _ONE + "/promote", promote),
    Route("POST", _ONE + "/cancel_promotion", cancel_promotion),
    Route("POST", _ONE + "/activate", activate),
    Route("POST", _ONE + "/deactivate", deactivate),
)
