"""Deployments by REST: names, settings, activation, retry, promotion to production, logs."""

from __future__ import annotations

import pytest

from tests.support.control_client import Baseten, config_with


def path_of(ids: tuple[str, str]) -> str:
    return f"/v1/models/{ids[0]}/deployments/{ids[1]}"


def test_deployments_are_found_by_exact_name(baseten: Baseten) -> None:
    ids = baseten.pushed(version_name="v1")
    baseten.pushed(name="v2")
    found = baseten.get(f"/v1/models/{ids[0]}/deployments?name=v1")["deployments"]
    assert [d["id"] for d in found] == [ids[1]]
    assert baseten.get(f"/v1/models/{ids[0]}/deployments?name=v")["deployments"] == []


def test_production_is_an_alias(baseten: Baseten) -> None:
    ids = baseten.deployed()
    assert baseten.get(f"/v1/models/{ids[0]}/deployments/production")["id"] == ids[1]
    assert baseten.call("GET", f"/v1/models/{ids[0]}/deployments/development").status == 404


def test_a_deployment_can_be_renamed_to_a_free_and_plain_name(local: Baseten) -> None:
    ids = local.pushed(version_name="v1")
    other = local.pushed()
    assert local.patch(path_of(other), name="v2.0")["name"] == "v2.0"
    assert local.call("PATCH", path_of(other), {"name": "v1"}).status == 400
    assert local.call("PATCH", path_of(ids), {"name": "a b"}).status == 400


def test_a_deployment_that_serves_an_environment_is_not_deleted(baseten: Baseten) -> None:
    serving = baseten.deployed()
    idle = baseten.deployed()
    refused = baseten.call("DELETE", path_of(serving))
    assert refused.status == 400
    assert 'serves environment "production"' in refused.json["message"]
    gone = baseten.call("DELETE", path_of(idle)).json
    assert gone == {"id": idle[1], "deleted": True, "model_id": idle[0]}
    assert baseten.call("GET", path_of(idle)).status == 404


def test_deactivation_takes_a_step_and_activation_does_not_build_again(local: Baseten) -> None:
    ids = local.deployed()
    assert local.post(path_of(ids) + "/deactivate") == {"success": True, "no_op": False}
    assert local.status(ids) == "DEACTIVATING"
    local.advance(1)
    assert local.status(ids) == "INACTIVE"
    assert local.post(path_of(ids) + "/deactivate")["no_op"] is True
    assert local.post(path_of(ids) + "/activate")["no_op"] is False
    assert local.status(ids) == "DEPLOYING"
    local.advance(2)
    assert local.status(ids) == "ACTIVE"
    assert local.post(path_of(ids) + "/activate")["no_op"] is True


def test_only_a_failed_deployment_is_retried(local: Baseten) -> None:
    local.fault("deploy_failed", model="bge", calls=1)
    ids = local.deployed()
    assert local.status(ids) == "DEPLOY_FAILED"
    assert local.post(path_of(ids) + "/retry")["retried"] is True
    local.advance(10)
    assert local.status(ids) == "ACTIVE"
    again = local.post(path_of(ids) + "/retry")
    assert (again["retried"], again["reason"]) == (False, "the deployment is ACTIVE, not failed")


@pytest.mark.parametrize(
    ("update", "said"),
    [
        ({"min_replica": -1}, "min_replica must be at least 0"),
        ({"max_replica": 0}, "max_replica must be at least 1"),
        ({"min_replica": 3, "max_replica": 2}, "min_replica (3) must not exceed max_replica (2)"),
        ({"autoscaling_window": 9}, "autoscaling_window must be between 10 and 3600"),
        ({"scale_down_delay": 3601}, "scale_down_delay must be between 0 and 3600"),
        ({"concurrency_target": 0}, "concurrency_target must be at least 1"),
        ({"target_utilization_percentage": 101}, "must be between 1 and 100"),
        ({"max_scale_down_rate": 51}, "max_scale_down_rate must be between 1 and 50"),
        ({"min_replica": "1"}, "min_replica: '1' has the wrong type"),
        ({"min_replica": True}, "min_replica: True has the wrong type"),
        ({"min_replicas": 1}, 'perhaps you meant "min_replica"'),
    ],
)
def test_autoscaling_settings_have_bounds(
    local: Baseten, update: dict[str, object], said: str
) -> None:
    ids = local.deployed()
    answer = local.call("PATCH", path_of(ids) + "/autoscaling_settings", update)
    assert answer.status == 400
    assert said in answer.json["message"]


def test_a_settings_update_says_what_it_did_and_null_changes_nothing(local: Baseten) -> None:
    ids = local.pushed()
    settings = path_of(ids) + "/autoscaling_settings"
    assert local.patch(settings, max_replica=3)["status"] == "QUEUED"
    local.advance(10)
    assert local.patch(settings, min_replica=2, max_replica=None)["status"] == "ACCEPTED"
    assert local.patch(settings, min_replica=2)["status"] == "UNCHANGED"
    shown = local.deployment(ids)
    assert shown["autoscaling_settings"]["max_replica"] == 3
    assert shown["active_replica_count"] == 2
    assert local.environment(ids[0])["autoscaling_settings"] == shown["autoscaling_settings"]


def test_promoting_to_production_takes_a_step_and_scales_the_old_one_to_zero(
    baseten: Baseten,
) -> None:
    old = baseten.deployed()
    new = baseten.deployed()
    assert baseten.post(path_of(new) + "/promote")["id"] == new[1]
    during = baseten.environment(old[0])
    assert during["current_deployment"]["id"] == old[1]
    assert during["in_progress_promotion"]["status"] == "RAMPING_UP"
    baseten.advance(1)
    after = baseten.environment(old[0])
    assert (after["current_deployment"]["id"], after["candidate_deployment"]) == (new[1], None)
    assert baseten.status(old) == "SCALED_TO_ZERO"
    assert baseten.deployment(old)["environment"] is None


def test_the_old_deployment_can_be_kept_running(local: Baseten) -> None:
    old = local.deployed()
    new = local.deployed()
    local.post(path_of(new) + "/promote", scale_down_previous_production=False)
    local.advance(1)
    assert local.status(old) == "ACTIVE"


def test_the_config_comes_back_raw_parsed_or_both(local: Baseten) -> None:
    ids = local.pushed()
    raw = local.get(path_of(ids) + "/config?output_format=raw")
    parsed = local.get(path_of(ids) + "/config?output_format=parsed")
    assert (raw["config"], parsed["raw_config"]) == (None, None)
    assert local.call("GET", path_of(ids) + "/config?output_format=xml").status == 400


def test_logs_are_filtered_and_ordered_as_asked(baseten: Baseten) -> None:
    ids = baseten.deployed(config_with(docker_server={"start_command": "router --broken"}))
    logs = path_of(ids) + "/logs"
    newest_first = [line["message"] for line in baseten.get(logs)["logs"]]
    assert newest_first == baseten.logs(ids)[::-1]
    assert len(baseten.get(logs + "?min_level=ERROR")["logs"]) == 2
    assert len(baseten.get(logs + "?limit=1")["logs"]) == 1
    assert len(baseten.get(logs + "?includes=unexpected&includes=argument")["logs"]) == 1
    assert len(baseten.post(logs, search_pattern="^Build")["logs"]) == 1
    assert baseten.get(logs + "?end_epoch_millis=1000")["logs"] == []
    assert baseten.call("GET", logs + "?limt=1").status == 400


def test_a_deployment_of_another_model_is_not_found(local: Baseten) -> None:
    one = local.deployed()
    other = local.deployed(model="other")
    assert local.call("GET", f"/v1/models/{one[0]}/deployments/{other[1]}").status == 404
