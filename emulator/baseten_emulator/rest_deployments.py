"""/v1/models/{model_id}/deployments: by id, or by the aliases `production` and `development`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from . import autoscaling, promotions, uploads
from .bodies import Fields, checked
from .promotions import Wish
from .records import Activity, Deployment, Environment, UnderWay
from .routing import Route
from .views import PRODUCTION, deployment_view, environment_id
from .wire import ApiError, Request, Response, json_response, not_found, refused
from .world import World

BASE = "/v1/models/{model_id}/deployments"
ONE = BASE + "/{deployment_id}"
PROMOTE_FIELDS: Fields = {
    "preserve_env_instance_type": bool,
    "environment_settings_update": dict,
    "promotion_settings_override": dict,
}


def deployment_of(world: World, model_id: str, deployment_id: str) -> Deployment:
    """The deployment a path means. Raises ApiError 404."""
    model = world.model(model_id)
    if deployment_id == "development":
        wanted = model.development_deployment_id
    elif deployment_id == PRODUCTION:
        production = world.store.get(Environment, environment_id(model_id, PRODUCTION))
        wanted = production.current_deployment_id if production else None
    else:
        wanted = deployment_id
    deployment = world.store.get(Deployment, wanted) if wanted else None
    if deployment is None or deployment.owner != model_id:
        raise not_found("deployment", deployment_id)
    return deployment


def asked_deployment(world: World, request: Request) -> Deployment:
    """The deployment that a request's path means. Raises ApiError 404."""
    return deployment_of(world, request.params["model_id"], request.params["deployment_id"])


def list_deployments(world: World, request: Request) -> Response:
    """GET; `?name=` filters by exact name."""
    model, name = world.model(request.params["model_id"]), request.arg("name")
    found = [d for d in world.store.all(Deployment, model.id) if name is None or d.name == name]
    return json_response({"deployments": [deployment_view(world, d) for d in found]})


def get_deployment(world: World, request: Request) -> Response:
    """GET."""
    return json_response(deployment_view(world, asked_deployment(world, request)))


def rename_deployment(world: World, request: Request) -> Response:
    """PATCH {name}: unique within the model, letters, digits, `-_.`."""
    deployment = asked_deployment(world, request)
    name = checked(request.json(), {"name": str}).get("name", deployment.name)
    if not re.fullmatch(r"[0-9a-zA-Z_.-]{1,255}", name):
        raise refused(f"name {name!r} may only hold letters, digits, hyphens, underscores and dots")
    others = [d for d in world.store.all(Deployment, deployment.owner) if d.id != deployment.id]
    if name in {other.name for other in others}:
        raise refused(f'a deployment named "{name}" already exists in this model')
    world.store.put(replace(deployment, name=name))
    return json_response(deployment_view(world, replace(deployment, name=name)))


def delete_deployment(world: World, request: Request) -> Response:
    """DELETE; not while an environment is served by it."""
    deployment = asked_deployment(world, request)
    if deployment.environment:
        message = f'deployment {deployment.id} serves environment "{deployment.environment}"'
        raise ApiError(400, "DEPLOYMENT_IN_USE", message + "; promote another one first")
    remove(world, deployment)
    tombstone = {"id": deployment.id, "deleted": True, "model_id": deployment.owner}
    return json_response(tombstone)


def remove(world: World, deployment: Deployment) -> None:
    """Forget a deployment and everything about it."""
    for kind in (Deployment, Activity, UnderWay):
        world.store.delete(kind, deployment.id)
    model = world.model(deployment.owner)
    if model.development_deployment_id == deployment.id:
        world.store.put(replace(model, development_deployment_id=None))


def update_autoscaling(world: World, request: Request) -> Response:
    """PATCH autoscaling_settings; a deployment's environment takes the change over."""
    deployment = asked_deployment(world, request)
    new = autoscaling.updated(deployment.autoscaling, request.json(), deployment.is_development)
    status = settings_status(deployment, deployment.autoscaling, new)
    world.store.put(replace(deployment, autoscaling=new))
    if deployment.environment:
        key = environment_id(deployment.owner, deployment.environment)
        environment = world.store.get(Environment, key)
        if environment and environment.current_deployment_id == deployment.id:
            world.store.put(replace(environment, autoscaling=new))
    return json_response({"status": status, "message": SAYS[status]})


def update_backpressure(world: World, request: Request) -> Response:
    """PATCH request_backpressure_settings {policy}."""
    policy = autoscaling.updated_backpressure(request.json())
    world.store.put(replace(asked_deployment(world, request), backpressure=policy))
    return json_response({"policy": policy})


SAYS = {
    "ACCEPTED": "Autoscaling settings are being updated",
    "QUEUED": "Autoscaling settings will be updated once the deployment is ready",
    "UNCHANGED": "Autoscaling settings are unchanged",
}


def settings_status(
    deployment: Deployment | None, old: Mapping[str, Any], new: Mapping[str, Any]
) -> str:
    """What the API answers to a settings update."""
    if old == new:
        return "UNCHANGED"
    return "QUEUED" if deployment and deployment.outcome is None else "ACCEPTED"


def promote(world: World, request: Request) -> Response:
    """POST: promote to production."""
    fields = {**PROMOTE_FIELDS, "scale_down_previous_production": bool}
    body, deployment = checked(request.json(), fields), asked_deployment(world, request)
    environment = world.store.get(Environment, environment_id(deployment.owner, PRODUCTION))
    assert environment is not None  # noqa: S101 - every model has production
    wish = wish_of(body, "scale_down_previous_production")
    return json_response(
        deployment_view(world, promotions.promote(world, environment, deployment, wish))
    )


def wish_of(body: Mapping[str, Any], scale_down: str) -> Wish:
    """A promotion's options from its body."""
    return Wish(
        body.get(scale_down, True),
        body.get("preserve_env_instance_type", True),
        body.get("environment_settings_update", {}),
        body.get("promotion_settings_override", {}),
    )


def get_config(world: World, request: Request) -> Response:
    """GET: the config as pushed; `output_format` raw, parsed or both."""
    deployment, wanted = asked_deployment(world, request), request.arg("output_format") or "both"
    if wanted not in ("raw", "parsed", "both"):
        raise refused(f'output_format "{wanted}" is not one of raw, parsed, both')
    raw = deployment.raw_config if wanted != "parsed" else None
    return json_response(
        {"config": deployment.config if wanted != "raw" else None, "raw_config": raw}
    )


def download(world: World, request: Request) -> Response:
    """GET: a presigned URL of the archive."""
    deployment = asked_deployment(world, request)
    if not deployment.s3_key or not world.model(deployment.owner).archive_download:
        raise refused("this deployment's archive cannot be downloaded")
    return json_response({"download_url": uploads.download_url(world, deployment.s3_key)})


ROUTES: tuple[Route, ...] = (
    Route("GET", BASE, list_deployments),
    Route("GET", ONE, get_deployment),
    Route("PATCH", ONE, rename_deployment),
    Route("DELETE", ONE, delete_deployment),
    Route("PATCH", ONE + "/autoscaling_settings", update_autoscaling),
    Route("PATCH", ONE + "/request_backpressure_settings", update_backpressure),
    Route("POST", ONE + "/promote", promote),
    Route("GET", ONE + "/config", get_config),
    Route("GET", ONE + "/download", download),
)
