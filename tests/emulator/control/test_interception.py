"""Faults of single calls: which call they meet, what it gets, and whether it took effect."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.support.control_client import (
    CONFIG,
    Answer,
    Baseten,
    config_with,
    new_world,
    served,
    tar_of,
)

MODELS = "/v1/models"


def predict(baseten: Baseten, ids: tuple[str, str]) -> Answer:
    return baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {})


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [
        ("unauthorized", 401, {"error": "Unauthorized"}),
        ("payment_required", 402, {"code": "PAYMENT_REQUIRED"}),
        ("forbidden", 403, {"code": "FORBIDDEN"}),
        ("conflict", 409, {"code": "CONFLICT"}),
        ("too_large", 413, {"code": "PAYLOAD_TOO_LARGE"}),
        ("server_error", 500, {"error": "Internal server error"}),
        ("unavailable", 503, {"error": "Service unavailable"}),
    ],
)
def test_a_refused_call_has_its_status_and_body_and_the_next_one_passes(
    baseten: Baseten, fault: str, status: int, said: dict[str, str]
) -> None:
    baseten.fault(fault, calls=1)
    answer = baseten.call("GET", MODELS)
    assert answer.status == status
    assert said.items() <= answer.json.items()
    assert baseten.call("GET", MODELS).status == 200


def test_a_bad_gateway_answers_with_html(local: Baseten) -> None:
    local.fault("bad_gateway")
    answer = local.call("GET", MODELS)
    assert (answer.status, answer.body[:6]) == (502, b"<html>")


def test_the_gateway_of_a_model_says_error_where_the_api_says_message(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("payment_required", on="inference")
    refused = predict(local, ids)
    assert (refused.status, list(refused.json)) == (402, ["error"])


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [("rate_limited", 429, "SlowDown"), ("forbidden", 403, "AccessDenied")],
)
def test_uploads_are_refused_in_the_words_of_s3(
    local: Baseten, fault: str, status: int, code: str
) -> None:
    local.fault(fault, on="upload", model="bge")
    assert local.upload(tar_of(config_with(model_name="other")))[1].status == 200
    refused = local.upload(tar_of(CONFIG))[1]
    assert refused.status == status
    assert f"<Code>{code}</Code>".encode() in refused.body


def test_path_and_skip_say_which_call_it_is(baseten: Baseten) -> None:
    baseten.fault("conflict", path="^POST .*/environments$", skip=1)
    model_id = baseten.deployed()[0]
    url = f"/v1/models/{model_id}/environments"
    assert baseten.call("GET", url).status == 200
    statuses = [baseten.call("POST", url, {"name": name}).status for name in ("a", "b", "c")]
    assert statuses == [200, 409, 409]


def test_path_is_searched_in_the_name_of_a_graphql_operation(local: Baseten) -> None:
    local.fault("server_error", path="^create_model_version", calls=1)
    local.pushed()
    with pytest.raises(AssertionError, match="status=500"):
        local.pushed()
    local.pushed()
    assert len(local.get(f"{MODELS}?name=bge")["models"]) == 1


def test_a_fault_of_a_model_knows_it_by_id_by_query_and_by_body(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("unavailable", model="bge", on="management")
    assert local.call("GET", f"{MODELS}/{ids[0]}").status == 503
    assert local.call("GET", f"{MODELS}?name=bge").status == 503
    assert local.call("GET", MODELS).status == 200
    assert local.call("GET", f"{MODELS}?name=other").status == 200


def test_a_call_can_take_effect_before_its_answer_is_lost(local: Baseten) -> None:
    model_id = local.deployed()[0]
    local.fault("bad_gateway", path="^POST .*/environments$", when="after", calls=1)
    assert local.call("POST", f"/v1/models/{model_id}/environments", {"name": "e"}).status == 502
    assert local.environment(model_id, "e")["name"] == "e"


def test_a_truncated_answer_took_effect_and_is_no_json(local: Baseten) -> None:
    model_id = local.deployed()[0]
    local.fault("truncated", path="^POST ", calls=1)
    answer = local.call("POST", f"/v1/models/{model_id}/environments", {"name": "e"})
    assert answer.status == 200
    with pytest.raises(json.JSONDecodeError):
        _ = answer.json
    assert local.environment(model_id, "e")["name"] == "e"


def test_what_was_just_made_is_not_found_at_first(local: Baseten) -> None:
    ids = local.pushed()
    local.fault("not_found_at_first", seconds=5)
    url = f"{MODELS}/{ids[0]}/deployments/{ids[1]}"
    assert local.call("GET", url).status == 404
    assert local.call("GET", MODELS).status == 200
    local.advance(5)
    assert local.call("GET", url).status == 200


def test_out_of_memory_under_load_is_tei_s_424_and_its_health_is_fine(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("oom_under_load", model="bge")
    url = f"/hosts/model-{ids[0]}/production"
    openai = local.call("POST", f"{url}/sync/v1/embeddings", {"input": "a"})
    native = local.call("POST", f"{url}/sync/embed", {"inputs": "a"})
    assert (openai.status, openai.json["type"]) == (424, "Backend")
    assert (native.status, native.json["error_type"]) == (424, "Backend")
    assert local.call("GET", f"{url}/sync/health").status == 200
    assert local.status(ids) == "ACTIVE"


def test_a_gpu_that_the_organization_may_not_have_is_refused_at_the_push(local: Baseten) -> None:
    local.fault("gpu_forbidden", gpu="L4", calls=1)
    (error,) = local.push()["errors"]
    assert error["message"] == "The GPU type 'L4' is not supported for your organization"
    assert local.get(MODELS)["models"] == []
    assert "errors" not in local.push()


def test_another_gpu_than_the_forbidden_one_is_fine(local: Baseten) -> None:
    local.fault("gpu_forbidden", gpu="H100")
    assert "errors" not in local.push()


def test_a_lost_upload_refuses_its_create_and_only_that(local: Baseten) -> None:
    local.fault("upload_lost", model="bge", calls=1)
    (error,) = local.push()["errors"]
    assert "was never uploaded" in error["message"]
    assert "errors" not in local.push()


def test_of_two_creates_of_a_model_one_is_told_that_the_name_is_taken(local: Baseten) -> None:
    local.fault("duplicate_create", model="bge", calls=1)
    (error,) = local.push()["errors"]
    assert error["extensions"]["code"] == "MODEL_NAME_ALREADY_EXISTS"
    (model,) = local.get(MODELS)["models"]
    assert model["deployments_count"] == 1


def test_two_creates_of_a_version_make_two(local: Baseten) -> None:
    local.pushed()
    local.fault("duplicate_create", model="bge", calls=1)
    local.pushed()
    (model,) = local.get(MODELS)["models"]
    assert model["deployments_count"] == 3


@pytest.fixture
def remote() -> Iterator[Baseten]:
    """Over HTTP only: these faults are acted out by the socket."""
    world = new_world()
    with served(world) as send:
        yield Baseten(world, send)


def test_a_reset_connection_is_reset(remote: Baseten) -> None:
    remote.fault("reset", calls=1)
    with pytest.raises(requests.ConnectionError, match="reset by peer"):
        remote.call("GET", MODELS)
    assert remote.calls()[-1]["status"] is None
    assert remote.call("GET", MODELS).status == 200


def test_a_slow_reply_comes(remote: Baseten) -> None:
    remote.fault("slow_reply", seconds=0.05, calls=1)
    assert remote.call("GET", MODELS).status == 200


def is_call_held(baseten: Baseten) -> bool:
    return any(fault.get("held") for fault in baseten.get("/_emulator/faults")["faults"])


def eventually(true: Callable[[], bool]) -> None:
    pause = threading.Event()
    for _ in range(1000):
        if true():
            return
        pause.wait(0.01)
    raise AssertionError("it never came true")


@pytest.mark.parametrize(
    ("when", "names"), [("before", {"production"}), ("after", {"production", "e"})]
)
def test_a_held_call_waits_before_or_after_its_effect_and_then_goes_on(
    remote: Baseten, when: str, names: set[str]
) -> None:
    model_id = remote.deployed()[0]
    url = f"/v1/models/{model_id}/environments"
    remote.fault("hold", path="^POST .*/environments$", when=when, calls=1)
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(remote.call, "POST", url, {"name": "e"})
        eventually(lambda: is_call_held(remote))
        eventually(lambda: {e["name"] for e in remote.get(url)["environments"]} == names)
        assert not asked.done()
        remote.call("DELETE", "/_emulator/faults")
        assert asked.result(10).status == 200
    assert {e["name"] for e in remote.get(url)["environments"]} == {"production", "e"}


def test_a_held_call_whose_caller_has_died_has_no_effect(remote: Baseten) -> None:
    url = f"/v1/models/{remote.deployed()[0]}/environments"
    remote.fault("hold", path="^POST .*/environments$")
    address = remote.world.base_url + url
    headers = {"Authorization": f"Bearer {remote.key}"}
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.ReadTimeout):
            session.post(address, json={"name": "e"}, headers=headers, timeout=0.2)
    assert is_call_held(remote)
    remote.call("DELETE", "/_emulator/faults")
    assert [e["name"] for e in remote.get(url)["environments"]] == ["production"]
