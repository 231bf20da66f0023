"""Schedules of a spec: what is read, what is refused, and what holds when."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baseten_tei.deployment.schedules.spec_schedules import (
    baseline,
    read_schedules,
    schedule_problems,
    settings_at,
)
from baseten_tei.spec.args import Autoscaling
from baseten_tei.spec.schedules import Schedule, Warm

BERLIN = ZoneInfo("Europe/Berlin")


def autoscaling(**schedules: dict[str, Any]) -> Autoscaling:
    return Autoscaling(
        min_replica=1,
        max_replica=6,
        schedules={
            name: Schedule(**{"timezone": "Europe/Berlin", **words})
            for name, words in schedules.items()
        },
    )


def berlin(*when: int) -> datetime:
    return datetime(*when, tzinfo=BERLIN)  # type: ignore[misc, arg-type]  # year, month, day, hour, minute


def test_warm_is_short_for_a_schedule_of_this_name() -> None:
    short = Autoscaling(
        max_replica=6,
        warm=Warm(days="mon-fri", hours="08:00-18:00", timezone="Europe/Berlin", min_replica=2),
    )
    long = Autoscaling(
        max_replica=6,
        schedules={
            "warm": Schedule(
                days="monday-friday", hours="8-18", timezone="Europe/Berlin", min_replica=2
            )
        },
    )
    assert read_schedules(short) == read_schedules(long)
    read = read_schedules(short)
    assert read is not None
    assert read.windows[0].settings == {"min_replica": 2, "max_replica": 6}


def test_no_word_about_schedules_manages_none_and_an_empty_one_says_there_are_none() -> None:
    assert read_schedules(Autoscaling()) is None
    nothing = read_schedules(Autoscaling(schedules={}))
    assert nothing is not None
    assert nothing.windows == ()


def test_settings_that_are_left_out_are_not_managed() -> None:
    assert set(baseline(Autoscaling())) == {
        "min_replica", "max_replica", "autoscaling_window", "scale_down_delay",
        "target_utilization_percentage",
    }  # fmt: skip
    assert baseline(Autoscaling(max_scale_down_rate=20))["max_scale_down_rate"] == 20


@pytest.mark.parametrize(
    ("instant", "least"),
    [
        (berlin(2026, 11, 30, 7, 59), 1),  # a Monday
        (berlin(2026, 11, 30, 8, 0), 2),
        (berlin(2026, 11, 30, 17, 59), 2),
        (berlin(2026, 11, 30, 18, 0), 1),
        (berlin(2026, 11, 29, 12, 0), 1),  # a Sunday
        (datetime(2026, 11, 30, 7, 0, tzinfo=UTC), 2),
        (datetime(2026, 7, 1, 6, 0, tzinfo=UTC), 2),  # summer time
    ],
)
def test_a_recurring_window_holds_by_the_local_clock(instant: datetime, least: int) -> None:
    spec = autoscaling(day={"days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2})
    assert settings_at(spec, instant)["min_replica"] == least


def test_a_window_over_midnight_holds_on_the_next_day_and_over_the_end_of_the_week() -> None:
    spec = autoscaling(night={"days": "sun", "hours": "22:00-06:00", "max_replica": 1})
    inside = [berlin(2026, 11, 29, 22, 0), berlin(2026, 11, 30, 5, 59)]
    outside = [berlin(2026, 11, 29, 3, 0), berlin(2026, 11, 30, 6, 0), berlin(2026, 11, 30, 23, 0)]
    assert [settings_at(spec, it)["max_replica"] for it in inside] == [1, 1]
    assert [settings_at(spec, it)["max_replica"] for it in outside] == [6, 6, 6]


def test_a_window_of_every_hour_holds_in_its_minutes_and_hours() -> None:
    spec = autoscaling(
        batch={"days": "mon", "minutes": "10-25", "hours": "08:00-10:00", "min_replica": 3}
    )
    held = {
        (hour, minute)
        for hour in range(24)
        for minute in range(60)
        if settings_at(spec, berlin(2026, 11, 30, hour, minute))["min_replica"] == 3
    }
    assert held == {(hour, minute) for hour in (8, 9) for minute in range(10, 25)}


def test_a_window_that_comes_once_holds_between_two_local_times() -> None:
    spec = autoscaling(
        sale={"start": "2026-12-24T08:00", "end": "2026-12-26T20:00", "min_replica": 4}
    )
    assert settings_at(spec, datetime(2026, 12, 24, 7, 0, tzinfo=UTC))["min_replica"] == 4
    assert settings_at(spec, datetime(2026, 12, 24, 6, 59, tzinfo=UTC))["min_replica"] == 1
    assert settings_at(spec, datetime(2026, 12, 26, 19, 0, tzinfo=UTC))["min_replica"] == 1


def test_a_disabled_schedule_never_holds() -> None:
    spec = autoscaling(day={"hours": "00:00-24:00", "min_replica": 2, "enabled": False})
    assert settings_at(spec, berlin(2026, 11, 30, 12, 0))["min_replica"] == 1


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ({}, "schedules.x: it does not say when: write hours: 08:00-18:00, or minutes: 0-15, or start and end"),
        ({"days": "mon"}, "it does not say when"),
        ({"hours": "8"}, "schedules.x: hours '8' is not a range of times: write hours: 08:00-18:00"),
        ({"hours": "8-18", "start": "2026-12-24T08:00"}, "hours and start exclude each other"),
        ({"start": "2026-12-24T08:00"}, 'end is missing: write end: "2026-12-24T08:00"'),
        ({"start": "2026-12-26T08:00", "end": "2026-12-24T08:00"}, "is not before end"),
        ({"minutes": "0-15", "hours": "08:30-18:00"}, "must be whole hours of one day"),
        ({"minutes": "0-15", "hours": "22:00-06:00"}, "must be whole hours of one day"),
        ({"hours": "8-18", "timezone": "Europe/Berin"}, "Perhaps you meant 'Europe/Berlin'?"),
        ({"hours": "8-18", "timezone": "CEST"}, "timezone 'CEST' is not known"),
        ({"hours": "8-18", "timezone": "Europe"}, "timezone 'Europe' is not known"),
        ({"hours": "8-18", "timezone": None}, "schedules.x has no time zone: write timezone: Europe/Berlin"),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_read_is_one_line_with_what_to_write(
    words: dict[str, Any], problem: str
) -> None:
    (line,) = schedule_problems(autoscaling(x=words))
    assert problem in line
    assert ": write " in line


def test_schedules_of_one_environment_share_a_time_zone() -> None:
    (line,) = schedule_problems(
        autoscaling(a={"hours": "8-12"}, b={"hours": "13-18", "timezone": "America/New_York"})
    )
    assert line.startswith("schedules.b: timezone America/New_York differs from Europe/Berlin")
    one = autoscaling(a={"hours": "8-12"}, b={"hours": "13-18", "timezone": None})
    assert not list(schedule_problems(one))


def test_warm_and_a_schedule_of_its_name_exclude_each_other() -> None:
    both = Autoscaling(
        warm=Warm(hours="8-18", timezone="UTC", min_replica=1),
        schedules={"warm": Schedule(hours="19-20")},
    )
    (line,) = schedule_problems(both)
    assert line.endswith("write one of them")
