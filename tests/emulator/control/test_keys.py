"""API keys that were made: each opens what its type and its models say, until it is deleted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.world.store import Store
from tests.support.control_client import Baseten, in_process, new_world

INVOKE = "WORKSPACE_INVOKE"


def with_key(baseten: Baseten, kind: str, **scope: Any) -> Baseten:
    """The same Baseten, called with a new key."""
    return replace(baseten, key=baseten.post("/v1/api_keys", type=kind, **scope)["api_key"])


def ask(baseten: Baseten, model_id: str) -> int:
    body = {"inputs": "hello"}
    return baseten.call("POST", f"/hosts/model-{model_id}/production/predict", body).status


def two_models(baseten: Baseten) -> tuple[str, str]:
    first, _ = baseten.deployed()
    second, _ = baseten.deployed(model="other")
    return first, second


def test_a_key_for_one_model_calls_it_and_nothing_else(baseten: Baseten) -> None:
    ours, other = two_models(baseten)
    consumer = with_key(baseten, INVOKE, name="search", model_ids=[ours])
    assert (ask(consumer, ours), ask(consumer, other)) == (200, 403)
    for path in ("/v1/models", f"/v1/models/{ours}", "/v1/api_keys", "/metrics"):
        assert consumer.call("GET", path).json["code"] == "FORBIDDEN", path
    assert consumer.call("POST", "/graphql/", {"query": "{ teams { id } }"}).status == 403
    assert consumer.call("DELETE", f"/v1/models/{ours}").status == 403
    baseten.call("DELETE", f"/v1/api_keys/{consumer.key.partition('.')[0]}")
    assert ask(consumer, ours) == 401
    assert ask(baseten, ours) == 200


def test_a_key_without_models_calls_those_of_its_team(local: Baseten) -> None:
    ours, other = two_models(local)
    assert [ask(with_key(local, INVOKE), it) for it in (ours, other)] == [200, 200]
    world = new_world(teams=("search", "ads"))
    baseten = Baseten(world, in_process(world))
    of_search, _ = baseten.deployed()
    of_ads = with_key(baseten, INVOKE, team_id=world.team_id("ads"))
    assert ask(of_ads, of_search) == 403


@pytest.mark.parametrize(
    ("kind", "opened"),
    [
        ("PERSONAL", ["/v1/models", "/v1/api_keys", "/metrics"]),
        ("WORKSPACE_MANAGE_ALL", ["/v1/models", "/v1/api_keys", "/metrics"]),
        ("WORKSPACE_MANAGE_API_KEYS", ["/v1/api_keys"]),
        ("WORKSPACE_EXPORT_METRICS", ["/metrics"]),
        ("ROUTES", []),
    ],
)
def test_a_key_opens_what_its_type_says(local: Baseten, kind: str, opened: list[str]) -> None:
    model_id, _ = local.deployed()
    caller = with_key(local, kind)
    paths = ("/v1/models", "/v1/api_keys", "/metrics")
    assert [path for path in paths if caller.call("GET", path).status != 403] == opened
    assert ask(caller, model_id) == (200 if "/v1/models" in opened else 403)


def test_a_prefix_with_another_secret_opens_nothing(local: Baseten) -> None:
    made = with_key(local, "WORKSPACE_MANAGE_ALL")
    prefix = made.key.partition(".")[0]
    for key in (prefix, f"{prefix}.", f"{prefix}.{'x' * 32}", "", f"{made.key}x"):
        assert replace(made, key=key).call("GET", "/v1/models").status == 401, key
    assert replace(made, scheme="Basic").call("GET", "/v1/models").status == 401


def test_the_last_use_of_a_key_is_told(local: Baseten) -> None:
    used, never = with_key(local, "WORKSPACE_MANAGE_ALL"), with_key(local, INVOKE)
    local.advance(3600)
    used.get("/v1/models")
    never.call("GET", "/v1/models")
    _, first, second = local.get("/v1/api_keys")["keys"]
    assert (first["created_at"] < first["last_used_at"], second["last_used_at"]) == (True, None)


def test_a_key_survives_a_restart_and_is_written_nowhere(tmp_path: Path) -> None:
    world = new_world(store=Store.in_folder(tmp_path))
    made = with_key(Baseten(world, in_process(world)), "WORKSPACE_MANAGE_ALL")
    made.post("/v1/secrets", name="copy", value=made.key)
    world.store.close()
    secret = made.key.partition(".")[2].encode()
    assert not [it for it in tmp_path.iterdir() if secret in it.read_bytes()]
    again = new_world(store=Store.in_folder(tmp_path))
    assert (
        replace(made, world=again, send=in_process(again)).call("GET", "/v1/models").status == 200
    )


@pytest.mark.parametrize("name", ["Search", "search key", "search_key"])
def test_a_name_with_other_letters_is_refused(local: Baseten, name: str) -> None:
    assert local.call("POST", "/v1/api_keys", {"type": INVOKE, "name": name}).status == 400
