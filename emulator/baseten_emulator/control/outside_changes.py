"""/_emulator/deeds: what other people do to a model, outside of the product, once.

POST {"deed": "kill_deployment", "model": "bge", "environment": "production"}
POST {"deed": "change_schedule", "model": "bge", "schedule": "peak", "change": {"enabled": false}}

Deeds that change something take it as `change`: `change_settings` the body of an environment's PATCH, deeds to a
schedule its fields, those that it has already left out, and `route_traffic` a rule of `traffic_routing`, {} for none.
"""

from collections.abc import Callable
from dataclasses import replace

from baseten_emulator.control import outside_settings
from baseten_emulator.control.outside_settings import Wish
from baseten_emulator.life import due_events
from baseten_emulator.life.views import PRODUCTION
from baseten_emulator.rest import activation, models
from baseten_emulator.world.bodies import check_fields
from baseten_emulator.world.records import Deployment, Model, Outcome
from baseten_emulator.world.routing import Route
from baseten_emulator.world.wire import (
    Request,
    Response,
    bad_request,
    json_response,
    not_found,
)
from baseten_emulator.world.world import World


def do(world: World, request: Request) -> Response:
    """Answer POST {deed, model, environment?}, done to what serves that environment. Raises ApiError."""
    fields = {"deed": str, "model": str, "environment": str, "schedule": str, "change": dict}
    body = check_fields(request.json(), fields, required=("deed", "model"))
    deed, name = body["deed"], body.get("environment", PRODUCTION)
    if deed not in DEEDS:
        raise bad_request(f'there is no deed "{deed}"; known: {", ".join(DEEDS)}')
    due_events.catch_up(world)
    model = next((m for m in world.store.all(Model) if m.name == body["model"]), None)
    if model is None:
        raise not_found("model", body["model"])
    DEEDS[deed](world, model, Wish(name, body.get("schedule", ""), body.get("change", {})))
    return json_response({"deed": deed, "model": model.name, "model_id": model.id})


def _delete_model(world: World, model: Model, _wish: Wish) -> None:
    models.delete_model(world, Request("DELETE", "/", params={"model_id": model.id}))


def _kill_deployment(world: World, model: Model, wish: Wish) -> None:
    """Let what serves fail; the environment goes on pointing at it."""
    dead = Outcome("DEPLOY_FAILED", ("the container died and does not start any more",))
    world.store.put(replace(_serving(world, model, wish.environment), outcome=dead))


def _deactivate(world: World, model: Model, wish: Wish) -> None:
    activation.deactivate_deployment(world, _serving(world, model, wish.environment))


def _serving(world: World, model: Model, name: str) -> Deployment:
    deployment = world.current_deployment(model.id, name)
    if deployment is None:
        raise bad_request(f'nothing serves environment "{name}" of model "{model.name}"')
    return deployment


DEEDS: dict[str, Callable[[World, Model, Wish], None]] = {
    "delete_model": _delete_model,
    "kill_deployment": _kill_deployment,
    "deactivate": _deactivate,
    "change_settings": outside_settings.change_settings,
    "change_schedule": outside_settings.change_schedule,
    "remove_schedule": outside_settings.remove_schedule,
    "route_traffic": outside_settings.route_traffic,
}

ROUTES: tuple[Route, ...] = (Route("POST", "/_emulator/deeds", do),)
