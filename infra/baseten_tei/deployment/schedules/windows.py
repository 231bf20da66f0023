"""When a schedule holds, and the settings that hold then.

Recurring windows are read off the local clock: where it jumps over an hour, a window in that hour does not
happen, and where it shows an hour twice, it happens twice (a guess: Baseten documents neither).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from baseten_tei.deployment.schedules.times import DAY

WEEK = 7 * DAY
"""Minutes."""
Span = tuple[int, int]
"""Minutes of the week, from Monday 00:00; the second is no longer in it."""


@dataclass(frozen=True)
class Daily:
    """Once on each of some days; an end above 24 hours is on the next day."""

    days: tuple[int, ...]
    start: int
    """Minutes of the day."""
    end: int


@dataclass(frozen=True)
class Hourly:
    """Some minutes of every hour that begins between two times of each of some days."""

    days: tuple[int, ...]
    start: int
    """Minute of the hour."""
    end: int
    first: int = 0
    """Minutes of the day: the first hour's beginning."""
    last: int = DAY
    """The end of the last hour."""


@dataclass(frozen=True)
class OneTime:
    """Once, between two local times."""

    start: datetime
    end: datetime


When = Daily | Hourly | OneTime


@dataclass(frozen=True)
class Window:
    """A schedule: its name is what it is known by."""

    name: str
    when: When
    settings: Mapping[str, int]
    """Settings that hold then, by Baseten's names; what is not in it is the environment's own."""
    enabled: bool = True


@dataclass(frozen=True)
class Schedules:
    """All schedules of one environment, in the one time zone that they share on Baseten."""

    timezone: str | None = None
    windows: tuple[Window, ...] = ()
    unreadable: tuple[str, ...] = field(default=())
    """Names of those on Baseten of a kind that is not known here."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone; UTC for one that somebody wrote on Baseten and this machine does not know."""
        try:
            return ZoneInfo(self.timezone or "UTC")
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return ZoneInfo("UTC")


def week_spans(when: Daily | Hourly) -> list[Span]:
    """Return when it holds in any week, each span within it."""
    if isinstance(when, Daily):
        whole = [(day * DAY + when.start, day * DAY + when.end) for day in when.days]
    else:
        hours = range(when.first, when.last, 60)
        whole = [
            (day * DAY + hour + when.start, day * DAY + hour + when.end)
            for day in when.days
            for hour in hours
        ]
    inside = [(start, min(end, WEEK)) for start, end in whole]
    return sorted([*inside, *((0, end - WEEK) for _, end in whole if end > WEEK)])


def instants(when: OneTime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return when it begins and ends; of a local time that exists twice, the first one."""
    return when.start.replace(tzinfo=zone), when.end.replace(tzinfo=zone)


def holds(when: When, instant: datetime, zone: ZoneInfo) -> bool:
    """Return whether it holds at an instant, which has to know its own time zone."""
    if isinstance(when, OneTime):
        start, end = instants(when, zone)
        return start.timestamp() <= instant.timestamp() < end.timestamp()
    local = instant.astimezone(zone)
    minute = local.weekday() * DAY + local.hour * 60 + local.minute
    return any(start <= minute < end for start, end in week_spans(when))


def window_at(schedules: Schedules, instant: datetime) -> Window | None:
    """Return the schedule that is in force at an instant; one that is disabled never is."""
    there = (it for it in schedules.windows if it.enabled)
    return next((it for it in there if holds(it.when, instant, schedules.zone)), None)


def settings_under(
    settings: Mapping[str, Any], schedules: Schedules | None, instant: datetime
) -> dict[str, Any]:
    """Return the environment's settings as they are at an instant."""
    window = window_at(schedules, instant) if schedules else None
    return {**settings, **(window.settings if window else {})}
