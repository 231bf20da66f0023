"""What other people change of an environment's settings: by a PATCH of their own, or where Baseten's page does."""

import json
from dataclasses import dataclass, replace
from typing import Any

from baseten_emulator.life.autoscaling import BOUNDS
from baseten_emulator.life.schedule_fields import FIELDS
from baseten_emulator.rest import environments
from baseten_emulator.world.bodies import Fields, check_fields
from baseten_emulator.world.clock import iso
from baseten_emulator.world.records import Environment, Model
from baseten_emulator.world.wire import Request, not_found
from baseten_emulator.world.world import World

_RULE: Fields = {
    "type": str, "targets": list, "percent_traffic": int, "expires_at": str,
    "sampling_mode": str, "propagate_client_cancellation": bool,
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """What a deed is done to, and what it changes there."""

    environment: str
    schedule: str
    change: dict[str, Any]


def change_settings(world: World, model: Model, wish: Wish) -> None:
    """Send what somebody else's PATCH of the environment sends."""
    place, sent = {"model_id": model.id, "env_name": wish.environment}, json.dumps(wish.change)
    request = Request("PATCH", "/", body=sent.encode(), params=place)
    environments.update_environment(world, request)


def change_schedule(world: World, model: Model, wish: Wish) -> None:
    """Add a schedule of this name, or change the one that is there."""
    environment = _environment(world, model, wish)
    old = next((it for it in environment.schedules if it["name"] == wish.schedule), {})
    given = check_fields(wish.change, {**FIELDS, "timezone": str})
    settings = {
        **dict.fromkeys(BOUNDS),
        **old.get("autoscaling_settings", {}),
        **given.get("autoscaling_settings", {}),
    }
    whole = {**old, "name": wish.schedule, **given, "autoscaling_settings": settings}
    timezone = whole.pop("timezone", None) or environment.timezone or "UTC"
    _update_schedules(world, model, wish, schedules=[whole], timezone=timezone)


def remove_schedule(world: World, model: Model, wish: Wish) -> None:
    """Delete the schedule of this name."""
    named = [
        it["id"] for it in _environment(world, model, wish).schedules if it["name"] == wish.schedule
    ]
    if not named:
        raise not_found("schedule", wish.schedule)
    _update_schedules(world, model, wish, delete_schedules=named)


def _update_schedules(world: World, model: Model, wish: Wish, **update: Any) -> None:
    change = {"autoscaling_schedule_settings": update}
    change_settings(world, model, replace(wish, change=change))


def route_traffic(world: World, model: Model, wish: Wish) -> None:
    """Give an environment one rule that shadows its traffic, or none."""
    environment = _environment(world, model, wish)
    rule = {
        "id": world.next_id(), "type": "SHADOW", "targets": [], "percent_traffic": 10,
        "expires_at": iso(world.now() + 86_400), "sampling_mode": "RANDOM",
        "propagate_client_cancellation": False,
    }  # fmt: skip
    rules = [rule | check_fields(wish.change, _RULE)] if wish.change else []
    world.store.put(replace(environment, traffic_rules=rules))


def _environment(world: World, model: Model, wish: Wish) -> Environment:
    found = world.environment(model.id, wish.environment)
    if found is None:
        raise not_found("environment", wish.environment)
    return found
