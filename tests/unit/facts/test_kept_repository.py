"""A lock keeps the repository as TEI reads it: what it is judged by comes back from the file as it went."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei import __version__
from baseten_tei.errors import UserError
from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.kept_repository import files_to_read, keep_repository, read_kept
from baseten_tei.facts.hub.lockfile import (
    LACKS_REPOSITORY,
    choose_entry,
    compare_facts,
    list_changes,
    parse_lock,
    render_lock,
)
from baseten_tei.facts.hub.model_facts import ModelFacts
from baseten_tei.facts.hub.repository import Repository
from baseten_tei.facts.tei.loading.candle.tensors import Tensors
from baseten_tei.facts.tei.loading.serde.json_text import Broken, read_json, write_json
from tests.support.tei.models import GOOD_MODELS

BERT = GOOD_MODELS["bert"]
SHAPES = {"model.safetensors": {name: tuple(shape) for name, shape in BERT.tensors().items()}}
SIZES = {"model.safetensors": 9, "tokenizer.json": 5, "README.md": 3, "model-q4.gguf": 7}


def repository(texts: dict[str, str] | None = None, **more: Any) -> Repository:
    """Of a good BERT, with these files in place of its own."""
    files = {name: json.dumps(value) for name, value in BERT.files().items()} | (texts or {})
    given: dict[str, Any] = {
        "model_id": "org/name",
        "revision": "main",
        "commit": "0" * 40,
        "source": "a test, 2026-11-30",
        "gated": False,
        "license": None,
        "sizes": SIZES | dict.fromkeys(files, 1),
        "texts": files,
        "parameters": {"model.safetensors": {"F32": 8}},
        "shapes": SHAPES,
    }
    return Repository(**given | more)


def older(facts: ModelFacts) -> ModelFacts:
    return facts.model_copy(update={"repository": None})


def test_a_lock_has_the_files_in_place_of_what_follows_from_them() -> None:
    facts = read_facts(repository())
    text = render_lock([facts])
    assert parse_lock(text) == {("org/name", "main"): facts}
    assert f"format: 2\nrelease: {__version__}\n" in text
    assert "hidden_size: " not in text
    assert facts.hidden_size == BERT.config["hidden_size"]


def test_the_lock_of_an_older_release_stays_as_it_wrote_it() -> None:
    text = render_lock([older(read_facts(repository()))])
    assert "format: 2" not in text
    assert parse_lock(text) == {("org/name", "main"): older(read_facts(repository()))}


def test_a_field_that_follows_from_the_repository_cannot_stand_beside_it() -> None:
    text = render_lock([read_facts(repository())])
    with pytest.raises(UserError, match="hidden_size: follows from `repository`"):
        parse_lock(text.replace("  repository:", "  hidden_size: 7\n  repository:"))


def test_a_row_of_tensors_that_nobody_can_read_is_refused() -> None:
    text = render_lock([read_facts(repository())])
    with pytest.raises(UserError, match=r"repository\.tensors\.pooler\.dense\.weight"):
        parse_lock(text.replace("pooler.dense.weight: 8x8", "pooler.dense.weight: 8 by 8"))


def test_sizes_are_of_weights_the_tokenizer_and_other_formats_alone() -> None:
    kept = keep_repository(repository())
    assert set(kept.sizes) == {"model.safetensors", "tokenizer.json", "model-q4.gguf"}
    assert kept.tensors is not None
    assert Tensors.from_rows(kept.tensors) == Tensors.of(SHAPES["model.safetensors"])


def test_half_of_the_headers_say_nothing_of_the_tensors() -> None:
    kept = keep_repository(repository(shapes={}, parameters={}))
    assert (kept.tensors, kept.parameters) == (None, None)


@pytest.mark.parametrize("wrong", [{"w": (10**20,)}, {"layers.12345678.w": (1,)}])
def test_numbers_that_no_weights_have_say_nothing_of_the_tensors(
    wrong: dict[str, tuple[int, ...]],
) -> None:
    kept = keep_repository(repository(shapes={"model.safetensors": wrong}))
    assert kept.tensors is None


def test_a_file_that_is_not_json_is_kept_as_why() -> None:
    kept = keep_repository(repository({"config.json": "{nope"}))
    found = read_kept(kept.files["config.json"])
    assert isinstance(found, Broken)
    assert found == read_json("{nope")


def test_the_index_is_kept_with_a_row_a_file() -> None:
    shards = {f"layers.{n}.weight": f"model-{n % 2}.safetensors" for n in range(40)}
    index = json.dumps({"metadata": {"total_size": 9}, "weight_map": shards})
    kept = keep_repository(repository({"model.safetensors.index.json": index}))
    assert read_kept(kept.files["model.safetensors.index.json"]) == {
        "weight_map": {
            "layers.0.weight": "model-0.safetensors",
            "layers.1.weight": "model-1.safetensors",
        }
    }


def test_folders_that_modules_name_and_other_dense_layers_are_read() -> None:
    names = ["config.json", "2_Dense/config.json", "2_Dense_1024/config.json", "own/config.json",
             "onnx/config.json", "1_Pooling/config.json", "generation_config.json"]  # fmt: skip
    modules = json.dumps([{"path": "own"}, {"path": 3}, 4])
    found = files_to_read(names, modules)
    assert set(names) - set(found) == {"onnx/config.json", "generation_config.json"}
    assert "own/config.json" not in files_to_read(names, "{nope")


TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
)


@given(JSON)
def test_what_is_written_is_read_as_the_same_value(value: Any) -> None:
    assert read_json(write_json(value)) == value


def test_a_name_that_is_there_twice_stays_so() -> None:
    text = '{"a": 1, "b": {"c": 2, "c": 3}, "a": 1e999}'
    assert write_json(read_json(text)) == text


def test_a_change_is_told_by_the_member_of_the_file() -> None:
    changed = json.dumps(BERT.config | {"hidden_act": "relu"})
    before, after = (read_facts(repository(it)) for it in ({}, {"config.json": changed}))
    assert compare_facts(before, after) == ["files.config.json.hidden_act: gelu -> relu"]


def test_an_older_entry_that_says_the_same_is_locked_anew_with_its_files() -> None:
    after = read_facts(repository())
    assert compare_facts(older(after), after) == []
    assert list_changes(older(after), after) == [LACKS_REPOSITORY]
    assert choose_entry(older(after), after) == after
    assert choose_entry(after, after.model_copy(update={"source": "a test, 2027-01-01"})) == after
