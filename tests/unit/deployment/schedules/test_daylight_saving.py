"""What clocks that change do to schedules."""

from datetime import UTC, datetime
from typing import Any

import pytest

from baseten_tei.deployment.schedules.daylight_saving import describe_clock_changes
from baseten_tei.deployment.schedules.schedule_words import read_words

NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)


def sentences(words: dict[str, Any], zone: str = "Europe/Berlin") -> list[str]:
    schedules = read_words({"timezone": zone, "schedules": {"night": words}})
    return list(describe_clock_changes(schedules, NOW))


def test_a_beginning_that_a_date_does_not_have_and_one_that_it_has_twice_are_said() -> None:
    assert sentences({"days": "sun", "hours": "02:30-06:00"}) == [
        "schedule 'night' on 2027-03-28 in Europe/Berlin: 02:00 to 03:00 does not exist, so it begins at 03:00 "
        "instead of 02:30",
        "schedule 'night' on 2027-10-31 in Europe/Berlin: 02:00 to 03:00 comes twice, so it begins at 02:30 twice",
    ]


def test_a_window_within_the_hour_that_is_left_out_does_not_happen() -> None:
    first, second = sentences({"hours": "02:15-02:45"})
    assert first.endswith("so it does not happen")
    assert second.endswith("so it begins at 02:15 twice and ends at 02:45 twice")


def test_the_end_of_a_window_that_began_on_the_day_before_counts() -> None:
    first, _ = sentences({"days": "sat", "hours": "22:00-02:30"})
    assert first.endswith("so it ends at 03:00 instead of 02:30")
    assert not sentences({"days": "sun", "hours": "22:00-02:30"})  # ends on a Monday


@pytest.mark.parametrize(
    ("words", "zone"),
    [
        ({"hours": "08:00-18:00"}, "Europe/Berlin"),
        ({"hours": "03:00-02:00"}, "Europe/Berlin"),
        ({"days": "mon-sat", "hours": "02:30-06:00"}, "Europe/Berlin"),
        ({"hours": "02:30-06:00"}, "Asia/Tokyo"),
        ({"hours": "02:30-06:00", "enabled": False}, "Europe/Berlin"),
        ({"minutes": "0-15"}, "Europe/Berlin"),
    ],
)
def test_what_no_change_touches_has_no_sentence(words: dict[str, Any], zone: str) -> None:
    assert sentences(words, zone) == []


def test_other_zones_change_at_other_times() -> None:
    (only,) = sentences({"hours": "02:15-05:00"}, "Australia/Lord_Howe")  # by half an hour
    assert "on 2027-10-03" in only
    assert "02:00 to 02:30 does not exist, so it begins at 02:30 instead of 02:15" in only


def test_a_window_that_comes_once_is_said_too() -> None:
    assert sentences({"start": "2027-03-28T02:30", "end": "2027-03-28T08:00"}) == [
        "schedule 'night' on 2027-03-28 in Europe/Berlin: 02:00 to 03:00 does not exist, so it begins at 03:30"
    ]
