"""The gateway: every form of a model's URL, and its refusals."""

from __future__ import annotations

import json

import pytest

from baseten_emulator.world.world import World
from tests.support.control_client import CONFIG, KEY, Baseten, config_with, in_process, new_world


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("production/predict", "/v1/embeddings"),
        ("environments/production/predict", "/v1/embeddings"),
        ("deployment/{d}/predict", "/v1/embeddings"),
        ("production/sync/rerank", "/rerank"),
        ("environments/production/sync/v1/embeddings", "/v1/embeddings"),
        ("deployment/{d}/sync/", "/"),
    ],
)
def test_every_form_of_the_url_reaches_the_router(baseten: Baseten, target: str, path: str) -> None:
    model_id, deployment_id = baseten.deployed()
    url = f"/hosts/model-{model_id}/{target.format(d=deployment_id)}"
    said = baseten.call("POST", url, {"input": "x"}).json
    assert (said["method"], said["path"], json.loads(said["body"])) == (
        "POST",
        path,
        {"input": "x"},
    )


def test_a_models_own_host_is_another_form_of_its_url(baseten: Baseten) -> None:
    model_id, _ = baseten.deployed()
    host = {"Host": f"model-{model_id}.api.localhost:8000"}
    assert baseten.call("POST", "/production/predict", {}, **host).json["path"] == "/v1/embeddings"


def test_a_get_goes_through_sync_but_not_through_predict(baseten: Baseten) -> None:
    model_id, _ = baseten.deployed()
    assert (
        baseten.call("GET", f"/hosts/model-{model_id}/production/sync/health").json["path"]
        == "/health"
    )
    assert baseten.call("GET", f"/hosts/model-{model_id}/production/predict").status == 404


def test_the_router_never_sees_the_callers_key(baseten: Baseten) -> None:
    model_id, _ = baseten.deployed()
    answer = baseten.call("POST", f"/hosts/model-{model_id}/production/predict", {})
    assert KEY.encode() not in answer.body


def test_a_development_deployment_has_its_own_url(local: Baseten) -> None:
    payload = {"config": CONFIG, "is_development": True}
    created = local.post("/v1/models", source={"name": "bge", "deployment": payload})
    local.advance(10)
    url = f"/hosts/model-{created['model']['id']}"
    assert local.call("POST", url + "/development/predict", {}).status == 200
    assert local.call("POST", url + "/production/predict", {}).status == 404


def test_a_deployment_that_is_not_ready_says_so(baseten: Baseten) -> None:
    ids = baseten.pushed()
    answer = baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {})
    assert answer.status == 400
    assert "not ready" in answer.json["error"]


def test_a_failed_deployment_is_unhealthy(local: Baseten) -> None:
    ids = local.deployed(config_with(docker_server={"start_command": "router --broken"}))
    answer = local.call("POST", f"/hosts/model-{ids[0]}/production/predict", {})
    assert answer.status == 500
    assert "Model is unhealthy" in answer.json["error"]


def test_a_deactivated_deployment_is_not_found(local: Baseten) -> None:
    ids = local.deployed()
    local.post(f"/v1/models/{ids[0]}/deployments/{ids[1]}/deactivate")
    assert local.call("POST", f"/hosts/model-{ids[0]}/production/predict", {}).status == 404


@pytest.mark.parametrize(
    "target", ["environments/nope/predict", "deployment/nope/predict", "production/train"]
)
def test_an_unknown_target_is_a_404_with_an_error(local: Baseten, target: str) -> None:
    model_id, _ = local.deployed()
    answer = local.call("POST", f"/hosts/model-{model_id}/{target}", {})
    assert answer.status == 404
    assert target.split("/")[-1] in answer.json["error"] or "nope" in answer.json["error"]


def test_a_wake_call_wakes(local: Baseten) -> None:
    ids = local.deployed()
    local.advance(1000)
    assert local.status(ids) == "SCALED_TO_ZERO"
    assert local.call("POST", f"/hosts/model-{ids[0]}/production/wake").status == 200
    assert local.status(ids) == "WAKING_UP"


def test_an_asynchronous_request_can_be_followed(baseten: Baseten) -> None:
    ids = baseten.deployed()
    url = f"/hosts/model-{ids[0]}"
    queued = baseten.call(
        "POST", f"{url}/production/async_predict", {"model_input": {"input": "x"}}
    )
    assert queued.status == 202
    followed = baseten.get(f"{url}/async_request/{queued.json['request_id']}")
    assert (followed["status"], followed["deployment_id"]) == ("SUCCEEDED", ids[1])
    assert baseten.call("POST", f"{url}/production/async_predict", {"input": "x"}).status == 400


def test_the_real_data_plane_answers_behind_the_gateway() -> None:
    world = new_world(boot=World().boot)
    baseten = Baseten(world, in_process(world))
    model_id, _ = baseten.deployed()
    url = f"/hosts/model-{model_id}/environments/production"
    embedding = baseten.call("POST", f"{url}/predict", {"input": "hello", "model": "x"}).json
    assert len(embedding["data"][0]["embedding"]) == 768
    assert baseten.get(f"{url}/sync/info")["version"] == "1.8.3"


def test_the_real_data_plane_ends_a_bad_start() -> None:
    world = new_world(boot=World().boot)
    baseten = Baseten(world, in_process(world))
    ids = baseten.deployed(
        config_with(docker_server={"start_command": "text-embeddings-router --nope"})
    )
    assert baseten.status(ids) == "DEPLOY_FAILED"
    assert "--nope" in "".join(baseten.logs(ids))
