"""What Baseten enables for an organization on request, and these faults take away: refused by name.

Schedules are in beta and "must be enabled for your organization" (Baseten docs, autoscaling schedules); a token target
is early access (SDK). The words and the status of the refusal are guessed.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from baseten_emulator.faults import faults
from baseten_emulator.world.wire import ApiError
from baseten_emulator.world.world import World

SAYS = {
    "schedules_not_enabled": "Autoscaling schedules are not enabled for this organization",
    "in_flight_tokens_not_enabled": (
        "target_in_flight_tokens is not enabled for this organization"
    ),
    "regions_not_enabled": "Regions are not enabled for this organization",
}


def require_enabled(world: World, model_name: str, update: Mapping[str, Any]) -> None:
    """Refuse what an update uses and a fault says is not enabled. Raises ApiError 403."""
    for kind in _uses(update):
        if faults.use_up(world, faults.find_live(world, model_name, kind)):
            raise ApiError(403, "FORBIDDEN", SAYS[kind])


def _uses(update: Mapping[str, Any]) -> Iterator[str]:
    schedules = update.get("autoscaling_schedule_settings")
    if schedules is not None:
        yield "schedules_not_enabled"
    given = schedules.get("schedules") if isinstance(schedules, dict) else None
    entries = given if isinstance(given, list) else []
    of_schedules = [it.get("autoscaling_settings") for it in entries if isinstance(it, dict)]
    for settings in (update.get("autoscaling_settings"), *of_schedules):
        if isinstance(settings, dict) and settings.get("target_in_flight_tokens") is not None:
            yield "in_flight_tokens_not_enabled"
    if update.get("region"):
        yield "regions_not_enabled"
