"""Every operation is one of Baseten's; every answer fits its OpenAPI and the `baseten` SDK's own models."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError
from pydantic import ValidationError as ParseError

from baseten_emulator.app import REST_ROUTES
from tests.support.control_client import CONFIG, Baseten, in_process, new_world

DOCUMENT = json.loads((Path(__file__).parents[1] / "data" / "baseten-answers.json").read_text())
NEWER = {"OrganizationInfoV1", "StartupAttemptsV1", "StartupSummaryV1"}
"""In the SDK, and not yet in the OpenAPI of August 2026."""
Ids = dict[str, str]
Body = dict[str, Any] | Callable[[Ids], dict[str, Any]] | None


def sdk() -> Any:
    """Return the SDK's client, which takes half a second to import."""
    return import_module("baseten.client.managementapi")


def conforms(schema: str, answer: Any) -> None:
    """Valid by the OpenAPI, where that has the schema, and readable by the SDK."""
    if schema not in NEWER:
        reference = {**DOCUMENT, "$ref": f"#/components/schemas/{schema}"}
        Draft202012Validator(reference).validate(answer)
    getattr(sdk()._models, schema.removesuffix("V1")).model_validate(answer)


def deployed() -> tuple[Baseten, Ids]:
    """A model that serves production, an idle deployment, a draft, and one of everything else."""
    world = new_world()
    baseten = Baseten(world, in_process(world))
    baseten.post("/v1/secrets", name="there", value="v")
    key = baseten.post("/v1/api_keys", type="WORKSPACE_INVOKE", name="k")["api_key"]
    model, current = baseten.deployed(labels={"a": 1})
    _, idle = baseten.deployed()
    baseten.post(f"/v1/models/{model}/environments", name="staging")
    source = {"deployment": {"config": CONFIG, "is_development": True}}
    draft = baseten.post(f"/v1/models/{model}/deployments", source=source)["deployment"]["id"]
    baseten.advance(120)
    return baseten, {
        "model_id": model, "deployment_id": current, "idle": idle, "draft": draft,
        "env_name": "production", "secret_name": "there", "team_id": world.default_team_id,
        "api_key_prefix": key.split(".")[0], "user_id": "emulator-user", "replica_id": current[:5],
    }  # fmt: skip


MODEL = "/v1/models/{model_id}"
DEPLOYMENT = MODEL + "/deployments/{deployment_id}"
ENVIRONMENT = MODEL + "/environments/{env_name}"
TEAM = "/v1/teams/{team_id}"
PAYLOAD = {"config": CONFIG}
SOURCE = {"source": {"name": "x", "deployment": PAYLOAD}}
SECRET = {"name": "k", "value": "v"}
KEY = {"type": "WORKSPACE_INVOKE"}
ACCESS = {"manage_access": {"is_restricted": True, "user_ids": ["emulator-user"]}}
WINDOW = "?start_epoch_millis=0&end_epoch_millis=9000000000000"
DAYS = "?start_date=2027-01-15T00:00:00Z&end_date=2027-01-16T00:00:00Z"


def idle(ids: Ids) -> dict[str, Any]:
    return {"deployment_id": ids["idle"]}


SHAPES: dict[str, tuple[str, Body]] = {
    "GET /v1/models": ("ModelsV1", None),
    f"GET {TEAM}/models": ("ModelsV1", None),
    "POST /v1/models": ("CreatedModelDeploymentV1", SOURCE),
    f"POST {TEAM}/models": ("CreatedModelDeploymentV1", SOURCE),
    f"GET {MODEL}": ("ModelV1", None),
    f"PATCH {MODEL}": ("ModelV1", {"name": "renamed"}),
    f"DELETE {MODEL}": ("ModelTombstoneV1", None),
    f"GET {MODEL}/audit_logs": ("ListAuditLogsResponseV1", None),
    "POST /v1/prepare_model_upload": (
        "PrepareModelUploadResponseV1",
        {"name": "x", "deployment": PAYLOAD},
    ),
    f"GET {MODEL}/deployments": ("DeploymentsV1", None),
    f"POST {MODEL}/deployments": (
        "CreatedModelDeploymentV1",
        {"source": {"deployment": {**PAYLOAD, "region": "us"}}},
    ),
    f"GET {DEPLOYMENT}": ("DeploymentV1", None),
    f"PATCH {DEPLOYMENT}": ("DeploymentV1", {"name": "renamed"}),
    f"DELETE {DEPLOYMENT}": ("DeploymentTombstoneV1", None),
    f"GET {DEPLOYMENT}/config": ("DeploymentConfigResponseV1", None),
    f"GET {DEPLOYMENT}/download": ("DownloadDeploymentResponseV1", None),
    f"DELETE {DEPLOYMENT}/replicas/{{replica_id}}": ("TerminateReplicaResponseV1", None),
    f"PATCH {DEPLOYMENT}/autoscaling_settings": (
        "UpdateAutoscalingSettingsResponseV1",
        {"min_replica": 1},
    ),
    f"PATCH {DEPLOYMENT}/request_backpressure_settings": (
        "RequestBackpressureSettingsV1",
        {"policy": "QUEUE_ON_FULL"},
    ),
    f"POST {DEPLOYMENT}/promote": ("DeploymentV1", {}),
    f"POST {DEPLOYMENT}/activate": ("ActivateResponseV1", None),
    f"POST {DEPLOYMENT}/deactivate": ("DeactivateResponseV1", None),
    f"POST {DEPLOYMENT}/retry": ("RetryDeploymentResponseV1", None),
    f"GET {DEPLOYMENT}/logs": ("GetLogsResponseV1", None),
    f"POST {DEPLOYMENT}/logs": ("GetLogsResponseV1", {}),
    f"GET {DEPLOYMENT}/metrics": ("GetModelMetricsResponseV1", None),
    f"GET {DEPLOYMENT}/startups": ("StartupAttemptsV1", None),
    f"GET {DEPLOYMENT}/startups/summary": ("StartupSummaryV1", None),
    f"GET {MODEL}/environments": ("EnvironmentsV1", None),
    f"POST {MODEL}/environments": ("EnvironmentV1", {"name": "canary"}),
    f"GET {ENVIRONMENT}": ("EnvironmentV1", None),
    f"PATCH {ENVIRONMENT}": (
        "UpdateEnvironmentResponseV1",
        {"autoscaling_settings": {"min_replica": 1}},
    ),
    f"DELETE {ENVIRONMENT}": ("EnvironmentTombstoneV1", None),
    f"POST {ENVIRONMENT}/activate": ("ActivateResponseV1", None),
    f"POST {ENVIRONMENT}/deactivate": ("DeactivateResponseV1", None),
    f"POST {ENVIRONMENT}/promote": ("DeploymentV1", idle),
    f"POST {ENVIRONMENT}/cancel_promotion": ("CancelPromotionResponseV1", None),
    f"POST {ENVIRONMENT}/pause_promotion": ("SignalPromotionResponseV1", None),
    f"POST {ENVIRONMENT}/resume_promotion": ("SignalPromotionResponseV1", None),
    f"POST {ENVIRONMENT}/force_cancel_promotion": ("SignalPromotionResponseV1", None),
    f"POST {ENVIRONMENT}/force_roll_forward_promotion": ("SignalPromotionResponseV1", None),
    f"GET {ENVIRONMENT}/logs": ("GetLogsResponseV1", None),
    f"GET {ENVIRONMENT}/metrics": ("GetModelMetricsResponseV1", None),
    f"GET {ENVIRONMENT}/startups": ("StartupAttemptsV1", None),
    f"GET {ENVIRONMENT}/startups/summary": ("StartupSummaryV1", None),
    "GET /v1/secrets": ("SecretsV1", None),
    "POST /v1/secrets": ("SecretV1", SECRET),
    "DELETE /v1/secrets/{secret_name}": ("SecretTombstoneV1", None),
    f"GET {TEAM}/secrets": ("SecretsV1", None),
    f"POST {TEAM}/secrets": ("SecretV1", SECRET),
    f"DELETE {TEAM}/secrets/{{secret_name}}": ("SecretTombstoneV1", None),
    "GET /v1/teams": ("TeamsV1", None),
    f"GET {TEAM}": ("TeamV1", None),
    "GET /v1/instance_types": ("InstanceTypesV1", None),
    "GET /v1/instance_type_prices": ("InstanceTypePricesV1", None),
    "GET /v1/billing/usage_summary": ("UsageSummaryV1", None),
    "GET /v1/regions": ("RegionsV1", None),
    f"GET {TEAM}/regions": ("RegionsV1", None),
    "GET /v1/users": ("UsersResponseV1", None),
    "GET /v1/users/me": ("UserInfoV1", None),
    "GET /v1/users/{user_id}": ("UserInfoV1", None),
    "GET /v1/organizations/me": ("OrganizationInfoV1", None),
    "GET /v1/api_keys": ("APIKeysV1", None),
    "POST /v1/api_keys": ("APIKeyV1", KEY),
    f"POST {TEAM}/api_keys": ("APIKeyV1", KEY),
    "DELETE /v1/api_keys/{api_key_prefix}": ("APIKeyTombstoneV1", None),
    "GET /v1/environment_groups": ("EnvironmentGroupsV1", None),
    f"GET {TEAM}/environment_groups": ("EnvironmentGroupsV1", None),
    "GET /v1/environment_groups/{env_name}": ("EnvironmentGroupV1", None),
    f"GET {TEAM}/environment_groups/{{env_name}}": ("EnvironmentGroupV1", None),
    "PATCH /v1/environment_groups/{env_name}": ("EnvironmentGroupV1", ACCESS),
    f"PATCH {TEAM}/environment_groups/{{env_name}}": ("EnvironmentGroupV1", ACCESS),
    "GET /v1/audit_logs": ("ListAuditLogsResponseV1", None),
}
"""What each operation answers, and a body for it; an alias of a deployment's id answers as the id does."""

ROUTES = [(route.method, route.path) for route in REST_ROUTES]


def without_alias(path: str) -> str:
    """A path with an alias as the path by id."""
    return re.sub(
        r"/deployments/(production|development)(?=/|$)", "/deployments/{deployment_id}", path
    )


def prepare(baseten: Baseten, ids: Ids, operation: str) -> Ids:
    """What an operation needs beforehand: a promotion to signal, something that may be deleted."""
    if operation.endswith("_promotion"):
        where = ENVIRONMENT.format(**ids)
        baseten.post(where + "/promote", **idle(ids))
        if "resume" in operation:
            baseten.post(where + "/pause_promotion")
    if operation == f"DELETE {DEPLOYMENT}":
        return {**ids, "deployment_id": ids["idle"]}
    return {**ids, "env_name": "staging"} if operation == f"DELETE {ENVIRONMENT}" else ids


@pytest.mark.parametrize(("method", "path"), ROUTES, ids=[" ".join(route) for route in ROUTES])
def test_an_answer_has_the_documented_shape(method: str, path: str) -> None:
    operation = f"{method} {without_alias(path)}"
    schema, body = SHAPES[operation]
    baseten, ids = deployed()
    ids = prepare(baseten, ids, operation)
    query = WINDOW if "/startups" in path else DAYS if "/billing" in path else ""
    sent = body(ids) if callable(body) else body
    answer = baseten.call(method, path.format(**ids) + query, sent)
    assert answer.status == 200, answer
    conforms(schema, answer.json)


def test_no_shape_is_of_an_operation_that_is_not_there() -> None:
    assert SHAPES.keys() == {f"{method} {without_alias(path)}" for method, path in ROUTES}


def test_every_operation_is_one_of_the_sdk() -> None:
    source = inspect.getsource(sdk().ApiClient)
    pairs = re.findall(r'method="(\w+)",\s*path_fmt="([^"]+)"', source)
    ours = {(method, re.sub(r"\{\w+\}", "{}", path)) for method, path in ROUTES}
    assert pairs
    assert ours <= set(pairs)
    assert len(ours) == len(ROUTES)


def test_what_is_under_way_has_the_documented_shape(local: Baseten) -> None:
    model_id, _ = local.deployed()
    ids = local.pushed(environment_name="production")
    conforms("DeploymentV1", local.deployment(ids))
    conforms("EnvironmentV1", local.environment(model_id))
    local.fault("promotion_failed")
    local.advance(10)
    ended = local.environment(model_id)
    assert ended["in_progress_promotion"]["error_message"]
    conforms("EnvironmentV1", ended)


def test_every_event_of_the_audit_log_is_one_that_the_sdk_knows() -> None:
    baseten, ids = deployed()
    where = ENVIRONMENT.format(**ids)
    baseten.patch(MODEL.format(**ids), name="renamed")
    update = {"autoscaling_settings": {"max_replica": 2}}
    override = {"rolling_deploy_config": {"max_surge_percent": 50}}
    baseten.post(
        where + "/promote",
        **idle(ids),
        environment_settings_update={**update, "request_backpressure_settings": {"policy": None}},
        promotion_settings_override=override,
    )
    entries = (
        sdk()._models.ListAuditLogsResponse.model_validate(baseten.get("/v1/audit_logs")).items
    )
    told = {entry.event_type: entry.event_data for entry in entries}
    assert {"MODEL_RENAMED", "MODEL_DEPLOYMENT_PROMOTED", "API_KEY_CREATED"} <= told.keys()
    assert not [event for event, data in told.items() if data is None or isinstance(data, dict)]


@pytest.mark.parametrize(
    ("schema", "answer"),
    [("ModelsV1", {"models": [{"id": 1}]}), ("SignalPromotionResponseV1", {"success": "perhaps"})],
)
def test_a_shape_that_is_wrong_would_be_seen(schema: str, answer: object) -> None:
    with pytest.raises((ValidationError, ParseError)):
        conforms(schema, answer)


def test_the_schemas_are_those_of_answers_that_are_given() -> None:
    named = {schema for schema, _ in SHAPES.values()}
    assert named - NEWER <= DOCUMENT["components"]["schemas"].keys()
    assert not NEWER & DOCUMENT["components"]["schemas"].keys()
