"""Promotions: to production by a deployment, to any environment by its name, and signals to one in progress."""

from collections.abc import Callable
from typing import Any

from baseten_emulator.life import promotion_signals, promotion_start
from baseten_emulator.life.promotion_start import Wish
from baseten_emulator.life.views import PRODUCTION, deployment_view
from baseten_emulator.rest.deployments import ONE as DEPLOYMENT
from baseten_emulator.rest.deployments import find_deployment, require_deployment
from baseten_emulator.world.bodies import Fields, check_fields
from baseten_emulator.world.records import Deployment, Environment
from baseten_emulator.world.routing import Handler, Route, add_aliases
from baseten_emulator.world.wire import Request, Response, json_response, not_found
from baseten_emulator.world.world import World

ENVIRONMENT = "/v1/models/{model_id}/environments/{env_name}"
_FIELDS: Fields = {
    "preserve_env_instance_type": bool,
    "environment_settings_update": dict,
    "promotion_settings_override": dict,
}
_CANCELED = {
    "CANCELED": "The promotion was canceled",
    "RAMPING_DOWN": "The promotion is giving traffic back",
}


def require_environment(world: World, request: Request) -> Environment:
    """Return the environment that a request's path means. Raises ApiError 404."""
    model, name = world.model(request.params["model_id"]), request.params["env_name"]
    environment = world.environment(model.id, name)
    if environment is None:
        raise not_found("environment", name)
    return environment


def promote_to_production(world: World, request: Request) -> Response:
    """Answer POST: promote a deployment to production."""
    fields = {**_FIELDS, "scale_down_previous_production": bool}
    body, deployment = check_fields(request.json(), fields), require_deployment(world, request)
    environment = world.environment(deployment.owner, PRODUCTION)
    assert environment is not None  # noqa: S101 - every model has production
    scale_down = body.get("scale_down_previous_production", True)
    return _promote(world, environment, deployment, body, scale_down)


def promote(world: World, request: Request) -> Response:
    """Answer POST {deployment_id, ...}: start a promotion, and return the deployment that will serve."""
    environment = require_environment(world, request)
    fields = {**_FIELDS, "deployment_id": str, "scale_down_previous_deployment": bool}
    body = check_fields(request.json(), fields, required=("deployment_id",))
    deployment = find_deployment(world, environment.owner, body["deployment_id"])
    scale_down = body.get("scale_down_previous_deployment", True)
    return _promote(world, environment, deployment, body, scale_down)


def cancel(world: World, request: Request) -> Response:
    """Answer POST: the environment keeps what it serves."""
    status = promotion_signals.cancel(world, require_environment(world, request))
    return json_response({"status": status, "message": _CANCELED[status]})


def _signal(send: Callable[[World, Environment], None]) -> Handler:
    def handler(world: World, request: Request) -> Response:
        send(world, require_environment(world, request))
        return json_response({"success": True})

    return handler


def _promote(
    world: World, environment: Environment, deployment: Deployment, body: Any, scale_down: bool
) -> Response:
    wish = Wish(
        scale_down,
        body.get("preserve_env_instance_type", True),
        body.get("environment_settings_update", {}),
        body.get("promotion_settings_override", {}),
    )
    promoted = promotion_start.promote(world, environment, deployment, wish)
    return json_response(deployment_view(world, promoted))


ROUTES: tuple[Route, ...] = (
    *add_aliases(
        Route("POST", DEPLOYMENT + "/promote", promote_to_production),
        "deployment_id",
        "development",
    ),
    Route("POST", ENVIRONMENT + "/promote", promote),
    Route("POST", ENVIRONMENT + "/cancel_promotion", cancel),
    Route("POST", ENVIRONMENT + "/pause_promotion", _signal(promotion_signals.pause)),
    Route("POST", ENVIRONMENT + "/resume_promotion", _signal(promotion_signals.resume)),
    Route("POST", ENVIRONMENT + "/force_cancel_promotion", _signal(promotion_signals.force_cancel)),
    Route(
        "POST",
        ENVIRONMENT + "/force_roll_forward_promotion",
        _signal(promotion_signals.force_roll_forward),
    ),
)
