"""Faults by name: each does what it says, to its model only, as often as it was told."""

from __future__ import annotations

import pytest
import requests

from baseten_emulator.faults.faults import KINDS
from tests.support.control_client import CONFIG, Baseten, new_world, served, tar_of


def predict(baseten: Baseten, ids: tuple[str, str]) -> int:
    return baseten.call("POST", f"/hosts/model-{ids[0]}/production/predict", {}).status


@pytest.mark.parametrize(
    ("fault", "status"), [("build_failed", "BUILD_FAILED"), ("deploy_failed", "DEPLOY_FAILED")]
)
def test_a_failure_lasts_beyond_its_fault_but_not_beyond_its_deployment(
    local: Baseten, fault: str, status: str
) -> None:
    local.fault(fault, model="bge", log_lines=["no disk left"])
    failed = local.deployed()
    local.call("DELETE", "/_emulator/faults")
    assert local.status(failed) == status
    assert local.logs(failed)[-2:] == ["no disk left", f"Deployment is {status}"]
    assert local.status(local.deployed()) == "ACTIVE"


def test_a_fault_concerns_its_model_only(local: Baseten) -> None:
    local.fault("deploy_failed", model="bge")
    assert local.status(local.deployed(model="other")) == "ACTIVE"


def test_slow_holds_a_deployment_until_the_fault_is_gone(baseten: Baseten) -> None:
    baseten.fault("slow", model="bge", status="LOADING_MODEL")
    ids = baseten.deployed()
    assert baseten.status(ids) == "LOADING_MODEL"
    baseten.call("DELETE", "/_emulator/faults?model=bge")
    assert baseten.status(ids) == "ACTIVE"


def test_unhealthy_is_a_status_and_a_500(local: Baseten) -> None:
    ids = local.deployed()
    local.fault("unhealthy", model="bge")
    assert local.status(ids) == "UNHEALTHY"
    assert predict(local, ids) == 500


def test_info_can_show_a_cpu_or_another_model(local: Baseten) -> None:
    ids = local.deployed()
    url = f"/hosts/model-{ids[0]}/production/sync/info"
    assert local.get(url)["max_batch_requests"] is None
    local.fault("cpu_fallback", model="bge")
    local.fault("wrong_model", model="bge", model_id="a/b")
    assert (local.get(url)["max_batch_requests"], local.get(url)["model_id"]) == (4, "a/b")


def test_rate_limits_have_the_documented_shape_and_end_after_their_calls(baseten: Baseten) -> None:
    ids = baseten.deployed()
    baseten.fault("rate_limited", model="bge", calls=2, on="management", retry_after=37)
    path = f"/v1/models/{ids[0]}"
    limited = baseten.call("GET", path)
    message = "Rate limit exceeded. Please try again later."
    assert (limited.status, limited.json) == (429, {"error": message, "retry_after": 37})
    assert predict(baseten, ids) == 200
    assert [baseten.call("GET", path).status for _ in range(2)] == [429, 200]


def test_server_errors_can_be_had_on_graphql(local: Baseten) -> None:
    local.fault("server_error", status=503, calls=1, on="graphql")
    assert local.call("POST", "/graphql/", {"query": "{ teams { id } }"}).status == 503
    assert local.call("POST", "/graphql/", {"query": "{ teams { id } }"}).status == 200


def test_a_refused_upload_answers_as_s3_does(local: Baseten) -> None:
    local.fault("upload_refused", model="bge")
    _, answer = local.upload(tar_of(CONFIG))
    assert answer.status == 403
    assert b"<Code>AccessDenied</Code>" in answer.body


def test_a_hung_up_call_has_no_answer() -> None:
    world = new_world()
    with served(world) as send:
        baseten = Baseten(world, send)
        baseten.fault("hang_up", calls=1)
        with pytest.raises(requests.ConnectionError):
            baseten.call("GET", "/v1/models")
        assert baseten.calls()[-1]["status"] is None
        assert baseten.call("GET", "/v1/models").status == 200


def test_a_create_that_hangs_has_committed() -> None:
    world = new_world()
    with served(world) as send:
        baseten = Baseten(world, send)
        baseten.fault("create_hangs", model="bge", seconds=0.05, calls=1)
        baseten.pushed()
        assert len(baseten.get("/v1/models")["models"]) == 1


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"fault": "flood"}, "build_failed"),
        ({"model": "bge"}, "fault: field required"),
        ({"fault": "slow", "status": "TIRED"}, "status must be one of"),
        ({"fault": "hang_up", "on": "monday"}, "on must be one of"),
        ({"fault": "hang_up", "modle": "bge"}, 'perhaps you meant "model"'),
    ],
)
def test_an_unknown_fault_is_refused_with_those_there_are(
    local: Baseten, body: dict[str, object], said: str
) -> None:
    answer = local.call("POST", "/_emulator/faults", body)
    assert answer.status == 400
    assert said in answer.json["message"]


def test_the_faults_that_are_set_can_be_listed(local: Baseten) -> None:
    local.fault("hang_up", model="bge", calls=3)
    listed = local.get("/_emulator/faults")
    assert listed["faults"] == [{"model": "bge", "fault": "hang_up", "calls": 3, "on": "any"}]
    assert set(listed["known"]) == set(KINDS)
