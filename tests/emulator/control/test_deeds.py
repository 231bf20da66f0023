"""What other people do to a model, by name."""

from __future__ import annotations

import pytest

from tests.support.control_client import Baseten


def do(baseten: Baseten, deed: str, **more: str) -> None:
    baseten.post("/_emulator/deeds", deed=deed, model="bge", **more)


def test_a_model_can_be_deleted_behind_our_back(baseten: Baseten) -> None:
    baseten.deployed()
    do(baseten, "delete_model")
    assert baseten.get("/v1/models")["models"] == []


def test_an_environment_can_point_at_a_dead_deployment(local: Baseten) -> None:
    ids = local.deployed()
    do(local, "kill_deployment")
    assert local.status(ids) == "DEPLOY_FAILED"
    assert local.environment(ids[0])["current_deployment"]["id"] == ids[1]
    assert local.call("POST", f"/hosts/model-{ids[0]}/production/predict", {}).status == 500
    assert "does not start any more" in local.logs(ids)[-2]


def test_what_serves_can_be_deactivated(local: Baseten) -> None:
    ids = local.deployed()
    do(local, "deactivate", environment="production")
    local.advance(1)
    assert local.status(ids) == "INACTIVE"


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"deed": "burn", "model": "bge"}, 400, "delete_model, kill_deployment, deactivate"),
        ({"deed": "deactivate", "model": "gone"}, 404, '"gone" does not exist'),
        ({"deed": "deactivate", "model": "bge", "environment": "e"}, 400, "nothing serves"),
    ],
)
def test_a_deed_that_cannot_be_done_says_why(
    local: Baseten, body: dict[str, str], status: int, said: str
) -> None:
    local.deployed()
    answer = local.call("POST", "/_emulator/deeds", body)
    assert answer.status == status
    assert said in answer.json["message"]
