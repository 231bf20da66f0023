"""Environments: create, update, promote into, cancel, delete."""

from __future__ import annotations

import pytest

from tests.support.control_client import Baseten, config_with


def path_of(model_id: str, name: str = "production") -> str:
    return f"/v1/models/{model_id}/environments/{name}"


def test_every_model_has_a_production_environment_that_cannot_be_deleted(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    names = [e["name"] for e in baseten.get(f"/v1/models/{model_id}/environments")["environments"]]
    assert names == ["production"]
    assert baseten.call("DELETE", path_of(model_id)).status == 400


def test_an_environment_is_created_once_with_its_settings(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    base = f"/v1/models/{model_id}/environments"
    created = baseten.post(
        base, name="staging", autoscaling_settings={"min_replica": 1, "max_replica": 2}
    )
    assert created["autoscaling_settings"]["min_replica"] == 1
    assert created["current_deployment"] is None
    again = baseten.call("POST", base, {"name": "staging"})
    assert (again.status, again.json["code"]) == (400, "ENVIRONMENT_ALREADY_EXISTS")
    assert baseten.call("POST", base, {"name": "a/b"}).status == 400


def test_an_update_reaches_the_deployment_that_serves(baseten: Baseten) -> None:
    ids = baseten.deployed()
    update = {"autoscaling_settings": {"min_replica": 1, "concurrency_target": 32}}
    answer = baseten.patch(
        path_of(ids[0]), **update, request_backpressure_settings={"policy": "REJECT_ON_FULL"}
    )
    assert answer["status"] == "ACCEPTED"
    assert answer["environment"]["autoscaling_settings"]["concurrency_target"] == 32
    shown = baseten.deployment(ids)
    assert shown["autoscaling_settings"] == answer["environment"]["autoscaling_settings"]
    assert shown["request_backpressure_settings"] == {"policy": "REJECT_ON_FULL"}
    assert baseten.patch(path_of(ids[0]), **update)["status"] == "UNCHANGED"


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"autoscaling": {}}, "autoscaling: extra fields not permitted"),
        ({"autoscaling_settings": {"min_replicas": 1}}, 'perhaps you meant "min_replica"'),
        (
            {"promotion_settings": {"ramp_up_while_promoting": True}},
            "canary promotions no longer exist",
        ),
        (
            {"promotion_settings": {"rolling_deploy_config": {"max_surge_percent": 60}}},
            "between 0 and 50",
        ),
        (
            {"promotion_settings": {"rolling_deploy_config": {"max_unavailable_percent": 5}}},
            "exactly one",
        ),
        ({"promotion_settings": {"promotion_cleanup_strategy": "BURN"}}, "must be one of"),
        ({"request_backpressure_settings": {"policy": "PANIC"}}, "must be one of"),
        ({"traffic_routing_settings": {"rules": []}}, "not simulated"),
    ],
)
def test_an_update_that_is_not_understood_is_refused(
    local: Baseten, update: dict[str, object], said: str
) -> None:
    model_id, _ = local.pushed()
    answer = local.call("PATCH", path_of(model_id), update)
    assert answer.status == 400
    assert said in answer.json["message"]


def test_a_promotion_can_carry_settings(local: Baseten) -> None:
    model_id, _ = local.deployed()
    _, new = local.deployed()
    update = {"autoscaling_settings": {"min_replica": 1, "max_replica": 3}}
    local.post(
        path_of(model_id) + "/promote", deployment_id=new, environment_settings_update=update
    )
    local.advance(1)
    after = local.environment(model_id)
    assert after["current_deployment"]["id"] == new
    assert after["current_deployment"]["autoscaling_settings"]["min_replica"] == 1


def test_promoting_another_instance_type_keeps_the_environments_unless_told_otherwise(
    local: Baseten,
) -> None:
    model_id, _ = local.deployed()
    _, larger = local.deployed(config_with(resources={"instance_type": "L4:2x24x96"}))
    kept = local.post(path_of(model_id) + "/promote", deployment_id=larger)
    assert kept["id"] != larger
    assert kept["instance_type_name"] == "L4:4x16"
    local.advance(10)
    body = {"deployment_id": larger, "preserve_env_instance_type": False}
    changed = local.post(path_of(model_id) + "/promote", **body)
    assert changed["id"] == larger
    local.advance(10)
    assert local.environment(model_id)["instance_type"]["id"] == "L4:2x24x96"


def test_a_deployment_that_serves_elsewhere_is_copied_and_not_built_again(local: Baseten) -> None:
    model_id, serving = local.deployed(labels={"digest": "abc"})
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    copy = local.post(path_of(model_id, "staging") + "/promote", deployment_id=serving)
    assert copy["id"] != serving
    assert copy["labels"] == {"digest": "abc"}
    assert copy["status"] == "DEPLOYING"
    local.advance(10)
    assert local.environment(model_id, "staging")["current_deployment"]["id"] == copy["id"]
    assert local.environment(model_id)["current_deployment"]["id"] == serving


def test_promoting_what_already_serves_changes_nothing(local: Baseten) -> None:
    ids = local.deployed()
    assert local.post(path_of(ids[0]) + "/promote", deployment_id=ids[1])["id"] == ids[1]
    assert local.environment(ids[0])["in_progress_promotion"] is None


def test_one_promotion_at_a_time_and_it_can_be_canceled(baseten: Baseten) -> None:
    model_id, old = baseten.deployed()
    _, new = baseten.deployed()
    baseten.post(path_of(model_id) + "/promote", deployment_id=new)
    second = baseten.call("POST", path_of(model_id) + "/promote", {"deployment_id": new})
    assert (second.status, second.json["code"]) == (400, "PROMOTION_IN_PROGRESS")
    assert baseten.post(path_of(model_id) + "/cancel_promotion")["status"] == "CANCELED"
    baseten.advance(10)
    assert baseten.environment(model_id)["current_deployment"]["id"] == old
    assert baseten.call("POST", path_of(model_id) + "/cancel_promotion").status == 400


def test_a_failed_candidate_leaves_the_old_version_serving(local: Baseten) -> None:
    model_id, old = local.deployed()
    broken = config_with(docker_server={"start_command": "router --broken"})
    failed = local.deployed(broken, environment_name="production")
    after = local.environment(model_id)
    assert after["current_deployment"]["id"] == old
    assert after["candidate_deployment"] is None
    refused = local.call("POST", path_of(model_id) + "/promote", {"deployment_id": failed[1]})
    assert "is DEPLOY_FAILED: it cannot serve" in refused.json["message"]


def test_rolling_back_is_promoting_the_previous_deployment(local: Baseten) -> None:
    model_id, old = local.deployed()
    _, new = local.deployed(environment_name="production")
    assert local.environment(model_id)["current_deployment"]["id"] == new
    assert local.post(path_of(model_id) + "/promote", deployment_id=old)["id"] == old
    local.advance(10)
    assert local.environment(model_id)["current_deployment"]["id"] == old


def test_redeploying_on_promotion_makes_a_new_deployment(local: Baseten) -> None:
    model_id, _ = local.deployed()
    _, new = local.deployed()
    override = {"redeploy_on_promotion": True}
    body = {"deployment_id": new, "promotion_settings_override": override}
    assert local.post(path_of(model_id) + "/promote", **body)["id"] != new


@pytest.mark.parametrize(
    ("strategy", "status"),
    [("KEEP", "ACTIVE"), ("DEACTIVATE", "INACTIVE"), ("SCALE_TO_ZERO", "SCALED_TO_ZERO")],
)
def test_the_cleanup_strategy_decides_about_the_old_deployment(
    local: Baseten, strategy: str, status: str
) -> None:
    old = local.deployed()
    local.patch(path_of(old[0]), promotion_settings={"promotion_cleanup_strategy": strategy})
    local.deployed(environment_name="production")
    local.advance(1)
    assert local.status(old) == status


def test_a_deleted_environment_leaves_its_deployment_scaled_to_zero(local: Baseten) -> None:
    model_id, _ = local.deployed()
    local.post(f"/v1/models/{model_id}/environments", name="staging")
    ids = local.deployed(environment_name="staging")
    gone = local.call("DELETE", path_of(model_id, "staging")).json
    assert gone == {"name": "staging", "deleted": True, "model_id": model_id}
    assert local.status(ids) == "SCALED_TO_ZERO"
    assert local.call("GET", path_of(model_id, "staging")).status == 404


def test_an_environment_is_activated_and_deactivated_through_its_deployment(local: Baseten) -> None:
    ids = local.deployed()
    local.post(path_of(ids[0]) + "/deactivate")
    local.advance(1)
    assert local.status(ids) == "INACTIVE"
    local.post(path_of(ids[0]) + "/activate")
    local.advance(10)
    assert local.status(ids) == "ACTIVE"
