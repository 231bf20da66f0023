"""The metrics export: what callers met and what runs, in Prometheus's text format, for every model."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from baseten_emulator.world.rate_limits import RateLimits
from tests.support.control_client import Baseten, in_process, new_world

ASK = {"inputs": "hello"}


def samples(baseten: Baseten) -> dict[str, float]:
    """Values by metric and labels."""
    answer = baseten.call("GET", "/metrics")
    assert answer.status == 200
    lines = [it for it in answer.body.decode().splitlines() if not it.startswith("#")]
    return {name: float(value) for name, value in (it.rsplit(" ", 1) for it in lines)}


def of(baseten: Baseten, metric: str, **labels: str) -> list[float]:
    """Values of a metric whose labels hold these."""
    wanted = {f'{key}="{value}"' for key, value in labels.items()}
    return [
        value
        for name, value in samples(baseten).items()
        if re.match(rf"{metric}\{{", name) and wanted <= set(re.findall(r'\w+="[^"]*"', name))
    ]


def test_answers_are_counted_by_status_for_the_deployment_that_was_asked(baseten: Baseten) -> None:
    model, deployment = baseten.deployed()
    other, _ = baseten.deployed(model="other")
    for _ in range(3):
        baseten.call("POST", f"/hosts/model-{model}/environments/production/predict", ASK)
    baseten.call("POST", f"/hosts/model-{model}/deployment/{deployment}/sync/embed", ASK)
    baseten.fault("oom_under_load", "bge")
    assert baseten.call("POST", f"/hosts/model-{model}/production/predict", ASK).status != 200
    total = "baseten_inference_requests_total"
    assert of(baseten, total, model_id=model, status_code="200") == [4]
    assert sum(of(baseten, total, model_id=model)) == 5
    assert of(baseten, total, model_id=other) == []
    told = {"environment": "production", "rollout_phase": "stable", "is_async": "false"}
    assert of(
        baseten, total, status_code="200", model_name="bge", deployment_id=deployment, **told
    ) == [4]


def test_response_times_are_a_histogram_of_all_answers(local: Baseten) -> None:
    model, _ = local.deployed()
    local.call("POST", f"/hosts/model-{model}/production/predict", ASK)
    local.fault("slow_reply", "bge", seconds=7)
    local.call("POST", f"/hosts/model-{model}/production/predict", ASK)
    seconds = "baseten_end_to_end_response_time_seconds"
    assert of(local, f"{seconds}_bucket", le="5.0") == [1]
    assert (
        of(local, f"{seconds}_bucket", le="10.0")
        == of(local, f"{seconds}_bucket", le="+Inf")
        == [2]
    )
    assert of(local, f"{seconds}_count") == [2]
    assert 7 <= of(local, f"{seconds}_sum")[0] < 10


def test_replicas_are_active_or_starting_and_a_version_that_takes_over_is_promoting(
    local: Baseten,
) -> None:
    first = local.pushed()
    active, starting = "baseten_replicas_active", "baseten_replicas_starting"
    assert (of(local, active), of(local, starting)) == ([0], [1])
    local.advance(10)
    assert (of(local, active), of(local, starting)) == ([1], [0])
    second = local.deployed()
    assert of(local, active, deployment_id=second[1], environment="", rollout_phase="") == [1]
    local.call("POST", f"/v1/models/{first[0]}/deployments/{second[1]}/promote", {})
    assert of(local, active, deployment_id=first[1], rollout_phase="stable") == [1]
    local.advance(3600)
    assert of(local, active, environment="production") == [0.0], "it scaled to zero, and is told"
    local.call("DELETE", f"/v1/models/{first[0]}")
    assert samples(local) == {}


def test_a_request_that_waits_for_a_cold_start_is_under_way() -> None:
    world = new_world(step_seconds=600.0)
    baseten = Baseten(world, in_process(world))
    model, deployment = baseten.pushed()
    baseten.advance(10_000)
    baseten.call("POST", f"/v1/models/{model}/deployments/{deployment}/activate", {})
    baseten.advance(100_000)
    under_way = "baseten_concurrent_requests"
    assert of(baseten, under_way) == [0]
    baseten.call("POST", f"/hosts/model-{model}/production/predict", ASK)
    assert of(baseten, under_way, deployment_id=deployment) == [1]
    assert of(baseten, "baseten_replicas_starting") == [1]


def test_the_seventh_request_of_a_minute_is_refused_and_the_next_minute_opens_again() -> None:
    world = new_world(rate_limits=RateLimits())
    baseten = Baseten(world, in_process(world))
    assert [baseten.call("GET", "/metrics").status for _ in range(7)] == [200] * 6 + [429]
    assert baseten.call("GET", "/v1/models").status == 200
    baseten.advance(61)
    assert baseten.call("GET", "/metrics").status == 200


@pytest.mark.parametrize(("name", "escaped"), [('a"b', 'a\\"b'), ("a\\b", "a\\\\b")])
def test_a_models_name_is_escaped(local: Baseten, name: str, escaped: str) -> None:
    model, _ = local.pushed()
    with local.world.store.transaction():
        local.world.store.put(replace(local.world.model(model), name=name))
    text = local.call("GET", "/metrics").body.decode()
    assert f'model_name="{escaped}"' in text
