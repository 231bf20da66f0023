"""Settings that wait: QUEUED while what serves is under way, applied once it is ready."""

from __future__ import annotations

from tests.support.control_client import Baseten

THREE = {"autoscaling_settings": {"max_replica": 3}}


def path(model_id: str) -> str:
    return f"/v1/models/{model_id}/environments/production"


def most(baseten: Baseten, model_id: str) -> int:
    return int(baseten.environment(model_id)["autoscaling_settings"]["max_replica"])


def test_a_change_waits_until_the_deployment_is_ready(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    answer = baseten.patch(path(model_id), **THREE)
    assert answer["status"] == "QUEUED"
    assert answer["environment"]["autoscaling_settings"]["max_replica"] == 1
    assert baseten.patch(path(model_id), **THREE)["status"] == "UNCHANGED"
    assert most(baseten, model_id) == 1
    baseten.advance(3)
    assert most(baseten, model_id) == 3


def test_a_second_change_is_made_on_top_of_the_queued_one(local: Baseten) -> None:
    model_id, deployment_id = local.pushed()
    local.patch(path(model_id), **THREE)
    deployment = f"/v1/models/{model_id}/deployments/{deployment_id}"
    assert local.patch(deployment + "/autoscaling_settings", min_replica=3)["status"] == "QUEUED"
    local.patch(path(model_id), request_backpressure_settings={"policy": "REJECT_ON_FULL"})
    local.advance(3)
    after = local.environment(model_id)
    assert after["autoscaling_settings"]["min_replica"] == most(local, model_id) == 3
    assert after["request_backpressure_settings"] == {"policy": "REJECT_ON_FULL"}
    assert after["current_deployment"]["autoscaling_settings"] == after["autoscaling_settings"]


def test_a_change_that_would_be_wrong_after_the_queued_one_is_refused(local: Baseten) -> None:
    model_id, _ = local.pushed()
    local.patch(path(model_id), autoscaling_settings={"min_replica": 3, "max_replica": 3})
    answer = local.call("PATCH", path(model_id), {"autoscaling_settings": {"max_replica": 2}})
    assert "min_replica (3) must not exceed" in answer.json["message"]


def test_a_change_is_applied_when_what_serves_has_failed(local: Baseten) -> None:
    local.fault("build_failed", model="bge")
    model_id, _ = local.pushed()
    local.patch(path(model_id), **THREE)
    local.advance(1)
    assert most(local, model_id) == 3


def test_queued_settings_take_one_more_step(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("settings_queued", model="bge")
    assert local.patch(path(ids[0]), **THREE)["status"] == "QUEUED"
    local.advance(0.9)
    assert most(local, ids[0]) == 1
    local.advance(0.1)
    assert most(local, ids[0]) == 3
    assert local.deployment(ids)["autoscaling_settings"]["max_replica"] == 3


def test_queued_settings_of_an_environment_that_is_deleted_are_forgotten(local: Baseten) -> None:
    model_id, _ = local.deployed()
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    staging = f"/v1/models/{model_id}/environments/staging"
    local.fault("settings_queued", model="bge")
    local.patch(staging, **THREE)
    local.call("DELETE", staging)
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    local.advance(10)
    assert local.get(staging)["autoscaling_settings"]["max_replica"] == 1


def test_an_empty_environment_is_changed_at_once(local: Baseten) -> None:
    model_id, _ = local.pushed()
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    staging = f"/v1/models/{model_id}/environments/staging"
    assert local.patch(staging, **THREE)["status"] == "ACCEPTED"


def test_a_push_starts_on_the_settings_of_its_environment_and_hands_its_own_over(
    local: Baseten,
) -> None:
    ids = local.deployed()
    local.patch(path(ids[0]), **THREE)
    payload = {
        "config": {"model_name": "bge", "docker_server": _server(local, ids)},
        "environment_name": "production",
        "autoscaling_settings": {"min_replica": 2},
        "request_backpressure_settings": {"policy": "REJECT_ON_FULL"},
        "promotion_settings_override": {"promotion_cleanup_strategy": "KEEP"},
        "region": "us",
    }
    created = local.post(f"/v1/models/{ids[0]}/deployments", source={"deployment": payload})
    local.advance(10)
    after = local.environment(ids[0])
    assert after["current_deployment"]["id"] == created["deployment"]["id"]
    assert after["current_deployment"]["region"]["slug"] == "us"
    assert after["autoscaling_settings"]["min_replica"] == 2
    assert after["autoscaling_settings"]["max_replica"] == 3
    assert after["request_backpressure_settings"] == {"policy": "REJECT_ON_FULL"}
    assert local.status(ids) == "ACTIVE"


def _server(baseten: Baseten, ids: tuple[str, str]) -> object:
    config = baseten.get(f"/v1/models/{ids[0]}/deployments/{ids[1]}/config")["config"]
    return {k: v for k, v in config["docker_server"].items() if v is not None}


def test_a_push_that_contradicts_itself_is_refused(local: Baseten) -> None:
    config = {"model_name": "x"}
    for more, said in (
        ({"region": "moon"}, '"moon" is not a region'),
        ({"instance_type_id": "1x2"}, "preserve_env_instance_type"),
        ({"promotion_settings_override": {"rolling_deploy": True}}, "requires environment_name"),
        ({"autoscaling_schedule_settings": {}}, "requires environment_name"),
    ):
        body = {"name": "x", "deployment": {"config": config, **more}}
        answer = local.call("POST", "/v1/prepare_model_upload", body)
        assert (answer.status, said in answer.json["message"]) == (400, True), answer


def test_a_push_can_name_its_instance_type(local: Baseten) -> None:
    payload = {
        "config": {"model_name": "x"},
        "instance_type_id": "4x16",
        "preserve_env_instance_type": False,
    }
    created = local.post("/v1/models", source={"name": "x", "deployment": payload})
    assert created["deployment"]["instance_type_name"] == "4x16"
