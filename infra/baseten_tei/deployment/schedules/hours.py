"""How long each of an environment's settings hold in a month: what costs by the hour are made of.

A month is either the average one, 730 hours with a week's hours in the proportion in which they come, or a calendar
month of the schedules' time zone by its real hours, so that one in which clocks are put forward has an hour less. A
window that comes once is in the calendar month that it is in, and beside the average one.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from baseten_tei.deployment.schedules.sentences import describe_time
from baseten_tei.deployment.schedules.spec_schedules import read_schedules
from baseten_tei.deployment.schedules.times import DAY
from baseten_tei.deployment.schedules.windows import (
    WEEK,
    OneTime,
    Schedules,
    Window,
    instants,
    week_spans,
)
from baseten_tei.spec.args import Autoscaling

MINUTES_PER_MONTH = 730 * 60
"""Of the average month: a twelfth of a year."""
OTHERWISE = "otherwise"
_QUARTER = 15
"""Minutes within which no zone puts its clocks forward or back."""
_OUTSIDE = -1
"""In place of a schedule's number where none is in force."""


@dataclass(frozen=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    def __str__(self) -> str:
        """Return it as it is written, e.g. `2026-10`."""
        return f"{self.year}-{self.month:02}"

    def following(self) -> "Month":
        """Return the next one."""
        return Month(self.year + self.month // 12, self.month % 12 + 1)


def parse_month(text: str) -> Month:
    """Return the month of `2026-10`. Raises `ValueError` with what to write."""
    match = re.fullmatch(r"(2\d{3})-(0[1-9]|1[0-2])", text, re.ASCII)
    if match is None:
        raise ValueError(f"{text!r} is not a month: write e.g. 2026-10")
    return Month(int(match[1]), int(match[2]))


def month_minutes(month: Month | None) -> int:
    """Return the minutes of a month, of a calendar month those in UTC."""
    if month is None:
        return MINUTES_PER_MONTH
    start, end = (datetime(it.year, it.month, 1, tzinfo=UTC) for it in (month, month.following()))
    return int((end - start).total_seconds()) // 60


@dataclass(frozen=True)
class Held:
    """Replica bounds, and for how many minutes of the month they hold."""

    when: str
    """The window as words, e.g. `Mon to Fri 08 to 18 Berlin`; `otherwise` outside every schedule."""
    minutes: float
    min_replica: int
    max_replica: int
    once: bool = False
    """Whether it comes once, and is therefore beside an average month."""


def held_settings(autoscaling: Autoscaling, month: Month | None = None) -> tuple[Held, ...]:
    """Return what holds for how long, in an average month or in a calendar month; schedules in their own order."""
    found = read_schedules(autoscaling)
    schedules = Schedules(
        found.timezone if found else None,
        tuple(it for it in found.windows if it.enabled) if found else (),
    )
    own = autoscaling.min_replica, autoscaling.max_replica
    if not schedules.windows:
        return (Held(OTHERWISE, month_minutes(month), *own),)
    minutes = _average_minutes(schedules) if month is None else _real_minutes(schedules, month)
    held = [
        _held(it, schedules.timezone, minutes.get(number, 0.0), month is None, own)
        for number, it in enumerate(schedules.windows)
    ]
    outside = Held(OTHERWISE, minutes.get(_OUTSIDE, 0.0), *own)
    return (*(it for it in held if it.minutes), *([outside] if outside.minutes else []))


def _held(
    window: Window, timezone: str | None, minutes: float, average: bool, own: tuple[int, int]
) -> Held:
    once = average and isinstance(window.when, OneTime)
    return Held(
        describe_time(window, timezone),
        minutes,
        window.settings.get("min_replica", own[0]),
        window.settings.get("max_replica", own[1]),
        once,
    )


def _average_minutes(schedules: Schedules) -> dict[int, float]:
    """Minutes by the number of the window; one that comes once has those of itself, which are in no sum."""
    counted = Counter(_week(schedules)[:WEEK])
    weekly = {it: count * MINUTES_PER_MONTH / WEEK for it, count in counted.items()}
    return {**weekly, **{it: float(end - start) for it, start, end in _once(schedules, None)}}


def _real_minutes(schedules: Schedules, month: Month) -> dict[int, float]:
    """Minutes by the number of the window in force, minute for minute of a calendar month."""
    zone = schedules.zone
    start, end = (
        datetime(it.year, it.month, 1, tzinfo=zone).astimezone(UTC)
        for it in (month, month.following())
    )
    week = _week(schedules)
    found: list[int] = []
    for quarter in range(int((end - start).total_seconds()) // 60 // _QUARTER):
        local = (start + timedelta(minutes=quarter * _QUARTER)).astimezone(zone)
        first = local.weekday() * DAY + local.hour * 60 + local.minute
        found += week[first : first + _QUARTER]
    for number, first, last in _once(schedules, start):
        first, last = (min(max(it, 0), len(found)) for it in (first, last))
        found[first:last] = [number] * (last - first)
    return {number: float(count) for number, count in Counter(found).items()}


def _week(schedules: Schedules) -> list[int]:
    """Which window is in force in each minute of a week, and a quarter of an hour of the next."""
    week = [_OUTSIDE] * WEEK
    for number, it in reversed(list(enumerate(schedules.windows))):
        for start, end in () if isinstance(it.when, OneTime) else week_spans(it.when):
            week[start:end] = [number] * (end - start)
    return [*week, *week[:_QUARTER]]


def _once(schedules: Schedules, origin: datetime | None) -> Iterator[tuple[int, int, int]]:
    """Yield each window that comes once: its number, and its minutes after an instant, or after its beginning."""
    for number, it in enumerate(schedules.windows):
        if isinstance(it.when, OneTime):
            start, end = (at.astimezone(UTC) for at in instants(it.when, schedules.zone))
            first, last = (
                int((at - (origin or start)).total_seconds()) // 60 for at in (start, end)
            )
            yield number, first, last
