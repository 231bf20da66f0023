"""Schedules as sentences: days, hours and place, then the replicas that hold."""

from collections.abc import Mapping
from datetime import datetime

from baseten_tei.deployment.schedules.times import DASH, DAY, DAYS, day_runs, write_time
from baseten_tei.deployment.schedules.windows import (
    Hourly,
    OneTime,
    Schedules,
    When,
    Window,
)


def describe_schedules(schedules: Schedules) -> list[str]:
    """Return a sentence for each schedule, with its name before it."""
    return [f"{it.name}: {describe_window(it, schedules.timezone)}" for it in schedules.windows]


def describe_window(window: Window, timezone: str | None) -> str:
    """Return when a schedule holds, and what holds then."""
    off = "" if window.enabled else " (disabled)"
    return f"{describe_time(window, timezone)}: {describe_settings(window.settings)}{off}"


def describe_time(window: Window, timezone: str | None) -> str:
    """Return when a schedule holds."""
    where = f" {show_timezone(timezone)}" if timezone else ""
    return f"{_describe_when(window.when)}{where}"


def describe_settings(settings: Mapping[str, int]) -> str:
    """Return settings as words: the replicas, then each further one by its name."""
    further = [f"{key} {it}" for key, it in settings.items() if not key.endswith("_replica")]
    return ", ".join([_describe_replicas(settings), *further])


def show_timezone(timezone: str) -> str:
    """Return a time zone by its place."""
    return timezone.rpartition("/")[2].replace("_", " ")


def show_moment(moment: datetime) -> str:
    """Return a date with its time."""
    return f"{moment.day} {moment:%b %Y %H:%M}"


def _describe_replicas(settings: Mapping[str, int]) -> str:
    least, most = settings.get("min_replica"), settings.get("max_replica")
    if least == most:
        return f"{least} replica{'' if least == 1 else 's'}"
    return f"{least} to {most} replicas"


def _describe_when(when: When) -> str:
    if isinstance(when, OneTime):
        return _describe_once(when)
    days = _show_days(when.days)
    if isinstance(when, Hourly):
        hours = (
            "" if (when.first, when.last) == (0, DAY) else f" {_show_hours(when.first, when.last)}"
        )
        return f"{days}{hours}, minutes {when.start} to {when.end} of every hour,"
    return f"{days} {_show_hours(when.start, when.end)}"


def _describe_once(when: OneTime) -> str:
    if when.start.date() == when.end.date():
        return f"{show_moment(when.start)}{DASH}{when.end:%H:%M}"
    return f"{show_moment(when.start)} to {show_moment(when.end)}"


def _show_days(days: tuple[int, ...]) -> str:
    runs = [DASH.join(DAYS[day].capitalize() for day in run) for run in day_runs(days)]
    return ", ".join(runs) or "every day"


def _show_hours(start: int, end: int) -> str:
    """Both as full hours where they are; an end on the next day is the lower one of the two."""
    last = end if end <= DAY else end - DAY
    if start % 60 or last % 60:
        return f"{write_time(start)}{DASH}{write_time(last)}"
    return f"{start // 60:02}{DASH}{last // 60:02}"
