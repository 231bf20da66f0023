"""/v1/models/{model_id}/deployments: by id, or by the aliases `production` and `development`."""

import re
from dataclasses import replace

from baseten_emulator.life import audit
from baseten_emulator.life.views import PRODUCTION, deployment_view
from baseten_emulator.push import config_defaults, uploads
from baseten_emulator.world.bodies import check_fields
from baseten_emulator.world.records import Activity, Deployment, UnderWay
from baseten_emulator.world.routing import Route, add_aliases
from baseten_emulator.world.wire import (
    ApiError,
    Request,
    Response,
    bad_request,
    json_response,
    not_found,
)
from baseten_emulator.world.world import World

BASE = "/v1/models/{model_id}/deployments"
ONE = BASE + "/{deployment_id}"
ALIASES = ("production", "development")
"""Words that stand for a deployment's id; OpenAPI lists the endpoints that take them as ones of their own."""


def find_deployment(world: World, model_id: str, deployment_id: str) -> Deployment:
    """Return the deployment a path means. Raises ApiError 404."""
    model = world.model(model_id)
    if deployment_id == "development":
        wanted = model.development_deployment_id
    elif deployment_id == PRODUCTION:
        production = world.environment(model_id, PRODUCTION)
        wanted = production.current_deployment_id if production else None
    else:
        wanted = deployment_id
    deployment = world.store.get(Deployment, wanted)
    if deployment is None or deployment.owner != model_id:
        raise not_found("deployment", deployment_id)
    return deployment


def require_deployment(world: World, request: Request) -> Deployment:
    """Return the deployment that a request's path means. Raises ApiError 404."""
    return find_deployment(world, request.params["model_id"], request.params["deployment_id"])


def list_deployments(world: World, request: Request) -> Response:
    """Answer GET; `?name=` filters by exact name."""
    model, name = world.model(request.params["model_id"]), request.arg("name")
    deployments = [
        d for d in world.store.all(Deployment, model.id) if name is None or d.name == name
    ]
    return json_response({"deployments": [deployment_view(world, d) for d in deployments]})


def get_deployment(world: World, request: Request) -> Response:
    """Answer GET."""
    return json_response(deployment_view(world, require_deployment(world, request)))


def rename_deployment(world: World, request: Request) -> Response:
    """Answer PATCH {name}: unique within the model, letters, digits, `-_.`."""
    deployment = require_deployment(world, request)
    name = check_fields(request.json(), {"name": str}).get("name", deployment.name)
    if not re.fullmatch(r"[0-9a-zA-Z_.-]{1,255}", name):
        raise bad_request(
            f"name {name!r} may only hold letters, digits, hyphens, underscores and dots"
        )
    others = [d for d in world.store.all(Deployment, deployment.owner) if d.id != deployment.id]
    if name in {other.name for other in others}:
        raise bad_request(f'a deployment named "{name}" already exists in this model')
    world.store.put(replace(deployment, name=name))
    return json_response(deployment_view(world, replace(deployment, name=name)))


def delete_deployment(world: World, request: Request) -> Response:
    """Answer DELETE; not while an environment is served by it."""
    deployment = require_deployment(world, request)
    if deployment.environment:
        message = f'deployment {deployment.id} serves environment "{deployment.environment}"'
        raise ApiError(400, "DEPLOYMENT_IN_USE", message + "; promote another one first")
    audit.on_deployment(world, "MODEL_DEPLOYMENT_DELETED", deployment)
    for kind in (Deployment, Activity, UnderWay):
        world.store.delete(kind, deployment.id)
    model = world.model(deployment.owner)
    if model.development_deployment_id == deployment.id:
        world.store.put(replace(model, development_deployment_id=None))
    tombstone = {"id": deployment.id, "deleted": True, "model_id": deployment.owner}
    return json_response(tombstone)


def terminate_replica(world: World, request: Request) -> Response:
    """Answer DELETE: the replica of a running deployment; another takes its place at once."""
    deployment, replica = require_deployment(world, request), request.params["replica_id"]
    if replica != replica_of(deployment) or deployment.outcome is None:
        raise not_found("replica", replica)
    audit.on_deployment(world, "REPLICA_TERMINATED", deployment, replica_id=replica)
    return json_response({"success": True})


def get_config(world: World, request: Request) -> Response:
    """Answer GET: the config, parsed with the server's defaults or raw as pushed; `output_format` picks."""
    deployment, wanted = require_deployment(world, request), request.arg("output_format") or "both"
    if wanted not in ("raw", "parsed", "both"):
        raise bad_request(f'output_format "{wanted}" is not one of raw, parsed, both')
    parsed = config_defaults.add_defaults(deployment.config) if wanted != "raw" else None
    raw = deployment.raw_config if wanted != "parsed" else None
    return json_response({"config": parsed, "raw_config": raw})


def replica_of(deployment: Deployment) -> str:
    """Return the id of a deployment's replica: one router, however many replicas are counted."""
    return deployment.id[:5]


def get_download_url(world: World, request: Request) -> Response:
    """Answer GET: a presigned URL of the archive."""
    deployment = require_deployment(world, request)
    if not deployment.s3_key or not world.model(deployment.owner).archive_download:
        raise bad_request("this deployment's archive cannot be downloaded")
    return json_response({"download_url": uploads.download_url(world, deployment.s3_key)})


ROUTES: tuple[Route, ...] = (
    Route("GET", BASE, list_deployments),
    *add_aliases(Route("GET", ONE, get_deployment), "deployment_id", *ALIASES),
    Route("PATCH", ONE, rename_deployment),
    Route("DELETE", ONE, delete_deployment),
    Route("GET", ONE + "/config", get_config),
    Route("GET", ONE + "/download", get_download_url),
    Route("DELETE", ONE + "/replicas/{replica_id}", terminate_replica),
)
