"""What Baseten would bill: the replicas of every deployment, by the day."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.control_client import Baseten

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
