"""Rollback, pins, further environments, retention, rotation and guarded deletion with the real engine."""

from typing import Any

import pytest

from baseten_tei_client import OutputsError, connect
from tests.support.harness import API_KEY, BGE, GATED, Emulator, Stack
from tests.support.worlds import World, client_of

pytestmark = pytest.mark.e2e


def tokens(count: int, **more: Any) -> dict[str, Any]:
    """The same model, another version."""
    return {"bge": {**BGE, "max_batch_tokens": count, **more}}


PROMPT = {"default_prompt": "Represent this sentence: "}
"""Moves the embedding space."""


def model_path(emulator: Emulator, name: str = "bge") -> str:
    return f"/v1/models/{emulator.models()[name]}"


def environment(emulator: Emulator, name: str = "production") -> dict[str, Any]:
    return dict(emulator.rest(f"{model_path(emulator)}/environments/{name}"))


def serving(emulator: Emulator, name: str = "production") -> str:
    return str(environment(emulator, name)["current_deployment"]["id"])


@pytest.mark.serving
def test_rollback_pin_and_forward_again_push_nothing_and_no_caller_notices(
    stack: Stack, emulator: Emulator, world: World
) -> None:
    first, before = serving(emulator), stack.outputs()["models"]["bge"]
    with client_of(world) as client:
        stack.configure(tokens(8192, **PROMPT))
        stack.up().check()
        second, after = serving(emulator), stack.outputs()["models"]["bge"]
        assert second != first
        assert after["space"]["fingerprint"] != before["space"]["fingerprint"]

        emulator.forget_calls()
        stack.configure(tokens(8192, **PROMPT, deployment="previous"))
        preview = stack.pulumi("preview", "--diff", "--stack", stack.name).check().text
        assert "deployment" in preview
        assert "is in another embedding space than what serves now: each caller" in preview
        assert "may be" not in preview
        stack.up().check()
        assert serving(emulator) == first
        assert stack.outputs()["models"]["bge"] == before, "outputs tell what serves"
        assert "unchanged" in stack.up().check().text, "previous stays what it was"
        assert serving(emulator) == first

        emulator.rest(f"{model_path(emulator)}/deployments/{second}/deactivate", "POST")
        stack.configure(tokens(8192, **PROMPT, deployment=second))
        stack.up().check()
        assert serving(emulator) == second, "a deactivated version is woken and promoted"

        stack.configure(tokens(8192, **PROMPT))
        stack.up().check()
        assert serving(emulator) == second
        assert stack.outputs()["models"]["bge"] == after
        assert emulator.pushes() == 0
    assert client.calls
    assert client.failures == []


@pytest.mark.serving
def test_an_environment_as_the_only_target_waits_for_no_push_and_only_so_many_versions_are_kept(
    stack: Stack, emulator: Emulator
) -> None:
    first = serving(emulator)
    stack.configure(tokens(4096, keep_deployments=1))
    up = ("up", "--yes", "--skip-preview", "--stack", stack.name)
    refused = stack.pulumi(*up, "--target", "**::bge-production").refused()
    assert "this operation does not push one: run `pulumi up` without --target" in refused.text
    assert (len(emulator.deployments("bge")), serving(emulator)) == (1, first)
    steps = ("**::bge-model", "**::bge-push", "**::bge-production")
    stack.pulumi(*up, *(word for step in steps for word in ("--target", step))).check()
    assert serving(emulator) != first

    stack.configure(tokens(8192, keep_deployments=1))
    stack.up().check()
    left = [it["id"] for it in emulator.deployments("bge")]
    assert (len(left), first in left, serving(emulator) in left) == (2, False, True)
    stack.configure(tokens(8192, keep_deployments=1, deployment="previous"))
    stack.up().check()
    assert serving(emulator) in left, "what is kept is what previous means"


def test_each_environment_has_its_settings_before_it_serves_and_what_is_protected_is_not_deleted(
    stack: Stack, emulator: Emulator
) -> None:
    staging = {
        "autoscaling": {"min_replica": 1, "max_replica": 2},
        "promotion": {
            "promotion_cleanup_strategy": "KEEP",
            "rolling_deploy_config": {"max_unavailable_percent": 10},
        },
        "request_backpressure": "REJECT_ON_FULL",
    }
    stack.configure(tokens(8192, environments={"staging": staging}))
    stack.up().check()
    made = environment(emulator, "staging")
    assert made["autoscaling_settings"]["max_replica"] == 2
    assert made["promotion_settings"]["promotion_cleanup_strategy"] == "KEEP"
    rolling = made["promotion_settings"]["rolling_deploy_config"]
    assert (rolling["max_surge_percent"], rolling["max_unavailable_percent"]) == (0, 10)
    assert made["request_backpressure_settings"] == {"policy": "REJECT_ON_FULL"}
    calls = [
        f"{it['method']} {it['path'].partition('/environments')[2]}" for it in emulator.calls()
    ]
    assert calls.index("POST ") < calls.index("POST /staging/promote")

    held = {**staging, "deployment": serving(emulator, "staging")}
    stack.configure(tokens(16384, environments={"staging": held}))
    stack.up().check()
    digests = {
        name: environment(emulator, name)["current_deployment"]["labels"]["config_digest"]
        for name in ("staging", "production")
    }
    assert digests["staging"] != digests["production"]

    outputs = stack.outputs()
    told = outputs["models"]["bge"]["environments"]
    assert {name: it["config_digest"] for name, it in told.items()} == digests
    assert told["staging"]["deployment_id"] == held["deployment"]
    assert (
        told["staging"]["autoscaling"]["max_replica"]
        == told["staging"]["limits"]["max_replica"]
        == 2
    )
    assert [told[it]["limits"]["max_batch_tokens"] for it in ("staging", "production")] == [
        8192,
        16384,
    ]
    with connect("bge", environment="staging", outputs=outputs, api_key=API_KEY) as client:
        assert client.embed(["a text"]).vectors.shape == (1, 768)
    called = [it["path"] for it in emulator.calls() if it["path"].endswith("/v1/embeddings")]
    assert called[-1].endswith("/environments/staging/sync/v1/embeddings")
    with pytest.raises(
        OutputsError, match=r"no environment 'blue'\. There are: production, staging"
    ):
        connect("bge", environment="blue", outputs=outputs, api_key=API_KEY)

    stack.configure(tokens(16384, protect=True))
    stack.up().check()
    assert list(stack.outputs()["models"]["bge"]["environments"]) == ["production"]
    names = [
        it["name"] for it in emulator.rest(f"{model_path(emulator)}/environments")["environments"]
    ]
    assert names == ["production"]
    stack.configure({})
    assert "protect" in stack.up().refused().text
    assert list(emulator.models()) == ["bge"]


@pytest.mark.serving
def test_a_model_that_others_hang_on_is_deleted_by_force_alone(
    stack: Stack, emulator: Emulator
) -> None:
    path, deployment = model_path(emulator), serving(emulator)
    emulator.rest(f"{path}/environments", "POST", {"name": "theirs"})
    emulator.rest(f"{path}/environments/theirs/promote", "POST", {"deployment_id": deployment})
    told = stack.destroy().refused().text
    assert "model 'bge' is not deleted, because of environment 'theirs'" in told
    assert list(emulator.models()) == ["bge"]
    stack.configure({"bge": {**BGE, "force_delete": True}})
    stack.up().check()
    stack.destroy().check()
    assert emulator.models() == {}


def test_a_new_token_restarts_only_the_models_that_ask_for_it_and_is_in_no_state(
    stack: Stack, emulator: Emulator
) -> None:
    models = {
        "asks": {**GATED, "redeploy_on_rotation": True},
        "waits": GATED,
    }
    stack.configure(models, hf_access_key={"from_env": "HF_TOKEN"})
    old, new = "hf_" + "a" * 34, "hf_" + "b" * 34
    stack.up(HF_TOKEN=old).check()
    before = {name: emulator.deployments(name)[-1]["id"] for name in models}
    stored = {it["name"]: it["sha256"] for it in emulator.admin("GET", "secrets")["secrets"]}

    emulator.forget_calls()
    shown = stack.preview(HF_TOKEN=new).check().text
    assert "asks-production" in shown
    assert "waits-production" not in shown
    stack.up(HF_TOKEN=new).check()
    assert emulator.pushes() == 0
    after = {name: emulator.deployments(name)[-1]["id"] for name in models}
    assert after["asks"] != before["asks"]
    assert after["waits"] == before["waits"]
    assert {
        it["name"]: it["sha256"] for it in emulator.admin("GET", "secrets")["secrets"]
    } != stored
    state = stack.pulumi("stack", "export", "--show-secrets", "--stack", stack.name).check().text
    assert old not in state
    assert new not in state
    everything = "".join(
        path.read_text(errors="replace")
        for path in stack.folder.rglob("state/**/*")
        if path.is_file()
    )
    assert old not in everything
    assert new not in everything
