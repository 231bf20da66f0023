"""Faults of state in the control plane: no capacity, a status that nobody knows."""

from __future__ import annotations

from tests.support.control_client import Baseten


def test_without_capacity_a_built_deployment_stays_deploying(baseten: Baseten) -> None:
    baseten.fault("no_capacity", model="bge")
    ids = baseten.pushed()
    assert baseten.status(ids) == "BUILDING"
    baseten.advance(100)
    assert baseten.status(ids) == "DEPLOYING"
    path = f"/v1/models/{ids[0]}/deployments/{ids[1]}/startups"
    window = "?start_epoch_millis=0&end_epoch_millis=9000000000000"
    (attempt,) = baseten.get(path + window)["items"]
    assert (attempt["outcome"], attempt["replica_id"]) == ("STALLED", None)
    assert [phase["phase"] for phase in attempt["phase_summary"]] == ["SCHEDULING"]
    baseten.call("DELETE", "/_emulator/faults")
    assert baseten.status(ids) == "ACTIVE"


def test_a_doomed_build_fails_without_capacity_too(local: Baseten) -> None:
    local.fault("no_capacity")
    local.fault("build_failed")
    assert local.status(local.deployed()) == "BUILD_FAILED"


def test_without_capacity_what_serves_serves_on(local: Baseten) -> None:
    ids = local.deployed()
    assert local.status(ids) == "ACTIVE"
    local.fault("no_capacity")
    local.deployed(environment_name="production")
    assert local.status(ids) == "ACTIVE"
    assert local.call("POST", f"/hosts/model-{ids[0]}/production/predict", {}).status == 200


def test_an_unknown_status_is_shown_and_changes_nothing_else(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("unknown_status", model="bge")
    assert local.status(ids) == "MIGRATING"
    assert local.call("POST", f"/hosts/model-{ids[0]}/production/predict", {}).status == 200
    local.call("DELETE", "/_emulator/faults")
    local.fault("unknown_status", model="bge", status="RESHARDING", calls=2)
    assert [local.status(ids) for _ in range(3)] == ["RESHARDING", "RESHARDING", "ACTIVE"]


def test_a_failure_keeps_its_name_under_an_unknown_status(local: Baseten) -> None:
    local.fault("build_failed")
    local.fault("unknown_status")
    assert local.status(local.deployed()) == "BUILD_FAILED"


def test_what_served_before_can_be_spared(local: Baseten) -> None:
    old = local.deployed()
    assert local.status(old) == "ACTIVE"
    local.fault("unhealthy", model="bge", deployments="new")
    new = local.deployed()
    assert (local.status(old), local.status(new)) == ("ACTIVE", "UNHEALTHY")
