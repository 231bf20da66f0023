"""Schedules as plain words, the same in a spec and in a resource's inputs: `{days: mon-fri, hours: 08:00-18:00, …}`.

Two ways to write one window (`monday-friday`, `mon-fri`) become one, so that they compare.
"""

from collections.abc import Mapping
from typing import Any

from baseten_tei.deployment.schedules import times
from baseten_tei.deployment.schedules.windows import (
    Daily,
    Hourly,
    OneTime,
    Schedules,
    When,
    Window,
)

SETTINGS = (
    "min_replica", "max_replica", "autoscaling_window", "scale_down_delay", "concurrency_target",
    "target_utilization_percentage", "target_in_flight_tokens", "max_scale_down_rate",
)  # fmt: skip
"""What a schedule can set (baseten 0.13.1, `AutoscalingScheduleSettingsRequest`)."""
_RECURRING = ("days", "hours", "minutes")
_ONCE = ("start", "end")

Words = Mapping[str, Any]


def read_when(words: Words) -> When:
    """Return when a schedule holds. Raises `ValueError` with what to write."""
    recurring = [key for key in _RECURRING if words.get(key)]
    once = [key for key in _ONCE if words.get(key)]
    if recurring and once:
        raise ValueError(
            f"{recurring[0]} and {once[0]} exclude each other: write days and hours, or start and end"
        )
    if once:
        return _read_once(words)
    if not words.get("hours") and not words.get("minutes"):
        raise ValueError(
            "it does not say when: write hours: 08:00-18:00, or minutes: 0-15, or start and end"
        )
    days = times.read_days(words.get("days") or times.EVERY_DAY)
    if not words.get("minutes"):
        return Daily(days, *times.read_hours(words["hours"]))
    return _read_hourly(days, words)


def _read_hourly(days: tuple[int, ...], words: Words) -> Hourly:
    start, end = times.read_minutes(words["minutes"])
    if not words.get("hours"):
        return Hourly(days, start, end)
    first, last = times.read_hours(words["hours"])
    if first % 60 or last % 60 or last > times.DAY:
        raise ValueError(
            f"hours {words['hours']!r} with minutes must be whole hours of one day: write hours: 08:00-18:00"
        )
    return Hourly(days, start, end, first, last)


def _read_once(words: Words) -> OneTime:
    if missing := [key for key in _ONCE if not words.get(key)]:
        raise ValueError(f'{missing[0]} is missing: write {missing[0]}: "2026-12-24T08:00"')
    start, end = (times.read_local_time(words[key], key) for key in _ONCE)
    if start >= end:
        raise ValueError(
            f"start {words['start']} is not before end {words['end']}: write an earlier start"
        )
    return OneTime(start, end)


def read_window(name: str, words: Words) -> Window:
    """Return a schedule from its words. Raises `ValueError` with what to write."""
    settings = {key: words[key] for key in SETTINGS if words.get(key) is not None}
    return Window(name, read_when(words), settings, words.get("enabled") is not False)


def write_window(window: Window) -> dict[str, Any]:
    """Return a schedule's words, the same for each way of writing it."""
    settings = {key: window.settings[key] for key in SETTINGS if key in window.settings}
    return {
        **_write_when(window.when),
        **settings,
        **({} if window.enabled else {"enabled": False}),
    }


def _write_when(when: When) -> dict[str, str]:
    if isinstance(when, OneTime):
        return {
            "start": times.write_local_time(when.start),
            "end": times.write_local_time(when.end),
        }
    days = {"days": times.write_days(when.days)}
    if isinstance(when, Daily):
        return {**days, "hours": times.write_hours(when.start, when.end)}
    restricted = (when.first, when.last) != (0, times.DAY)
    hours = {"hours": times.write_hours(when.first, when.last)} if restricted else {}
    return {**days, **hours, "minutes": f"{when.start}-{when.end}"}


def read_words(words: Words) -> Schedules:
    """Return the schedules of a resource's input. Raises `ValueError` with what to write."""
    each = words.get("schedules") or {}
    return Schedules(
        words.get("timezone"), tuple(read_window(name, it) for name, it in each.items())
    )


def write_words(schedules: Schedules) -> dict[str, Any]:
    """Return a resource's input for schedules."""
    zone = {"timezone": schedules.timezone} if schedules.timezone and schedules.windows else {}
    return {**zone, "schedules": {it.name: write_window(it) for it in schedules.windows}}
