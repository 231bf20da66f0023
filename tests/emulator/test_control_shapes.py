"""Every answer of the management API has the shape of Baseten's own OpenAPI."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from control_client import CONFIG, Baseten, in_process, new_world
from jsonschema import Draft202012Validator

DOCUMENT = json.loads((Path(__file__).parent / "data" / "baseten-answers.json").read_text())
Ask = Callable[[Baseten, str, str], Any]


def conforms(schema: str, answer: Any) -> None:
    Draft202012Validator({**DOCUMENT, "$ref": f"#/components/schemas/{schema}"}).validate(answer)


def call(method: str, path: str, **body: Any) -> Ask:
    def ask(baseten: Baseten, m: str, d: str) -> Any:
        filled = json.loads(json.dumps(body).replace("{d}", d))
        answer = baseten.call(method, path.format(m=m, d=d), filled or None)
        assert answer.status == 200, answer
        return answer.json

    return ask


MODEL, DEPLOYMENT = "/v1/models/{m}", "/v1/models/{m}/deployments/{d}"
ENVIRONMENT = "/v1/models/{m}/environments/production"
PAYLOAD = {"config": CONFIG}
ANSWERS: list[tuple[str, Ask]] = [
    ("ModelsV1", call("GET", "/v1/models")),
    ("ModelV1", call("GET", MODEL)),
    ("ModelV1", call("PATCH", MODEL, name="renamed")),
    ("ModelTombstoneV1", call("DELETE", MODEL)),
    ("DeploymentsV1", call("GET", MODEL + "/deployments")),
    ("DeploymentV1", call("GET", DEPLOYMENT)),
    ("DeploymentV1", call("GET", MODEL + "/deployments/production")),
    ("DeploymentV1", call("PATCH", DEPLOYMENT, name="renamed")),
    ("DeploymentV1", call("POST", DEPLOYMENT + "/promote")),
    (
        "UpdateAutoscalingSettingsResponseV1",
        call("PATCH", DEPLOYMENT + "/autoscaling_settings", min_replica=1),
    ),
    (
        "RequestBackpressureSettingsV1",
        call("PATCH", DEPLOYMENT + "/request_backpressure_settings", policy=None),
    ),
    ("ActivateResponseV1", call("POST", DEPLOYMENT + "/activate")),
    ("DeactivateResponseV1", call("POST", DEPLOYMENT + "/deactivate")),
    ("RetryDeploymentResponseV1", call("POST", DEPLOYMENT + "/retry")),
    ("DeploymentConfigResponseV1", call("GET", DEPLOYMENT + "/config")),
    ("DownloadDeploymentResponseV1", call("GET", DEPLOYMENT + "/download")),
    ("GetLogsResponseV1", call("GET", DEPLOYMENT + "/logs")),
    ("EnvironmentsV1", call("GET", MODEL + "/environments")),
    ("EnvironmentV1", call("GET", ENVIRONMENT)),
    ("EnvironmentV1", call("POST", MODEL + "/environments", name="staging")),
    (
        "UpdateEnvironmentResponseV1",
        call("PATCH", ENVIRONMENT, autoscaling_settings={"min_replica": 1}),
    ),
    ("DeploymentV1", call("POST", ENVIRONMENT + "/promote", deployment_id="{d}")),
    ("ActivateResponseV1", call("POST", ENVIRONMENT + "/activate")),
    ("DeactivateResponseV1", call("POST", ENVIRONMENT + "/deactivate")),
    ("SecretV1", call("POST", "/v1/secrets", name="k", value="v")),
    ("SecretsV1", call("GET", "/v1/secrets")),
    ("TeamsV1", call("GET", "/v1/teams")),
    ("InstanceTypesV1", call("GET", "/v1/instance_types")),
    ("InstanceTypePricesV1", call("GET", "/v1/instance_type_prices")),
    ("UserInfoV1", call("GET", "/v1/users/me")),
    (
        "PrepareModelUploadResponseV1",
        call("POST", "/v1/prepare_model_upload", name="x", deployment=PAYLOAD),
    ),
    (
        "CreatedModelDeploymentV1",
        call("POST", "/v1/models", source={"name": "x", "deployment": PAYLOAD}),
    ),
    (
        "CreatedModelDeploymentV1",
        call("POST", MODEL + "/deployments", source={"deployment": PAYLOAD}),
    ),
]


@pytest.mark.parametrize(
    ("schema", "ask"), ANSWERS, ids=[f"{n} {s}" for n, (s, _) in enumerate(ANSWERS)]
)
def test_an_answer_has_the_documented_shape(schema: str, ask: Ask) -> None:
    world = new_world()
    baseten = Baseten(world, in_process(world))
    baseten.post("/v1/secrets", name="there", value="v")
    conforms(schema, ask(baseten, *baseten.deployed(labels={"a": 1})))


def test_a_deployment_under_way_and_a_promotion_in_progress_have_the_documented_shape(
    local: Baseten,
) -> None:
    model_id, _ = local.deployed()
    ids = local.pushed(environment_name="production")
    conforms("DeploymentV1", local.deployment(ids))
    conforms("EnvironmentV1", local.environment(model_id))
    conforms(
        "CancelPromotionResponseV1",
        local.post(f"/v1/models/{model_id}/environments/production/cancel_promotion"),
    )


def test_a_shape_that_is_wrong_would_be_seen() -> None:
    from jsonschema import ValidationError

    with pytest.raises(ValidationError):
        conforms("ModelsV1", {"models": [{"id": 1}]})
