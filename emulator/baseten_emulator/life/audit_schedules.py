"""Changes of autoscaling schedules as the audit log tells them (`AuditLogEventAutoscalingSchedule…V1`)."""

from collections.abc import Mapping
from typing import Any

from baseten_emulator.life.autoscaling import BOUNDS
from baseten_emulator.world.records import Environment

_WHEN = (
    "enabled", "cadence", "weekdays", "start_hour", "start_minute", "end_hour", "end_minute",
    "start_at", "end_at",
)  # fmt: skip


def list_changes(before: Environment, after: Environment) -> list[dict[str, Any]]:
    """Return what an update did to each schedule, those that it left alone left out."""
    old = {it["id"]: describe_schedule(it, before.timezone) for it in before.schedules}
    new = {it["id"]: describe_schedule(it, after.timezone) for it in after.schedules}
    return [
        {
            "action": _action(old.get(schedule_id), new.get(schedule_id)),
            "schedule_id": schedule_id,
            "previous": old.get(schedule_id),
            "current": new.get(schedule_id),
        }
        for schedule_id in old | new
        if old.get(schedule_id) != new.get(schedule_id)
    ]


def describe_update(update: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return what a promotion was asked to do to schedules, None where it was not."""
    if update is None:
        return None
    timezone = update.get("timezone")
    return {
        "timezone": timezone,
        "schedules": [
            {**describe_schedule(it, timezone), "schedule_id": it.get("id")}
            for it in update.get("schedules") or ()
        ],
        "delete_schedule_ids": list(update.get("delete_schedules") or ()),
    }


def describe_schedule(schedule: Mapping[str, Any], timezone: str | None) -> dict[str, Any]:
    """Return a schedule and its settings in one mapping, as events have them."""
    return {
        **{name: schedule["autoscaling_settings"].get(name) for name in BOUNDS},
        **{name: schedule.get(name) for name in _WHEN},
        "schedule_name": schedule["name"],
        "timezone": timezone,
    }


def _action(old: object, new: object) -> str:
    if old is None:
        return "CREATED"
    return "UPDATED" if new is not None else "DELETED"
