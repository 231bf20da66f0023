"""The call log: what tests read to see what was asked, without a credential in it."""

from __future__ import annotations

from baseten_emulator.world.calls import build_entry, redact
from baseten_emulator.world.wire import Request, Response
from tests.support.control_client import CONFIG, KEY, Baseten, config_with, new_world


def test_a_push_can_be_read_in_the_log(baseten: Baseten) -> None:
    baseten.pushed(labels={"digest": "abc"}, version_name="v1")
    create = next(c for c in baseten.calls() if c["operation"] == "create_model_from_truss")
    assert (create["method"], create["path"], create["status"]) == ("POST", "/graphql/", 200)
    assert create["body"]["name"] == "bge"
    assert create["body"]["version_name"] == "v1"
    assert create["body"]["user_deploy_metadata"] == '{"digest": "abc"}'
    assert create["body"]["config"] == CONFIG
    assert create["redacted"] == []


def test_the_log_can_be_emptied_and_goes_on_counting(baseten: Baseten) -> None:
    baseten.get("/v1/models")
    (first,) = baseten.calls()
    baseten.call("DELETE", "/_emulator/calls")
    assert baseten.calls() == []
    baseten.get("/v1/teams")
    (second,) = baseten.calls()
    assert (second["path"], second["seq"] > first["seq"]) == ("/v1/teams", True)


def test_refused_and_unknown_calls_are_logged_too(local: Baseten) -> None:
    local.call("GET", "/v1/models", Authorization="Bearer wrong")
    local.call("GET", "/v9/nothing")
    local.call("POST", "/graphql/", {"query": "{ nope }"})
    assert [(c["status"], c["operation"]) for c in local.calls()] == [
        (401, None),
        (404, None),
        (200, "nope"),
    ]


def test_no_key_and_no_secret_value_is_logged_and_the_places_are(local: Baseten) -> None:
    local.post("/v1/secrets", name="k", value="hf_1234")
    local.call("POST", "/v1/models", {"source": {"name": f"x{KEY}"}})
    leaky = config_with(environment_variables={"HF_TOKEN": "hf_1234", "MODEL": "x hf_1234567 y"})
    local.pushed(leaky)
    log = local.calls()
    assert KEY not in str(log)
    assert log[0]["body"] == {"name": "k", "value": "[secret]"}
    assert log[0]["redacted"] == ["body.value"]
    assert log[1]["redacted"] == ["body.source.name"]
    create = next(c for c in log if c["operation"] == "create_model_from_truss")
    assert "body.config.environment_variables.HF_TOKEN" in create["redacted"]


def test_a_token_is_recognised_by_its_look() -> None:
    token = "hf_" + "a" * 34
    assert redact({"start_command": f"HF_TOKEN={token} router"}, "/x") == {
        "start_command": "HF_TOKEN=[secret] router"
    }


def test_a_field_about_tokens_of_text_is_no_credential() -> None:
    body = {
        "max_batch_tokens": "16384",
        "auth_secret_name": "hf_access_key",
        "secrets": {"k": None},
    }
    assert redact(body, "/x") == body


def test_a_large_or_binary_body_is_logged_by_its_size() -> None:
    world = new_world()
    for body in (b"\x00\x01", b'"' + b"x" * 70_000 + b'"'):
        logged = build_entry(world, Request("PUT", "/b/k", body=body), Response())
        assert logged["body"] == f"[{len(body)} bytes]"


def test_administration_is_not_logged_and_needs_no_key(baseten: Baseten) -> None:
    assert baseten.call("GET", "/_emulator/health", Authorization="").json["status"] == "ok"
    assert baseten.calls() == []
    assert baseten.call("GET", "/_emulator/nothing").status == 404


def test_a_reset_forgets_everything_but_gives_no_id_twice(baseten: Baseten) -> None:
    before = baseten.pushed()
    baseten.post("/_emulator/reset")
    assert baseten.get("/v1/models") == {"models": []}
    assert not set(before) & set(baseten.pushed())
