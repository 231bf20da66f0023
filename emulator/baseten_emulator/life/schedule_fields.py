"""The fields of one autoscaling schedule, as the SDK's upserts have them; others are refused by name."""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.life import autoscaling
from baseten_emulator.life.schedule_windows import WEEKDAYS
from baseten_emulator.world.bodies import (
    Fields,
    check_fields,
    require_range,
    require_short,
    shorten,
)
from baseten_emulator.world.wire import bad_request

CADENCES = ("DAILY", "HOURLY", "ONE_TIME")
_PLACE = "autoscaling_schedule_settings.schedules"
_MOST_LETTERS = 255
_OF_ALL: Fields = {
    "id": str,
    "name": str,
    "enabled": bool,
    "cadence": str,
    "autoscaling_settings": dict,
}
_OF_ONE_TIME: Fields = {**_OF_ALL, "start_at": str, "end_at": str}
_OF_RECURRING: Fields = {
    **_OF_ALL,
    "weekdays": list,
    "start_hour": int,
    "start_minute": int,
    "end_hour": int,
    "end_minute": int,
}
FIELDS: Fields = {**_OF_RECURRING, **_OF_ONE_TIME}
"""Of either kind."""
_MAY_LACK = ("id", "start_hour", "end_hour")
_CLOCK = {"start_hour": 23, "end_hour": 23, "start_minute": 59, "end_minute": 59}


def read_schedule(given: Any) -> dict[str, Any]:
    """Return one schedule of an update. Raises ApiError 400 that names the field."""
    if not isinstance(given, dict):
        raise bad_request(f"{_PLACE}: {shorten(given)} is not a schedule")
    cadence = given.get("cadence")
    if cadence not in CADENCES:
        raise bad_request(f"{_PLACE}.cadence must be one of {CADENCES}, not {shorten(cadence)}")
    fields = _OF_ONE_TIME if cadence == "ONE_TIME" else _OF_RECURRING
    required = tuple(name for name in fields if name not in _MAY_LACK)
    schedule = check_fields(given, fields, required)
    require_short("name", schedule["name"], _MOST_LETTERS)
    settings = _read_settings(schedule["autoscaling_settings"])
    if cadence != "ONE_TIME":
        _check_clock(schedule)
    return {**schedule, "autoscaling_settings": settings}


def _read_settings(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schedule's settings, all eight: null follows the environment."""
    if lacking := [name for name in autoscaling.BOUNDS if name not in given]:
        raise bad_request(f"{_PLACE}.autoscaling_settings.{lacking[0]}: field required")
    settings = check_fields(
        given, dict.fromkeys(autoscaling.BOUNDS, int), ("min_replica", "max_replica")
    )
    return dict.fromkeys(autoscaling.BOUNDS) | autoscaling.apply_autoscaling({}, settings)


def _check_clock(schedule: Mapping[str, Any]) -> None:
    if not schedule["weekdays"] or not set(map(str, schedule["weekdays"])) <= set(WEEKDAYS):
        raise bad_request(f"{_PLACE}.weekdays must be some of {WEEKDAYS}")
    for name, most in _CLOCK.items():
        require_range(f"{_PLACE}.{name}", schedule.get(name, 0), 0, most)
    hours = [schedule.get("start_hour"), schedule.get("end_hour")]
    if (schedule["cadence"] == "DAILY" and None in hours) or hours.count(None) == 1:
        raise bad_request(
            f"{_PLACE}: a {schedule['cadence']} schedule needs start_hour and end_hour"
        )
