"""Faults of the data plane, set through the control endpoint: which deployments they hit, and that they go away."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.control_client import Baseten, config_with, in_process, new_world


@pytest.fixture
def baseten() -> Baseten:
    """With the real data plane."""
    world = new_world(boot=None)
    return Baseten(world, in_process(world))


def vector_and_pooling(baseten: Baseten, ids: tuple[str, str]) -> Any:
    """Vector and pooling of one deployment."""
    url = f"/hosts/model-{ids[0]}/deployment/{ids[1]}/sync"
    (vector,) = baseten.post(f"{url}/embed", inputs="hello world")
    return vector, baseten.get(f"{url}/info")["model_type"]["embedding"]["pooling"]


def test_a_fault_for_new_deployments_leaves_those_alone_that_were_there(baseten: Baseten) -> None:
    old = baseten.deployed()
    right = vector_and_pooling(baseten, old)
    baseten.fault("wrong_pooling", "bge", deployments="new")
    new = baseten.deployed()
    assert vector_and_pooling(baseten, old) == right
    assert vector_and_pooling(baseten, new)[1] == "mean"
    assert vector_and_pooling(baseten, new)[0] != right[0]
    baseten.call("DELETE", "/_emulator/faults")
    assert vector_and_pooling(baseten, new) == right


def test_a_fault_without_a_word_about_deployments_hits_all_of_its_model(baseten: Baseten) -> None:
    ids = baseten.deployed()
    other = baseten.deployed(config_with(model_name="other"))
    right = vector_and_pooling(baseten, ids)
    baseten.fault("wrong_pooling", "bge", value="last_token")
    assert vector_and_pooling(baseten, ids)[1] == "last_token"
    assert vector_and_pooling(baseten, other) == right


def test_several_faults_come_together_and_noise_varies(baseten: Baseten) -> None:
    ids = baseten.deployed()
    baseten.fault("wrong_prompt", "bge")
    prompted = vector_and_pooling(baseten, ids)[0]
    assert vector_and_pooling(baseten, ids)[0] == prompted
    baseten.fault("batch_noise", "*")
    noisy = vector_and_pooling(baseten, ids)[0]
    assert noisy != prompted
    assert noisy == pytest.approx(prompted, abs=1e-3)
    assert vector_and_pooling(baseten, ids)[0] != noisy


def test_an_unknown_choice_of_deployments_is_refused(baseten: Baseten) -> None:
    body = {"fault": "wrong_dtype", "deployments": "old"}
    answer = baseten.call("POST", "/_emulator/faults", body)
    assert answer.status == 400
    assert b"deployments must be all or new" in answer.body


def test_a_data_plane_of_a_test_is_left_as_it_is() -> None:
    world = new_world()
    local = Baseten(world, in_process(world))
    model_id, _ = local.deployed()
    local.fault("wrong_pooling")
    assert local.call("POST", f"/hosts/model-{model_id}/production/predict", {}).status == 200
