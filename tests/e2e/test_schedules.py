"""Autoscaling schedules with the real engine: made, changed, removed, changed by others, and refused by Baseten."""

from typing import Any

import pytest

from tests.e2e.test_drift import Others, drifted, refreshed
from tests.support.harness import BGE, Emulator, Stack, status

pytestmark = pytest.mark.e2e

BERLIN = {"timezone": "Europe/Berlin"}
DASH = "\N{EN DASH}"
WARM = {"days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, **BERLIN}
NIGHT = {"days": "mon-thu", "hours": "22:00-06:00", "max_replica": 1, "scale_down_delay": 60}
SALE = {"start": "2030-12-24T19:00", "end": "2030-12-24T21:00", "min_replica": 4, "max_replica": 9}
BATCH = {"days": "sat", "minutes": "10-25", "hours": "09:00-12:00", "min_replica": 1}
SUNDAY = {"days": "sun", "hours": "00:00-24:00", "max_replica": 1}


def scaling(**more: Any) -> dict[str, Any]:
    return {"max_replica": 6, "max_scale_down_rate": 20, "target_in_flight_tokens": 900, **more}


SPEC = {
    **BGE,
    "autoscaling": scaling(warm=WARM, schedules={"night": NIGHT, "sale": SALE, "batch": BATCH}),
    "environments": {"staging": {"autoscaling": scaling(warm=WARM, schedules={"sunday": SUNDAY})}},
}
THEIRS = {
    "cadence": "DAILY", "enabled": True, "weekdays": ["SUNDAY"],
    "start_hour": 3, "start_minute": 0, "end_hour": 4, "end_minute": 0,
    "autoscaling_settings": {"min_replica": 3, "max_replica": 3},
}  # fmt: skip
RATE, TOKENS = "max_scale_down_rate", "target_in_flight_tokens"
CHANGES: list[tuple[str, str, dict[str, Any], str]] = [
    # environment, schedule, what others change, what a refresh names
    ("production", "", {"autoscaling_settings": {RATE: 30}}, f"autoscaling.{RATE} 20 → 30"),
    ("production", "", {"autoscaling_settings": {TOKENS: 7}}, f"autoscaling.{TOKENS} 900 → 7"),
    ("production", "warm", {"start_hour": 9}, "warm.hours 08:00-18:00 → 09:00-18:00"),
    ("production", "warm", {"weekdays": ["FRIDAY"]}, "warm.days mon-fri → fri"),
    ("production", "warm", {"autoscaling_settings": {"min_replica": 1}}, "warm.min_replica 2 → 1"),
    ("production", "warm", {"autoscaling_settings": {"max_scale_down_rate": 9}}, "warm.max_scale_down_rate (none) → 9"),
    ("production", "night", {"enabled": False}, "night.enabled (none) → false"),
    ("production", "night", {"autoscaling_settings": {"scale_down_delay": None}}, "night.scale_down_delay 60 → (none)"),
    ("production", "night", {"autoscaling_settings": {"concurrency_target": 3}}, "night.concurrency_target (none) → 3"),
    ("production", "sale", {"end_at": "2030-12-24T22:00:00Z"}, "sale.end 2030-12-24T21:00 → 2030-12-24T23:00"),
    ("production", "sale", {"autoscaling_settings": {"max_replica": 8}}, "sale.max_replica 9 → 8"),
    ("production", "batch", {"end_minute": 30}, "batch.minutes 10-25 → 10-30"),
    ("production", "batch", {"start_hour": 10}, "batch.hours 09:00-12:00 → 10:00-12:00"),
    ("production", "theirs", THEIRS, f"theirs (none) → Sun 03{DASH}04 Berlin: 3 replicas"),
    ("staging", "warm", {"timezone": "Asia/Tokyo"}, "timezone Europe/Berlin → Asia/Tokyo"),
    ("staging", "sunday", {"end_hour": 11}, "sunday.hours 00:00-24:00 → 00:00-11:00"),
]  # fmt: skip


def names(others: Others, environment: str = "production") -> list[str]:
    told = others.environment("bge", environment)["autoscaling_schedules"]
    return sorted(it["name"] for it in told["schedules"])


def change(emulator: Emulator, environment: str, schedule: str, what: dict[str, Any]) -> None:
    """What somebody else changes on Baseten's page, or with the CLI."""
    deed = "change_schedule" if schedule else "change_settings"
    named = {"model": "bge", "environment": environment, "schedule": schedule}
    emulator.admin("POST", "deeds", {"deed": deed, **named, "change": what})


def place(schedule: str, field: str) -> str:
    if not schedule:
        return field
    of_all = field.startswith("timezone")
    return (
        f"autoscaling_schedules.{field}" if of_all else f"autoscaling_schedules.schedules.{field}"
    )


def test_schedules_are_made_changed_removed_and_repaired(stack: Stack, emulator: Emulator) -> None:
    others = Others(emulator)
    stack.configure({"bge": SPEC})
    stack.up().check()
    assert names(others) == ["batch", "night", "sale", "warm"]
    assert names(others, "staging") == ["sunday", "sunday (from 12:00)", "warm"]
    settings = others.environment("bge")["autoscaling_settings"]
    assert (settings["max_scale_down_rate"], settings["target_in_flight_tokens"]) == (20, 900)
    stack.pulumi("preview", "--expect-no-changes", "--stack", stack.name).check()
    assert f"bge/production: schedule warm: Mon{DASH}Fri 08{DASH}18 Berlin: 2 to 6 replicas" in (
        status(stack).check().text
    )
    before = [
        others.environment("bge", it)["autoscaling_schedules"] for it in ("production", "staging")
    ]

    for environment, schedule, what, _ in CHANGES:
        change(emulator, environment, schedule, what)
    told = refreshed(stack)
    for environment, schedule, _, field in CHANGES:
        line = drifted("bge", place(schedule, field), environment)
        assert line in told, f"{line}\n{told}"
    stack.up().check()
    after = [
        others.environment("bge", it)["autoscaling_schedules"] for it in ("production", "staging")
    ]
    assert [_known(it) for it in after] == [_known(it) for it in before]
    assert "drifted" not in refreshed(stack)

    pushes = emulator.pushes()
    less = {"warm": {**WARM, "hours": "07:30-18:00"}, "schedules": {"sale": SALE}}
    stack.configure({"bge": {**SPEC, "autoscaling": scaling(**less)}})
    changes = {step["urn"].split("::")[-1]: step["detailedDiff"] for step in stack.planned()}
    assert {*changes["bge-production"]} == {
        "autoscaling_schedules.schedules.warm.hours",
        "autoscaling_schedules.schedules.night",
        "autoscaling_schedules.schedules.batch",
    }
    stack.up().check()
    assert (names(others), emulator.pushes()) == (["sale", "warm"], pushes)

    change(emulator, "staging", "by hand", {**THEIRS, "weekdays": ["SATURDAY"]})
    emulator.fault("bge", "schedules_not_enabled")
    stack.configure({"bge": {**SPEC, "autoscaling": scaling(max_replica=7, warm=WARM)}})
    refused = stack.up().refused().text
    assert (
        "model 'bge': environment 'production': Baseten refuses its schedules warm (403:" in refused
    )
    assert "it scales by autoscaling at every hour (0 to 7 replicas)" in refused
    assert "Traceback" not in refused
    assert others.environment("bge")["autoscaling_settings"]["max_replica"] == 7
    emulator.no_faults()
    without = {**SPEC["environments"]["staging"], "autoscaling": scaling()}  # type: ignore[index] # a map
    stack.configure(
        {"bge": {**SPEC, "autoscaling": scaling(), "environments": {"staging": without}}}
    )
    stack.up().check()
    assert (names(others), names(others, "staging")) == ([], ["by hand"])
    assert "by hand: Sat 03" in status(stack, "--live").check().text
    stack.pulumi("preview", "--refresh", "--expect-no-changes", "--stack", stack.name).check()


def _known(told: dict[str, Any]) -> dict[str, Any]:
    """The schedules without what says which of them is in force, and without the ids of those that were made again."""
    each = [
        {key: it for key, it in schedule.items() if key != "id"} for schedule in told["schedules"]
    ]
    return {"timezone": told["timezone"], "schedules": sorted(each, key=lambda it: str(it["name"]))}
