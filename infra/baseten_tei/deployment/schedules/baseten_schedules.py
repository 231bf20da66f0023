"""Schedules as Baseten has them (baseten 0.13.1: `AutoscalingScheduleUpsert`, `OneTimeAutoscalingScheduleUpsert`).

Known there: names are unique within an environment, which has one time zone for all; a schedule is replaced
as a whole, found by its id; one whose end is past cannot be written. Guesses: an end before the start is on
the next day (other clients write 22 to 7 so), a window of 24 hours cannot be written, so it is two, and an
HOURLY window holds in the hours from `start_hour` up to, and without, `end_hour`.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from baseten_tei.deployment.schedules.schedule_words import SETTINGS, write_window
from baseten_tei.deployment.schedules.times import DAY
from baseten_tei.deployment.schedules.windows import (
    Daily,
    Hourly,
    OneTime,
    Schedules,
    When,
    Window,
    instants,
)

WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
NOON = DAY // 2
AFTERNOON = " (from 12:00)"
"""What the name of the second half of a whole day ends with."""

Data = Mapping[str, Any]


@dataclass(frozen=True)
class RemoteSchedules:
    """An environment's schedules as Baseten returns them, each as plain data."""

    timezone: str | None = None
    schedules: tuple[Data, ...] = ()
    in_force: str | None = None
    """Id of the schedule whose settings hold now, as Baseten says."""


def schedule_changes(wanted: Schedules, there: RemoteSchedules, now: datetime) -> dict[str, Any]:
    """Return the request that makes an environment's schedules the wanted ones; empty where they are.

    Ids are found by name, and what is not wanted is deleted: also what cannot be read here. What is too late to
    write is neither written nor deleted.
    """
    ids = {str(it["name"]): str(it["id"]) for it in there.schedules}
    known = {it.name: it for it in _read_parts(there)[0]}
    past = {it.name for it in wanted.windows if is_too_late(it, wanted.zone, now, known)}
    wanted_parts = [part for it in wanted.windows if it.name not in past for part in _parts(it)]
    stay = bool(wanted_parts or past & ids.keys())
    moved = stay and there.timezone != wanted.timezone
    written = [it for it in wanted_parts if moved or _differs(it, known.get(it.name))]
    names = {it.name for it in wanted_parts} | past
    deleted = [ids[name] for name in ids if name not in names]
    deleted += [it["id"] for it in there.schedules if ids[str(it["name"])] != it["id"]]
    if not (written or deleted or moved):
        return {}
    return {
        "timezone": wanted.timezone if stay else None,
        "schedules": [_upsert(it, wanted.zone, ids.get(it.name)) for it in written],
        "delete_schedules": deleted,
    }


def schedule_removal(names: Collection[str], there: RemoteSchedules) -> dict[str, Any]:
    """Return the request that deletes the schedules of these names and no others; empty where there are none."""
    unwanted = {*names, *(f"{name}{AFTERNOON}" for name in names)}
    ids = [it["id"] for it in there.schedules if it["name"] in unwanted]
    if not ids:
        return {}
    left = len(there.schedules) > len(ids)
    return {"timezone": there.timezone if left else None, "delete_schedules": ids}


def read_remote(there: RemoteSchedules) -> Schedules:
    """Return an environment's schedules in our words; those of an unknown kind by name only."""
    parts, unreadable = _read_parts(there)
    return Schedules(there.timezone, tuple(_join_halves(parts)), tuple(unreadable))


def is_too_late(window: Window, zone: ZoneInfo, now: datetime, there: Collection[str] = ()) -> bool:
    """Return whether Baseten takes a schedule no more: it is past, or new and has begun already."""
    if not isinstance(window.when, OneTime):
        return False
    start, end = instants(window.when, zone)
    return end <= now or (start <= now and window.name not in there)


def _differs(one: Window, other: Window | None) -> bool:
    return other is None or write_window(one) != write_window(other)


def _read_parts(there: RemoteSchedules) -> tuple[list[Window], list[str]]:
    """Each schedule as it is there, and the names of those that cannot be read."""
    found, unreadable = [], []
    zone = Schedules(there.timezone).zone
    for it in there.schedules:
        try:
            found.append(_window(it, zone))
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
            unreadable.append(str(it.get("name")))
    return found, unreadable


def _parts(window: Window) -> list[Window]:
    """A whole day as its two halves, anything else as it is."""
    when = window.when
    if not isinstance(when, Daily) or when.end - when.start != DAY:
        return [window]
    halves = Daily(when.days, 0, NOON), Daily(when.days, NOON, DAY)
    return [
        replace(window, when=halves[0]),
        replace(window, name=f"{window.name}{AFTERNOON}", when=halves[1]),
    ]


def _join_halves(parts: Sequence[Window]) -> Iterator[Window]:
    by_name = {it.name: it for it in parts}
    for it in parts:
        first = by_name.get(it.name.removesuffix(AFTERNOON))
        if first and first is not it and it in _parts(_whole(first))[1:]:
            continue
        second = by_name.get(f"{it.name}{AFTERNOON}")
        halves = [it, second] if second else []
        yield _whole(it) if halves and halves == _parts(_whole(it)) else it


def _whole(window: Window) -> Window:
    """The whole days whose first half a schedule may be."""
    days = window.when.days if isinstance(window.when, Daily) else ()
    return replace(window, when=Daily(days, 0, DAY))


def _upsert(window: Window, zone: ZoneInfo, schedule_id: str | None) -> dict[str, Any]:
    return {
        **({"id": schedule_id} if schedule_id else {}),
        "name": window.name,
        "enabled": window.enabled,
        "autoscaling_settings": {key: window.settings.get(key) for key in SETTINGS},
        **_timing(window.when, zone),
    }


def _timing(when: When, zone: ZoneInfo) -> dict[str, Any]:
    if isinstance(when, OneTime):
        start, end = instants(when, zone)
        return {"cadence": "ONE_TIME", "start_at": start.isoformat(), "end_at": end.isoformat()}
    weekdays = [WEEKDAYS[day] for day in when.days]
    if isinstance(when, Daily):
        start_hour, start_minute = divmod(when.start, 60)
        end_hour, end_minute = divmod(when.end % DAY, 60)
        hours = {"start_hour": start_hour, "end_hour": end_hour}
        minutes = {"start_minute": start_minute, "end_minute": end_minute}
        return {"cadence": "DAILY", "weekdays": weekdays, **hours, **minutes}
    restricted = (when.first, when.last) != (0, DAY)
    hours = (
        {"start_hour": when.first // 60, "end_hour": when.last % DAY // 60} if restricted else {}
    )
    minutes = {"start_minute": when.start, "end_minute": when.end}
    return {"cadence": "HOURLY", "weekdays": weekdays, **hours, **minutes}


def _window(it: Data, zone: ZoneInfo) -> Window:
    settings = {
        key: value for key, value in it["autoscaling_settings"].items() if value is not None
    }
    return Window(str(it["name"]), _when(it, zone), settings, bool(it["enabled"]))


def _when(it: Data, zone: ZoneInfo) -> When:
    if it["cadence"] == "ONE_TIME":
        start, end = (_local(it[key], zone) for key in ("start_at", "end_at"))
        return OneTime(start, end)
    days = tuple(sorted({WEEKDAYS.index(day) for day in it["weekdays"]}))
    if not days:
        raise ValueError("no day")
    first, last = (int(it.get(key) or 0) for key in ("start_hour", "end_hour"))
    if it["cadence"] == "DAILY":
        start, end = first * 60 + it["start_minute"], last * 60 + it["end_minute"]
        return Daily(days, start, end if end > start else end + DAY)
    if it["cadence"] != "HOURLY":
        raise ValueError(it["cadence"])
    start, end = it["start_minute"], it["end_minute"]
    if start >= end:
        raise ValueError(f"{start} to {end} of every hour")
    if first == last:  # Baseten may return 0 for hours that were left out
        return Hourly(days, start, end)
    return Hourly(days, start, end, first * 60, last * 60 or DAY)


def _local(value: Any, zone: ZoneInfo) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment.astimezone(zone).replace(tzinfo=None)
