"""What Baseten would bill: the replicas of every deployment, by the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baseten_tei.deployment.money.costs import LISTED, monthly
from baseten_tei.deployment.schedules.hours import Month, month_minutes
from tests.support.control_client import Baseten, ManualClock, in_process, new_world
from tests.support.specs import spec

UNSET = ("autoscaling_window", "scale_down_delay", "concurrency_target", "max_scale_down_rate",
         "target_utilization_percentage", "target_in_flight_tokens")  # fmt: skip
WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
HOUR, DAY = 3600, 24 * 3600
START = 1_800_000_000
"""Of the clock of these tests: 2027-01-15 08:00 UTC."""


def bill(baseten: Baseten, start: float = START, end: float = START + 30 * DAY) -> Any:
    first, last = (
        datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ") for at in (start, end)
    )
    return baseten.get(f"/v1/billing/usage_summary?start_date={first}&end_date={last}")[
        "dedicated_usage"
    ]


def minutes(baseten: Baseten, **window: float) -> dict[str, int]:
    """Minutes by deployment."""
    found = bill(baseten, **window)["breakdown"]
    return {it["billable_resource"]["id"]: it["minutes"] for it in found}


def scale(baseten: Baseten, model: str, **settings: int) -> None:
    baseten.patch(f"/v1/models/{model}/environments/production", autoscaling_settings=settings)


def ask(baseten: Baseten, model: str) -> None:
    baseten.call("POST", f"/hosts/model-{model}/production/predict", {})


def test_replicas_are_billed_by_the_minute_under_the_settings_of_their_time(local: Baseten) -> None:
    model, deployment = local.deployed()
    scale(local, model, min_replica=1, max_replica=4)
    local.advance(2 * HOUR)
    scale(local, model, min_replica=3)
    local.advance(HOUR)
    scale(local, model, min_replica=0)
    assert minutes(local) == {deployment: 2 * 60 + 3 * 60}
    item = bill(local)["breakdown"][0]
    assert item["subtotal"] == pytest.approx(300 * 0.01414)  # an L4:4x16
    assert item["billable_resource"]["environment_name"] == "production"
    assert item["billable_resource"]["model_id"] == model


def test_a_model_that_sleeps_is_billed_until_it_sleeps_and_again_when_it_is_asked(
    local: Baseten,
) -> None:
    model, deployment = local.deployed()
    local.advance(5 * HOUR)  # it sleeps after 15 minutes
    assert minutes(local) == {deployment: 15}
    ask(local, model)
    local.advance(5 * HOUR)
    assert minutes(local) == {deployment: 30}
    assert minutes(local, start=START + 2 * HOUR) == {deployment: 15}
    assert bill(local)["breakdown"][0]["inference_requests"] == 1


def test_a_bill_of_this_very_moment_is_of_nothing(local: Baseten) -> None:
    local.pushed()
    assert bill(local)["minutes"] == 0


def test_a_schedule_counts_from_when_it_was_made(local: Baseten) -> None:
    """The clock stands at 08:00 UTC, a Friday; the window is from 06:00 to 20:00."""
    model, deployment = local.deployed()
    scale(local, model, min_replica=1, max_replica=4, scale_down_delay=0)
    local.advance(HOUR)
    settings = {**dict.fromkeys(UNSET), "min_replica": 3, "max_replica": 4}
    window = {"cadence": "DAILY", "weekdays": ["FRIDAY"], "start_hour": 6, "start_minute": 0,
              "end_hour": 20, "end_minute": 0}  # fmt: skip
    schedule = {"name": "busy", "enabled": True, "autoscaling_settings": settings, **window}
    update = {"timezone": "UTC", "schedules": [schedule]}
    local.patch(f"/v1/models/{model}/environments/production", autoscaling_schedule_settings=update)
    local.advance(HOUR)
    assert minutes(local) == {deployment: 60 + 3 * 60}


@pytest.mark.parametrize(
    ("zone", "month", "window", "autoscaling"),
    [
        ("Europe/Berlin", Month(2026, 10), {"start_hour": 8, "end_hour": 18}, {"hours": "08:00-18:00"}),
        ("Europe/Berlin", Month(2027, 3), {"start_hour": 22, "end_hour": 7}, {"hours": "22:00-07:00"}),
        ("America/New_York", Month(2026, 11), {"start_hour": 0, "end_hour": 3}, {"hours": "00:00-03:00"}),
    ],
)  # fmt: skip
def test_a_month_with_a_change_of_the_clocks_is_billed_as_its_costs_by_the_hour_say(
    zone: str, month: Month, window: dict[str, int], autoscaling: dict[str, Any]
) -> None:
    """Two readings of a schedule: the emulator's, which counts replicas, and that of the reports."""
    start, end = (
        datetime(it.year, it.month, 1, tzinfo=ZoneInfo(zone)) for it in (month, month.following())
    )
    world = new_world(clock=ManualClock(start.timestamp() - HOUR).now)
    there = Baseten(world, in_process(world))
    model, deployment = there.deployed()
    quick = {"scale_down_delay": 0, "autoscaling_window": 10}
    scale(there, model, min_replica=1, max_replica=2, **quick)
    settings = {**dict.fromkeys(UNSET), "min_replica": 2, "max_replica": 2}
    busy = {"cadence": "DAILY", "weekdays": WORKDAYS, "start_minute": 0, "end_minute": 0, **window}
    schedule = {"name": "busy", "enabled": True, "autoscaling_settings": settings, **busy}
    update = {"timezone": zone, "schedules": [schedule]}
    there.patch(f"/v1/models/{model}/environments/production", autoscaling_schedule_settings=update)
    there.advance((end.timestamp() - start.timestamp()) + 2 * HOUR)
    middle = start.timestamp() + 15 * DAY
    halves = ((start.timestamp(), middle), (middle, end.timestamp()))
    billed = sum(minutes(there, start=one, end=two)[deployment] for one, two in halves)
    warm = {"days": "mon-fri", "timezone": zone, "min_replica": 2, **autoscaling}
    args = spec(autoscaling={"min_replica": 1, "max_replica": 2, "warm": warm})
    wanted = monthly(args, LISTED, month).minimum
    assert wanted is not None
    # A replica that is too much goes after the autoscaling window, ten seconds, of which there are some 20 a month.
    assert billed * 0.01414 == pytest.approx(wanted, abs=5 * 0.01414)
    assert billed > month_minutes(month) + 40 * 60


def test_a_day_is_one_in_utc_and_the_days_add_up(local: Baseten) -> None:
    model, _ = local.deployed()
    scale(local, model, min_replica=1)
    local.advance(2 * DAY)
    found = bill(local)
    daily = found["breakdown"][0]["daily"]
    assert [it["date"] for it in daily] == ["2027-01-15", "2027-01-16", "2027-01-17"]
    assert [it["minutes"] for it in daily] == [16 * 60 - 1, 24 * 60, 8 * 60]
    assert found["minutes"] == sum(it["minutes"] for it in daily)


def test_what_is_deactivated_or_deleted_costs_no_more_and_stays_on_the_bill(local: Baseten) -> None:
    model, deployment = local.deployed()
    scale(local, model, min_replica=1)
    local.advance(HOUR)
    local.post(f"/v1/models/{model}/deployments/{deployment}/deactivate")
    local.advance(HOUR)
    assert minutes(local) == {deployment: 60}
    assert local.call("DELETE", f"/v1/models/{model}").status == 200
    item = bill(local)["breakdown"][0]
    assert (item["minutes"], item["billable_resource"]["is_deleted"]) == (60, True)


def test_a_series_of_replicas_says_what_was(local: Baseten) -> None:
    model, deployment = local.deployed()
    scale(local, model, min_replica=2, max_replica=2)
    local.advance(HOUR)
    scale(local, model, min_replica=1)
    local.advance(HOUR)
    now = int(local.world.now() * 1000)
    window = f"&start_epoch_millis={now - 2 * HOUR * 1000}&end_epoch_millis={now}"
    path = f"/v1/models/{model}/deployments/{deployment}/metrics?metrics=baseten_replicas_active"
    series = local.get(f"{path}&mode=SERIES{window}")["metric_values"]
    assert [it["values"][0][0] for it in series] == [2] * 30 + [1] * 30
    assert local.get(f"{path}&mode=SUMMARY{window}")["metric_values"][0]["values"] == [[1.5]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "start_date: field required"),
        ("?start_date=2027-01-01T00:00:00Z&end_date=2027-02-02T00:00:00Z", "31 days"),
        ("?start_date=2027-01-02T00:00:00Z&end_date=2027-01-02T00:00:00Z", "must not be empty"),
        ("?start_date=2025-12-31T00:00:00Z&end_date=2026-01-02T00:00:00Z", "earliest date is 2026-01-01"),
        ("?start_date=2027-01-01T00:00:00&end_date=2027-01-02T00:00:00Z", "has no time zone"),
        ("?start_date=yesterday&end_date=2027-01-02T00:00:00Z", "not a time in ISO 8601"),
    ],
)  # fmt: skip
def test_a_range_that_baseten_does_not_have_is_refused(
    local: Baseten, query: str, said: str
) -> None:
    answer = local.call("GET", f"/v1/billing/usage_summary{query}")
    assert (answer.status, said in answer.json["message"]) == (400, True), answer
