"""What can be observed: requests, replicas, startups, an environment's logs, aliases."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.control_client import Baseten

WINDOW = "?start_epoch_millis=0&end_epoch_millis=9000000000000"


def path_of(ids: tuple[str, str]) -> str:
    return f"/v1/models/{ids[0]}/deployments/{ids[1]}"


def ask(baseten: Baseten, ids: tuple[str, str], times: int = 1) -> None:
    for _ in range(times):
        baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {})


def values(answer: Any) -> list[list[float | None]]:
    """Of each step, replicas and requests."""
    return [[v[0] for v in step["values"][:2]] for step in answer["metric_values"]]


def test_requests_and_replicas_are_counted(baseten: Baseten) -> None:
    ids = baseten.deployed()
    ask(baseten, ids, 3)
    now = baseten.get(path_of(ids) + "/metrics")
    assert (now["mode"], now["step_seconds"]) == ("CURRENT", None)
    assert [m["name"] for m in now["metric_descriptors"]] == [
        "baseten_replicas_active",
        "baseten_inference_requests_total",
        "baseten_end_to_end_response_time_seconds",
    ]
    assert values(now) == [[1, 3]]
    assert now["metric_values"][0]["values"][2] == [None] * 5
    environment = baseten.get(f"/v1/models/{ids[0]}/environments/production/metrics")
    assert values(environment) == values(now)


def test_a_series_tells_when_the_requests_came(local: Baseten) -> None:
    ids = local.deployed()
    local.advance(50)  # to a full minute: that is how finely they are counted
    start = int(local.world.now() * 1000)
    for times in (2, 0, 1):
        ask(local, ids, times)
        local.advance(60)
    window = f"&start_epoch_millis={start}&end_epoch_millis={start + 180_000}"
    series = local.get(path_of(ids) + "/metrics?mode=SERIES" + window)
    assert series["step_seconds"] == 60
    assert [requests for _, requests in values(series)] == [2, 0, 1]
    assert [replicas for replicas, _ in values(series)] == [1, 1, 1]
    summary = local.get(path_of(ids) + "/metrics?mode=SUMMARY" + window)
    assert values(summary) == [[1, 3]]
    earlier = f"&start_epoch_millis={start}&end_epoch_millis={start + 60_000}"
    name = "&metrics=baseten_inference_requests_total"
    summary = local.get(path_of(ids) + "/metrics?mode=SUMMARY" + earlier + name)
    assert summary["metric_values"][0]["values"] == [[2]]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?mode=YEARLY", "mode must be"),
        ("?start_epoch_millis=1", "CURRENT without start and end"),
        ("?mode=SUMMARY&start_epoch_millis=1", "must not exceed 7 days"),
        ("?metrics=gpu", "does not know gpu"),
        ("?metrik=x", 'perhaps you meant "metrics"'),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused(
    local: Baseten, query: str, said: str
) -> None:
    ids = local.deployed()
    answer = local.call("GET", path_of(ids) + "/metrics" + query)
    assert (answer.status, said in answer.json["message"]) == (400, True), answer


def test_a_startup_is_told_by_its_phases(baseten: Baseten) -> None:
    ids = baseten.pushed()
    began = baseten.world.now()
    assert baseten.get(path_of(ids) + "/startups" + WINDOW)["items"] == []
    baseten.advance(10)
    answer = baseten.get(path_of(ids) + "/startups" + WINDOW)
    (attempt,) = answer["items"]
    assert (answer["total_count"], answer["pagination"]["has_more"]) == (1, False)
    assert attempt["started_at_epoch_millis"] == int((began + 1) * 1000)
    assert (attempt["duration_ms"], attempt["outcome"]) == (2000, "SUCCESS")
    phases = [(p["phase"], p["offset_ms"], p["duration_ms"]) for p in attempt["phase_summary"]]
    assert phases == [
        ("SCHEDULING", 0, 1000),
        ("IMAGE_PULL", 1000, 0),
        ("WEIGHT_DOWNLOAD", 1000, 0),
        ("CONTAINER_CREATE", 1000, 0),
        ("CONTAINER_START", 1000, 1000),
        ("READINESS", 2000, 0),
    ]
    summary = baseten.get(path_of(ids) + "/startups/summary" + WINDOW)
    assert summary["total_duration_ms"]["sample_count"] == 1
    assert summary["total_duration_ms"]["p99_ms"] == 2000
    assert [p["phase"] for p in summary["phase_duration_ms"]] == [name for name, _, _ in phases]
    of_environment = f"/v1/models/{ids[0]}/environments/production/startups"
    (same,) = baseten.get(of_environment + WINDOW)["items"]
    assert same == {**attempt, "environment_name": "production"}


def test_a_failed_start_is_an_attempt_and_a_failed_build_is_none(local: Baseten) -> None:
    local.fault("deploy_failed", calls=1)
    (attempt,) = local.get(path_of(local.deployed()) + "/startups" + WINDOW)["items"]
    assert (attempt["outcome"], attempt["ready_at_epoch_millis"]) == ("FAILED", None)
    assert attempt["phase_summary"][-1]["status"] == "FAILED"
    local.fault("build_failed", calls=1)
    unbuilt = local.deployed()
    assert local.get(path_of(unbuilt) + "/startups" + WINDOW)["items"] == []
    summary = local.get(path_of(unbuilt) + "/startups/summary" + WINDOW)
    assert summary["total_duration_ms"] == {
        "sample_count": 0, "mean_ms": None, "p50_ms": None, "p90_ms": None, "p95_ms": None, "p99_ms": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("filters", "count"),
    [
        ("&outcomes=SUCCESS", 1),
        ("&outcomes=FAILED", 0),
        ("&min_duration_ms=2001", 0),
        ("&phase=SCHEDULING", 1),
        ("&phase=READINESS", 0),
        ("&search=DEPLOYMENT", 1),
        ("&search=x", 0),
    ],
)
def test_startups_are_filtered(local: Baseten, filters: str, count: int) -> None:
    ids = local.deployed()
    found = local.get(path_of(ids) + "/startups" + WINDOW + filters)
    assert found["total_count"] == len(found["items"]) == count


def test_startups_want_a_window(local: Baseten) -> None:
    ids = local.deployed()
    for query in ("", "?start_epoch_millis=2&end_epoch_millis=1"):
        assert local.call("GET", path_of(ids) + "/startups" + query).status == 400


def test_an_environment_tells_the_logs_of_what_serves(local: Baseten) -> None:
    ids = local.deployed()
    path = f"/v1/models/{ids[0]}/environments/production/logs?direction=asc"
    assert [line["message"] for line in local.get(path)["logs"]] == local.logs(ids)
    local.post(f"/v1/models/{ids[0]}/environments", name="staging")
    empty = local.call("GET", f"/v1/models/{ids[0]}/environments/staging/logs")
    assert 'environment "staging" has no deployment' in empty.json["message"]


def test_a_replica_is_terminated_by_its_id(local: Baseten) -> None:
    ids = local.deployed()
    replica = local.get(path_of(ids) + "/logs")["logs"][0]["replica"]
    gone = local.call("DELETE", f"{path_of(ids)}/replicas/{replica}")
    assert gone.json == {"success": True}
    assert local.status(ids) == "ACTIVE"
    assert local.call("DELETE", path_of(ids) + "/replicas/x").status == 404


@pytest.mark.parametrize("alias", ["production", "development"])
def test_an_alias_stands_for_a_deployment_in_every_path(local: Baseten, alias: str) -> None:
    ids = local.deployed()
    if alias == "development":
        payload = {"config": {"model_name": "bge"}, "is_development": True}
        made = local.post(f"/v1/models/{ids[0]}/deployments", source={"deployment": payload})
        ids = (ids[0], made["deployment"]["id"])
        local.advance(10)
    path = f"/v1/models/{ids[0]}/deployments/{alias}"
    assert local.get(path)["id"] == ids[1]
    assert local.get(path + "/logs") == local.get(path_of(ids) + "/logs")
    assert local.patch(path + "/autoscaling_settings", min_replica=1)["status"] == "ACCEPTED"
    assert local.post(path + "/deactivate") == {"success": True, "no_op": False}
    assert local.post(path + "/activate")["no_op"] is False
    assert local.deployment(ids)["status"] == "DEPLOYING"
