"""An environment's autoscaling schedules: how an update changes them, and which settings they bring into force.

Shapes and words are those of the SDK (`UpdateAutoscalingScheduleSettings`): a schedule is sent whole, replaced by its
id, deleted by its id, and all share one time zone. Names are unique in an environment (Baseten CLI). That windows may
not overlap, and how many there may be, is guessed.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from baseten_emulator.life import schedule_windows
from baseten_emulator.life.schedule_fields import read_schedule
from baseten_emulator.world.bodies import check_fields, require_range, shorten
from baseten_emulator.world.clock import iso
from baseten_emulator.world.records import Environment
from baseten_emulator.world.wire import bad_request
from baseten_emulator.world.world import World

MOST_SCHEDULES = 20
_YEAR, _MOST_YEARS = 366 * 86_400, 10
PLACE = "autoscaling_schedule_settings"
_FIELDS = {"timezone": str, "schedules": list, "delete_schedules": list}


def apply_schedules(
    world: World, environment: Environment, update: Mapping[str, Any]
) -> dict[str, Any]:
    """Return an environment's schedules and their time zone after an update. Raises ApiError 400."""
    change = check_fields(update, _FIELDS)
    kept = _delete(environment.schedules, change.get("delete_schedules", []))
    given = [read_schedule(schedule) for schedule in change.get("schedules", [])]
    for schedule in given:
        kept = _upsert(world, kept, schedule)
    require_range(f"{PLACE}: the number of schedules", len(kept), 0, MOST_SCHEDULES)
    names = [schedule["name"] for schedule in kept]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise bad_request(f'{PLACE}: two schedules are named "{twice}"')
    timezone = _timezone_of(environment, update, bool(kept))
    if timezone and (overlap := schedule_windows.find_overlap(kept, ZoneInfo(timezone))):
        raise bad_request(f'{PLACE}: "{overlap[0]}" and "{overlap[1]}" overlap')
    return {"schedules": kept, "timezone": timezone}


def find_in_force(environment: Environment, at: float) -> dict[str, Any] | None:
    """Return the schedule that holds at an instant, None where the environment's own settings do."""
    if environment.timezone is None:
        return None
    zone = ZoneInfo(environment.timezone)
    found = schedule_windows.find_in_force(environment.schedules, zone, at)
    return dict(found) if found else None


def join_settings(environment: Environment, schedule: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return an environment's autoscaling settings, and over them those that a schedule gives."""
    given = schedule["autoscaling_settings"] if schedule else {}
    return environment.autoscaling | {n: value for n, value in given.items() if value is not None}


def _delete(schedules: list[dict[str, Any]], unwanted: list[Any]) -> list[dict[str, Any]]:
    known = [schedule["id"] for schedule in schedules]  # what is asked for may be anything
    if missing := [it for it in unwanted if it not in known]:
        raise bad_request(f"{PLACE}.delete_schedules: there is no schedule {missing[0]!r}")
    return [schedule for schedule in schedules if schedule["id"] not in unwanted]


def _upsert(
    world: World, schedules: list[dict[str, Any]], given: dict[str, Any]
) -> list[dict[str, Any]]:
    old = next((it for it in schedules if it["id"] == given.get("id")), None)
    if given.get("id") and old is None:
        raise bad_request(f"{PLACE}.schedules: there is no schedule {given['id']!r}")
    if given["cadence"] == "ONE_TIME":
        given = _read_instants(given, None if old else world.now(), world.now())
    if old is None:
        return [*schedules, {**given, "id": world.next_id()}]
    return [given if it is old else it for it in schedules]


def _read_instants(
    schedule: dict[str, Any], starts_after: float | None, ends_after: float
) -> dict[str, Any]:
    """Return a one-time schedule with both instants in UTC. Raises ApiError 400 where they are past."""
    place = f'{PLACE}.schedules: "{schedule["name"]}"'
    start, end = (_instant(place, schedule[name]) for name in ("start_at", "end_at"))
    if end <= start:
        raise bad_request(f"{place}: end_at must be after start_at")
    if starts_after is not None and start <= starts_after:
        raise bad_request(f"{place}: start_at must be in the future")
    if end <= ends_after:
        raise bad_request(f"{place}: end_at is past")
    require_range(f"{place}: the years until end_at", (end - ends_after) / _YEAR, 0, _MOST_YEARS)
    return {**schedule, "start_at": iso(start), "end_at": iso(end)}


def _instant(place: str, text: str) -> float:
    try:
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.timestamp()
    except (ValueError, OverflowError):
        pass
    raise bad_request(f"{place}: {shorten(text)} is not an ISO 8601 time with an offset")


def _timezone_of(environment: Environment, update: Mapping[str, Any], has_any: bool) -> str | None:
    timezone = update.get("timezone", environment.timezone)
    if not has_any:
        if update.get("timezone") is not None:
            raise bad_request(f"{PLACE}.timezone: there is no schedule it could be for")
        return None
    if timezone is None:
        raise bad_request(f"{PLACE}.timezone: field required while there are schedules")
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        raise bad_request(
            f"{PLACE}.timezone: {shorten(timezone)} is not an IANA time zone"
        ) from None
    return str(timezone)
