"""Promotions as they go on: steps, pauses, cancellation, force, failure, and what is shown of them."""

from __future__ import annotations

from typing import Any

import pytest

from baseten_emulator.life.promotion_progress import Progress, Ramp
from baseten_emulator.world.records import Candidate
from tests.support.control_client import Baseten

ROLLING = {
    "rolling_deploy_strategy": "REPLICA", "max_surge_percent": 25, "max_unavailable_percent": 0,
    "stabilization_time_seconds": 0, "replica_overhead_percent": 0,
}  # fmt: skip


def at(now: float, ready_at: float | None = 0.0, **changes: Any) -> Progress:
    candidate = Candidate(
        "d", since=0.0, rolling={**ROLLING, **changes.pop("rolling", {})}, **changes
    )
    return Progress(candidate, ready_at, 1.0, now)


@pytest.mark.parametrize(
    ("now", "percent"), [(0, 0), (0.24, 0), (0.25, 25), (0.5, 50), (0.75, 75), (99, 75)]
)
def test_traffic_moves_by_the_surge_in_equal_steps(now: float, percent: int) -> None:
    assert (at(now).status, at(now).percent, at(now).ends_at) == ("RAMPING_UP", percent, 1.0)


@pytest.mark.parametrize(
    ("rolling", "steps", "end"),
    [
        ({"max_surge_percent": 50}, 2, 1.0),
        ({"max_surge_percent": 30}, 4, 1.0),
        ({"max_surge_percent": 0, "max_unavailable_percent": 10}, 10, 1.0),
        ({"stabilization_time_seconds": 60}, 4, 181.0),
    ],
)
def test_the_settings_decide_about_steps_and_time(
    rolling: dict[str, int], steps: int, end: float
) -> None:
    pace = Ramp.of({**ROLLING, **rolling}, 1.0)
    assert (pace.steps, pace.end_of(pace.steps)) == (steps, pytest.approx(end))
    assert [pace.steps_after(pace.end_of(n)) for n in range(1, steps + 1)] == list(
        range(1, steps + 1)
    )


def test_all_at_once_is_one_step() -> None:
    progress = Progress(Candidate("d", since=0.0), 0.0, 1.0, 0.9)
    assert (progress.percent, progress.ends_at) == (0, 1.0)


def test_a_candidate_that_is_not_ready_is_releasing() -> None:
    assert (at(5, ready_at=None).status, at(5, ready_at=None).ends_at) == ("RELEASING", None)
    assert at(5, ready_at=4.0).ends_at == 5.0


@pytest.mark.parametrize("now", [0.1, 0.25, 0.3, 0.7])
def test_a_pause_begins_at_the_end_of_a_step_and_takes_nothing_away(now: float) -> None:
    pause = at(now).end_of_present_step
    later = at(50, pause_from=pause)
    assert (later.status, later.ends_at) == ("PAUSED", None)
    assert later.percent == pytest.approx(100 * pause)
    resumed = at(50, held_seconds=later.seconds_held)
    assert (resumed.status, resumed.percent) == ("RAMPING_UP", later.percent)
    assert resumed.ends_at == pytest.approx(50 + 1 - pause)


def test_a_pause_in_the_last_step_comes_too_late() -> None:
    assert at(2, pause_from=at(0.8).end_of_present_step).ends_at == 1.0


def test_traffic_is_given_back_step_by_step() -> None:
    shown = [at(now, ramping_down_from=0.6).percent for now in (0.6, 0.8, 0.9, 1.1)]
    assert (shown, at(0.6, ramping_down_from=0.6).traffic_returned_at) == ([50, 50, 25, 0], 1.1)


def two(baseten: Baseten) -> tuple[str, str, str]:
    """A model, what serves it, and what is on its way."""
    model_id, old = baseten.deployed()
    _, new = baseten.deployed()
    baseten.post(path(model_id) + "/promote", deployment_id=new)
    return model_id, old, new


def path(model_id: str) -> str:
    return f"/v1/models/{model_id}/environments/production"


def promotion_status(baseten: Baseten, model_id: str) -> tuple[str | None, int, str]:
    """Status and traffic of the promotion, and what serves."""
    environment = baseten.environment(model_id)
    promotion = environment["in_progress_promotion"] or {}
    percent = promotion.get("percent_traffic_to_new_version", 100)
    return promotion.get("status"), percent, environment["current_deployment"]["id"]


def test_an_ordinary_promotion_takes_one_step(baseten: Baseten) -> None:
    model_id, old, new = two(baseten)
    assert promotion_status(baseten, model_id) == ("RAMPING_UP", 0, old)
    baseten.advance(0.5)
    assert promotion_status(baseten, model_id) == ("RAMPING_UP", 50, old)
    baseten.advance(0.5)
    assert promotion_status(baseten, model_id) == (None, 100, new)


def test_a_pushed_candidate_is_releasing_until_it_is_ready(local: Baseten) -> None:
    model_id, old = local.deployed()
    _, new = local.pushed(environment_name="production")
    local.advance(2.9)
    assert promotion_status(local, model_id) == ("RELEASING", 0, old)
    local.advance(0.1)
    assert promotion_status(local, model_id) == ("RAMPING_UP", 0, old)
    local.advance(1)
    assert promotion_status(local, model_id) == (None, 100, new)


def test_a_promotion_is_paused_and_resumed(baseten: Baseten) -> None:
    model_id, old, new = two(baseten)
    baseten.advance(0.3)
    assert baseten.post(path(model_id) + "/pause_promotion") == {"success": True}
    assert promotion_status(baseten, model_id)[0] == "RAMPING_UP"
    baseten.advance(100)
    assert promotion_status(baseten, model_id) == ("PAUSED", 50, old)
    baseten.post(path(model_id) + "/pause_promotion")
    baseten.post(path(model_id) + "/resume_promotion")
    assert promotion_status(baseten, model_id) == ("RAMPING_UP", 50, old)
    baseten.advance(0.6)
    assert promotion_status(baseten, model_id) == (None, 100, new)


def test_a_cancel_gives_back_what_has_moved(local: Baseten) -> None:
    model_id, old, _ = two(local)
    local.advance(0.5)
    assert local.post(path(model_id) + "/cancel_promotion")["status"] == "RAMPING_DOWN"
    assert promotion_status(local, model_id) == ("RAMPING_DOWN", 50, old)
    local.advance(0.3)
    assert local.post(path(model_id) + "/cancel_promotion")["status"] == "RAMPING_DOWN"
    assert promotion_status(local, model_id) == ("RAMPING_DOWN", 25, old)
    local.advance(0.3)
    assert promotion_status(local, model_id) == ("CANCELED", 0, old)


def test_a_promotion_is_forced_back_and_forward(local: Baseten) -> None:
    model_id, old, new = two(local)
    local.advance(0.5)
    local.post(path(model_id) + "/force_cancel_promotion")
    assert promotion_status(local, model_id) == ("CANCELED", 0, old)
    local.post(path(model_id) + "/promote", deployment_id=new)
    local.advance(0.5)
    local.post(path(model_id) + "/cancel_promotion")
    local.post(path(model_id) + "/force_roll_forward_promotion")
    assert promotion_status(local, model_id) == (None, 100, new)


@pytest.mark.parametrize(
    ("signal", "said"),
    [
        ("cancel_promotion", "no promotion in progress"),
        ("pause_promotion", "no promotion in progress"),
        ("force_roll_forward_promotion", "no promotion in progress"),
    ],
)
def test_a_signal_without_a_promotion_is_refused(local: Baseten, signal: str, said: str) -> None:
    model_id, _ = local.deployed()
    answer = local.call("POST", f"{path(model_id)}/{signal}")
    assert (answer.status, said in answer.json["message"]) == (400, True)


def test_what_makes_no_sense_is_refused(local: Baseten) -> None:
    model_id, _, _ = two(local)
    answer = local.call("POST", path(model_id) + "/resume_promotion")
    assert "is not paused" in answer.json["message"]
    local.advance(0.5)
    local.post(path(model_id) + "/cancel_promotion")
    answer = local.call("POST", path(model_id) + "/pause_promotion")
    assert "it cannot be paused" in answer.json["message"]
    local.advance(1)
    local.pushed(environment_name="production")
    answer = local.call("POST", path(model_id) + "/force_roll_forward_promotion")
    assert "is not ready" in answer.json["message"]


def test_a_promotion_all_at_once_can_only_be_canceled(local: Baseten) -> None:
    model_id, old = local.deployed()
    local.patch(path(model_id), promotion_settings={"rolling_deploy": False})
    _, new = local.deployed()
    local.post(path(model_id) + "/promote", deployment_id=new)
    assert local.environment(model_id)["in_progress_promotion"]["rolling_deploy"] is False
    for signal in ("pause_promotion", "force_cancel_promotion", "force_roll_forward_promotion"):
        answer = local.call("POST", f"{path(model_id)}/{signal}")
        assert "not a rolling one" in answer.json["message"]
    assert local.post(path(model_id) + "/cancel_promotion")["status"] == "CANCELED"
    assert promotion_status(local, model_id) == ("CANCELED", 0, old)


def test_an_override_is_for_one_promotion_only(local: Baseten) -> None:
    model_id, old = local.deployed()
    _, new = local.deployed()
    override = {"rolling_deploy_config": {"stabilization_time_seconds": 100}}
    body = {"deployment_id": new, "promotion_settings_override": override}
    local.post(path(model_id) + "/promote", **body)
    local.advance(300)
    assert promotion_status(local, model_id) == ("RAMPING_UP", 75, old)
    local.advance(1)
    assert promotion_status(local, model_id) == (None, 100, new)
    kept = local.environment(model_id)["promotion_settings"]["rolling_deploy_config"]
    assert kept["stabilization_time_seconds"] == 0


def test_a_failed_promotion_stays_visible_until_the_next_one(local: Baseten) -> None:
    local.fault("promotion_failed", model="bge", calls=1, message="readiness probe failed")
    model_id, old, new = two(local)
    local.advance(1)
    after = local.environment(model_id)
    assert after["candidate_deployment"] is None
    assert after["in_progress_promotion"]["error_message"] == "readiness probe failed"
    assert promotion_status(local, model_id) == ("FAILED", 0, old)
    assert local.deployment((model_id, new))["environment"] is None
    local.post(path(model_id) + "/promote", deployment_id=new)
    assert local.environment(model_id)["in_progress_promotion"]["error_message"] is None
    local.advance(1)
    assert promotion_status(local, model_id) == (None, 100, new)


def test_a_candidate_that_fails_or_is_deactivated_fails_its_promotion(local: Baseten) -> None:
    model_id, old = local.deployed()
    local.fault("deploy_failed", model="bge", calls=1)
    _, dead = local.deployed(environment_name="production")
    failed = local.environment(model_id)["in_progress_promotion"]
    assert failed["error_message"] == f"deployment {dead} is DEPLOY_FAILED"
    _, gone = local.deployed()
    local.post(path(model_id) + "/promote", deployment_id=gone)
    local.post(f"/v1/models/{model_id}/deployments/{gone}/deactivate")
    failed = local.environment(model_id)["in_progress_promotion"]
    assert failed["error_message"] == f"deployment {gone} was deactivated"
    assert promotion_status(local, model_id) == ("FAILED", 0, old)


def test_promoting_what_serves_forgets_an_earlier_failure(local: Baseten) -> None:
    local.fault("promotion_failed", model="bge", calls=1)
    model_id, old, _ = two(local)
    local.advance(1)
    local.post(path(model_id) + "/promote", deployment_id=old)
    assert local.environment(model_id)["in_progress_promotion"] is None


def test_a_stuck_promotion_goes_on_when_the_fault_is_gone(local: Baseten) -> None:
    local.fault("promotion_stuck", model="bge")
    model_id, old, new = two(local)
    local.advance(1000)
    assert promotion_status(local, model_id) == ("RAMPING_UP", 75, old)
    local.call("DELETE", "/_emulator/faults")
    assert promotion_status(local, model_id) == (None, 100, new)


def test_the_settings_of_a_promotion_are_kept_only_when_it_succeeds(local: Baseten) -> None:
    local.fault("promotion_failed", model="bge", calls=1)
    model_id, _ = local.deployed()
    _, new = local.deployed()
    update = {"autoscaling_settings": {"max_replica": 5}}
    body = {"deployment_id": new, "environment_settings_update": update}
    for expected in (1, 5):
        local.post(path(model_id) + "/promote", **body)
        assert local.environment(model_id)["autoscaling_settings"]["max_replica"] == 1
        local.advance(1)
        assert local.environment(model_id)["autoscaling_settings"]["max_replica"] == expected


def test_a_promotion_can_change_the_instance_type(local: Baseten) -> None:
    model_id, serving = local.deployed()
    update = {"instance_type_id": "L4:2x24x96"}
    body = {"deployment_id": serving, "environment_settings_update": update}
    answer = local.call("POST", path(model_id) + "/promote", body)
    assert "preserve_env_instance_type: false" in answer.json["message"]
    moved = local.post(path(model_id) + "/promote", **body, preserve_env_instance_type=False)
    assert moved["id"] != serving
    local.advance(10)
    after = local.environment(model_id)
    assert after["instance_type"]["name"] == "L4:2x24x96"
    assert after["current_deployment"]["id"] == moved["id"]
    unknown = {**body, "environment_settings_update": {"instance_type_id": "L9"}}
    answer = local.call(
        "POST", path(model_id) + "/promote", {**unknown, "preserve_env_instance_type": False}
    )
    assert '"L9" is not an instance type' in answer.json["message"]


def test_a_promotion_moves_a_deployment_to_a_region_as_a_new_one(local: Baseten) -> None:
    model_id, serving = local.deployed()

    def promote(deployment: str, region: str | None) -> str:
        update = {} if region is None else {"region": region}
        body = {"deployment_id": deployment, "environment_settings_update": update}
        moved = str(local.post(path(model_id) + "/promote", **body)["id"])
        local.advance(10)
        assert local.environment(model_id)["current_deployment"]["id"] == moved
        return moved

    def place() -> Any:
        return (local.environment(model_id)["current_deployment"]["region"] or {}).get("slug")

    moved = promote(serving, "eu")
    assert (moved != serving, place()) == (True, "eu")
    assert promote(moved, "eu") == moved
    assert (promote(moved, None), place()) == (moved, "eu")
    assert (promote(moved, "") != moved, place()) == (True, None)
    body = {"deployment_id": serving, "environment_settings_update": {"region": "moon"}}
    answer = local.call("POST", path(model_id) + "/promote", body)
    assert '"moon" is not a region' in answer.json["message"]
