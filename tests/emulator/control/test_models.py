"""Models by REST, who may ask, and what is answered to what does not exist."""

from __future__ import annotations

import pytest

from tests.support.control_client import Baseten, in_process, new_world

UNAUTHORIZED = {"error": "Unauthorized"}


@pytest.mark.parametrize("path", ["/graphql/", "/v1/models", "/hosts/model-x/production/predict"])
@pytest.mark.parametrize("header", ["Bearer wrong", "Api-Key wrong", "Basic x", ""])
def test_a_wrong_key_is_unauthorized_everywhere(local: Baseten, path: str, header: str) -> None:
    answer = local.call("POST", path, {}, Authorization=header)
    assert (answer.status, answer.json) == (401, UNAUTHORIZED)


@pytest.mark.parametrize("scheme", ["Bearer", "Api-Key"])
def test_both_schemes_are_accepted_everywhere(baseten: Baseten, scheme: str) -> None:
    baseten.scheme = scheme
    model_id, _ = baseten.deployed()
    assert baseten.call("POST", f"/hosts/model-{model_id}/production/predict", {}).status == 200


def test_models_are_found_by_exact_name(baseten: Baseten) -> None:
    baseten.pushed()
    baseten.pushed(model="bge-2")
    assert [m["name"] for m in baseten.get("/v1/models")["models"]] == ["bge", "bge-2"]
    assert [m["name"] for m in baseten.get("/v1/models?name=bge")["models"]] == ["bge"]


def test_a_renamed_model_keeps_its_id_and_frees_its_name(baseten: Baseten) -> None:
    model_id, _ = baseten.pushed()
    other, _ = baseten.pushed(model="other")
    assert baseten.patch(f"/v1/models/{model_id}", name="new")["id"] == model_id
    assert baseten.call("PATCH", f"/v1/models/{other}", {"name": "new"}).status == 400
    assert baseten.call("PATCH", f"/v1/models/{other}", {"nmae": "x"}).status == 400
    assert baseten.patch(f"/v1/models/{other}", name="bge")["name"] == "bge"


def test_a_deleted_model_takes_its_deployments_and_environments_along(baseten: Baseten) -> None:
    model_id, deployment_id = baseten.deployed()
    assert baseten.call("DELETE", f"/v1/models/{model_id}").json == {
        "id": model_id,
        "deleted": True,
    }
    for path in ("", "/environments", f"/deployments/{deployment_id}"):
        assert baseten.call("GET", f"/v1/models/{model_id}{path}").status == 404
    assert baseten.call("POST", f"/hosts/model-{model_id}/production/predict", {}).status == 404
    assert baseten.pushed()[0] != model_id


def test_what_the_emulator_does_not_know_is_a_404_that_names_it(baseten: Baseten) -> None:
    answer = baseten.call("PUT", "/v1/chains/x")
    assert (answer.status, answer.json["message"]) == (404, "the emulator has no PUT /v1/chains/x")


def test_a_body_that_is_no_json_object_is_refused(local: Baseten) -> None:
    for body in (b"{", b"[]"):
        assert local.call("POST", "/v1/secrets", body).status == 400


def test_a_name_may_be_used_once_in_each_team() -> None:
    world = new_world(teams=("search", "ads"))
    baseten = Baseten(world, in_process(world))
    baseten.pushed()
    source = {"name": "bge", "deployment": {"config": {"model_name": "bge"}}}
    ads = f"/v1/teams/{world.team_id('ads')}/models"
    assert baseten.post(ads, source=source)["model"]["team_name"] == "ads"
    assert [m["team_name"] for m in baseten.get("/v1/models?name=bge")["models"]] == [
        "search",
        "ads",
    ]
    assert len(baseten.get(ads)["models"]) == 1


def test_teams_and_caller_are_told(baseten: Baseten) -> None:
    (team,) = baseten.get("/v1/teams")["teams"]
    assert baseten.get(f"/v1/teams/{team['id']}") == team
    assert baseten.get("/v1/users/me")["email"] == "dev@example.invalid"
    assert baseten.get("/v1/organizations/me")["name"] == "emulator"
    assert (
        baseten.graphql("query Teams { teams { id name default } }")["data"]["teams"][0]["default"]
        is True
    )


@pytest.mark.parametrize(
    ("resources", "name"),
    [
        ({}, "1x2"),
        ({"cpu": "4", "memory": "16Gi"}, "4x16"),
        ({"accelerator": "L4"}, "L4:4x16"),
        ({"accelerator": "L4", "memory": "17Gi"}, "L4:2x24x96"),
        ({"accelerator": "L4", "cpu": "5"}, "L4:2x24x96"),
        ({"accelerator": "L4:4"}, "L4:4x48x192"),
        ({"accelerator": "H100_40GB"}, "H100MIG"),
        ({"accelerator": "H100:2"}, "H100:2"),
        ({"accelerator": "L4", "instance_type": "A10Gx8x32"}, "A10Gx8x32"),
        ({"instance_type": "L4x4x16"}, "L4:4x16"),
    ],
)
def test_resources_land_on_the_cheapest_instance_type_that_holds_them(
    local: Baseten, resources: dict[str, str], name: str
) -> None:
    payload = {"config": {"model_name": "bge", "resources": resources}}
    created = local.post("/v1/models", source={"name": "bge", "deployment": payload})
    assert created["deployment"]["instance_type_name"] == name


def test_every_price_is_of_an_instance_type_that_is_listed(local: Baseten) -> None:
    listed = local.get("/v1/instance_types")["instance_types"]
    priced = local.get("/v1/instance_type_prices")["instance_types"]
    assert [entry["instance_type"] for entry in priced] == listed
    assert len({sku["id"] for sku in listed}) == len(listed)
    assert {e["instance_type"]["name"]: e["price"] for e in priced}["L4:4x16"] == 0.01414
