"""Secrets: values go in, names come out, and nothing keeps a value."""

from __future__ import annotations

from pathlib import Path

from baseten_emulator.world.store import Store
from tests.support.control_client import Baseten, in_process, new_world

VALUE = "hf_CanaryValueThatMustNotBeSeenAnywhere"


def test_a_secret_keeps_its_id_when_its_value_is_rotated(baseten: Baseten) -> None:
    first = baseten.post("/v1/secrets", name="hf_access_key", value="one")
    second = baseten.post("/v1/secrets", name="hf_access_key", value="two")
    assert first == second
    assert baseten.get("/v1/secrets") == {"secrets": [first]}


def test_names_differ_by_letters_and_digits_only(baseten: Baseten) -> None:
    first = baseten.post("/v1/secrets", name="hf_access_key", value="one")
    assert baseten.post("/v1/secrets", name="hf-access-key", value="two")["id"] == first["id"]
    assert baseten.call("DELETE", "/v1/secrets/hf-access.key").json == {"name": "hf_access_key"}
    assert baseten.get("/v1/secrets") == {"secrets": []}


def test_an_unknown_secret_is_not_deleted(baseten: Baseten) -> None:
    answer = baseten.call("DELETE", "/v1/secrets/nope")
    assert (answer.status, answer.json["message"]) == (404, 'secret "nope" does not exist')


def test_a_secret_needs_a_name(local: Baseten) -> None:
    assert local.call("POST", "/v1/secrets", {"value": "x"}).status == 400


def test_secrets_belong_to_teams() -> None:
    world = new_world(teams=("search", "ads"))
    baseten = Baseten(world, in_process(world))
    ads = f"/v1/teams/{world.team_id('ads')}/secrets"
    assert baseten.post(ads, name="k", value="x")["team_name"] == "ads"
    assert baseten.get(f"/v1/teams/{world.team_id('search')}/secrets") == {"secrets": []}
    assert len(baseten.get("/v1/secrets")["secrets"]) == 1
    assert baseten.call("GET", "/v1/teams/tm000000/secrets").status == 404


def test_a_value_is_never_answered_logged_or_written(tmp_path: Path) -> None:
    world = new_world(store=Store.in_folder(tmp_path))
    baseten = Baseten(world, in_process(world))
    said = baseten.call("POST", "/v1/secrets", {"name": "k", "value": VALUE}).body
    baseten.call("POST", "/v1/models", {"source": {"name": VALUE}})
    said += baseten.call("GET", "/v1/secrets").body + str(baseten.calls()).encode()
    written = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert VALUE.encode() not in said + written


def test_a_rotation_can_be_seen_by_its_fingerprint(local: Baseten) -> None:
    local.post("/v1/secrets", name="k", value="one")
    before = local.get("/_emulator/secrets")["secrets"][0]
    local.post("/v1/secrets", name="k", value="two")
    after = local.get("/_emulator/secrets")["secrets"][0]
    assert before["name"] == after["name"]
    assert before["sha256"] != after["sha256"]
