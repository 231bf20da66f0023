"""What `status` says without the engine is what the engine says: over many kinds of change, resource by resource."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from baseten_tei.operations.status import status_client, status_files
from baseten_tei.operations.status.live_table import HEADINGS
from tests.support.harness import (
    BGE,
    DEV_STACK,
    EMOTIONS,
    GATED,
    RERANKER,
    Emulator,
    Stack,
    running_emulator,
    status,
)
from tests.support.made_once import made_once, shared_folder
from tests.support.sampling import pick

pytestmark = pytest.mark.e2e

SEARCH = {**BGE, "autoscaling": {"max_replica": 3}}
TOKENED = {**GATED, "redeploy_on_rotation": True}
MODELS = {"search": SEARCH, "rerank": RERANKER, "moods": EMOTIONS, "gemma": TOKENED}
TOKEN = "hf_" + "canary" * 5


def models(**changed: Any) -> dict[str, Any]:
    """The models of the base, some of them changed; `None` takes one out."""
    return {name: it for name, it in {**MODELS, **changed}.items() if it is not None}


def search(**changed: Any) -> dict[str, Any]:
    return models(search={**SEARCH, **changed})


def _bring_up(folder: Path) -> None:
    with running_emulator() as emulator:
        stack = Stack(folder / "project", emulator.url, environment={"HF_ACCESS_KEY": TOKEN})
        stack.configure(MODELS)
        stack.up().check()
    (folder / "target").write_text(emulator.url)


@pytest.fixture
def standing(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack that was brought up, in a copy that a test may change; nobody listens where it is deployed."""
    base = made_once(shared_folder(tmp_path_factory) / "standing", _bring_up)
    shutil.copytree(base / "project", tmp_path / "project", symlinks=True)
    environment = {"HF_ACCESS_KEY": TOKEN, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    target = (base / "target").read_text()
    return Stack(tmp_path / "project", target, environment=environment)


def both(stack: Stack) -> list[str]:
    """Names of the resources that change, as the engine and as `status` say: the same, or the test fails."""
    engine = sorted({step["urn"].rpartition("::")[2] for step in stack.planned()})
    told = json.loads(status(stack, "--format", "json").stdout)
    assert sorted({it["resource"] for it in told["changes"]}) == engine
    assert told["nothing_to_do"] == (engine == [])
    return engine


CHANGES: dict[str, dict[str, Any]] = {
    "a size, a GPU, a revision, autoscaling": {
        "search": {**SEARCH, "max_batch_tokens": 8192},
        "rerank": {**RERANKER, "accelerator": "T4"},
        "moods": {**EMOTIONS, "revision": "a" * 40},
        "gemma": {**TOKENED, "autoscaling": {"min_replica": 1, "max_replica": 3}},
    },
    "promotion, backpressure, what counts at the next release, a silenced rule": {
        "search": {**SEARCH, "promotion": {"redeploy_on_promotion": True}},
        "rerank": {**RERANKER, "request_backpressure": "REJECT_ON_FULL"},
        "moods": {**EMOTIONS, "keep_deployments": 5},
        "gemma": {**TOKENED, "silence": {"TEI-SEC-011": "moves with us"}},
    },
    "protection, a label, another environment, another name on Baseten": {
        "search": {**SEARCH, "protect": True},
        "rerank": {**RERANKER, "labels": {"owner": "us"}},
        "moods": {**EMOTIONS, "environments": {"staging": {}}},
        "gemma": {**TOKENED, "model_name": "found"},
    },
    "a pin, a model less, another task, a new model": {
        "search": {**SEARCH, "deployment": "previous"},
        "rerank": None,
        "moods": RERANKER,
        "new": BGE,
    },
    "a renamed model, several things, no gated model": {
        "search": None,
        "found": SEARCH,
        "moods": {**EMOTIONS, "tei_version": "1.9.3", "max_batch_tokens": 8192},
        "gemma": None,
    },
}


def test_there_is_nothing_to_do_in_another_order_nor_for_a_default_nor_for_golden_vectors(
    standing: Stack,
) -> None:
    """Golden vectors count at the next release only."""
    golden = standing.folder / "golden" / "test" / "search.json"
    golden.parent.mkdir(parents=True)
    golden.write_text("{}")
    standing.configure(dict(reversed(search(auto_truncate=True).items())))
    assert both(standing) == []
    assert status(standing).stdout.strip() == "test: 4 models, nothing to do"


@pytest.mark.parametrize("changes", pick(list(CHANGES), 2))
def test_it_names_the_resources_that_the_engine_would_change_for(
    standing: Stack, changes: str
) -> None:
    changed = CHANGES[changes]
    standing.configure(models(**changed))
    named = both(standing)
    of_each = {name: [it for it in named if it in (name, f"{name}-production")] for name in changed}
    assert all(of_each.values()), of_each


def test_a_new_token_restarts_whoever_asks_for_that_and_another_target_changes_the_pushes(
    standing: Stack,
) -> None:
    standing.environment["HF_ACCESS_KEY"] = TOKEN[::-1]
    standing.target = "http://127.0.0.1:9"
    standing.configure(MODELS)
    pushes = ["gemma-push", "moods-push", "rerank-push", "search-push"]
    assert both(standing) == sorted(["gemma-production", "hf_access_key", *pushes])


def test_facts_that_are_locked_count(standing: Stack) -> None:
    lock = yaml.safe_load((DEV_STACK / "locks" / "dev.yaml").read_text())
    facts = {**lock["models"][0], "model_id": BGE["model_id"], "revision": "main"}
    (standing.folder / "locks").mkdir()
    (standing.folder / "locks" / "test.yaml").write_text(yaml.safe_dump({"models": [facts]}))
    assert both(standing) != []


def test_a_spec_that_a_preview_refuses_is_refused_in_the_same_words(standing: Stack) -> None:
    standing.configure(search(max_batch_token=1))
    refused = status(standing)
    assert refused.code == 2
    line = refused.stderr.strip().removeprefix("Pulumi.test.yaml: ")
    assert line in standing.preview().refused().text


def test_a_secret_that_only_pulumi_can_read_is_said_not_to_be_compared(standing: Stack) -> None:
    key = ("--secret", "baseten-tei:hf_access_key", TOKEN)
    standing.pulumi("config", "set", *key, "--stack", "test").check()
    told = json.loads(status(standing, "--format", "json").stdout)
    assert told["not_compared"] == ["the value of hf_access_key, which only `pulumi preview` reads"]


@pytest.mark.serving
def test_what_somebody_else_changed_is_to_do_once_a_refresh_saw_it(
    stack: Stack, emulator: Emulator
) -> None:
    model = f"/v1/models/{emulator.models()['bge']}"
    settings = {"autoscaling_settings": {"max_replica": 4}}
    emulator.rest(f"{model}/environments/production", "PATCH", settings)
    assert both(stack) == [], "neither of them asks Baseten"
    [row] = json.loads(status(stack, "--live", "--format", "json").stdout)["live"]
    assert row["drift"] != []
    stack.refresh().check()
    assert both(stack) == ["bge-production"]
    emulator.rest(model, "DELETE")
    stack.refresh().check()
    assert {"bge-model", "bge-production"} <= set(both(stack))


@pytest.mark.serving
def test_a_live_environment_is_shown_with_status_replicas_version_price_and_drift(
    stack: Stack, emulator: Emulator
) -> None:
    deployment = stack.outputs()["models"]["bge"]["deployment_id"]
    live = status(stack, "--live").check().stdout.splitlines()
    assert live[0] == "test: 1 model, nothing to do"
    assert live[1].split() == [heading for heading in HEADINGS if heading]
    name, environment, is_now = live[2].split()[:3]
    assert (name, environment) == ("bge", "production")
    assert is_now in ("ACTIVE", "SCALED_TO_ZERO")  # the prepared world may have been idle for long
    assert deployment in live[2]
    assert live[3].startswith("1 environment, all healthy, on an emulator: nothing is billed")
    emulator.rest(f"/v1/models/{emulator.models()['bge']}", "DELETE")
    gone = status(stack, "--live")
    assert gone.code == 1
    assert "!  bge    production   GONE" in gone.stdout


@pytest.mark.serving
def test_a_stack_whose_state_is_elsewhere_is_asked_for_through_pulumi(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(status_files, "local_state", lambda *_: None)
    for name, value in stack.env().items():
        monkeypatch.setenv(name, value)
    found, _ = status_client.compare_stack(stack.folder, stack.name, os.environ)
    assert found.nothing_to_do
    assert found.models == 1
