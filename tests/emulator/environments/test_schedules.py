"""Autoscaling schedules: what an update does to them, and the settings and replicas that hold at an hour."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from baseten_emulator.world.records import Environment
from baseten_emulator.world.store import Store
from tests.support.control_client import Baseten, ManualClock, in_process, new_world

NULLS = dict.fromkeys(
    ("autoscaling_window", "scale_down_delay", "concurrency_target",
     "target_utilization_percentage", "target_in_flight_tokens", "max_scale_down_rate")
)  # fmt: skip
WORKDAYS = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY"]
EVERY_DAY = [*WORKDAYS, "SATURDAY", "SUNDAY"]
BERLIN = "Europe/Berlin"


def settings(least: int, most: int, **more: Any) -> dict[str, Any]:
    return {**NULLS, "min_replica": least, "max_replica": most, **more}


def daily(name: str, start: int, end: int, least: int = 2, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "enabled": True, "cadence": "DAILY", "weekdays": WORKDAYS, "start_hour": start,
        "start_minute": 0, "end_hour": end, "end_minute": 0,
        "autoscaling_settings": settings(least, 6), **more,
    }  # fmt: skip


def once(name: str, start: str, end: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name, "enabled": True, "cadence": "ONE_TIME", "start_at": start, "end_at": end,
        "autoscaling_settings": settings(5, 6), **more,
    }  # fmt: skip


def path(model_id: str) -> str:
    return f"/v1/models/{model_id}/environments/production"


def update(baseten: Baseten, model_id: str, **collection: Any) -> Any:
    answer = baseten.patch(path(model_id), autoscaling_schedule_settings=collection)
    return answer["environment"]["autoscaling_schedules"]


def at(moment: datetime) -> Baseten:
    """An empty Baseten whose clock stands at a moment."""
    world = new_world(clock=ManualClock(moment.timestamp()).now)
    return Baseten(world, in_process(world))


def hours_of(start: datetime, count: int) -> Iterator[datetime]:
    """Each half past an hour, in real time."""
    begin = start.astimezone(UTC)
    yield from (begin + timedelta(hours=hour, minutes=30) for hour in range(count))


def wanted_replicas(local: datetime) -> int:
    """Work hours, the small hours of Sunday, a sale on Saturday noon; else what the environment says."""
    day, hour = local.weekday(), local.hour
    if (day == 4 and hour >= 22) or (day == 5 and hour < 2):
        return 3
    if day == 5 and 11 <= hour < 13:
        return 5
    return 4 if day < 5 and 8 <= hour < 18 else 1


def test_a_week_scales_as_its_schedules_say_summer_time_included() -> None:
    zone = ZoneInfo(BERLIN)
    monday = datetime(2027, 3, 22, tzinfo=zone)  # summer time begins on the Sunday
    baseten = at(monday - timedelta(minutes=30))
    model_id, _ = baseten.deployed()
    quick = {"min_replica": 1, "max_replica": 2, "scale_down_delay": 0}
    baseten.patch(path(model_id), autoscaling_settings=quick)
    update(
        baseten, model_id, timezone=BERLIN,
        schedules=[
            daily("work", 8, 18, 4),
            daily("friday night", 22, 2, 3, weekdays=["FRIDAY"]),
            once("sale", "2027-03-27T10:00:00Z", "2027-03-27T13:00:00+01:00"),
            daily("off", 0, 0, 6, enabled=False, weekdays=EVERY_DAY),
        ],
    )  # fmt: skip
    shown = {}
    for moment in hours_of(monday, 8 * 24):
        baseten.advance(moment.timestamp() - baseten.world.now())
        shown[moment.astimezone(zone)] = baseten.environment(model_id)["current_deployment"]
    assert {hour: it["active_replica_count"] for hour, it in shown.items()} == {
        hour: wanted_replicas(hour) for hour in shown
    }
    assert {it["autoscaling_settings"]["max_replica"] for it in shown.values()} == {2, 6}
    assert sum(it["active_replica_count"] == 4 for it in shown.values()) == 60


def test_a_week_is_billed_as_it_was_scaled() -> None:
    monday = datetime(2027, 3, 1, tzinfo=UTC)
    baseten = at(monday - timedelta(minutes=1))
    ids = baseten.deployed()
    quick = {"min_replica": 1, "max_replica": 2, "scale_down_delay": 0}
    baseten.patch(path(ids[0]), autoscaling_settings=quick)
    update(baseten, ids[0], timezone="UTC", schedules=[daily("work", 8, 18, 4)])
    for _ in range(8):
        baseten.advance(86_400)
    days = baseten.get(
        "/v1/billing/usage_summary?start_date=2027-03-01T00:00:00Z&end_date=2027-03-08T00:00:00Z"
    )["dedicated_usage"]["breakdown"][0]["daily"]
    work = 24 * 60 + 10 * 60 * 3 + 1  # of four replicas two go at six, the third a minute later
    assert [it["minutes"] for it in days] == [*[work] * 5, 24 * 60, 24 * 60]


def test_an_hourly_window_is_minutes_of_each_hour_it_may_run_in() -> None:
    midnight = datetime(2027, 3, 1, tzinfo=UTC)
    baseten = at(midnight)
    model_id, _ = baseten.deployed()
    quick = {"min_replica": 1, "max_replica": 2, "scale_down_delay": 0, "autoscaling_window": 10}
    baseten.patch(path(model_id), autoscaling_settings=quick)
    hourly = daily("batch", 9, 11, 2, cadence="HOURLY", start_minute=50, end_minute=5)
    update(baseten, model_id, timezone="UTC", schedules=[hourly])
    warm = []
    for minute in range(5, 12 * 60, 5):
        baseten.advance(midnight.timestamp() + minute * 60 + 30 - baseten.world.now())
        state = baseten.environment(model_id)
        applied = state["autoscaling_schedules"]["applied_state"]
        if state["current_deployment"]["active_replica_count"] == 2:
            warm.append(f"{minute // 60}:{minute % 60:02}")
        assert (applied["schedule_id"] is not None) == (
            applied["autoscaling_settings"]["min_replica"] == 2
        )
    assert warm == ["9:50", "9:55", "10:00", "10:50", "10:55", "11:00"]


def test_after_a_window_replicas_go_slowly_and_a_cold_environment_sleeps_again() -> None:
    baseten = at(datetime(2027, 3, 1, 17, tzinfo=UTC))
    ids = baseten.deployed()
    slow = {"min_replica": 0, "max_replica": 2, "scale_down_delay": 120,
            "autoscaling_window": 60, "max_scale_down_rate": 20}  # fmt: skip
    baseten.patch(path(ids[0]), autoscaling_settings=slow)
    many = daily("peak", 8, 18, autoscaling_settings=settings(10, 10))
    update(baseten, ids[0], timezone="UTC", schedules=[many])
    baseten.advance(datetime(2027, 3, 1, 18, tzinfo=UTC).timestamp() - baseten.world.now())
    counts = []
    for _ in range(13):
        counts.append(baseten.deployment(ids)["active_replica_count"])
        baseten.advance(60)
    assert counts == [10, 10, 8, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0]
    assert baseten.status(ids) == "SCALED_TO_ZERO"
    baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {})
    baseten.advance(2)
    shown = baseten.deployment(ids)
    assert (shown["status"], shown["active_replica_count"]) == ("ACTIVE", 1)
    baseten.advance(14 * 3600)
    assert baseten.deployment(ids)["active_replica_count"] == 10


def test_a_schedule_is_created_replaced_by_its_id_and_deleted(baseten: Baseten) -> None:
    model_id, _ = baseten.deployed()
    first = update(
        baseten, model_id, timezone=BERLIN, schedules=[daily("a", 8, 10), daily("b", 10, 12)]
    )
    assert first["timezone"] == BERLIN
    a, b = (schedule["id"] for schedule in first["schedules"])
    changed = {**daily("renamed", 9, 10, 3), "id": a}
    second = update(baseten, model_id, schedules=[changed])
    assert [it["name"] for it in second["schedules"]] == ["renamed", "b"]
    assert second["schedules"][0] == changed
    same = baseten.patch(path(model_id), autoscaling_schedule_settings={"schedules": [changed]})
    assert same["status"] == "UNCHANGED"
    swapped = update(baseten, model_id, schedules=[daily("b", 10, 12)], delete_schedules=[b])
    assert [it["name"] for it in swapped["schedules"]] == ["renamed", "b"]
    assert update(baseten, model_id, timezone="UTC")["timezone"] == "UTC"
    everything = [it["id"] for it in swapped["schedules"]]
    assert update(baseten, model_id, timezone=None, delete_schedules=everything)["schedules"] == []
    assert "timezone" not in baseten.environment(model_id)["autoscaling_schedules"]


SOON, LATER = "2027-02-01T08:00:00Z", "2027-02-01T09:00:00Z"


TOO_QUICK = settings(1, 2, max_scale_down_rate=51)


@pytest.mark.parametrize(
    ("collection", "said"),
    [
        ({"schedules": [daily("a", 8, 10)]}, "timezone: field required"),
        ({"timezone": "Mars/Base", "schedules": [daily("a", 8, 10)]}, "not an IANA time zone"),
        ({"timezone": "../etc", "schedules": [daily("a", 8, 10)]}, "not an IANA time zone"),
        ({"timezone": "UTC"}, "no schedule it could be for"),
        ({"zone": "UTC"}, "extra fields not permitted"),
        ({"delete_schedules": ["x"]}, "there is no schedule 'x'"),
        ({"delete_schedules": [{}]}, "there is no schedule {}"),
        ({"timezone": "UTC", "schedules": 5}, "schedules: 5 has the wrong type"),
        ({"timezone": "UTC", "schedules": [{**daily("a", 8, 10), "id": "x"}]}, "no schedule 'x'"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10), daily("a", 12, 13)]}, "two schedules"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10), daily("b", 9, 11)]}, '"a" and "b" overlap'),
        ({"timezone": "UTC", "schedules": [daily("a", 22, 9), daily("b", 8, 10)]}, "overlap"),
        ({"timezone": "UTC", "schedules": [daily("a", 7, 9), once("b", SOON, LATER)]}, "overlap"),
        ({"timezone": "UTC", "schedules": [once("a", SOON, LATER), once("b", SOON, LATER)]}, "overlap"),
        ({"timezone": "UTC", "schedules": [once("a", "2027-01-01T08:00:00Z", LATER)]}, "in the future"),
        ({"timezone": "UTC", "schedules": [once("a", LATER, SOON)]}, "end_at must be after"),
        ({"timezone": "UTC", "schedules": [once("a", "2027-02-01T08:00:00", LATER)]}, "with an offset"),
        ({"timezone": "UTC", "schedules": [once("a", SOON, "9999-01-01T00:00:00Z")]}, "years until"),
        ({"timezone": "UTC", "schedules": [once("a", SOON, LATER, weekdays=[])]}, "weekdays: extra"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 24)]}, "end_hour"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10, weekdays=["MON"])]}, "weekdays must be"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10, start_hour=None)]}, "needs start_hour"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10, cadence="YEARLY")]}, "cadence must be"),
        ({"timezone": "UTC", "schedules": [daily("a", 8, 10, every="h")]}, "every: extra fields"),
        ({"timezone": "UTC", "schedules": ["a"]}, "'a' is not a schedule"),
        (
            {"timezone": "UTC", "schedules": [daily("a", 8, 10, autoscaling_settings={"min_replica": 1})]},
            "max_replica: field required",
        ),
        (
            {"timezone": "UTC", "schedules": [daily("a", 8, 10, autoscaling_settings=settings(3, 2))]},
            "min_replica (3) must not exceed",
        ),
        (
            {"timezone": "UTC", "schedules": [daily("a", 8, 10, autoscaling_settings=TOO_QUICK)]},
            "max_scale_down_rate must be between 1 and 50",
        ),
        (
            {"timezone": "UTC", "schedules": [daily(str(n), n, n + 1) for n in range(21)]},
            "must be between 0 and 20",
        ),
    ],
)  # fmt: skip
def test_a_collection_that_is_not_understood_is_refused(
    local: Baseten, collection: dict[str, Any], said: str
) -> None:
    model_id, _ = local.deployed()
    answer = local.call("PATCH", path(model_id), {"autoscaling_schedule_settings": collection})
    assert (answer.status, said in answer.json["message"]) == (400, True), answer.json
    assert local.environment(model_id)["autoscaling_schedules"]["schedules"] == []


def test_windows_that_touch_or_are_off_do_not_overlap(local: Baseten) -> None:
    model_id, _ = local.deployed()
    kept = [daily("a", 22, 8), daily("b", 8, 22), daily("c", 8, 22, enabled=False)]
    assert len(update(local, model_id, timezone="UTC", schedules=kept)["schedules"]) == 3


def test_a_time_zone_stays_while_there_are_schedules(local: Baseten) -> None:
    model_id, _ = local.deployed()
    update(local, model_id, timezone="UTC", schedules=[daily("a", 8, 10)])
    body = {"autoscaling_schedule_settings": {"timezone": None}}
    assert local.call("PATCH", path(model_id), body).status == 400


def test_a_past_window_can_be_kept_and_not_be_written_again(local: Baseten) -> None:
    model_id, _ = local.deployed()
    kept = update(local, model_id, timezone="UTC", schedules=[once("a", SOON, LATER)])["schedules"]
    local.advance(30 * 86_400)
    body = {"autoscaling_schedule_settings": {"schedules": kept}}
    assert "end_at is past" in local.call("PATCH", path(model_id), body).json["message"]
    assert local.environment(model_id)["autoscaling_schedules"]["schedules"] == kept


def test_schedules_of_a_promotion_and_of_a_push_come_when_it_completes(local: Baseten) -> None:
    model_id, _ = local.deployed()
    _, new = local.deployed()
    wish = {"timezone": "UTC", "schedules": [daily("a", 8, 10)]}
    more = {"environment_settings_update": {"autoscaling_schedule_settings": wish}}
    local.post(path(model_id) + "/promote", deployment_id=new, **more)
    assert local.environment(model_id)["autoscaling_schedules"]["schedules"] == []
    local.advance(10)
    (schedule,) = local.environment(model_id)["autoscaling_schedules"]["schedules"]
    payload = {
        "config": {"model_name": "bge"},
        "environment_name": "production",
        "autoscaling_schedule_settings": {"delete_schedules": [schedule["id"]]},
    }
    local.post(f"/v1/models/{model_id}/deployments", source={"deployment": payload})
    assert len(local.environment(model_id)["autoscaling_schedules"]["schedules"]) == 1


def test_schedules_wait_with_the_other_settings_until_the_deployment_is_ready(
    local: Baseten,
) -> None:
    model_id, _ = local.pushed()
    wish = {"timezone": "UTC", "schedules": [daily("a", 8, 10)]}
    answer = local.patch(path(model_id), autoscaling_schedule_settings=wish)
    assert answer["status"] == "QUEUED"
    local.advance(10)
    assert len(local.environment(model_id)["autoscaling_schedules"]["schedules"]) == 1


@pytest.mark.parametrize(
    ("fault", "change", "said"),
    [
        ("schedules_not_enabled", {"autoscaling_schedule_settings": {}}, "schedules are not enabled"),
        (
            "in_flight_tokens_not_enabled",
            {"autoscaling_settings": {"target_in_flight_tokens": 40_000}},
            "target_in_flight_tokens is not enabled",
        ),
        (
            "in_flight_tokens_not_enabled",
            {"autoscaling_schedule_settings": {"timezone": "UTC", "schedules": [
                daily("a", 8, 10, autoscaling_settings=settings(1, 2, target_in_flight_tokens=9))
            ]}},
            "target_in_flight_tokens is not enabled",
        ),
    ],
)  # fmt: skip
def test_what_an_organization_has_not_is_refused_by_name(
    local: Baseten, fault: str, change: dict[str, Any], said: str
) -> None:
    model_id, _ = local.deployed()
    local.fault(fault, model="bge")
    answer = local.call("PATCH", path(model_id), change)
    assert (answer.status, answer.json["code"]) == (403, "FORBIDDEN")
    assert said in answer.json["message"]
    assert (
        local.patch(path(model_id), autoscaling_settings={"max_replica": 3})["status"] == "ACCEPTED"
    )


def test_a_deployment_of_its_own_meets_the_same_refusal_and_a_push_with_a_region(
    local: Baseten,
) -> None:
    local.fault("in_flight_tokens_not_enabled")
    local.fault("regions_not_enabled")
    model_id, _ = local.deployed()
    _, idle = local.deployed()
    where = f"/v1/models/{model_id}/deployments/{idle}/autoscaling_settings"
    assert local.call("PATCH", where, {"target_in_flight_tokens": 5}).status == 403
    source = {"deployment": {"config": {"model_name": "bge"}, "region": "us"}}
    answer = local.call("POST", f"/v1/models/{model_id}/deployments", {"source": source})
    assert (answer.status, "Regions are not enabled" in answer.json["message"]) == (403, True)


def test_somebody_else_can_change_every_new_setting(local: Baseten) -> None:
    model_id, _ = local.deployed()

    def do(deed: str, schedule: str = "", **change: Any) -> Any:
        body = {"deed": deed, "model": "bge", "schedule": schedule, "change": change}
        local.post("/_emulator/deeds", **body)
        return local.environment(model_id)

    do("change_schedule", **{**daily("peak", 8, 10), "schedule": "peak"}, timezone=BERLIN)
    shown = do("change_schedule", "peak", enabled=False, autoscaling_settings={"max_replica": 9})
    (schedule,) = shown["autoscaling_schedules"]["schedules"]
    assert (schedule["enabled"], schedule["start_hour"]) == (False, 8)
    assert schedule["autoscaling_settings"] == settings(2, 9)
    shown = do("change_settings", autoscaling_schedule_settings={"timezone": "UTC"},
               autoscaling_settings={"max_scale_down_rate": 7, "target_in_flight_tokens": 5})  # fmt: skip
    assert shown["autoscaling_schedules"]["timezone"] == "UTC"
    assert shown["autoscaling_settings"]["max_scale_down_rate"] == 7
    target = [{"model_id": model_id, "environment": "staging"}]
    shown = do("route_traffic", targets=target, percent_traffic=25)
    (rule,) = shown["traffic_routing"]["rules"]
    assert (rule["percent_traffic"], rule["targets"], rule["type"]) == (25, target, "SHADOW")
    assert do("route_traffic")["traffic_routing"] is None
    assert do("remove_schedule", "peak")["autoscaling_schedules"]["schedules"] == []
    gone = {"deed": "remove_schedule", "model": "bge", "schedule": "peak"}
    assert local.call("POST", "/_emulator/deeds", gone).status == 404


def test_the_audit_log_tells_what_became_of_each_schedule(local: Baseten) -> None:
    model_id, _ = local.deployed()
    made = update(
        local, model_id, timezone="UTC", schedules=[daily("a", 8, 10), daily("b", 10, 12)]
    )
    a, b = (it["id"] for it in made["schedules"])
    update(local, model_id, schedules=[{**daily("a", 8, 10, 3), "id": a}], delete_schedules=[b])
    newest, older, *_ = local.get("/v1/audit_logs")["items"]
    told = {it["schedule_id"]: it["action"] for it in newest["event_data"]["schedules"]}
    assert told == {a: "UPDATED", b: "DELETED"}
    assert {it["action"] for it in older["event_data"]["schedules"]} == {"CREATED"}
    assert newest["event_data"]["schedules"][0]["previous"]["min_replica"] == 2


def test_the_sdk_reads_schedules_rules_and_their_events_as_what_they_are(local: Baseten) -> None:
    models = import_module("baseten.client.managementapi")._models
    model_id, _ = local.deployed()
    kept = [
        daily("a", 8, 10),
        {**daily("b", 10, 12), "cadence": "HOURLY"},
        once("c", SOON, LATER, enabled=False),
    ]
    update(local, model_id, timezone="UTC", schedules=kept)
    rule = {"deed": "route_traffic", "model": "bge", "change": {"percent_traffic": 5}}
    local.post("/_emulator/deeds", **rule)
    read = models.Environment.model_validate(local.environment(model_id))
    names = [type(schedule).__name__ for schedule in read.autoscaling_schedules.schedules]
    assert names == ["AutoscalingSchedule", "AutoscalingSchedule", "OneTimeAutoscalingSchedule"]
    assert read.traffic_routing.rules[0].percent_traffic == 5
    log = models.ListAuditLogsResponse.model_validate(local.get("/v1/audit_logs"))
    change = log.items[0].event_data
    assert type(change).__name__ == "AuditLogEventEnvironmentUpdated"
    assert [it.current.schedule_name for it in change.schedules] == ["a", "b", "c"]


def test_an_environment_of_an_older_state_has_no_schedules() -> None:
    store = Store()
    older = Environment("m/production", "m", "production", 1.0, "1x2", {}, {})
    new = ("timezone", "schedules", "traffic_rules")
    store.put(older)
    for name in new:
        store._db.execute("UPDATE records SET body = json_remove(body, ?)", (f"$.{name}",))
    found = store.get(Environment, older.id)
    assert found == older
    assert [getattr(found, name) for name in new] == [None, [], []]
