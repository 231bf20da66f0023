"""Scaling as code with the real engine: made, changed, removed, refused; changed by others and repaired; adopted."""

from typing import Any

import pytest
import yaml

from tests.e2e.commands.test_adopt import EMBEDDING, adopt, changing, pushed
from tests.support.harness import BGE, GATED, Emulator, Stack, status
from tests.support.worlds import BEFORE, MODEL

pytestmark = pytest.mark.e2e

DASH = "\N{EN DASH}"
WARM: dict[str, Any] = {
    "days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, "timezone": "Europe/Berlin",
}  # fmt: skip
SALE = {"start": "2030-12-24T19:00", "end": "2030-12-24T21:00", "min_replica": 4, "max_replica": 9}
SUNDAY = {"days": "sun", "hours": "00:00-24:00", "max_replica": 1}
THEIRS = {
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


@pytest.mark.serving
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
    deed = {"deed": "change_schedule", "model": MODEL, "schedule": "theirs", "change": THEIRS}
    emulator.admin("POST", "deeds", deed)
    configured(stack)
    stack.up().check()
    assert (names(emulator), stack.planned()) == (["theirs"], [])
    assert f"schedule theirs: Sat 03{DASH}04 Berlin: 3 replicas (not managed by this stack)" in (
        status(stack, "--live").check().text
    )


SCALED = {
    **BGE,
    "autoscaling": {
        "min_replica": 1, "max_replica": 4, "max_scale_down_rate": 20, "target_in_flight_tokens": 4000,
        "warm": {"days": "mon-fri", "hours": "08:00-18:00", "timezone": "Europe/Berlin", "min_replica": 2},
        "schedules": {
            "night": {
                "hours": "22:00-06:00", "max_replica": 2, "scale_down_delay": 60, "autoscaling_window": 120,
                "concurrency_target": 16, "target_utilization_percentage": 80, "max_scale_down_rate": 50,
            },
            "batch": {"days": "sat", "hours": "08:00-18:00", "minutes": "5-20", "max_replica": 8},
            "sale": {"start": "2030-12-01T09:00", "end": "2030-12-01T12:00", "max_replica": 9},
        },
    },
    "environments": {
        "staging": {
            "autoscaling": {
                "schedules": {
                    "lunch": {"hours": "12:00-13:00", "timezone": "Europe/Berlin", "min_replica": 1},
                    "tea": {"hours": "16:00-17:00", "min_replica": 1},
                }
            }
        }
    },
}  # fmt: skip
WORDS = "autoscaling_schedules.schedules"
CHANGES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    ("", {"autoscaling_settings": {"max_scale_down_rate": 35, "target_in_flight_tokens": 8000}}, {
        "autoscaling.max_scale_down_rate": "20 → 35", "autoscaling.target_in_flight_tokens": "4000 → 8000",
    }),
    ("warm", {
        "weekdays": ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY"], "start_hour": 7,
        "autoscaling_settings": {"min_replica": 3, "max_replica": 5},
    }, {
        f"{WORDS}.warm.days": "mon-fri → mon-thu", f"{WORDS}.warm.hours": "08:00-18:00 → 07:00-18:00",
        f"{WORDS}.warm.min_replica": "2 → 3", f"{WORDS}.warm.max_replica": "4 → 5",
    }),
    ("night", {
        "end_hour": 5,
        "autoscaling_settings": {
            "max_replica": 3, "scale_down_delay": 90, "autoscaling_window": 180, "concurrency_target": 8,
            "target_utilization_percentage": 75, "max_scale_down_rate": 40, "target_in_flight_tokens": 2000,
        },
    }, {
        f"{WORDS}.night.hours": "22:00-06:00 → 22:00-05:00", f"{WORDS}.night.max_replica": "2 → 3",
        f"{WORDS}.night.scale_down_delay": "60 → 90", f"{WORDS}.night.autoscaling_window": "120 → 180",
        f"{WORDS}.night.concurrency_target": "16 → 8", f"{WORDS}.night.target_utilization_percentage": "80 → 75",
        f"{WORDS}.night.max_scale_down_rate": "50 → 40", f"{WORDS}.night.target_in_flight_tokens": "→ 2000",
    }),
    ("batch", {"end_minute": 25, "enabled": False}, {
        f"{WORDS}.batch.minutes": "5-20 → 5-25", f"{WORDS}.batch.enabled": "→ false",
    }),
    ("sale", {"start_at": "2030-12-01T08:00:00+01:00", "end_at": "2030-12-01T13:00:00+01:00"}, {
        f"{WORDS}.sale.start": "2030-12-01T09:00 → 2030-12-01T08:00",
        f"{WORDS}.sale.end": "2030-12-01T12:00 → 2030-12-01T13:00",
    }),
]  # fmt: skip
"""In production: which schedule, what is changed of it, and what a refresh says of each field."""


class Somebody:
    """Somebody else, who scales our model by hand."""

    def __init__(self, emulator: Emulator, environment: str = "production") -> None:
        self._emulator, self._environment = emulator, environment

    def does(self, deed: str, schedule: str = "", **change: Any) -> None:
        where = {"model": MODEL, "environment": self._environment}
        self._emulator.admin(
            "POST", "deeds", {"deed": deed, **where, "schedule": schedule, "change": change}
        )


def scaling(
    emulator: Emulator, environment: str = "production", model: str = MODEL
) -> dict[str, Any]:
    """How an environment scales, its schedules by name."""
    found = emulator.rest(f"/v1/models/{emulator.models()[model]}/environments/{environment}")
    schedules = found["autoscaling_schedules"]
    return {
        **found["autoscaling_settings"],
        "timezone": schedules.get("timezone"),
        "schedules": {it["name"]: {**it, "id": None} for it in schedules["schedules"]},
    }


def refreshed(stack: Stack) -> str:
    command = ("refresh", "--yes", "--skip-preview", "--diff", "--suppress-outputs")
    return stack.pulumi(*command, "--stack", stack.name).check().text


@pytest.mark.pair
def test_what_others_change_of_scaling_is_named_by_field_and_repaired(
    stack: Stack, emulator: Emulator
) -> None:
    stack.configure({MODEL: SCALED, "gem": GATED})
    stack.up().check()
    before = scaling(emulator), scaling(emulator, "staging")
    assert "drifted" not in refreshed(stack)

    others, in_staging = Somebody(emulator), Somebody(emulator, "staging")
    told: dict[str, dict[str, str]] = {"production": {}, "staging": {}}
    for schedule, change, texts in CHANGES:
        others.does("change_schedule" if schedule else "change_settings", schedule, **change)
        told["production"] |= texts
    in_staging.does("remove_schedule", "lunch")
    theirs = {**before[1]["schedules"]["tea"], "name": "theirs", "start_hour": 3, "end_hour": 4}
    in_staging.does("change_schedule", "theirs", **theirs)
    in_staging.does("change_settings", autoscaling_schedule_settings={"timezone": "UTC"})
    in_staging.does("route_traffic", percent_traffic=25)
    told["staging"] = {
        f"{WORDS}.lunch": "→ (none)",
        f"{WORDS}.theirs": "(none) →",
        "autoscaling_schedules.timezone": "Europe/Berlin → UTC",
    }

    text = refreshed(stack)
    lines = text.splitlines()
    for environment, texts in told.items():
        for field, what in texts.items():
            start = f"environment '{environment}' of model '{MODEL}' drifted: {field} "
            assert any(start in line and what in line for line in lines), f"{start}{what}\n{text}"
    assert sum(map(len, told.values())) >= 18
    assert "25 % of the requests are copied" in text

    stack.up().check()
    assert (scaling(emulator), scaling(emulator, "staging")) == before
    again = refreshed(stack)
    assert "drifted" not in again, again
    assert "25 % of the requests are copied" in again
    assert emulator.pushes() == 0


ALL: dict[str, dict[str, Any]] = {
    "autoscaling_settings": {
        "min_replica": 1, "max_replica": 7, "autoscaling_window": 42, "scale_down_delay": 77,
        "concurrency_target": 11, "target_utilization_percentage": 55, "max_scale_down_rate": 20,
        "target_in_flight_tokens": 4000,
    },
    "promotion_settings": {"promotion_cleanup_strategy": "KEEP", "rolling_deploy": False},
    "request_backpressure_settings": {"policy": "REJECT_ON_FULL"},
}  # fmt: skip
OVERRIDES = {
    "min_replica": 2, "max_replica": 9, "autoscaling_window": 60, "scale_down_delay": None,
    "concurrency_target": None, "target_utilization_percentage": None, "target_in_flight_tokens": 9000,
    "max_scale_down_rate": 10,
}  # fmt: skip


def by_hand(name: str, cadence: str, **when: Any) -> dict[str, Any]:
    every = {"name": name, "enabled": True, "cadence": cadence, "autoscaling_settings": OVERRIDES}
    clock = {"start_minute": 0, "end_minute": 0, "weekdays": ["SATURDAY", "SUNDAY"]}
    return {**every, **({} if cadence == "ONE_TIME" else clock), **when}


BY_HAND = [
    by_hand("Weekend, früh", "DAILY", start_hour=8, end_hour=10, start_minute=15),
    by_hand("nightly", "DAILY", start_hour=22, end_hour=6),
    by_hand("each hour", "HOURLY", end_minute=10, weekdays=["FRIDAY"]),
    by_hand("office hours", "HOURLY", start_hour=9, end_hour=17, end_minute=30, weekdays=["TUESDAY"]),
    by_hand("off", "DAILY", start_hour=8, end_hour=10, enabled=False),
    by_hand("sale", "ONE_TIME", start_at="2030-12-04T09:00:00Z", end_at="2030-12-05T09:00:00Z"),
]  # fmt: skip


def test_an_environment_with_every_setting_is_adopted_and_nothing_changes(
    stack: Stack, emulator: Emulator
) -> None:
    pushed(emulator, "search", EMBEDDING)
    production = f"/v1/models/{emulator.models()['search']}/environments/production"
    collection = {"timezone": "America/New_York", "schedules": BY_HAND}
    emulator.rest(production, "PATCH", {**ALL, "autoscaling_schedule_settings": collection})
    rule = {"deed": "route_traffic", "model": "search", "change": {"percent_traffic": 5}}
    emulator.admin("POST", "deeds", rule)
    before = scaling(emulator, model="search")
    emulator.forget_calls()

    told = adopt(stack, "--all").check().text
    assert "traffic_routing: 5 % of the requests are copied" in told
    assert "autoscaling" not in told
    path = stack.folder / f"Pulumi.{stack.name}.yaml"
    entry = yaml.safe_load(path.read_text())["config"]["baseten-tei:models"]["search"]
    assert entry["autoscaling"].items() >= ALL["autoscaling_settings"].items()
    assert list(entry["autoscaling"]["schedules"]) == [it["name"] for it in BY_HAND]
    assert stack.planned() == []
    stack.up().check()
    assert changing(emulator) == []
    assert scaling(emulator, model="search") == before
    again = refreshed(stack)
    assert "drifted" not in again, again
