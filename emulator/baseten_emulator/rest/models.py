"""/v1/models: list, get, rename, delete, and the push by REST (prepare, create, add a deployment)."""

from dataclasses import replace
from typing import Any

from baseten_emulator.life import audit
from baseten_emulator.life.views import deployment_view, model_view
from baseten_emulator.push import uploads
from baseten_emulator.push.checks import Push, check_push
from baseten_emulator.push.new_models import new_model
from baseten_emulator.push.publishing import publish_deployment
from baseten_emulator.world.bodies import Fields, check_fields
from baseten_emulator.world.records import (
    Activity,
    Deployment,
    Environment,
    Model,
    Promoting,
    QueuedSettings,
    UnderWay,
)
from baseten_emulator.world.routing import Route, team_of, team_scoped
from baseten_emulator.world.wire import ApiError, Request, Response, bad_request, json_response
from baseten_emulator.world.world import World

_PAYLOAD: Fields = {
    "config": dict, "raw_config": str, "user_env": dict, "environment_name": str,
    "create_environment_if_missing": bool, "preserve_env_instance_type": bool,
    "deploy_timeout_minutes": int, "deployment_name": str, "labels": dict, "is_development": bool,
    "autoscaling_settings": dict, "request_backpressure_settings": dict,
    "promotion_settings_override": dict, "instance_type_id": str, "region": str,
    "autoscaling_schedule_settings": dict,
}  # fmt: skip
_SETTINGS = (
    "autoscaling_settings",
    "request_backpressure_settings",
    "autoscaling_schedule_settings",
)

_NEW_DEPLOYMENT: Fields = {"kind": str, "s3_key": str, "deployment": dict}
_NEW_MODEL: Fields = {**_NEW_DEPLOYMENT, "name": str, "disable_archive_download": bool}


def list_models(world: World, request: Request) -> Response:
    """Answer GET, all teams or one; `?name=` filters by exact name."""
    owner = team_of(world, request) if "team_id" in request.params else None
    name = request.arg("name")
    models = [m for m in world.store.all(Model, owner) if name is None or m.name == name]
    return json_response({"models": [model_view(world, model) for model in models]})


def get_model(world: World, request: Request) -> Response:
    """Answer GET by id."""
    return json_response(model_view(world, world.model(request.params["model_id"])))


def rename_model(world: World, request: Request) -> Response:
    """Answer PATCH {name}: ids, deployments and URLs stay."""
    model = world.model(request.params["model_id"])
    name = check_fields(request.json(), {"name": str}).get("name", model.name)
    if not name.strip():
        raise bad_request("name: must not be empty")
    if name != model.name and world.model_named(name, model.owner):
        raise ApiError(400, "MODEL_NAME_ALREADY_EXISTS", f'A model named "{name}" already exists')
    renamed = replace(model, name=name)
    world.store.put(renamed)
    if name != model.name:
        audit.on_model(world, "MODEL_RENAMED", renamed, previous_name=model.name)
    return json_response(model_view(world, renamed))


def delete_model(world: World, request: Request) -> Response:
    """Answer DELETE, with every deployment and environment."""
    model = world.model(request.params["model_id"])
    audit.on_model(world, "MODEL_DELETED", model)
    for kind in (Deployment, Environment, Activity, UnderWay, Promoting, QueuedSettings):
        world.store.delete_owned(kind, model.id)
    world.store.delete(Model, model.id)
    return json_response({"id": model.id, "deleted": True})


def prepare_upload(world: World, request: Request) -> Response:
    """Answer POST: a push is validated and, unless `dry_run`, gets upload credentials."""
    fields = {"deployment": dict, "dry_run": bool, "model_id": str, "name": str, "team_id": str}
    body = check_fields(request.json(), fields, required=("deployment",))
    if ("name" in body) == ("model_id" in body):
        raise bad_request("exactly one of name and model_id is required")
    check_push(_push(body["deployment"], None))
    if "model_id" in body:
        world.model(body["model_id"])
    empty = {"creds": None, "s3_bucket": None, "s3_key": None, "s3_region": None}
    return json_response(empty if body.get("dry_run") else _grant_credentials(world))


def create_model(world: World, request: Request) -> Response:
    """Answer POST {source: {kind: model_archive, ...}}: a new model with its first deployment."""
    source = _source(request, _NEW_MODEL, ("name", "deployment"))
    push = _push(source["deployment"], source.get("s3_key"))
    download = not source.get("disable_archive_download", False)
    model = new_model(world, source["name"], team_of(world, request), download)
    return _answer_created(world, model, publish_deployment(world, model, push))


def create_deployment(world: World, request: Request) -> Response:
    """Answer POST: one more deployment of a model."""
    model = world.model(request.params["model_id"])
    source = _source(request, _NEW_DEPLOYMENT, ("deployment",))
    push = _push(source["deployment"], source.get("s3_key"))
    return _answer_created(world, model, publish_deployment(world, model, push))


def _source(request: Request, fields: Fields, required: tuple[str, ...]) -> dict[str, Any]:
    body = check_fields(request.json(), {"source": dict}, required=("source",))
    source = check_fields(body["source"], fields, required)
    if source.get("kind", "model_archive") != "model_archive":
        raise bad_request(
            f'source.kind "{source["kind"]}": the emulator only knows "model_archive"'
        )
    return source


def _push(payload: dict[str, Any], s3_key: str | None) -> Push:
    known = check_fields(payload, _PAYLOAD, required=("config",))
    return Push(
        config=known["config"],
        s3_key=s3_key,
        raw_config=known.get("raw_config"),
        user_env=known.get("user_env"),
        labels=known.get("labels"),
        deployment_name=known.get("deployment_name"),
        environment=known.get("environment_name"),
        create_environment=known.get("create_environment_if_missing", True),
        deploy_timeout_minutes=known.get("deploy_timeout_minutes"),
        preserve_instance_type=known.get("preserve_env_instance_type", True),
        is_development=known.get("is_development", False),
        instance_type_id=known.get("instance_type_id"),
        region=known.get("region"),
        settings={name: known[name] for name in _SETTINGS if name in known},
        promotion_override=known.get("promotion_settings_override", {}),
    )


def _grant_credentials(world: World) -> dict[str, Any]:
    granted = uploads.grant_credentials(world)
    creds = {name: value for name, value in granted.items() if name.startswith("aws_")}
    place = {"s3_bucket": granted["s3_bucket"], "s3_key": granted["s3_key"]}
    return {"creds": creds, **place, "s3_region": uploads.REGION}


def _answer_created(world: World, model: Model, deployment: Deployment) -> Response:
    model = world.model(model.id)
    created = {"model": model_view(world, model), "deployment": deployment_view(world, deployment)}
    return json_response(created)


ROUTES: tuple[Route, ...] = (
    *team_scoped("GET", "/v1/models", list_models),
    *team_scoped("POST", "/v1/models", create_model),
    Route("GET", "/v1/models/{model_id}", get_model),
    Route("PATCH", "/v1/models/{model_id}", rename_model),
    Route("DELETE", "/v1/models/{model_id}", delete_model),
    Route("POST", "/v1/models/{model_id}/deployments", create_deployment),
    Route("POST", "/v1/prepare_model_upload", prepare_upload),
)
