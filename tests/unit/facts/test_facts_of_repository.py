"""What the files of a repository mean, whatever stands in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from baseten_tei.facts.hub.facts_of_repository import read_facts
from baseten_tei.facts.hub.lockfile import parse_lock, render_lock
from baseten_tei.facts.hub.model_facts import ModelFacts, Pooling, Weights
from baseten_tei.facts.hub.repository import Repository, parse_strict
from baseten_tei.facts.hub.weight_files import header_files
from baseten_tei.facts.tei.loading.repository_files import (
    CONFIG,
    INDEX,
    LENGTHS,
    MODULES,
    POOLING,
    PROMPTS,
)

OFF = {"pooling_mode_cls_token": False, "pooling_mode_mean_tokens": False}
JSON_FILES = (CONFIG, POOLING, MODULES, PROMPTS, INDEX, *LENGTHS)


def facts(
    files: dict[str, Any] | None = None,
    sizes: dict[str, int] | None = None,
    parameters: dict[str, dict[str, int]] | None = None,
    **config: Any,
) -> ModelFacts:
    """Of a repository with these JSON files, `config` being config.json."""
    every = {"config.json": config, **(files or {})}
    texts = {name: v if isinstance(v, str) else json.dumps(v) for name, v in every.items()}
    return read_facts(
        Repository(
            model_id="org/name",
            revision="main",
            commit="0" * 40,
            source="a test",
            gated=False,
            license=None,
            sizes=sizes or {},
            texts=texts,
            parameters=parameters or {},
        )
    )


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = st.sampled_from([
    "architectures", "model_type", "id2label", "label2id", "hidden_size", "pad_token_id", "auto_map", "torch_dtype",
    "_name_or_path", "max_position_embeddings", "problem_type", "max_seq_length", "prompts", "weight_map",
    "pooling_mode", "pooling_mode_cls_token", "type",
])  # fmt: skip
LIKELY = JSON | st.dictionaries(FIELDS, JSON) | st.lists(st.dictionaries(FIELDS, JSON), max_size=3)
TEXTS = st.dictionaries(st.sampled_from(JSON_FILES), LIKELY.map(json.dumps) | st.text())
NAMES = st.sampled_from(
    ["model.safetensors", "pytorch_model.bin", "model.onnx", "a/b.bin", INDEX, ""]
)


@given(
    texts=TEXTS,
    sizes=st.dictionaries(NAMES, st.integers(min_value=0)),
    parameters=st.dictionaries(NAMES, st.dictionaries(st.text(), st.integers(min_value=0))),
)
def test_whatever_stands_in_the_files_there_are_facts_and_they_can_be_locked(
    texts: dict[str, str], sizes: dict[str, int], parameters: dict[str, dict[str, int]]
) -> None:
    found = facts(dict(texts), sizes, parameters)
    assert parse_lock(render_lock([found])) == {("org/name", "main"): found}


@pytest.mark.parametrize(
    "text", ["{nope", "NaN", '{"a": Infinity}', '"\\ud800"', "[" * 100_000, ""]
)
def test_what_a_strict_parser_refuses_is_as_if_it_were_not_there(text: str) -> None:
    assert parse_strict(text) is None
    assert facts({"config.json": text}).architectures is None


@pytest.mark.parametrize(
    ("field", "value", "known"),
    [
        ("architectures", ["BertModel"], ("BertModel",)),
        ("architectures", [], ()),
        ("architectures", "BertModel", None),
        ("architectures", [1], None),
        ("id2label", {"0": "a"}, {"0": "a"}),
        ("id2label", {}, {}),
        ("id2label", {"0": 1}, None),
        ("label2id", {"a": 0}, {"a": 0}),
        ("label2id", {"a": "0"}, None),
        ("label2id", {"a": True}, None),
        ("pad_token_id", -1, -1),
        ("pad_token_id", None, None),
        ("pad_token_id", [1, 2], None),
        ("max_position_embeddings", 512.0, None),
        ("max_position_embeddings", True, None),
        ("n_positions", 1024, 1024),
        ("auto_map", {"AutoModel": "m.M", "Auto": ["t.T", None], "x": 1}, {"AutoModel": "m.M", "Auto": ["t.T"]}),
    ],
)  # fmt: skip
def test_a_field_that_tei_could_not_read_is_left_out(field: str, value: Any, known: Any) -> None:
    assert getattr(facts(**{field: value}), field) == known


def test_the_dtype_has_two_names_and_the_older_one_goes_first() -> None:
    assert facts(dtype="bfloat16").torch_dtype == "bfloat16"
    assert facts(dtype="bfloat16", torch_dtype="float32").torch_dtype == "float32"


def test_jina_s_bert_is_told_by_its_path() -> None:
    name = "jinaai/jina-bert-implementation"
    assert facts(_name_or_path=name).name_or_path == name


@pytest.mark.parametrize("name", LENGTHS)
def test_seven_names_hold_the_longest_input(name: str) -> None:
    found = facts({name: {"max_seq_length": 128}})
    assert (found.max_seq_length, found.max_seq_length_is_null) == (128, False)


def test_the_first_of_the_seven_counts_and_null_is_not_nothing() -> None:
    both = {LENGTHS[0]: {"max_seq_length": None}, LENGTHS[1]: {"max_seq_length": 128}}
    assert (facts(both).max_seq_length, facts(both).max_seq_length_is_null) == (None, True)
    assert not facts({LENGTHS[0]: {}}).max_seq_length_is_null
    assert not facts().max_seq_length_is_null


@pytest.mark.parametrize(
    ("config", "pooling"),
    [
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False}, Pooling(modes=("cls",))),
        ({"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True}, Pooling(modes=("cls", "mean"))),
        (OFF | {"pooling_mode_lasttoken": True}, Pooling(modes=("lasttoken",))),
        (OFF | {"pooling_mode_mean_sqrt_len_tokens": True}, Pooling(modes=("mean_sqrt_len",))),
        ({"pooling_mode": "mean"}, Pooling(modes=("mean",), has_cls_and_mean_keys=False)),
        ({"pooling_mode_max_tokens": True}, Pooling(modes=("max",), has_cls_and_mean_keys=False)),
        ({}, Pooling(has_cls_and_mean_keys=False)),
    ],
)  # fmt: skip
def test_pooling_modes_are_those_that_are_on(config: dict[str, Any], pooling: Pooling) -> None:
    assert facts({"1_Pooling/config.json": config}).pooling == pooling


def test_modules_are_told_by_their_last_word() -> None:
    kinds = ["sentence_transformers.models.Transformer", "custom.Dense", None]
    modules = [{"idx": i, "type": kind} for i, kind in enumerate(kinds)]
    assert facts({"modules.json": modules}).modules == ("Transformer", "Dense")


def test_a_prompt_that_is_no_text_is_null() -> None:
    prompts = {"query": "q: ", "none": None, "number": 1}
    found = facts({"config_sentence_transformers.json": {"prompts": prompts}}).prompts
    assert found == {"query": "q: ", "none": None, "number": None}


@pytest.mark.parametrize(
    ("sizes", "format_", "size"),
    [
        ({"model.safetensors": 10, "pytorch_model.bin": 20}, "safetensors", 10),
        ({"pytorch_model.bin": 20, INDEX: 1, "model-1.safetensors": 30}, "pytorch", 20),
        (
            {INDEX: 1, "model-1.safetensors": 30, "model-2.safetensors": 5},
            "sharded-safetensors",
            35,
        ),
        ({INDEX: 1}, "none", 0),
        ({"onnx/model.onnx": 7, "onnx/model.onnx_data": 8}, "onnx", 15),
        ({"model.onnx": 7, "onnx/model.onnx": 9}, "onnx", 7),
        ({"pytorch_model-00001-of-00002.bin": 9}, "none", 0),
        ({"training_args.bin": 9}, "none", 0),
    ],
)
def test_weights_are_what_tei_would_load(sizes: dict[str, int], format_: str, size: int) -> None:
    shards = {"weight_map": {"a": "model-1.safetensors", "b": "model-2.safetensors"}}
    weights = facts({INDEX: shards}, sizes).weights
    assert weights is not None
    assert (weights.format, weights.bytes) == (format_, size)


def test_every_file_that_holds_weights_is_named() -> None:
    names = [
        "2_Dense/model.safetensors",
        "model.safetensors",
        "onnx/model.onnx",
        "pytorch_model.bin",
    ]
    sizes = dict.fromkeys([*reversed(names), "README.md", "training_args.bin"], 1)
    assert facts(sizes=sizes).weights == Weights(format="safetensors", bytes=1, files=tuple(names))


def test_integers_are_no_parameters_and_half_a_count_is_none() -> None:
    sizes = {INDEX: 1, "a.safetensors": 4, "b.safetensors": 4}
    index = {INDEX: {"weight_map": {"x": "a.safetensors", "y": "b.safetensors"}}}
    counts = {"a.safetensors": {"F32": 5, "I64": 9}, "b.safetensors": {"BF16": 6}}
    whole = facts(index, sizes, counts).weights
    half = facts(index, sizes, {"a.safetensors": {"F32": 5}}).weights
    assert whole is not None
    assert half is not None
    assert (whole.parameters, whole.dtypes) == (11, ("I64", "BF16", "F32"))
    assert (half.parameters, half.dtypes) == (None, ())


def test_only_shards_that_are_there_are_read() -> None:
    index = json.dumps({"weight_map": {"a": "there.safetensors", "b": "../../gone", "c": 3}})
    assert header_files({INDEX: 1, "there.safetensors": 1}, index) == ("there.safetensors",)
