"""The account: API keys, groups of environments, users, teams, regions, and its audit log."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.control_client import KEY, Baseten, in_process, new_world


def events(baseten: Baseten, query: str = "", path: str = "/v1/audit_logs") -> list[str]:
    return [entry["event_type"] for entry in baseten.get(path + query)["items"]]


def test_a_key_is_told_once(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    made = baseten.post("/v1/api_keys", type="WORKSPACE_INVOKE", name="ci", model_ids=[model_id])
    prefix, _, secret = made["api_key"].partition(".")
    own, listed = baseten.get("/v1/api_keys")["keys"]
    assert (listed["prefix"], listed["name"], listed["model_ids"]) == (prefix, "ci", [model_id])
    assert (listed["team_name"], listed["owner"]) == ("default", None)
    told = baseten.call("GET", "/v1/api_keys").body.decode() + str(baseten.calls())
    assert secret not in told
    assert KEY not in told
    assert baseten.call("DELETE", f"/v1/api_keys/{own['prefix']}").status == 400
    assert baseten.call("DELETE", f"/v1/api_keys/{prefix}").json == {"prefix": prefix}
    assert baseten.call("DELETE", f"/v1/api_keys/{prefix}").status == 404


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({}, 400, "type: field required"),
        ({"type": "MASTER"}, 400, "type must be one of PERSONAL"),
        ({"type": "PERSONAL", "model_ids": ["x"]}, 400, "only for WORKSPACE_EXPORT_METRICS"),
        ({"type": "WORKSPACE_INVOKE", "model_ids": ["x"]}, 404, 'model "x" does not exist'),
        ({"type": "WORKSPACE_INVOKE", "team_id": "x"}, 404, 'team "x" does not exist'),
        ({"type": "PERSONAL", "team_id": "x"}, 400, "does not belong to a team"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    local: Baseten, body: dict[str, Any], status: int, said: str
) -> None:
    answer = local.call("POST", "/v1/api_keys", body)
    assert (answer.status, said in answer.json["message"]) == (status, True), answer


def test_keys_are_of_a_team_and_of_a_type() -> None:
    world = new_world(teams=("search", "ads"))
    baseten, ads = Baseten(world, in_process(world)), world.team_id("ads")
    baseten.post(f"/v1/teams/{ads}/api_keys", type="ROUTES")
    baseten.post("/v1/api_keys", type="PERSONAL")
    of_ads, personal = baseten.get("/v1/api_keys")["keys"][1:]
    assert (of_ads["team_name"], personal["team_name"]) == ("ads", None)
    assert personal["owner"]["email"] == "dev@example.invalid"
    assert [k["type"] for k in baseten.get("/v1/api_keys?type=ROUTES")["keys"]] == ["ROUTES"]
    other = {"type": "ROUTES", "team_id": world.team_id("search")}
    assert baseten.call("POST", f"/v1/teams/{ads}/api_keys", other).status == 400
    assert [team["name"] for team in baseten.get("/v1/teams?name=ads")["teams"]] == ["ads"]


def test_a_group_of_environments_can_be_restricted(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    baseten.post(f"/v1/models/{model_id}/environments", name="staging")
    groups = baseten.get("/v1/environment_groups")["items"]
    assert [group["name"] for group in groups] == ["production", "staging"]
    path = "/v1/environment_groups/staging"
    assert baseten.get(path)["manage_access"] == {"is_restricted": False, "users": []}
    access = {"is_restricted": True, "user_ids": ["emulator-user"]}
    changed = baseten.patch(path, manage_access=access)
    assert changed["manage_access"]["users"][0]["user_id"] == "emulator-user"
    assert baseten.get(path) == baseten.patch(path) == changed
    assert baseten.call("GET", "/v1/environment_groups/gone").status == 404
    stranger = {"manage_access": {"is_restricted": True, "user_ids": ["x"]}}
    assert baseten.call("PATCH", path, stranger).status == 400


def test_there_is_one_user(local: Baseten) -> None:
    (user,) = local.get("/v1/users")["items"]
    assert local.get(f"/v1/users/{user['user_id']}") == local.get("/v1/users/me") == user
    assert local.get("/v1/users?email=x@example.invalid")["items"] == []
    assert local.call("GET", "/v1/users/x").status == 404


def test_regions_are_those_of_a_team_that_exists(local: Baseten) -> None:
    team = local.world.default_team_id
    assert local.get(f"/v1/teams/{team}/regions") == local.get("/v1/regions")
    assert local.call("GET", "/v1/teams/x/regions").status == 404


def test_the_audit_log_tells_a_life_newest_first(baseten: Baseten) -> None:
    model_id, first = baseten.deployed()
    _, second = baseten.deployed()
    model = f"/v1/models/{model_id}"
    deployment = f"{model}/deployments/{second}"
    production = f"{model}/environments/production"
    baseten.patch(model, name="renamed")
    baseten.post(production + "/promote", deployment_id=second)
    baseten.post(production + "/pause_promotion")
    baseten.post(production + "/force_roll_forward_promotion")
    baseten.patch(deployment + "/autoscaling_settings", max_replica=2)
    baseten.patch(deployment + "/autoscaling_settings", max_replica=2)
    baseten.patch(deployment + "/request_backpressure_settings", policy="REJECT_ON_FULL")
    baseten.patch(production, autoscaling_settings={"max_replica": 3})
    baseten.call("DELETE", f"{deployment}/replicas/{second[:5]}")
    baseten.post(deployment + "/deactivate")
    baseten.post(deployment + "/activate")
    baseten.post(deployment + "/retry")
    baseten.call("DELETE", f"{model}/deployments/{first}")
    assert events(baseten, "?limit=200", model + "/audit_logs")[::-1] == [
        "MODEL_DEPLOYED", "MODEL_DEPLOYED", "MODEL_RENAMED", "MODEL_DEPLOYMENT_PROMOTED",
        "MODEL_PROMOTION_CONTROL_ACTION", "MODEL_PROMOTION_CONTROL_ACTION",
        "MODEL_DEPLOYMENT_AUTOSCALING_SETTINGS_CHANGED",
        "MODEL_DEPLOYMENT_REQUEST_BACKPRESSURE_SETTINGS_CHANGED", "ENVIRONMENT_UPDATED",
        "REPLICA_TERMINATED", "MODEL_DEPLOYMENT_DEACTIVATED", "MODEL_DEPLOYMENT_ACTIVATED",
        "MODEL_DEPLOYMENT_RETRIED", "MODEL_DEPLOYMENT_DELETED",
    ]  # fmt: skip
    baseten.call("DELETE", model)
    assert baseten.call("GET", model + "/audit_logs").status == 404
    newest = baseten.get("/v1/audit_logs?limit=1")["items"][0]
    assert newest["event_data"]["model_name"] == "renamed"
    assert newest["event_type"] == "MODEL_DELETED"


def test_a_change_of_settings_is_told_with_what_was_before(local: Baseten) -> None:
    model_id, _ = local.deployed()
    path = f"/v1/models/{model_id}/deployments/production/autoscaling_settings"
    local.patch(path, max_replica=2)
    data = local.get("/v1/audit_logs?event_type_groups=AUTOSCALING_SETTINGS")["items"][0][
        "event_data"
    ]
    assert (data["max_replica"], data["previous_settings"]["max_replica"]) == (2, 1)


def test_a_refused_call_is_not_in_the_audit_log(local: Baseten) -> None:
    model_id, _ = local.pushed()
    path = f"/v1/models/{model_id}/environments"
    local.call("POST", path, {"name": "production"})
    local.call("PATCH", path + "/production", {"autoscaling_settings": {"max_replica": 0}})
    assert events(local) == ["MODEL_DEPLOYED"]


def test_the_audit_log_has_pages_and_filters(local: Baseten) -> None:
    ids = local.pushed()
    local.post("/v1/secrets", name="hf_access_key", value="canary-of-a-secret")
    local.advance(10)
    local.call("DELETE", "/v1/secrets/hf_access_key")
    local.post(f"/v1/models/{ids[0]}/environments", name="staging")
    in_order = ["MODEL_DEPLOYED", "SECRET_UPDATED", "SECRET_DELETED", "ENVIRONMENT_CREATED"]
    assert events(local, "?direction=ASC") == in_order
    page = local.get("/v1/audit_logs?direction=ASC&limit=3")
    assert page["pagination"]["has_more"] is True
    rest = local.get(f"/v1/audit_logs?direction=ASC&limit=3&cursor={page['pagination']['cursor']}")
    assert [e["event_type"] for e in page["items"] + rest["items"]] == in_order
    assert rest["pagination"] == {"has_more": False, "cursor": None}
    assert events(local, "?event_type_groups=SECRETS&event_type_groups=DELETED") == in_order[2:0:-1]
    assert events(local, "?environment_names=staging") == in_order[3:]
    assert events(local, f"?deployment_ids={ids[1]}") == in_order[:1]
    assert events(local, "?search=ACCESS_key&direction=ASC") == in_order[1:3]
    assert events(local, "?sources=UI") == events(local, "?user_ids=x") == []
    start = int(local.world.now() * 1000)
    assert events(local, f"?start_epoch_millis={start}") == in_order[:1:-1]
    assert events(local, f"?end_epoch_millis={start - 1}") == in_order[1::-1]
    assert local.call("GET", "/v1/audit_logs?limit=201").status == 400
    assert local.call("GET", "/v1/audit_logs?colour=red").status == 400
    assert "canary-of-a-secret" not in local.call("GET", "/v1/audit_logs").body.decode()
