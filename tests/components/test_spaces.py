"""A model with a `next`: both are registered, and to change places registers the same again."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from recording import Run, run_program

from baseten_tei import ApiKey, Embedding, EmbeddingArgs, export_models
from baseten_tei.operations.spaces.advance import advance, go_back
from baseten_tei.outputs.types import StackOutputs
from baseten_tei.program.whole_program import deploy
from baseten_tei.project.rehearsed_outputs import VARIABLE

TARGET = {"baseten:target": "http://127.0.0.1:9"}
RANK = {"task": "reranker", "model_id": "BAAI/bge-reranker-base"}
ALONE: dict[str, Any] = {
    "task": "embedding",
    "model_id": "BAAI/bge-small-en-v1.5",
    "environments": {"staging": {"autoscaling": {"max_replica": 1}}},
}
WITH_NEXT: dict[str, Any] = {
    **ALONE,
    "next": {"model_id": "BAAI/bge-m3", "autoscaling": {"min_replica": 1}},
}


def from_yaml(search: dict[str, Any]) -> Callable[[Path], Run]:
    models = json.dumps({"search": search, "rank": RANK})
    return lambda root: run_program(deploy, root, {**TARGET, "baseten-tei:models": models})


def from_program(search: dict[str, Any]) -> Callable[[Path], Run]:
    def program() -> None:
        spec = {key: it for key, it in search.items() if key != "task"}
        model = Embedding("search", EmbeddingArgs.model_validate(spec))
        export_models({"search": model})

    return lambda root: run_program(program, root, TARGET)


def registered(run: Run) -> dict[str, Any]:
    """What each resource is to the engine, whatever came first, but for what a component says of those beside it."""
    return {
        name: (it.type, it.parent, without_roles(it.inputs), sorted(it.after), it.request.protect)
        for name, it in run.resources.items()
    }


def without_roles(inputs: dict[str, Any]) -> dict[str, Any]:
    return {key: it for key, it in inputs.items() if key not in ("next", "previous")}


WAYS = pytest.mark.parametrize("way", [from_yaml, from_program])
Way = Callable[[dict[str, Any]], Callable[[Path], Run]]


@WAYS
def test_next_is_a_model_push_and_environment_of_its_own(root: Path, way: Way) -> None:
    run = way(WITH_NEXT)(root)
    parts = ("", "-model", "-push", "-staging", "-production")
    assert {f"search{it}" for it in parts} | {f"search-2{it}" for it in parts} <= {*run.resources}
    following = run.resources["search-2-model"]
    assert following.parent == "search-2"
    assert following.inputs["name"] == "search-2"
    assert run.resources["search-2-production"].inputs["autoscaling"]["min_replica"] == 1


@WAYS
def test_what_serves_is_registered_as_it_would_be_alone(root: Path, way: Way) -> None:
    alone, with_next = registered(way(ALONE)(root)), registered(way(WITH_NEXT)(root))
    assert alone == {name: with_next[name] for name in alone}


@WAYS
def test_to_advance_and_to_go_back_register_the_same_again(root: Path, way: Way) -> None:
    before = registered(way(WITH_NEXT)(root))
    forward = advance("search", WITH_NEXT)
    assert registered(way(forward)(root)) == before
    assert registered(way(go_back("search", forward))(root)) == before


@WAYS
def test_a_preview_shows_who_is_beside_whom_in_the_components(root: Path, way: Way) -> None:
    before, after = way(WITH_NEXT)(root), way(advance("search", WITH_NEXT))(root)
    assert before.resources["search"].inputs["next"]["model_id"] == "BAAI/bge-m3"
    assert "next" not in after.resources["search"].inputs
    assert after.resources["search-2"].inputs["previous"]["edition"] == 1


@WAYS
def test_the_outputs_of_the_name_are_those_of_what_is_current(root: Path, way: Way) -> None:
    before = way(WITH_NEXT)(root).outputs["models"]["search"]
    after = way(advance("search", WITH_NEXT))(root).outputs["models"]["search"]
    assert [*before["spaces"]] == ["current", "next"]
    assert [*after["spaces"]] == ["current", "previous"]
    assert after["spaces"]["current"] == before["spaces"]["next"]
    assert after["spaces"]["previous"] == before["spaces"]["current"]
    assert before["space"]["model_id"] == "BAAI/bge-small-en-v1.5"
    assert after["space"]["model_id"] == "BAAI/bge-m3"
    serving = {**after["environments"]["production"], **after}
    for key, value in after["spaces"]["current"].items():
        assert serving[key] == value


@WAYS
def test_the_outputs_keep_their_contract_and_a_model_alone_has_no_spaces(
    root: Path, way: Way
) -> None:
    outputs = way(WITH_NEXT)(root).outputs
    read = StackOutputs.model_validate_json(json.dumps(outputs))
    spaces = getattr(read.models["search"], "spaces", None)
    assert spaces.next.space.model_id == "BAAI/bge-m3"
    assert spaces.previous is None
    assert "spaces" not in way(ALONE)(root).outputs["models"]["search"]


def test_a_consumers_key_is_for_each_model_under_the_name_before_and_after_they_change_places(
    root: Path,
) -> None:
    def models_of_key(search: dict[str, Any]) -> list[Any]:
        def program() -> None:
            spec = {key: it for key, it in search.items() if key != "task"}
            model = Embedding("search", EmbeddingArgs.model_validate(spec))
            ApiKey("consumer", {"models": [model]})

        [key] = run_program(program, root, TARGET).of_type("baseten:index:ApiKey")
        assert {it for it in key.after if it.startswith("search")} >= {"search-production"}
        models: list[Any] = key.inputs["models"]
        return models

    alone, both = models_of_key(ALONE), models_of_key(WITH_NEXT)
    assert len(alone) == 1
    assert len(both) == 2
    forward = advance("search", WITH_NEXT)
    assert models_of_key(forward) == models_of_key(go_back("search", forward)) == both


def test_a_rehearsed_program_has_no_pin_in_a_model_that_stands_beside_another(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "outputs"))
    pinned = {**WITH_NEXT, "next": {**WITH_NEXT["next"], "deployment": "d1"}}
    run = from_program(pinned)(root)
    assert run.resources["search-2-production"].inputs["digest"]
    assert "search-2-push" in run.resources
