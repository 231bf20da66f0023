"""The product's reading of schedules and the emulator's are two, and agree: what overlaps, and what holds when."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baseten_emulator.life import schedules as emulated
from baseten_emulator.push.new_models import new_environment
from baseten_emulator.world.records import Environment
from baseten_emulator.world.wire import ApiError
from baseten_tei.deployment.schedules.baseten_schedules import (
    AFTERNOON,
    RemoteSchedules,
    schedule_changes,
)
from baseten_tei.deployment.schedules.overlaps import find_overlaps
from baseten_tei.deployment.schedules.spec_schedules import read_schedules
from baseten_tei.deployment.schedules.windows import Schedules, window_at
from baseten_tei.spec.args import Autoscaling
from tests.support.control_client import ManualClock, new_world

NOW = datetime(2027, 6, 1, tzinfo=UTC)
ZONES = ("Asia/Kolkata", "America/Phoenix", "Asia/Kathmandu", "UTC")
"""Their clocks never change: what a window in the hour of a change means is a guess of each."""
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEEDS, INSTANTS = 150, 40


def drawn_window(dice: random.Random) -> dict[str, Any]:
    """A daily, an hourly or a one-time window, some over midnight or a whole day, one in five disabled."""
    days = ",".join(sorted(dice.sample(DAYS, dice.randint(1, 4)), key=DAYS.index))
    first, last = dice.sample(range(24), 2)
    at = NOW.replace(tzinfo=None) + timedelta(minutes=dice.randint(60, 14 * 24 * 60))
    end = at + timedelta(minutes=dice.randint(30, 48 * 60))
    when: dict[str, Any] = dice.choice(
        [
            {"days": days, "hours": f"{first:02}:{dice.randint(0, 59):02}-{last:02}:00"},
            {"days": days, "hours": "00:00-24:00"},
            {"days": days, "minutes": f"{dice.randint(0, 20)}-{dice.randint(21, 59)}"},
            {
                "days": days,
                "minutes": "0-30",
                "hours": f"{min(first, last):02}:00-{max(first, last):02}:00",
            },
            {"start": at.isoformat("T", "minutes"), "end": end.isoformat("T", "minutes")},
        ]
    )
    return {**when, "enabled": dice.random() > 0.2, "min_replica": 1, "max_replica": 2}


def drawn_schedules(dice: random.Random) -> Schedules:
    drawn = {f"s{n}": drawn_window(dice) for n in range(dice.randint(1, 3))}
    drawn["s0"]["timezone"] = dice.choice(ZONES)
    found = read_schedules(Autoscaling.model_validate({"schedules": drawn}))
    assert found
    return found


def sent(wanted: Schedules) -> Environment:
    """The environment once the emulator has taken the product's request."""
    world = new_world(clock=ManualClock(NOW.timestamp()).now)
    request = schedule_changes(wanted, RemoteSchedules(), NOW)
    environment = new_environment("m", "production", NOW.timestamp())
    changed = emulated.apply_schedules(world, environment, request)
    environment.schedules.extend(changed["schedules"])
    return Environment(**{**vars(environment), "timezone": changed["timezone"]})


def test_the_two_readings_agree_on_what_overlaps_and_what_holds_when() -> None:
    agreed = {"overlap": 0, "holds": 0, "holds not": 0}
    for seed in range(SEEDS):
        dice = random.Random(seed)  # noqa: S311 - a sample, not a secret
        wanted = drawn_schedules(dice)
        if next(find_overlaps(wanted), None):
            with pytest.raises(ApiError, match="400"):
                sent(wanted)
            agreed["overlap"] += 1
            continue
        environment = sent(wanted)
        for _ in range(INSTANTS):
            at = NOW + timedelta(minutes=dice.randint(0, 16 * 24 * 60), seconds=dice.randint(0, 59))
            mine, theirs = (
                window_at(wanted, at),
                emulated.find_in_force(environment, at.timestamp()),
            )
            found = theirs["name"].removesuffix(AFTERNOON) if theirs else None
            assert found == (mine.name if mine else None), (
                seed,
                at.astimezone(ZoneInfo(wanted.timezone or "UTC")),
            )
            agreed["holds" if mine else "holds not"] += 1
    assert min(agreed.values()) > 10, agreed
