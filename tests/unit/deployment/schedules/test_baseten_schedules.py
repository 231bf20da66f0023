"""Schedules as Baseten takes and returns them, by the SDK's own models."""

from datetime import UTC, datetime
from typing import Any

import pytest
from baseten.client.managementapi import EnvironmentAutoscalingSchedules, UpdateEnvironmentRequest

from baseten_tei.deployment.schedules.baseten_schedules import (
    RemoteSchedules,
    read_remote,
    schedule_changes,
)
from baseten_tei.deployment.schedules.schedule_words import read_words, write_words
from baseten_tei.deployment.schedules.windows import Schedules

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
DAYTIME = {"days": "mon-fri", "hours": "08:00-18:30", "min_replica": 2, "max_replica": 6}
NIGHT = {"days": "sun", "hours": "22:00-07:00", "min_replica": 0, "max_replica": 1}
SALE = {"start": "2026-12-24T08:00", "end": "2026-12-26T20:00", "min_replica": 4, "max_replica": 9}
BATCH = {"days": "every day", "minutes": "10-25", "min_replica": 1, "max_replica": 2, "enabled": False}  # fmt: skip
WEEKEND = {"days": "sat-sun", "hours": "00:00-24:00", "min_replica": 0, "max_replica": 1}


def wanted(zone: str = "Europe/Berlin", **schedules: dict[str, Any]) -> Schedules:
    return read_words({"timezone": zone, "schedules": schedules})


def on_baseten(request: dict[str, Any]) -> RemoteSchedules:
    """What Baseten has after a request to an environment without schedules, read through the SDK."""
    sent = UpdateEnvironmentRequest.model_validate({"autoscaling_schedule_settings": request})
    plain = sent.model_dump(mode="json", exclude_unset=True)["autoscaling_schedule_settings"]
    each = [{"id": f"sch-{it['name']}", **it} for it in plain["schedules"]]
    answer = {"timezone": plain["timezone"], "schedules": each, "applied_state": None}
    told = EnvironmentAutoscalingSchedules.model_validate(answer)
    return RemoteSchedules(told.timezone, tuple(it.model_dump() for it in told.schedules))


def after(schedules: Schedules) -> RemoteSchedules:
    return on_baseten(schedule_changes(schedules, RemoteSchedules(), NOW))


def test_each_kind_is_sent_as_the_sdk_takes_it() -> None:
    request = schedule_changes(
        wanted(day=DAYTIME, night=NIGHT, sale=SALE, batch=BATCH), RemoteSchedules(), NOW
    )
    assert request["timezone"] == "Europe/Berlin"
    day, night, sale, batch = request["schedules"]
    assert day == {
        "name": "day", "enabled": True, "cadence": "DAILY",
        "weekdays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"],
        "start_hour": 8, "start_minute": 0, "end_hour": 18, "end_minute": 30,
        "autoscaling_settings": {
            "min_replica": 2, "max_replica": 6, "autoscaling_window": None, "scale_down_delay": None,
            "concurrency_target": None, "target_utilization_percentage": None,
            "target_in_flight_tokens": None, "max_scale_down_rate": None,
        },
    }  # fmt: skip
    assert (night["start_hour"], night["end_hour"], night["weekdays"]) == (22, 7, ["SUNDAY"])
    assert (sale["cadence"], sale["start_at"]) == ("ONE_TIME", "2026-12-24T08:00:00+01:00")
    assert "weekdays" not in sale
    assert (batch["cadence"], batch["start_minute"], batch["end_minute"]) == ("HOURLY", 10, 25)
    assert "start_hour" not in batch
    assert batch["enabled"] is False


@pytest.mark.parametrize("words", [DAYTIME, NIGHT, SALE, BATCH, WEEKEND])
def test_what_was_sent_is_read_back_in_the_same_words(words: dict[str, Any]) -> None:
    schedules = wanted(it=words)
    assert write_words(read_remote(after(schedules))) == write_words(schedules)
    assert schedule_changes(schedules, after(schedules), NOW) == {}


def test_a_whole_day_is_two_windows_there_since_none_has_24_hours() -> None:
    there = after(wanted(weekend=WEEKEND))
    assert [(it["name"], it["start_hour"], it["end_hour"]) for it in there.schedules] == [
        ("weekend", 0, 12), ("weekend (from 12:00)", 12, 0),
    ]  # fmt: skip
    changed = {**there.schedules[1], "end_hour": 23}
    split = read_remote(RemoteSchedules(there.timezone, (there.schedules[0], changed)))
    assert [it.name for it in split.windows] == ["weekend", "weekend (from 12:00)"]


def test_a_changed_one_is_replaced_by_its_id_and_the_others_are_left_alone() -> None:
    there = after(wanted(day=DAYTIME, night=NIGHT))
    request = schedule_changes(wanted(day={**DAYTIME, "min_replica": 3}, night=NIGHT), there, NOW)
    (only,) = request["schedules"]
    assert (only["id"], only["autoscaling_settings"]["min_replica"]) == ("sch-day", 3)
    assert request["delete_schedules"] == []


def test_what_is_not_wanted_is_deleted_and_the_last_one_takes_the_time_zone_with_it() -> None:
    there = after(wanted(day=DAYTIME, night=NIGHT))
    one = schedule_changes(wanted(night=NIGHT), there, NOW)
    assert (one["delete_schedules"], one["timezone"]) == (["sch-day"], "Europe/Berlin")
    none = schedule_changes(Schedules(), there, NOW)
    assert (none["delete_schedules"], none["timezone"]) == (["sch-day", "sch-night"], None)
    assert schedule_changes(Schedules(), RemoteSchedules(), NOW) == {}


def test_another_time_zone_is_sent_with_every_schedule() -> None:
    """A time that comes once is an instant on Baseten, so that it moves with the zone."""
    there = after(wanted(day=DAYTIME, sale=SALE))
    request = schedule_changes(wanted("America/New_York", day=DAYTIME, sale=SALE), there, NOW)
    assert request["timezone"] == "America/New_York"
    assert [it["id"] for it in request["schedules"]] == ["sch-day", "sch-sale"]
    assert request["schedules"][1]["start_at"] == "2026-12-24T08:00:00-05:00"


def test_a_past_window_is_neither_created_nor_deleted() -> None:
    past = {**SALE, "start": "2026-01-01T08:00", "end": "2026-01-02T08:00"}
    assert schedule_changes(wanted(old=past), RemoteSchedules(), NOW) == {}
    there = on_baseten(
        schedule_changes(wanted(old=past), RemoteSchedules(), NOW.replace(year=2025))
    )
    assert schedule_changes(wanted(old=past), there, NOW) == {}


@pytest.mark.parametrize(
    "odd",
    [
        {"id": "1", "name": "x"},
        {"id": "1", "name": "x", "cadence": "DAILY", "enabled": True, "weekdays": None},
        {"id": "1", "name": "x", "cadence": "DAILY", "enabled": True, "weekdays": [], "start_minute": 0,
         "end_minute": 0, "autoscaling_settings": {}},
        {"id": "1", "name": "x", "cadence": "DAILY", "enabled": True, "weekdays": ["FEIERTAG"],
         "start_minute": 0, "end_minute": 0, "autoscaling_settings": {}},
        {"id": "1", "name": "x", "cadence": "HOURLY", "enabled": True, "weekdays": ["MONDAY"],
         "start_minute": 50, "end_minute": 10, "autoscaling_settings": {}},
        {"id": "1", "name": "x", "cadence": "ONE_TIME", "enabled": True, "start_at": "soon", "end_at": None,
         "autoscaling_settings": {}},
        {"id": "1", "name": "x", "cadence": "ONE_TIME", "enabled": True, "autoscaling_settings": None},
        {"id": "1", "name": "x", "cadence": "ONE_TIME", "enabled": True, "autoscaling_settings": {},
         "start_at": "0001-01-01T00:00:00Z", "end_at": "9999-12-31T23:59:59Z"},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named_and_breaks_nothing(odd: dict[str, Any]) -> None:
    there = RemoteSchedules("America/New_York", (odd,))
    assert read_remote(there).unreadable == ("x",)
    assert read_remote(RemoteSchedules("Mars/Olympus", (odd,))).unreadable in (("x",), ())


def test_a_kind_that_is_not_known_is_named_and_goes_if_schedules_are_managed() -> None:
    odd = {"id": "sch-1", "name": "monthly", "cadence": "MONTHLY", "enabled": True, "weekdays": [],
           "autoscaling_settings": {}}  # fmt: skip
    there = RemoteSchedules("UTC", (odd,))
    assert read_remote(there).unreadable == ("monthly",)
    assert schedule_changes(wanted(day=DAYTIME), there, NOW)["delete_schedules"] == ["sch-1"]
