"""Which schedules overlap, and when."""

from typing import Any

import pytest

from baseten_tei.deployment.schedules.overlaps import find_overlaps
from baseten_tei.deployment.schedules.schedule_words import read_words


def overlaps(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    words = {"timezone": "Europe/Berlin", "schedules": {"one": one, "other": other}}
    return [when for _, _, when in find_overlaps(read_words(words))]


DAYTIME = {"days": "mon-fri", "hours": "08:00-18:00"}


@pytest.mark.parametrize(
    ("other", "when"),
    [
        ({"days": "fri-sun", "hours": "17:00-19:00"}, "Fri 17:00-18:00"),
        ({"days": "tue", "hours": "22:00-09:00"}, "Wed 08:00-09:00"),
        ({"days": "sun", "hours": "23:00-08:30"}, "Mon 08:00-08:30"),
        ({"minutes": "50-55"}, "Mon 08:50-08:55"),
        ({"start": "2026-12-20T00:00", "end": "2026-12-23T00:00"}, "21 Dec 2026 08:00-18:00"),
        ({"start": "2026-12-12T00:00", "end": "2027-12-13T00:00"}, "14 Dec 2026 08:00-18:00"),
    ],
)
def test_an_overlap_says_when_it_first_is(other: dict[str, Any], when: str) -> None:
    assert overlaps(DAYTIME, other) == [when.replace("-", "\N{EN DASH}")]
    assert overlaps(other, DAYTIME) == [when.replace("-", "\N{EN DASH}")]


@pytest.mark.parametrize(
    "other",
    [
        {"days": "mon-fri", "hours": "18:00-08:00"},
        {"days": "sat-sun", "hours": "00:00-24:00"},
        {"minutes": "0-30", "hours": "18:00-24:00"},
        {"days": "mon-fri", "hours": "08:00-18:00", "enabled": False},
        {"start": "2026-12-19T00:00", "end": "2026-12-21T08:00"},
    ],
)
def test_windows_that_touch_or_are_disabled_do_not_overlap(other: dict[str, Any]) -> None:
    assert overlaps(DAYTIME, other) == []


def test_two_windows_that_come_once_overlap_by_their_dates() -> None:
    christmas = {"start": "2026-12-24T08:00", "end": "2026-12-26T20:00"}
    assert overlaps(christmas, {"start": "2026-12-26T19:00", "end": "2026-12-27T20:00"}) == [
        "26 Dec 2026 19:00\N{EN DASH}20:00"
    ]
    assert not overlaps(christmas, {"start": "2026-12-26T20:00", "end": "2026-12-27T20:00"})
