"""An environment's autoscaling schedules: created, changed, removed, drifted, refused, on a Baseten of plain data."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from baseten_tei.baseten.api import ApiError
from baseten_tei.baseten.api.api_errors import answer_error
from baseten_tei.baseten.versions import Serving
from baseten_tei.deployment.schedules.baseten_schedules import RemoteSchedules, schedule_changes
from baseten_tei.deployment.schedules.schedule_words import read_words
from baseten_tei.errors import UserError
from baseten_tei.provider.protocol.resource import UNKNOWN, PartlyDoneError
from baseten_tei.provider.release.scheduling import naming_early_settings
from baseten_tei.provider.resources.environment import EnvironmentResource
from tests.support.fakes import AUTOSCALING, FakeApi, version

DASH = "\N{EN DASH}"
NOW = datetime(2026, 11, 30, 14, 0, tzinfo=UTC)
DAY = {"days": "mon-fri", "hours": "08:00-18:00", "min_replica": 2, "max_replica": 4}
NIGHT = {"days": "every day", "hours": "22:00-06:00", "min_replica": 0, "max_replica": 1}
SALE = {"start": "2026-12-24T08:00", "end": "2026-12-24T20:00", "min_replica": 4, "max_replica": 9}
INPUTS: dict[str, Any] = {
    "model": "bge", "environment": "production", "project": "proj", "stack": "dev", "digest": "new",
    "autoscaling": AUTOSCALING,
}  # fmt: skip
RELEASED = {
    "model_id": "m1", "deployment_id": "d1", "serving_digest": "new", "instance_type": "",
    "kept_deployment_ids": [], "drift": {},
}  # fmt: skip
NOT_ENABLED = answer_error(403, '{"message": "Autoscaling schedules are not enabled"}')


class Releases:
    """Releases at once."""

    def release(self, inputs: dict[str, Any], state: dict[str, Any]) -> dict[str, Any]:
        del inputs, state
        return dict(RELEASED)


def inputs(zone: str = "Europe/Berlin", **schedules: dict[str, Any]) -> dict[str, Any]:
    return {**INPUTS, "autoscaling_schedules": {"timezone": zone, "schedules": schedules}}


def state(**schedules: dict[str, Any]) -> dict[str, Any]:
    return {**inputs(**schedules), **RELEASED}


class World:
    """One environment that serves, and what the resource warns of."""

    def __init__(self) -> None:
        serving = Serving("production", version("d1"), dict(AUTOSCALING))
        self.api = FakeApi(deployments={"d1": version("d1")}, environments={"production": serving})
        self.warnings: list[str] = []
        self.notes: list[str] = []
        self.resource = EnvironmentResource(
            self.api,  # type: ignore[arg-type] # a duck
            Releases(),  # type: ignore[arg-type] # a duck
            self.warnings.append,
            now=lambda: NOW,
            note=self.notes.append,
        )

    @property
    def there(self) -> RemoteSchedules:
        return self.api.served["production"].schedules

    @property
    def names(self) -> list[str]:
        return [str(it["name"]) for it in self.there.schedules]

    def by_hand(self, **more: Any) -> None:
        """What somebody changes on Baseten's page."""
        served = self.api.served["production"]
        self.api.served["production"] = replace(served, schedules=replace(self.there, **more))

    def drift(self, known: dict[str, Any]) -> list[str]:
        self.warnings.clear()
        live = self.resource.read("bge/production", known_inputs(known), known)
        prefix = "environment 'production' of model 'bge' drifted: autoscaling_schedules."
        assert all(line.startswith(prefix) for line in self.warnings), self.warnings
        self.live = live
        return [line.removeprefix(prefix) for line in self.warnings]


def known_inputs(known: dict[str, Any]) -> dict[str, Any]:
    return {key: it for key, it in known.items() if key not in RELEASED}


@pytest.fixture
def world() -> World:
    return World()


def test_a_release_creates_schedules_after_what_serves(world: World) -> None:
    _, outputs = world.resource.create(inputs(day=DAY))
    assert outputs["autoscaling_schedules"]["schedules"] == {"day": DAY}
    assert world.names == ["day"]
    assert world.resource.diff(outputs, inputs(day=DAY)).paths == ()


def test_a_change_is_one_call_and_no_release(world: World) -> None:
    world.resource.create(inputs(day=DAY, night=NIGHT))
    world.api.calls.clear()
    later = inputs(day={**DAY, "hours": "07:00-18:00"})
    assert world.resource.diff(state(day=DAY, night=NIGHT), later).paths == (
        "autoscaling_schedules.schedules.day.hours",
        "autoscaling_schedules.schedules.night",
    )
    world.resource.update("bge/production", state(day=DAY, night=NIGHT), later)
    ((call, _, _, request),) = world.api.calls
    assert call == "change_schedules"
    assert [it["id"] for it in request["schedules"]] == ["sch-day"]
    assert request["delete_schedules"] == ["sch-night"]


def test_schedules_that_a_spec_no_longer_has_go_and_those_made_by_hand_stay(world: World) -> None:
    world.resource.create(inputs(day=DAY))
    own = {**world.there.schedules[0], "id": "sch-hand", "name": "by hand", "weekdays": ["SUNDAY"]}
    world.by_hand(schedules=(*world.there.schedules, own))
    assert world.resource.diff(state(day=DAY), INPUTS).paths == ("autoscaling_schedules",)
    outputs = world.resource.update("bge/production", state(day=DAY), INPUTS)
    assert "autoscaling_schedules" not in outputs
    assert world.names == ["by hand"]
    assert world.resource.diff(outputs, INPUTS).paths == ()


def test_a_spec_without_schedules_touches_none(world: World) -> None:
    world.resource.create(inputs(day=DAY))
    world.api.calls.clear()
    before = {**INPUTS, **RELEASED}
    assert world.resource.diff(before, INPUTS).paths == ()
    assert world.drift(before) == []
    world.resource.update("bge/production", before, {**INPUTS, "autoscaling": {"max_replica": 2}})
    assert [call[0] for call in world.api.calls] == ["update_environment"]
    assert world.names == ["day"]


def test_an_empty_word_deletes_them_all(world: World) -> None:
    world.resource.create(inputs(day=DAY))
    none = {**INPUTS, "autoscaling_schedules": {"schedules": {}}}
    world.resource.update("bge/production", {**INPUTS, **RELEASED}, none)
    assert (world.names, world.there.timezone) == ([], None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"start_hour": 9}, ["schedules.day.hours 08:00-18:00 → 09:00-18:00"]),
        ({"end_minute": 30}, ["schedules.day.hours 08:00-18:00 → 08:00-18:30"]),
        ({"weekdays": ["SATURDAY"]}, ["schedules.day.days mon-fri → sat"]),
        ({"enabled": False}, ["schedules.day.enabled (none) → false"]),
        ({"autoscaling_settings": {"min_replica": 2, "max_replica": 7}}, ["schedules.day.max_replica 4 → 7"]),
        (
            {"autoscaling_settings": {"min_replica": 2, "max_replica": 4, "scale_down_delay": 60}},
            ["schedules.day.scale_down_delay (none) → 60"],
        ),
        (
            {"cadence": "HOURLY", "start_hour": None, "end_hour": None, "end_minute": 15},
            ["schedules.day.hours 08:00-18:00 → (none)", "schedules.day.minutes (none) → 0-15"],
        ),
        (
            {"cadence": "MONTHLY"},
            ["schedules.day Mon~Fri 08~18 Berlin: 2 to 4 replicas → of a kind that this release of baseten-tei "
             "does not know"],
        ),
    ],
)  # fmt: skip
def test_a_field_that_somebody_changed_is_named_and_repaired(
    world: World, change: dict[str, Any], said: list[str]
) -> None:
    world.resource.create(inputs(day=DAY))
    world.by_hand(schedules=({**world.there.schedules[0], **change},))
    assert world.drift(state(day=DAY)) == [line.replace("~", "\N{EN DASH}") for line in said]
    assert world.resource.diff(world.live.state, inputs(day=DAY)).paths
    world.resource.update("bge/production", world.live.state, inputs(day=DAY))
    assert world.drift(state(day=DAY)) == []


def test_a_schedule_that_came_went_or_was_renamed_and_another_clock_are_named(
    world: World,
) -> None:
    world.resource.create(inputs(day=DAY, night=NIGHT))
    day, night = world.there.schedules
    world.by_hand(schedules=(day, {**night, "name": "late"}), timezone="Asia/Tokyo")
    texts = [
        "timezone Europe/Berlin → Asia/Tokyo",
        "schedules.night every day 22~06 Berlin: 0 to 1 replicas → (none)",
        "schedules.late (none) → every day 22~06 Tokyo: 0 to 1 replicas",
    ]
    assert world.drift(state(day=DAY, night=NIGHT)) == [
        line.replace("~", "\N{EN DASH}") for line in texts
    ]
    wanted = inputs(day=DAY, night=NIGHT)
    world.resource.update("bge/production", world.live.state, wanted)
    assert (world.names, world.there.timezone) == (["day", "night"], "Europe/Berlin")


def test_other_words_for_the_same_window_are_no_drift(world: World) -> None:
    same = {**DAY, "days": "Monday-Friday", "hours": "8-18", "enabled": True}
    world.resource.create(inputs(day=same))
    assert world.drift(state(day=same)) == []
    assert world.live.state["autoscaling_schedules"]["schedules"]["day"] == same


def test_a_window_that_is_over_is_not_missed_and_one_to_come_is(world: World) -> None:
    over = {**SALE, "start": "2026-11-01T08:00", "end": "2026-11-02T08:00"}
    world.resource.create(inputs(over=over, day=DAY))
    assert world.names == ["day"]
    assert world.drift(state(over=over, day=DAY)) == []
    (line,) = world.drift(state(sale=SALE, day=DAY))
    assert line.startswith("schedules.sale 24 Dec 2026")


def test_what_somebody_changed_about_a_window_that_is_over_is_left_alone(world: World) -> None:
    """Nothing could repair it: Baseten takes no window that is over."""
    over = {**SALE, "start": "2026-11-01T08:00", "end": "2026-11-02T08:00"}
    request = schedule_changes(
        read_words(inputs(over=over)["autoscaling_schedules"]),
        RemoteSchedules(),
        NOW.replace(month=1),
    )
    world.by_hand(timezone="Asia/Tokyo", schedules=({**request["schedules"][0], "id": "1"},))
    assert world.drift(state(over=over)) == ["timezone Europe/Berlin → Asia/Tokyo"]
    world.resource.update("bge/production", world.live.state, inputs(over=over))
    assert world.drift(state(over=over)) == []


def test_a_preview_says_what_is_too_late_and_when_clocks_change(world: World) -> None:
    over = {**SALE, "start": "2026-11-30T10:00", "end": "2026-12-02T08:00"}
    night = {**NIGHT, "hours": "02:30-05:00"}
    world.resource.explain(inputs(over=over, night=night), None)
    late, *clocks = world.warnings
    assert "schedule 'over' (30 Nov 2026 10:00 to 2 Dec 2026 08:00 Berlin: 4 to 9 replicas)" in late
    assert late.endswith("so it is not created: remove it, or write a later start")
    assert [line.partition(": schedule")[2][:30] for line in clocks] == [
        " 'night' on 2027-03-28 in Euro", " 'night' on 2027-10-31 in Euro",
    ]  # fmt: skip
    world.warnings.clear()
    world.resource.explain(inputs(over=over, night=night), state(over=over, night=night))
    assert world.warnings == []


def test_a_preview_shows_each_schedule_as_a_sentence_before_and_after(world: World) -> None:
    place = "model 'bge': environment 'production': schedule "
    day = f"Mon{DASH}Fri 08{DASH}18 Berlin: 2 to 4 replicas"
    world.resource.explain(inputs(day=DAY), None)
    assert world.notes == [f"{place}day: {day}"]
    world.notes.clear()
    world.resource.explain(inputs(day={**DAY, "max_replica": 5}, night=NIGHT), state(day=DAY))
    assert world.notes == [
        f"{place}day: {day} → {day.replace('to 4', 'to 5')}",
        f"{place}night: (none) → every day 22{DASH}06 Berlin: 0 to 1 replicas",
    ]
    world.notes.clear()
    world.resource.explain({**INPUTS, "digest": "newer"}, state(day=DAY))
    assert world.notes == [f"{place}day: {day} → (none)"]
    world.notes.clear()
    world.resource.explain({**inputs(day=DAY), "digest": "newer"}, state(day=DAY))
    assert world.notes == []


def test_a_plan_alone_says_nothing(world: World) -> None:
    """A check plans, too, for the id, and so does an `up` of what a preview has told already."""
    world.resource.plan(inputs(night={**NIGHT, "hours": "02:30-05:00"}), None)
    assert (world.notes, world.warnings) == ([], [])


@pytest.mark.parametrize("unknown", [UNKNOWN, {"timezone": "UTC", "schedules": {"a": UNKNOWN}}])
def test_a_preview_that_does_not_know_them_yet_says_nothing(world: World, unknown: Any) -> None:
    world.resource.explain({**INPUTS, "autoscaling_schedules": unknown}, None)
    assert world.warnings == []


def test_an_organization_without_schedules_keeps_all_else_and_the_next_up_tries_again(
    world: World,
) -> None:
    world.api.schedules_refused = NOT_ENABLED
    with pytest.raises(PartlyDoneError) as caught:
        world.resource.create(inputs(day=DAY))
    (line,) = caught.value.problems
    assert line == (
        "model 'bge': environment 'production': Baseten refuses its schedules day (403: Autoscaling schedules are not "
        "enabled): if your organization does not have them (schedules are in beta), ask support@baseten.co for it and "
        "run `pulumi up`, or leave them out; all else is in place, and it scales by autoscaling at every hour "
        "(0 to 1 replicas)"
    )
    kept = caught.value.state
    assert (kept["deployment_id"], "autoscaling_schedules" in kept) == ("d1", False)
    assert world.resource.diff(kept, inputs(day=DAY)).paths == ("autoscaling_schedules",)
    world.api.schedules_refused = None
    world.resource.update("bge/production", kept, inputs(day=DAY))
    assert world.names == ["day"]


def test_a_setting_of_a_schedule_that_is_refused_is_named(world: World) -> None:
    world.api.schedules_refused = answer_error(
        400, '{"error": "target_in_flight_tokens: unknown field"}'
    )
    with pytest.raises(PartlyDoneError, match="refuses target_in_flight_tokens of its schedules"):
        world.resource.create(inputs(day={**DAY, "target_in_flight_tokens": 9}))


def test_a_baseten_that_is_down_is_not_a_refusal(world: World) -> None:
    world.api.schedules_refused = answer_error(503, "")
    with pytest.raises(PartlyDoneError, match="the fault is on Baseten's side"):
        world.resource.create(inputs(day=DAY))


@pytest.mark.parametrize(
    ("autoscaling", "error", "said"),
    [
        ({"target_in_flight_tokens": 9}, answer_error(403, "early access only"), "autoscaling.target_in_flight_tokens"),
        ({"target_in_flight_tokens": 9, "max_scale_down_rate": 20},
         answer_error(400, "max_scale_down_rate: extra fields not permitted"), "autoscaling.max_scale_down_rate"),
    ],
)  # fmt: skip
def test_a_setting_that_an_organization_does_not_have_is_named(
    autoscaling: dict[str, Any], error: ApiError, said: str
) -> None:
    with (
        pytest.raises(UserError, match=f"refuses {said} ") as caught,
        naming_early_settings({**INPUTS, "autoscaling": {**AUTOSCALING, **autoscaling}}),
    ):
        raise error
    assert "what served before serves on" in str(caught.value)


@pytest.mark.parametrize(
    ("autoscaling", "error"),
    [
        ({}, answer_error(403, "no")),
        ({"max_scale_down_rate": 20}, answer_error(400, "no such thing")),
    ],
)
def test_any_other_refusal_is_as_baseten_says_it(
    autoscaling: dict[str, Any], error: ApiError
) -> None:
    with (
        pytest.raises(ApiError) as caught,
        naming_early_settings({**INPUTS, "autoscaling": autoscaling}),
    ):
        raise error
    assert caught.value is error


def test_an_import_carries_them_and_changes_nothing(world: World) -> None:
    world.resource.create(inputs(day=DAY, sale=SALE))
    served = world.api.served["production"]
    world.api.served["production"] = replace(
        served,
        autoscaling={**served.autoscaling, "max_scale_down_rate": 50, "target_in_flight_tokens": 9},
    )
    live = world.resource.read("bge/production", {}, {})
    assert (
        live.inputs["autoscaling_schedules"] == inputs(day=DAY, sale=SALE)["autoscaling_schedules"]
    )
    assert live.inputs["autoscaling"] == {**AUTOSCALING, "target_in_flight_tokens": 9}
    wanted = {
        **inputs(day=DAY, sale=SALE),
        "autoscaling": {**AUTOSCALING, "target_in_flight_tokens": 9},
    }
    assert world.resource.diff(live.state, wanted).paths == ()
