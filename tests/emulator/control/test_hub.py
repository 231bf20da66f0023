"""/_emulator/hub: repositories that the emulator is taught, and deployments that meet their rules."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from baseten_emulator.world.store import Store
from tests.support.control_client import CONFIG, Baseten, config_with, in_process, new_world, served
from tests.support.tei_repositories import CLASSIFIER, GONE, REPO, files

HUB = "/_emulator/hub"
DOWNLOADS = {"start_command": f"text-embeddings-router --port 7997 --model-id {REPO}"}
MOUNT = "/app/model_cache/cached_model"
FROM_WEIGHTS = {
    "weights": [{"source": f"hf://{REPO}@main", "mount_location": MOUNT}],
    "docker_server": {"start_command": f"text-embeddings-router --port 7997 --model-id {MOUNT}"},
}


@pytest.fixture
def tei() -> Baseten:
    """An empty Baseten whose deployments are real TEI routers, in process."""
    world = new_world(boot=None)
    return Baseten(world, in_process(world))


def test_a_rule_broken_by_a_repository_taught_over_http_is_read_in_the_deployments_logs() -> None:
    world = new_world(boot=None)
    local = Baseten(world, in_process(world))
    with served(world) as send:
        remote = Baseten(world, send)
        taught = files(**{**CLASSIFIER, "id2label": GONE})
        remote.post(HUB, model_id=REPO, files=taught)

        ids = local.deployed(config_with(**FROM_WEIGHTS))

        assert local.status(ids) == "DEPLOY_FAILED"
        said = remote.logs(ids)
        assert "Error: `config.json` does not contain `id2label`" in said
        assert said[-1] == "Deployment is DEPLOY_FAILED"


def test_a_repository_is_listed_as_it_was_taught_and_forgotten(baseten: Baseten) -> None:
    taught = {"config.json": {"architectures": 5}, "1_Pooling/config.json": None}
    baseten.post(HUB, model_id=REPO, files=taught, gated=True)
    baseten.post(HUB, model_id="acme/other", files={})
    first, _ = baseten.get(HUB)["models"]
    assert first == {"model_id": REPO, "files": {**taught, "weights": {}}, "gated": True}
    baseten.call("DELETE", f"{HUB}?model_id={REPO.upper()}")
    assert [model["model_id"] for model in baseten.get(HUB)["models"]] == ["acme/other"]
    baseten.call("DELETE", HUB)
    assert baseten.get(HUB)["models"] == []


def test_what_was_taught_survives_a_restart(tmp_path: Path) -> None:
    store = Store.in_folder(tmp_path)
    world = new_world(store=store)
    Baseten(world, in_process(world)).post(HUB, model_id=REPO, files=files())
    store.close()
    again = new_world(store=Store.in_folder(tmp_path))
    assert Baseten(again, in_process(again)).get(HUB)["models"][0]["files"] == files()


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"files": {}}, "model_id: field required"),
        ({"model_id": "no-owner", "files": {}}, "not of the form owner/name"),
        ({"model_id": REPO, "revision": "a b", "files": {}}, "is not a branch, tag or commit"),
        ({"model_id": REPO, "files": {"config.yaml": {}}}, "TEI does not read config.yaml"),
        ({"model_id": REPO, "files": {"tokenizer.json": {}}}, "tokenizer.json is true or false"),
        ({"model_id": REPO, "files": {"weights": 5}}, "weights: 5 is not an object"),
        ({"model_id": REPO, "files": {"weights": {"format": "gguf"}}}, "format must be one of"),
        ({"model_id": REPO, "files": {"weights": {"dtype": "F8"}}}, "dtype must be one of F64"),
        ({"model_id": REPO, "files": {"weights": {"tensors": {"a": [-1]}}}}, "'a' has no shape"),
        ({"model_id": REPO, "files": {"weights": {"tensors": {"a": 5}}}}, "'a' has no shape"),
        ({"model_id": REPO, "files": {"weights": {"size": 5}}}, "size: extra fields"),
    ],
)
def test_a_repository_that_no_hub_could_have_is_refused(
    tei: Baseten, body: dict[str, Any], message: str
) -> None:
    refused = tei.call("POST", HUB, body)
    assert refused.status == 400
    assert message in refused.json["message"]
    assert tei.get(HUB)["models"] == []


def test_a_taught_repository_goes_before_the_table(tei: Baseten) -> None:
    model_id, _ = tei.deployed(CONFIG)
    tei.post(HUB, model_id="BAAI/bge-base-en-v1.5", files=files(architectures=GONE))
    ids = tei.deployed(CONFIG)
    assert ids[0] == model_id
    assert tei.status(ids) == "DEPLOY_FAILED"
    assert any("missing field `architectures`" in line for line in tei.logs(ids))
    tei.call("DELETE", HUB)
    assert tei.status(tei.deployed(CONFIG)) == "ACTIVE"


def test_what_is_taught_too_late_changes_no_outcome(tei: Baseten) -> None:
    ids = tei.deployed(config_with(docker_server=DOWNLOADS))
    tei.post(HUB, model_id=REPO, files=files(architectures=GONE))
    assert tei.status(ids) == "ACTIVE"


def test_a_gate_can_be_taught_and_lifted(tei: Baseten) -> None:
    config = config_with(docker_server=DOWNLOADS)
    tei.post(HUB, model_id=REPO, files=files(), gated=True)
    ids = tei.deployed(config)
    assert tei.status(ids) == "DEPLOY_FAILED"
    said = "\n".join(tei.logs(ids))
    assert f"{REPO} is gated" in said
    assert "Error: Could not download model artifacts" in said
    tei.post(HUB, model_id=REPO, files=files(), gated=False)
    assert tei.status(tei.deployed(config)) == "ACTIVE"


def test_a_taught_classifier_serves_its_own_labels(tei: Baseten) -> None:
    tei.post(HUB, model_id=REPO, files=files(**CLASSIFIER))
    model_id, _ = tei.deployed(config_with(docker_server=DOWNLOADS))
    answer = tei.post(f"/hosts/model-{model_id}/production/sync/predict", inputs="fine")
    assert {row["label"] for row in answer} == {"bad", "good"}


def test_the_log_of_a_deployment_that_started_holds_what_its_server_warned_of(tei: Baseten) -> None:
    ids = tei.deployed(config_with(resources={"accelerator": None}))
    assert tei.status(ids) == "ACTIVE"
    assert "WARN Using CPU instead" in tei.logs(ids)


def test_a_server_that_does_not_come_back_answers_500(tei: Baseten) -> None:
    model_id, _ = tei.deployed(config_with(docker_server=DOWNLOADS))
    tei.post(HUB, model_id=REPO, files=files(architectures=GONE))
    tei.world._routers.clear()  # what a restart of the emulator does
    path = f"/hosts/model-{model_id}/production/predict"
    answer = tei.call("POST", path, {"input": "x"})
    assert answer.status == 500
    assert "Model is unhealthy" in answer.json["error"]


def at(revision: str) -> dict[str, Any]:
    """A config whose weights come from that revision."""
    weights = [{"source": f"hf://{REPO}@{revision}", "mount_location": MOUNT}]
    return config_with(**{**FROM_WEIGHTS, "weights": weights})


def labelled(*names: str) -> dict[str, Any]:
    """A classifier's files with these labels."""
    maps = {
        "id2label": {str(n): name for n, name in enumerate(names)},
        "label2id": {name: n for n, name in enumerate(names)},
    }
    return files(architectures=["BertForSequenceClassification"], **maps)


def labels_of(tei: Baseten, model_id: str) -> set[str]:
    answer = tei.post(f"/hosts/model-{model_id}/production/sync/predict", inputs="fine")
    return {row["label"] for row in answer}


def test_two_stacks_serve_two_revisions_of_a_repository_side_by_side(tei: Baseten) -> None:
    tei.post(HUB, model_id=REPO, revision="a" * 40, files=labelled("bad", "good"))
    tei.post(HUB, model_id=REPO, revision="b" * 40, files=labelled("sad", "happy", "calm"))
    old, _ = tei.deployed(at("a" * 40))
    new, _ = tei.deployed({**at("b" * 40), "model_name": "other"})
    assert labels_of(tei, old) == {"bad", "good"}
    assert labels_of(tei, new) == {"sad", "happy", "calm"}
    assert [it["revision"] for it in tei.get(HUB)["models"]] == ["a" * 40, "b" * 40]


def test_a_gate_is_that_of_the_revision_that_is_fetched(tei: Baseten) -> None:
    tei.post(HUB, model_id=REPO, revision="a" * 40, files=files(), gated=True)
    tei.post(HUB, model_id=REPO, revision="b" * 40, files=files())
    assert tei.status(tei.deployed(at("a" * 40))) == "DEPLOY_FAILED"
    assert tei.status(tei.deployed(at("b" * 40))) == "ACTIVE"


def test_a_server_that_runs_answers_by_what_is_taught_since(tei: Baseten) -> None:
    docker = {**FROM_WEIGHTS["docker_server"], "predict_endpoint": "/predict"}
    model_id, _ = tei.deployed(
        {**at("main"), "docker_server": {**at("main")["docker_server"], **docker}}
    )
    assert labels_of(tei, model_id) == {"LABEL_0", "LABEL_1"}
    tei.post(HUB, model_id=REPO, revision="a" * 40, files=labelled("sad", "happy"))
    assert labels_of(tei, model_id) == {"LABEL_0", "LABEL_1"}
    tei.post(HUB, model_id=REPO, revision="main", files=labelled("bad", "good"))
    assert labels_of(tei, model_id) == {"bad", "good"}


def test_all_revisions_of_a_repository_are_forgotten_with_it(tei: Baseten) -> None:
    tei.post(HUB, model_id=REPO, revision="main", files=files())
    tei.post(HUB, model_id=REPO, files=files())
    tei.call("DELETE", f"{HUB}?model_id={REPO}")
    assert tei.get(HUB)["models"] == []
