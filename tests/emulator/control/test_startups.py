"""How long startups take, phase by phase, and what becomes of one that finds no machine."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.control_client import Baseten

WINDOW = "?start_epoch_millis=0&end_epoch_millis=9000000000000"
HALF_AN_HOUR = 1800


def startup(baseten: Baseten, ids: tuple[str, str]) -> Any:
    """The only attempt."""
    path = f"/v1/models/{ids[0]}/deployments/{ids[1]}/startups"
    (attempt,) = baseten.get(path + WINDOW)["items"]
    return attempt


def test_phases_last_as_long_as_a_test_says(local: Baseten) -> None:
    times = {"model": "bge", "seconds": {"IMAGE_PULL": 40, "WEIGHT_DOWNLOAD": 90.5}}
    assert local.call("POST", "/_emulator/startup_times", times).json == times
    ids = local.pushed()
    local.advance(12)
    assert (local.status(ids), startup(local, ids)["phase_summary"][-1]) == (
        "DEPLOYING",
        {"phase": "IMAGE_PULL", "status": "IN_PROGRESS", "offset_ms": 1000, "duration_ms": None},
    )
    local.advance(60)
    under_way = startup(local, ids)
    assert (local.status(ids), under_way["outcome"]) == ("LOADING_MODEL", "IN_PROGRESS")
    assert under_way["ready_at_epoch_millis"] is None
    local.advance(61.5)
    ready = startup(local, ids)
    assert (local.status(ids), ready["outcome"], ready["duration_ms"]) == (
        "ACTIVE", "SUCCESS", 132_500,
    )  # fmt: skip
    local.call("DELETE", "/_emulator/startup_times")
    assert local.status(local.deployed()) == "ACTIVE"


def test_a_phase_that_baseten_has_not_cannot_be_set(local: Baseten) -> None:
    answer = local.call("POST", "/_emulator/startup_times", {"seconds": {"PULLING": 1}})
    assert (answer.status, "PULLING" in answer.json["message"]) == (400, True)


def test_only_the_gpu_that_is_named_has_no_capacity(local: Baseten) -> None:
    local.fault("no_capacity", gpu="H100")
    assert local.status(local.deployed()) == "ACTIVE"


def test_a_machine_that_becomes_free_ends_the_wait(local: Baseten) -> None:
    local.fault("no_capacity", seconds=600)
    ids = local.pushed()
    local.advance(599)
    assert local.logs(ids) == ["Building the image", "Deploying"]
    assert (local.status(ids), startup(local, ids)["outcome"]) == ("DEPLOYING", "STALLED")
    local.advance(10)
    assert local.status(ids) == "ACTIVE"
    attempt = startup(local, ids)
    assert (attempt["outcome"], attempt["phase_summary"][0]["duration_ms"]) == ("SUCCESS", 599_000)


@pytest.mark.parametrize("status", ["INACTIVE", "DEPLOY_FAILED"])
def test_after_half_an_hour_without_a_machine_it_is_given_up(local: Baseten, status: str) -> None:
    local.fault("no_capacity", status=status, seconds=HALF_AN_HOUR + 10)
    ids = local.pushed()
    local.advance(HALF_AN_HOUR)
    assert local.status(ids) == "DEPLOYING"
    local.advance(3)
    assert local.status(ids) == status
    attempt = startup(local, ids)
    assert (attempt["outcome"], attempt["duration_ms"]) == ("STALLED", 1_800_000)
    local.advance(60)
    again = "activate" if status == "INACTIVE" else "retry"
    local.post(f"/v1/models/{ids[0]}/deployments/{ids[1]}/{again}")
    local.advance(5)
    assert (local.status(ids), startup(local, ids)["outcome"]) == ("ACTIVE", "SUCCESS")


def test_a_deployment_that_is_stopped_on_its_way_did_not_stall(local: Baseten) -> None:
    ids = local.pushed()
    local.advance(1.5)
    local.post(f"/v1/models/{ids[0]}/deployments/{ids[1]}/deactivate")
    assert startup(local, ids)["outcome"] == "FAILED"


def test_a_capacity_that_ends_in_another_status_is_refused(local: Baseten) -> None:
    body = {"fault": "no_capacity", "status": "ACTIVE"}
    answer = local.call("POST", "/_emulator/faults", body)
    assert (answer.status, "INACTIVE, DEPLOY_FAILED" in answer.json["message"]) == (400, True)


def test_a_state_of_before_there_were_lengths_of_phases_is_read(local: Baseten) -> None:
    ids = local.deployed()
    database = local.world.store._db  # what an earlier version wrote
    database.execute(
        "UPDATE records SET body = json_remove(body, '$.startup_seconds', '$.scheduled_at', '$.gave_up')"
        " WHERE kind = 'Deployment'"
    )
    assert (local.status(ids), startup(local, ids)["outcome"]) == ("ACTIVE", "SUCCESS")
