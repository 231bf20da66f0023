"""Statuses: what time, settings and secrets make of a deployment."""

from __future__ import annotations

from typing import Any

import pytest

from baseten_emulator.life import lifecycle
from baseten_emulator.world.records import Activity, Deployment, Outcome
from tests.support.control_client import CONFIG, Baseten, config_with, in_process, new_world

IDLE_AFTER = 900
READY = Outcome("ACTIVE")


def a_deployment(**changes: Any) -> Deployment:
    known: dict[str, Any] = {
        "id": "d", "owner": "m", "name": "d", "created_at": 0.0, "started_at": 0.0, "config": {},
        "archive_config": {}, "raw_config": None, "s3_key": None, "instance_type": "1x2",
        "autoscaling": {"min_replica": 0, "scale_down_delay": IDLE_AFTER},
    }  # fmt: skip
    return Deployment(**{**known, **changes})


@pytest.mark.parametrize(
    ("now", "status"),
    [
        (0, "BUILDING"),
        (0.9, "BUILDING"),
        (1, "DEPLOYING"),
        (2, "LOADING_MODEL"),
        (9, "LOADING_MODEL"),
    ],
)
def test_a_deployment_goes_through_its_phases_until_its_outcome_is_known(
    now: float, status: str
) -> None:
    assert lifecycle.status_at(a_deployment(), None, now, 1.0) == status


def test_a_built_image_is_not_built_again() -> None:
    assert lifecycle.status_at(a_deployment(built=True), None, 0, 1.0) == "DEPLOYING"


@pytest.mark.parametrize("step", [0.01, 0.2, 5])
@pytest.mark.parametrize("idle", [0, 1, IDLE_AFTER - 1, IDLE_AFTER, IDLE_AFTER * 10])
def test_without_requests_a_deployment_scales_to_zero_after_its_delay(
    step: float, idle: float
) -> None:
    deployment = a_deployment(outcome=READY)
    ready_at = lifecycle.decision_time(deployment, step)
    status = lifecycle.status_at(deployment, None, ready_at + idle, step)
    assert status == ("SCALED_TO_ZERO" if idle >= IDLE_AFTER else "ACTIVE")


def test_a_request_keeps_a_deployment_from_scaling_to_zero() -> None:
    deployment = a_deployment(outcome=READY)
    asked = Activity("d", "m", at=800.0)
    assert lifecycle.status_at(deployment, asked, 1600, 1.0) == "ACTIVE"
    assert lifecycle.status_at(deployment, asked, 1700, 1.0) == "SCALED_TO_ZERO"


def test_one_replica_at_least_never_scales_to_zero() -> None:
    settings = {"min_replica": 1, "scale_down_delay": 0}
    deployment = a_deployment(outcome=READY, autoscaling=settings)
    assert lifecycle.status_at(deployment, None, 1e9, 1.0) == "ACTIVE"


def test_the_road_to_active_can_be_watched(baseten: Baseten) -> None:
    ids = baseten.pushed()
    seen = []
    for _ in range(4):
        seen.append(baseten.status(ids))
        baseten.advance(1)
    assert seen == ["BUILDING", "DEPLOYING", "LOADING_MODEL", "ACTIVE"]
    assert baseten.logs(ids)[-1] == "Deployment is ACTIVE"


def test_settings_are_null_until_the_deployment_has_finished_deploying(local: Baseten) -> None:
    ids = local.pushed()
    assert local.deployment(ids)["autoscaling_settings"] is None
    local.advance(10)
    assert local.deployment(ids)["autoscaling_settings"]["max_replica"] == 1


def test_a_deployment_scaled_to_zero_wakes_up_on_request(baseten: Baseten) -> None:
    ids = baseten.deployed()
    baseten.advance(IDLE_AFTER)
    assert baseten.status(ids) == "SCALED_TO_ZERO"
    assert baseten.deployment(ids)["active_replica_count"] == 0
    baseten.world.step_seconds = 0.01  # over HTTP the request is parked for one step
    answer = baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {"input": "x"})
    assert answer.status == 200
    assert baseten.status(ids) == "WAKING_UP"
    baseten.advance(1)
    assert baseten.status(ids) == "ACTIVE"


def test_a_server_that_would_not_start_fails_the_deployment_with_its_own_words(
    local: Baseten,
) -> None:
    ids = local.deployed(config_with(docker_server={"start_command": "router --broken"}))
    assert local.status(ids) == "DEPLOY_FAILED"
    assert "error: unexpected argument '--broken' found" in local.logs(ids)


def test_a_failed_first_deployment_keeps_production(local: Baseten) -> None:
    failed = local.deployed(config_with(docker_server={"start_command": "router --broken"}))
    local.deployed(CONFIG)
    assert local.environment(failed[0])["current_deployment"]["id"] == failed[1]


MOUNTED = {"source": "hf://BAAI/bge-base-en-v1.5@abc", "mount_location": "/models/bge"}
AUTH = {"auth_method": "CUSTOM_SECRET", "auth_secret_name": "hf_access_key"}
CACHED = {
    "repo_id": "google/embeddinggemma-300m",
    "revision": "main",
    "use_volume": True,
    "volume_folder": "m",
}
READS_TOKEN = (
    'sh -c "HF_TOKEN=$(cat /secrets/hf_access_key) text-embeddings-router --model-id BAAI/bge"'
)
DECLARED = {"hf_access_key": None}
NEEDS_TOKEN = {
    "weights with a secret": {"weights": [{**MOUNTED, "auth_secret_name": "hf_access_key"}]},
    "weights with auth": {"weights": [{**MOUNTED, "auth": AUTH}]},
    "a model cache with a secret": {
        "model_cache": [{**CACHED, "runtime_secret_name": "hf_access_key"}]
    },
    "a start command": {"docker_server": {"start_command": READS_TOKEN}},
}


@pytest.mark.parametrize("sections", NEEDS_TOKEN.values(), ids=list(NEEDS_TOKEN))
def test_a_secret_that_is_needed_must_exist(local: Baseten, sections: dict[str, object]) -> None:
    config = config_with(secrets=DECLARED, **sections)
    without = local.deployed(config)
    assert local.status(without) == "DEPLOY_FAILED"
    assert "hf_access_key" in "".join(local.logs(without))
    local.post("/v1/secrets", name="hf-access-key", value="hf_something")
    assert local.status(local.deployed(config)) == "ACTIVE"


def test_a_secret_file_must_be_declared_in_the_config(local: Baseten) -> None:
    local.post("/v1/secrets", name="hf_access_key", value="hf_something")
    ids = local.deployed(config_with(docker_server={"start_command": READS_TOKEN}))
    assert local.status(ids) == "DEPLOY_FAILED"
    assert "is not declared" in "".join(local.logs(ids))


def test_an_empty_token_opens_no_gated_model(local: Baseten) -> None:
    local.post("/v1/secrets", name="hf_access_key", value="")
    entry = {**CACHED, "runtime_secret_name": "hf_access_key"}
    ids = local.deployed(config_with(model_cache=[entry], secrets=DECLARED))
    assert "401 Unauthorized: google/embeddinggemma-300m" in "".join(local.logs(ids))


def test_the_default_secret_name_of_a_model_cache_is_not_ours(local: Baseten) -> None:
    local.post("/v1/secrets", name="hf_access_key", value="hf_something")
    ids = local.deployed(config_with(model_cache=[CACHED], secrets=DECLARED))
    assert "secret hf_access_token does not exist" in "".join(local.logs(ids))


def test_a_gated_model_cannot_be_cloned_into_the_image_without_a_token(local: Baseten) -> None:
    clone = "git clone https://huggingface.co/google/embeddinggemma-300m /data"
    ids = local.deployed(config_with(build_commands=[clone]))
    assert local.status(ids) == "BUILD_FAILED"
    assert "google/embeddinggemma-300m is gated" in "".join(local.logs(ids))


def test_the_outcome_does_not_depend_on_who_looked_when(local: Baseten) -> None:
    config = config_with(secrets=DECLARED, docker_server={"start_command": READS_TOKEN})
    ids = local.pushed(config)
    local.advance(10)
    local.post("/v1/secrets", name="hf_access_key", value="too late")
    assert local.status(ids) == "DEPLOY_FAILED"


def test_a_server_that_dies_is_unhealthy_says_why_and_is_started_again() -> None:
    world = new_world(boot=None)
    baseten = Baseten(world, in_process(world))
    start = f"{CONFIG['docker_server']['start_command']} --max-concurrent-requests 4"
    ids = baseten.deployed(config_with(docker_server={"start_command": start}))
    url = f"/hosts/model-{ids[0]}/production/predict"
    found = baseten.call("POST", url, {"input": ["a", "b", "c", "d"]})
    assert (found.status, found.json) == (500, {"error": "Model is unhealthy: the server died"})
    assert baseten.status(ids) == "UNHEALTHY"
    assert baseten.call("POST", url, {"input": ["a"]}).status == 500
    assert any("core/src/queue.rs" in line for line in baseten.logs(ids))
    assert "emulator: the router exited with code -6" in baseten.logs(ids)
    baseten.advance(1)
    assert baseten.status(ids) == "ACTIVE"
    assert baseten.call("POST", url, {"input": ["a"]}).status == 200
