"""Days, hours, minutes and times as people write them."""

import pytest

from baseten_tei.deployment.schedules import times


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("Monday-Friday", (0, 1, 2, 3, 4)),
        ("mon–wed", (0, 1, 2)),  # noqa: RUF001  # a dash that was typed, or pasted
        ("sat, sun", (5, 6)),
        ("mon,wed-fri", (0, 2, 3, 4)),
        ("fri-mon", (0, 4, 5, 6)),
        ("every day", (0, 1, 2, 3, 4, 5, 6)),
        ("mon-sun", (0, 1, 2, 3, 4, 5, 6)),
        ("thu", (3,)),
    ],
)
def test_days_are_read(text: str, days: tuple[int, ...]) -> None:
    assert times.read_days(text) == days
    assert times.read_days(times.write_days(days)) == days


@pytest.mark.parametrize("text", ["", "weekday", "t", "mon-", "mo", "mon;tue", "1-5"])
def test_what_is_not_a_day_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="write days: mon-fri"):
        times.read_days(text)


def test_days_are_written_in_one_way() -> None:
    assert times.write_days((0, 1, 2, 3, 4)) == "mon-fri"
    assert times.write_days((6, 5)) == "sat-sun"
    assert times.write_days((0, 2, 6)) == "mon,wed,sun"
    assert times.write_days(range(7)) == "every day"


@pytest.mark.parametrize(
    ("text", "hours", "written"),
    [
        ("08:00-18:00", (480, 1080), "08:00-18:00"),
        ("8-18", (480, 1080), "08:00-18:00"),
        ("8:30 - 18:15", (510, 1095), "08:30-18:15"),
        ("22:00-07:00", (1320, 1860), "22:00-07:00"),
        ("00:00-24:00", (0, 1440), "00:00-24:00"),
        ("12:00-00:00", (720, 1440), "12:00-24:00"),
    ],
)
def test_hours_are_read_and_an_end_before_the_start_is_on_the_next_day(
    text: str, hours: tuple[int, int], written: str
) -> None:
    assert times.read_hours(text) == hours
    assert times.write_hours(*hours) == written


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("morning", "write hours: 08:00-18:00"),
        ("08:00", "write hours: 08:00-18:00"),
        ("08:00-25:00", "from 00:00 to 24:00"),
        ("08:60-18:00", "from 00:00 to 24:00"),
        ("24:00-06:00", "from 00:00 to 24:00"),
        ("08:00-24:01", "from 00:00 to 24:00"),
        ("08:00-08:00", "00:00-24:00 for the whole day"),
    ],
)
def test_hours_that_no_day_has_are_refused(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        times.read_hours(text)


@pytest.mark.parametrize("text", ["15", "15-15", "20-10", "0-60", "0-99", "a-b"])
def test_minutes_are_from_0_to_59_the_first_one_lower(text: str) -> None:
    assert times.read_minutes("0-15") == (0, 15)
    with pytest.raises(ValueError, match="from 0 to 59"):
        times.read_minutes(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tomorrow", "is not a date and a time"),
        ("2026-12-24", "no time of the day"),
        ("2026-12-24T08:00+01:00", "has an offset"),
        ("2026-13-24T08:00", "is not a date and a time"),
    ],
)
def test_a_local_time_is_a_date_with_a_time_and_without_an_offset(text: str, why: str) -> None:
    assert times.write_local_time(times.read_local_time("2026-12-24 08:00", "start")) == (
        "2026-12-24T08:00"
    )
    with pytest.raises(ValueError, match=f'{why}.*write start: "2026-12-24T08:00"'):
        times.read_local_time(text, "start")
