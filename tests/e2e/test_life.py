"""A stack's life with the real engine, the real truss CLI and the emulator."""

import json
import re
from pathlib import Path

import pytest

from tests.support.harness import BGE, EMOTIONS, GATED, RERANKER, Emulator, Stack
from tests.support.worlds import PAIR

pytestmark = pytest.mark.e2e

THREE = {"bge": BGE, "bge-reranker": RERANKER, "go-emotions": EMOTIONS}


def test_three_models_go_up_answer_change_one_at_a_time_and_leave_nothing(
    stack: Stack, emulator: Emulator
) -> None:
    foreign = emulator.rest  # nothing of ours may touch what others own
    stack.configure(THREE)
    stack.up().check()
    assert set(emulator.models()) == set(THREE)
    assert emulator.pushes() == 3
    models = stack.outputs()["models"]
    assert models["bge"]["limits"]["max_input_length"] == 512
    assert {models[name]["task"] for name in THREE} == {"embedding", "reranker", "classifier"}

    emulator.forget_calls()
    assert "14 unchanged" in stack.up().check().text
    assert emulator.calls() == []

    changed = {**THREE, "bge": {**BGE, "max_batch_tokens": 32768}}
    stack.configure(changed)
    steps = stack.planned()
    pushes = [step for step in steps if step["newState"]["type"] == "command:local:Command"]
    assert [step["op"] for step in pushes] == ["update"]
    assert {step["urn"].split("::")[-1] for step in steps} >= {"bge", "bge-push", "bge-production"}
    assert all("reranker" not in step["urn"] and "emotions" not in step["urn"] for step in steps)
    shown = stack.pulumi("preview", "--diff", "--stack", stack.name).check().text
    assert re.search(r"~ max_batch_tokens +: 16384 => 32768", shown)
    assert "--max-batch-tokens=32768" in shown
    assert emulator.calls() == []

    before = stack.outputs()["models"]
    stack.up().check()
    after = stack.outputs()["models"]
    assert emulator.pushes() == 1
    assert len(emulator.deployments("bge")) == 2
    assert after["bge"]["baseten_id"] == before["bge"]["baseten_id"]
    assert after["bge"]["deployment_id"] != before["bge"]["deployment_id"]
    assert after["go-emotions"] == before["go-emotions"]

    del changed["bge-reranker"]
    stack.configure(changed)
    stack.up().check()
    assert set(emulator.models()) == {"bge", "go-emotions"}
    assert not stack.config_text("bge-reranker").parent.exists()
    assert stack.config_text("bge").exists()

    stack.destroy().check()
    assert foreign("/v1/models")["models"] == []


@pytest.mark.serving
def test_urls_stay_known_in_the_preview_of_an_update(stack: Stack) -> None:
    before = stack.outputs()["models"]["bge"]
    stack.configure({"bge": {**BGE, "max_batch_tokens": 8192}})
    shown = stack.pulumi("preview", "--diff", "--stack", stack.name).check().text
    for key in (
        "model_id",
        "predict_url",
        "sync_url",
        "openai_base_url",
        "embeddings_url",
        "wake_url",
    ):
        assert re.search(rf'    {key} +: "{re.escape(before[key])}"', shown), key
    assert not re.search(r"[~+] +(predict|sync|wake)_url", shown)


@pytest.mark.serving
def test_another_gpu_really_takes_effect(stack: Stack, emulator: Emulator) -> None:
    stack.configure({"bge": {**BGE, "accelerator": "A10G"}})
    stack.up().check()
    serving = emulator.rest(f"/v1/models/{emulator.models()['bge']}/environments/production")
    assert serving["instance_type"]["gpu_type"] == "A10G"


def test_a_custom_environment_is_made_with_its_settings(stack: Stack, emulator: Emulator) -> None:
    stack.configure({"bge": {**BGE, "environment": "staging", "autoscaling": {"max_replica": 2}}})
    stack.up().check()
    serving = emulator.rest(f"/v1/models/{emulator.models()['bge']}/environments/staging")
    outputs = stack.outputs()["models"]["bge"]
    assert serving["current_deployment"]["id"] == outputs["deployment_id"]
    assert serving["autoscaling_settings"]["max_replica"] == 2
    assert "/environments/staging/predict" in outputs["predict_url"]


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

    emulator.no_faults()
    emulator.forget_calls()
    stack.up().check()
    assert emulator.pushes() == 0, "the release resumes, and pushes nothing"
    current = emulator.rest(f"{model}/environments/production")["current_deployment"]
    assert current["id"] != serving


@pytest.mark.serving
def test_a_version_that_is_not_what_was_asked_for_is_not_promoted(
    stack: Stack, emulator: Emulator
) -> None:
    serving = stack.outputs()["models"]["bge"]["deployment_id"]
    emulator.fault("bge", "cpu_fallback")
    stack.configure({"bge": {**BGE, "max_batch_tokens": 8192}})
    assert "runs on the CPU: TEI found no usable GPU" in stack.up().refused().text
    current = emulator.rest(f"/v1/models/{emulator.models()['bge']}/environments/production")
    assert current["current_deployment"]["id"] == serving


@pytest.mark.serving
def test_a_foreign_model_is_neither_taken_over_nor_deleted(
    emulator: Emulator, tmp_path: Path
) -> None:
    ours = Stack(tmp_path / "ours", emulator.url, "ours")
    ours.configure({"bge": BGE})
    told = ours.up().refused().text
    assert "model 'bge' is on Baseten already" in told
    assert "pushed by stack baseten-tei/test (state id st-" in told
    ours.destroy().check()
    assert list(emulator.models()) == ["bge"]


def test_a_gated_models_secret_is_stored_before_its_push_and_goes_with_the_stack(
    stack: Stack, emulator: Emulator
) -> None:
    stack.configure({"gemma": GATED, "bge": BGE})
    stack.up(HF_ACCESS_KEY="hf_" + "a" * 30).check()
    assert emulator.secrets() == ["hf_access_key"]
    operations = [f"{call['method']} {call['path']}" for call in emulator.calls()]
    stored = operations.index("POST /v1/secrets")
    pushed = [n for n, call in enumerate(emulator.calls()) if "gemma" in json.dumps(call)]
    assert stored < next(
        n for n in pushed if emulator.calls()[n].get("operation", "").startswith("create")
    )
    stack.destroy().check()
    assert emulator.secrets() == []


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
