"""GraphQL at /graphql/: the operations that `truss push` and `truss whoami` send.

graphql-core parses and checks them against `schema.graphql`; an operation that is not in there is refused with an
error that names it. Errors have the shape truss reads: message, extensions.code and .description.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseten_emulator.faults import faults
from baseten_emulator.graphql.objects import oracle_object, version_object
from baseten_emulator.push import uploads
from baseten_emulator.push.checks import Push
from baseten_emulator.push.config_rules import config_errors
from baseten_emulator.push.new_models import new_model
from baseten_emulator.push.publishing import publish_deployment
from baseten_emulator.world import account, plain_json
from baseten_emulator.world.calls import MAX_TOKENS
from baseten_emulator.world.records import Deployment, Model
from baseten_emulator.world.wire import (
    ApiError,
    RefusedError,
    Request,
    Response,
    bad_request,
    json_response,
    not_found,
)
from baseten_emulator.world.world import World

if TYPE_CHECKING:
    from graphql import DocumentNode, GraphQLError, GraphQLSchema


@dataclass
class ExecutionContext:
    """One GraphQL request being answered: the resolvers' context."""

    world: World
    delay_seconds: float = 0.0


@cache
def load_schema() -> "GraphQLSchema":
    """Return the schema, parsed on first use: graphql-core takes 0.2 s to import."""
    from graphql import build_schema

    text = (Path(__file__).parent / "schema.graphql").read_text()
    return build_schema(text)


@lru_cache(maxsize=64)
def parse_document(query: str) -> "DocumentNode | tuple[GraphQLError, ...]":
    """Return a query, parsed and checked against the schema, or its errors; most queries repeat."""
    from graphql import GraphQLError, parse, validate

    try:
        parsed = parse(query, max_lexical_tokens=MAX_TOKENS)
        return tuple(validate(load_schema(), parsed)) or parsed
    except GraphQLError as error:
        return (error,)
    except RecursionError:
        return (GraphQLError("Syntax Error: the document is nested too deeply."),)


def execute(world: World, request: Request) -> Response:
    """Answer one GraphQL request: 200 with `data` or with `errors`, like Baseten."""
    from graphql import execute_sync

    body, call = request.json(), ExecutionContext(world)
    checked = parse_document(str(body.get("query", "")))
    if isinstance(checked, tuple):
        raise _refusal(None, checked)
    variables = body.get("variables") or {}
    if not isinstance(variables, dict):
        raise bad_request("variables: not a JSON object")
    result = execute_sync(load_schema(), checked, _Root(), call, variable_values=variables)
    if result.errors:
        raise _refusal(result.data, result.errors)
    data = _with_endpoint(world, result.data or {})
    return replace(json_response({"data": data}), delay_seconds=call.delay_seconds)


def _refusal(data: Any, errors: "Sequence[GraphQLError]") -> RefusedError:
    return RefusedError(json_response({"data": data, "errors": [_error(e) for e in errors]}))


def _error(error: "GraphQLError") -> dict[str, Any]:
    cause = error.original_error
    if cause is not None and not isinstance(cause, ApiError):
        raise cause
    code = cause.code if isinstance(cause, ApiError) else "GRAPHQL_VALIDATION_FAILED"
    return {"message": error.message, "extensions": {"code": code}, "path": error.path}


def _with_endpoint(world: World, data: dict[str, Any]) -> dict[str, Any]:
    """Add what boto3 must know to reach this emulator; truss hands every extra key to it."""
    granted = data.get("model_s3_upload_credentials")
    if granted:
        extra = {"endpoint_url": world.base_url, "region_name": uploads.REGION}
        data = {**data, "model_s3_upload_credentials": {**granted, **extra}}
    return data


class _Root:
    """The resolvers of `Query` and `Mutation`, one method for each operation."""

    def teams(self, info: Any) -> list[dict[str, Any]]:
        world = info.context.world
        return [
            {"id": world.team_id(name), "name": name, "default": name == world.teams[0]}
            for name in world.teams
        ]

    def models(self, info: Any, all: bool = False, team_id: str | None = None) -> list[Any]:  # noqa: A002 - the API's word
        world: World = info.context.world
        models = world.store.all(Model, owner=None if all else team_id)
        return [oracle_object(world, model) for model in models]

    def model(self, info: Any, id: str | None = None, name: str | None = None) -> Any:  # noqa: A002 - the API's word
        world: World = info.context.world
        models = [m for m in world.store.all(Model) if m.id == id or m.name == name]
        if not models:
            raise not_found("model", id or name or "")
        return oracle_object(world, models[0])

    def model_version(self, info: Any, id: str) -> Any:  # noqa: A002 - the API's word
        world: World = info.context.world
        deployment = world.store.get(Deployment, id)
        if deployment is None:
            raise not_found("model version", id)
        return version_object(world, deployment)

    def truss_validation(self, _info: Any, config: str = "", **_: Any) -> dict[str, Any]:
        errors = config_errors(_decode_config(config))
        return {"success": not errors, "details": json.dumps({"errors": errors, "warnings": []})}

    def model_s3_upload_credentials(self, info: Any) -> dict[str, str]:
        return uploads.grant_credentials(info.context.world)

    def organization(self, _info: Any) -> dict[str, Any]:
        return {"id": account.ORGANIZATION_ID, "workspace_name": account.WORKSPACE}

    def user(self, _info: Any) -> dict[str, str]:
        return {"email": account.USER_EMAIL}

    def create_model_from_truss(self, info: Any, name: str, **arguments: Any) -> Any:
        world: World = info.context.world
        push = _push(arguments, deployment_name=arguments.get("version_name"))
        model = _new_model(world, name, arguments)
        return _answer_created(info.context, publish_deployment(world, model, push))

    def create_model_version_from_truss(self, info: Any, model_id: str, **arguments: Any) -> Any:
        world: World = info.context.world
        push = _push(arguments, deployment_name=arguments.get("name"))
        return _answer_created(info.context, publish_deployment(world, world.model(model_id), push))

    def deploy_draft_truss(self, info: Any, name: str, **arguments: Any) -> Any:
        world: World = info.context.world
        push = _push(arguments, is_development=True)
        team_id = arguments.get("team_id") or world.default_team_id
        model = world.model_named(name, team_id) or _new_model(world, name, arguments)
        return _answer_created(info.context, publish_deployment(world, model, push))


def _new_model(world: World, name: str, arguments: dict[str, Any]) -> Model:
    team_id = arguments.get("team_id") or world.default_team_id
    return new_model(world, name, team_id, arguments.get("allow_truss_download", True))


def _push(arguments: dict[str, Any], **more: Any) -> Push:
    raw = arguments.get("raw_config")
    return Push(
        config=_decode_config(arguments["config"]),
        s3_key=arguments["s3_key"],
        raw_config=_decode_text("raw_config", raw) if raw else None,
        user_env=_decode_mapping("truss_user_env", arguments.get("truss_user_env")),
        labels=_decode_mapping("user_deploy_metadata", arguments.get("user_deploy_metadata")),
        environment=arguments.get("environment_name"),
        deploy_timeout_minutes=arguments.get("deploy_timeout_minutes"),
        preserve_instance_type=arguments.get("preserve_env_instance_type", True),
        scale_down_previous=arguments.get("scale_down_old_production", True),
        **more,
    )


def _decode_text(name: str, encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except ValueError as error:
        raise bad_request(f"{name}: not base64 of text: {error}") from error


def _decode_config(encoded: str) -> dict[str, Any]:
    try:
        config = plain_json.parse(base64.b64decode(encoded, validate=True))
    except ValueError as error:
        raise bad_request(f"config: not base64 of JSON: {error}") from error
    if not isinstance(config, dict):
        raise bad_request("config: not a JSON object")
    return config


def _decode_mapping(name: str, text: str | None) -> dict[str, Any] | None:
    try:
        value = plain_json.parse(text) if text else None
    except ValueError as error:
        raise bad_request(f"{name}: not JSON: {error}") from error
    if value is not None and not isinstance(value, dict):
        raise bad_request(f"{name}: not a JSON object")
    return value


def _answer_created(call: ExecutionContext, deployment: Deployment) -> dict[str, Any]:
    model = call.world.model(deployment.owner)
    fault = faults.use_up(call.world, faults.find_live(call.world, model.name, "create_hangs"))
    if fault:
        call.delay_seconds = float(fault.options.get("seconds", 60))
    return {"model_version": version_object(call.world, deployment)}
