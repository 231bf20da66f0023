"""/_emulator/deeds: what other people do to a model, outside of the product, once.

POST {"deed": "kill_deployment", "model": "bge", "environment": "production"}
"""

from collections.abc import Callable
from dataclasses import replace

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
    fields = {"deed": str, "model": str, "environment": str}
    body = check_fields(request.json(), fields, required=("deed", "model"))
    deed, name = body["deed"], body.get("environment", PRODUCTION)
    if deed not in DEEDS:
        raise bad_request(f'there is no deed "{deed}"; known: {", ".join(DEEDS)}')
    due_events.catch_up(world)
    model = next((m for m in world.store.all(Model) if m.name == body["model"]), None)
    if model is None:
        raise not_found("model", body["model"])
    DEEDS[deed](world, model, name)
    return json_response({"deed": deed, "model": model.name, "model_id": model.id})


def _delete_model(world: World, model: Model, _environment: str) -> None:
    models.delete_model(world, Request("DELETE", "/", params={"model_id": model.id}))


def _kill_deployment(world: World, model: Model, environment: str) -> None:
    """Let what serves fail; the environment goes on pointing at it."""
    dead = Outcome("DEPLOY_FAILED", ("the container died and does not start any more",))
    world.store.put(replace(_serving(world, model, environment), outcome=dead))


def _deactivate(world: World, model: Model, environment: str) -> None:
    activation.deactivate_deployment(world, _serving(world, model, environment))


def _serving(world: World, model: Model, name: str) -> Deployment:
    deployment = world.current_deployment(model.id, name)
    if deployment is None:
        raise bad_request(f'nothing serves environment "{name}" of model "{model.name}"')
    return deployment


DEEDS: dict[str, Callable[[World, Model, str], None]] = {
    "delete_model": _delete_model,
    "kill_deployment": _kill_deployment,
    "deactivate": _deactivate,
}

ROUTES: tuple[Route, ...] = (Route("POST", "/_emulator/deeds", do),)
