"""When an autoscaling schedule holds: its windows on the clock, in the collection's time zone.

The SDK gives the fields; what they mean at the edges is guessed. A DAILY window begins on each of its weekdays and
ends at the next time its end is on the clock, so an end at or before the start is the day after. An HOURLY window is
a span of minutes in each hour, where it has them from `start_hour` on and before `end_hour`. Times that a change to
summer time leaves out are read with the offset before it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

Schedule = Mapping[str, Any]
WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
WEEK = 7 * 24 * 3600.0
_DAY = timedelta(days=1)
_ANY_MONDAY = datetime(2024, 1, 1)
Window = tuple[float, float]


def seconds_of(instant: str) -> float:
    """Return an ISO 8601 instant as seconds since the epoch."""
    return datetime.fromisoformat(instant).timestamp()


def list_windows(schedule: Schedule, zone: ZoneInfo, start: float, end: float) -> Iterator[Window]:
    """Yield the windows of a schedule that overlap a span of time, enabled or not."""
    if schedule["cadence"] == "ONE_TIME":
        windows: Iterable[Window] = (
            (seconds_of(schedule["start_at"]), seconds_of(schedule["end_at"])),
        )
    else:
        days = _days_between(start, end, zone)
        windows = (
            (_seconds(first, zone), _seconds(last, zone))
            for day in days
            for first, last in _windows_of_day(schedule, day)
        )
    yield from ((first, last) for first, last in windows if first < end and last > start)


def find_in_force(schedules: Iterable[Schedule], zone: ZoneInfo, at: float) -> Schedule | None:
    """Return the enabled schedule whose window holds an instant; the oldest, should there be several."""
    for schedule in schedules:
        if schedule["enabled"] and any(
            first <= at < last for first, last in list_windows(schedule, zone, at, at + 1)
        ):
            return schedule
    return None


def find_overlap(schedules: Iterable[Schedule], zone: ZoneInfo) -> tuple[str, str] | None:
    """Return the names of two enabled schedules whose windows overlap, None where none do."""
    enabled = [schedule for schedule in schedules if schedule["enabled"]]
    once = [schedule for schedule in enabled if schedule["cadence"] == "ONE_TIME"]
    recurring = [schedule for schedule in enabled if schedule["cadence"] != "ONE_TIME"]
    windows = sorted((*w, it["name"]) for it in recurring for w in _windows_of_week(it))
    for (_, end, name), (start, _, other) in pairwise(windows):
        if start < end:
            return str(name), str(other)
    for number, one in enumerate(once):
        for other_schedule in (*once[number + 1 :], *recurring):
            if _do_overlap(one, other_schedule, zone):
                return one["name"], other_schedule["name"]
    return None


def _do_overlap(once: Schedule, other: Schedule, zone: ZoneInfo) -> bool:
    """Return whether a one-time window overlaps another schedule's; what recurs does so within a week."""
    start, end = seconds_of(once["start_at"]), seconds_of(once["end_at"])
    end = end if other["cadence"] == "ONE_TIME" else min(end, start + WEEK)
    return any(True for _ in list_windows(other, zone, start, end))


def _windows_of_week(schedule: Schedule) -> list[tuple[datetime, datetime]]:
    """Return the windows of a week, with those that reach into it from the week before."""
    days = (_ANY_MONDAY.date() + number * _DAY for number in range(-1, 7))
    return [window for day in days for window in _windows_of_day(schedule, day)]


def _windows_of_day(schedule: Schedule, day: date) -> Iterator[tuple[datetime, datetime]]:
    if WEEKDAYS[day.weekday()] not in schedule["weekdays"]:
        return
    first, last = schedule["start_minute"], schedule["end_minute"]
    if schedule["cadence"] == "DAILY":
        start = datetime.combine(day, time(schedule["start_hour"], first))
        end = datetime.combine(day, time(schedule["end_hour"], last))
        yield start, end if end > start else end + _DAY
        return
    for hour in _hours_of(schedule):
        start = datetime.combine(day, time(0, first)) + timedelta(hours=hour)
        yield start, start + timedelta(minutes=(last - first) % 60 or 60)


def _hours_of(schedule: Schedule) -> range:
    start, end = schedule.get("start_hour") or 0, schedule.get("end_hour") or 0
    return range(start, end if end > start else end + 24)


def _days_between(start: float, end: float, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days on which a window may begin that overlaps a span: those of the span, and the one before."""
    day = datetime.fromtimestamp(start, zone).date() - _DAY
    while day <= datetime.fromtimestamp(end, zone).date():
        yield day
        day += _DAY


def _seconds(wall_clock: datetime, zone: ZoneInfo) -> float:
    return wall_clock.replace(tzinfo=zone).timestamp()
