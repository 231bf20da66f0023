"""A stack's life with the real engine, the real truss CLI and the emulator."""

import json
import re

import pytest

from tests.support.harness import BGE, EMOTIONS, RERANKER, Emulator, Stack, status
from tests.support.worlds import PAIR

pytestmark = pytest.mark.e2e

THREE = {
    "bge": BGE,
    "bge-reranker": RERANKER,
    "go-emotions": {**EMOTIONS, "environment": "staging", "autoscaling": {"max_replica": 2}},
}
URLS = ("model_id", "predict_url", "sync_url", "openai_base_url", "embeddings_url", "wake_url")


def test_three_models_go_up_answer_change_one_at_a_time_and_leave_nothing(
    stack: Stack, emulator: Emulator
) -> None:
    """One in an environment of its own name; the change is of a flag and of the GPU."""
    foreign = emulator.rest  # nothing of ours may touch what others own
    stack.configure(THREE)
    stack.up().check()
    assert set(emulator.models()) == set(THREE)
    assert emulator.pushes() == 3
    models = stack.outputs()["models"]
    assert models["bge"]["limits"]["max_input_length"] == 512
    assert {models[name]["task"] for name in THREE} == {"embedding", "reranker", "classifier"}
    staging = emulator.rest(f"/v1/models/{emulator.models()['go-emotions']}/environments/staging")
    assert staging["current_deployment"]["id"] == models["go-emotions"]["deployment_id"]
    assert staging["autoscaling_settings"]["max_replica"] == 2
    assert "/environments/staging/predict" in models["go-emotions"]["predict_url"]

    emulator.forget_calls()
    assert "14 unchanged" in stack.up().check().text
    assert emulator.calls() == []

    changed = {**THREE, "bge": {**BGE, "max_batch_tokens": 32768, "accelerator": "A10G"}}
    stack.configure(changed)
    steps = stack.planned()
    pushes = [step for step in steps if step["newState"]["type"] == "command:local:Command"]
    assert [step["op"] for step in pushes] == ["update"]
    assert {step["urn"].split("::")[-1] for step in steps} >= {"bge", "bge-push", "bge-production"}
    assert all("reranker" not in step["urn"] and "emotions" not in step["urn"] for step in steps)
    shown = stack.pulumi("preview", "--diff", "--stack", stack.name).check().text
    assert re.search(r"~ max_batch_tokens +: 16384 => 32768", shown)
    assert "--max-batch-tokens=32768" in shown
    before = models["bge"]
    for key in URLS:
        assert re.search(rf'    {key} +: "{re.escape(before[key])}"', shown), key
    assert not re.search(r"[~+] +(predict|sync|wake)_url", shown)
    assert emulator.calls() == []

    stack.up().check()
    after = stack.outputs()["models"]
    assert emulator.pushes() == 1
    assert len(emulator.deployments("bge")) == 2
    assert after["bge"]["baseten_id"] == before["baseten_id"]
    assert after["bge"]["deployment_id"] != before["deployment_id"]
    assert after["go-emotions"] == models["go-emotions"]
    serving = emulator.rest(f"/v1/models/{emulator.models()['bge']}/environments/production")
    assert serving["instance_type"]["gpu_type"] == "A10G"

    del changed["bge-reranker"]
    stack.configure(changed)
    stack.up().check()
    assert set(emulator.models()) == {"bge", "go-emotions"}
    assert not stack.config_text("bge-reranker").parent.exists()
    assert stack.config_text("bge").exists()

    stack.destroy().check()
    assert foreign("/v1/models")["models"] == []


@pytest.mark.serving
def test_a_failed_release_shows_the_log_and_the_old_version_serves_on(
    stack: Stack, emulator: Emulator
) -> None:
    serving = stack.outputs()["models"]["bge"]["deployment_id"]
    emulator.fault("bge", "deploy_failed")
    stack.configure({"bge": {**BGE, "max_batch_tokens": 8192}})
    failed = stack.up().refused()
    assert "ended as DEPLOY_FAILED: starting the container failed after " in failed.text
    assert ": fix what the log says, or run `pulumi up` to retry it" in failed.text
    assert "Traceback" not in failed.text
    model = f"/v1/models/{emulator.models()['bge']}"
    current = emulator.rest(f"{model}/environments/production")["current_deployment"]
    assert current["id"] == serving
    told = status(stack, "--format", "json").stdout
    assert "bge-production" in {it["resource"] for it in json.loads(told)["changes"]}

    emulator.no_faults()
    emulator.forget_calls()
    stack.up().check()
    assert emulator.pushes() == 0, "the release resumes, and pushes nothing"
    current = emulator.rest(f"{model}/environments/production")["current_deployment"]
    assert current["id"] != serving


@pytest.mark.pair
def test_a_model_that_is_called_otherwise_in_the_stack_stays_on_baseten(
    stack: Stack, emulator: Emulator
) -> None:
    there, deployments = emulator.models(), emulator.deployments("bge")
    stack.configure({"after": {**PAIR["bge"], "model_name": "bge"}, "gem": PAIR["gem"]})
    told = stack.up().check().text
    assert "bge stays on Baseten: it is 'after-model' now" in told
    assert emulator.models() == there
    assert emulator.deployments("bge") == deployments
    environments = emulator.rest(f"/v1/models/{there['bge']}/environments")["environments"]
    assert {it["name"] for it in environments} == {"production", "staging"}
    stack.destroy().check()
    assert emulator.models() == {}
