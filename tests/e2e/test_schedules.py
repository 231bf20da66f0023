"""Autoscaling schedules with the real engine: made, changed, removed, and refused by Baseten."""

from typing import Any

import pytest

from tests.support.harness import Emulator, Stack, status
from tests.support.worlds import BEFORE, MODEL

pytestmark = [pytest.mark.e2e, pytest.mark.serving]

DASH = "\N{EN DASH}"
WARM = {
    "days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, "timezone": "Europe/Berlin",
}  # fmt: skip
SALE = {"start": "2030-12-24T19:00", "end": "2030-12-24T21:00", "min_replica": 4, "max_replica": 9}
SUNDAY = {"days": "sun", "hours": "00:00-24:00", "max_replica": 1}
BY_HAND = {
    "cadence": "DAILY", "enabled": True, "weekdays": ["SATURDAY"],
    "start_hour": 3, "start_minute": 0, "end_hour": 4, "end_minute": 0,
    "autoscaling_settings": {"min_replica": 3, "max_replica": 3},
}  # fmt: skip


def configured(stack: Stack, most: int = 6, **more: Any) -> None:
    stack.configure({MODEL: {**BEFORE[MODEL], "autoscaling": {"max_replica": most, **more}}})


def production(emulator: Emulator) -> dict[str, Any]:
    model_id = emulator.models()[MODEL]
    return dict(emulator.rest(f"/v1/models/{model_id}/environments/production"))


def names(emulator: Emulator) -> list[str]:
    return sorted(it["name"] for it in production(emulator)["autoscaling_schedules"]["schedules"])


def test_schedules_are_made_changed_removed_and_a_refusal_says_what_still_holds(
    stack: Stack, emulator: Emulator
) -> None:
    configured(stack, warm=WARM, schedules={"sale": SALE, "sunday": SUNDAY}, max_scale_down_rate=20)
    stack.up().check()
    assert names(emulator) == ["sale", "sunday", "sunday (from 12:00)", "warm"]
    assert production(emulator)["autoscaling_settings"]["max_scale_down_rate"] == 20
    told = status(stack).check().text
    assert (
        f"{MODEL}/production: schedule warm: Mon{DASH}Fri 08{DASH}18 Berlin: 2 to 6 replicas"
        in told
    )

    configured(stack, warm={**WARM, "hours": "07:30-18:00"}, schedules={"sale": SALE})
    changes = {step["urn"].split("::")[-1]: step["detailedDiff"] for step in stack.planned()}
    assert {*changes[f"{MODEL}-production"]} == {
        "autoscaling.max_scale_down_rate",
        "autoscaling_schedules.schedules.warm.hours",
        "autoscaling_schedules.schedules.sunday",
    }
    stack.up().check()
    assert (names(emulator), emulator.pushes()) == (["sale", "warm"], 0)

    emulator.fault(MODEL, "schedules_not_enabled")
    configured(stack, 7, warm=WARM)
    refused = stack.up().refused().text
    said = f"model '{MODEL}': environment 'production': Baseten refuses its schedules warm (403:"
    assert said in refused
    assert "it scales by autoscaling at every hour (0 to 7 replicas)" in refused
    assert "Traceback" not in refused
    assert production(emulator)["autoscaling_settings"]["max_replica"] == 7

    emulator.no_faults()
    deed = {"deed": "change_schedule", "model": MODEL, "schedule": "theirs", "change": BY_HAND}
    emulator.admin("POST", "deeds", deed)
    configured(stack)
    stack.up().check()
    assert (names(emulator), stack.planned()) == (["theirs"], [])
    assert f"schedule theirs: Sat 03{DASH}04 Berlin: 3 replicas (not managed by this stack)" in (
        status(stack, "--live").check().text
    )
